"""What each deed of the operators' log is called on the page. A test finds a deed that has no words."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import lazy_gettext as _l

from app.operator.models import OperatorAudit

__all__ = ["DEEDS", "REASONS", "deed_words", "reason_words"]

DEEDS: Final = {
    "wall.crossed": _l("고객사 자료 보기"),
    "tenant.created": _l("고객사 만들기"),
    "tenant.state_set": _l("고객사 상태 바꾸기"),
    "tenant.extended": _l("사용 기간 바꾸기"),
    "tenant.seats_set": _l("상담원 수 바꾸기"),
    "tenant.changed": _l("등록된 회사명 바꾸기"),
    "tenant.stopped": _l("모든 원격지원과 로그인 끝내기"),
    "option.forced_off": _l("옵션 막기"),
    "option.released": _l("옵션 풀기"),
    "inquiry.answered": _l("문의에 답하기"),
    "inquiry.closed": _l("문의 닫기"),
    "notice.put": _l("공지 올리기"),
    "notice.withdrawn": _l("공지 내리기"),
    "operator.created": _l("운영자 만들기"),
    "operator.logged_in": _l("로그인"),
    "operator.log_in_refused": _l("로그인 실패"),
    "operator.logged_out": _l("로그아웃"),
    "operator.password_changed": _l("내 비밀번호 바꾸기"),
    "operator.password_set": _l("운영자 비밀번호 바꾸기"),
    "operator.state_set": _l("운영자 상태 바꾸기"),
    "operator.two_step_on": _l("2단계 로그인 켜기"),
    "operator.recovery_codes_made": _l("복구 코드 새로 만들기"),
    "operator.two_step_reset": _l("2단계 로그인 풀어 주기"),
}


def deed_words(entry: OperatorAudit) -> Any:
    """The deed in the reader's language; its code where an older version wrote one that we no longer know."""
    return DEEDS.get(entry.action, entry.action)


#: Why the wall was crossed.
REASONS: Final = {
    "usage": _l("사용량 보기"),
    "letters": _l("편지 보기"),
    "at work": _l("옵션을 알릴 고객사 찾기"),
    "state": _l("상태 바꾸기"),
    "term": _l("사용 기간 바꾸기"),
    "seats": _l("상담원 수 바꾸기"),
    "name": _l("등록된 회사명 바꾸기"),
    "stop": _l("모든 원격지원과 로그인 끝내기"),
    "option": _l("옵션 알리기"),
    "inquiries": _l("문의 목록 보기"),
    "inquiry": _l("문의 보기"),
}


def reason_words(entry: OperatorAudit) -> Any:
    """The reason as a person typed it, or our own word for a look across the wall."""
    return REASONS.get(entry.reason, entry.reason) if entry.action == "wall.crossed" else entry.reason
