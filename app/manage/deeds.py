"""What each deed of the usage log is called on the page. A test finds a deed that has no words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from app.manage.records.words import RESULTS
from app.team.options import OPTIONS
from tenants.audit import AuditEntry

__all__ = ["DEEDS", "KINDS", "deed_details", "deed_words"]

KINDS: Final = {
    "log_in": _l("로그인"),
    "tenant": _l("고객사"),
    "agent": _l("상담원"),
    "department": _l("부서"),
    "option": _l("옵션"),
    "issue_type": _l("상담 유형"),
    "support": _l("원격지원"),
    "export": _l("내려받기"),
    "api_key": _l("API 키"),
    "inquiry": _l("1:1 문의"),
}

DEEDS: Final = {
    "log_in.granted": _l("로그인"),
    "log_in.refused": _l("로그인 실패"),
    "log_in.ended": _l("로그아웃"),
    "log_in.rules_changed": _l("로그인 규칙 바꾸기"),
    "log_in.address_allowed": _l("허용 IP 넣기"),
    "log_in.address_forbidden": _l("허용 IP 빼기"),
    "tenant.created": _l("고객사 만들기"),
    "tenant.changed": _l("고객사 정보 바꾸기"),
    "tenant.state_set": _l("고객사 상태 바꾸기"),
    "tenant.extended": _l("사용 기간 바꾸기"),
    "tenant.seats_set": _l("상담원 수 바꾸기"),
    "tenant.stopped": _l("모든 원격지원과 로그인 끝내기"),
    "tenant.options_forced": _l("운영자가 옵션 막기"),
    "mail.shown": _l("편지 열어 보기"),
    "department.created": _l("부서 만들기"),
    "department.renamed": _l("부서 이름 바꾸기"),
    "department.deleted": _l("부서 지우기"),
    "agent.created": _l("상담원 만들기"),
    "agent.changed": _l("상담원 정보 바꾸기"),
    "agent.password_set": _l("상담원 비밀번호 바꾸기"),
    "agent.password_changed": _l("내 비밀번호 바꾸기"),
    "agent.password_reset": _l("링크로 비밀번호 새로 정하기"),
    "agent.reset_asked": _l("비밀번호 찾기"),
    "agent.own_changed": _l("내 정보 바꾸기"),
    "agent.two_step_on": _l("2단계 로그인 켜기"),
    "agent.two_step_off": _l("2단계 로그인 끄기"),
    "agent.two_step_reset": _l("2단계 로그인 풀어 주기"),
    "agent.recovery_codes_made": _l("복구 코드 새로 만들기"),
    "agent.disabled": _l("상담원 막기"),
    "agent.enabled": _l("상담원 다시 쓰기"),
    "agent.deleted": _l("상담원 지우기"),
    "option.set": _l("옵션 바꾸기"),
    "option.applied": _l("옵션 한꺼번에 적용"),
    "issue_type.created": _l("상담 유형 만들기"),
    "issue_type.renamed": _l("상담 유형 이름 바꾸기"),
    "issue_type.moved": _l("상담 유형 순서 바꾸기"),
    "issue_type.deleted": _l("상담 유형 지우기"),
    "slot.opened": _l("대기 번호 열기"),
    "slot.closed": _l("대기 번호 닫기"),
    "slot.code_drawn": _l("새 접속 코드"),
    "slot.auto_connect_set": _l("자동 연결 바꾸기"),
    "arrival.admitted": _l("고객 도착"),
    "arrival.released": _l("고객 돌려보내기"),
    "program.joined": _l("고객 프로그램 접속"),
    "session.connected": _l("원격지원 시작"),
    "session.ended": _l("원격지원 끝"),
    "session.reported": _l("상담 유형과 결과 적기"),
    "code_alarm.raised": _l("접속 코드 경보"),
    "api_key.created": _l("API 키 만들기"),
    "api_key.revoked": _l("API 키 끊기"),
    "log.exported": _l("사용 기록 내려받기"),
    "agents.exported": _l("상담원 목록 내려받기"),
    "departments.exported": _l("부서 목록 내려받기"),
    "settings.changed": _l("기본 설정 바꾸기"),
    "inquiry.opened": _l("문의 보내기"),
    "inquiry.replied": _l("문의에 글 더하기"),
    "inquiry.answered": _l("운영자가 문의에 답하기"),
    "inquiry.closed": _l("문의 닫기"),
}


def deed_words(entry: AuditEntry) -> Any:
    """The deed in the reader's language; its code where an older version wrote one that we no longer know."""
    return DEEDS.get(entry.action, entry.action)


#: What was noted with a deed; a name that is not here is shown as it was written.
FACTS: Final = {
    "object": _l("대상"),
    "name": _l("이름"),
    "login_id": _l("아이디"),
    "from": _l("이전"),
    "to": _l("이후"),
    "moved": _l("옮긴 상담원"),
    "changed": _l("바뀐 항목"),
    "changes": _l("옵션"),
    "also_own": _l("따로 정한 값도 바꿈"),
    "kind": _l("방식"),
    "seat": _l("이용"),
    "reason": _l("이유"),
    "number": _l("번호"),
    "session": _l("원격지원"),
    "on": _l("값"),
    "by": _l("끝낸 쪽"),
    "source": _l("들어온 길"),
    "from_file": _l("파일로"),
    "scopes": _l("읽을 수 있는 것"),
    "issue_type": _l("상담 유형"),
    "result": _l("결과"),
}


def deed_details(entry: AuditEntry, names: Mapping[str, str]) -> list[tuple[Any, str]]:
    """What was done to what, as pairs to show: the object by its name, then the values that were noted."""
    pairs = [(FACTS["object"], names.get(entry.object, entry.object))] if entry.object else []
    try:
        data = json.loads(entry.data)
    except ValueError:
        return pairs
    return pairs + [
        (FACTS.get(key, key), str(RESULTS.get(value, value)) if key == "result" else _plain(value))
        for key, value in data.items()
        if value not in ("", None)
    ]


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{_option(key)}: {_plain(one)}" for key, one in value.items())
    if isinstance(value, bool) or value is None:
        return str(_l("따름") if value is None else _l("켬") if value else _l("끔"))
    return str(value)


def _option(key: str) -> str:
    return str(OPTIONS[key].label) if key in OPTIONS else key
