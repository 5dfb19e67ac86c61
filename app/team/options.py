"""The options of an agent: their keys, labels and defaults, and which of several settings wins. Pure.

A value is asked for in this order: forced off by the platform, the agent's own, the department's, the
company's, the default. The customer's consent stands after all of them, in the customer program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from flask_babel import lazy_gettext as _l

__all__ = [
    "GROUPS",
    "OPTIONS",
    "Effective",
    "Levels",
    "Option",
    "Step",
    "Why",
    "effective_at",
    "explain",
]

Group = Literal["feature", "setting", "mobile"]
Origin = Literal["platform", "agent", "department", "tenant", "default"]
#: What is set at each level: "platform" (switched off by the operator), "tenant", "department", "agent"
#: → key → value.
Levels = Mapping[str, Mapping[str, bool]]


@dataclass(frozen=True, slots=True)
class Option:
    """One switch: its stable key, the table it stands in, its label and its default."""

    key: str
    group: Group
    label: Any
    default: bool


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds for one agent, and which level said so."""

    value: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class Step:
    """One level that was asked: what it says (None = nothing), and whether its word is the one that holds."""

    origin: Origin
    value: bool | None
    decides: bool


@dataclass(frozen=True, slots=True)
class Why:
    """Why an option is as it is: the levels in the order they are asked, and a rule above them, if any."""

    steps: tuple[Step, ...]
    rule: Any = ""
    #: What the customer still has to allow when the option is on; "" = nothing of their own.
    consent: Any = ""


#: The three tables, in the manuals' order.
GROUPS: Final[Mapping[Group, Any]] = {
    "feature": _l("기능 옵션"),
    "setting": _l("설정 옵션"),
    "mobile": _l("모바일 옵션"),
}

_ALL: Final = (
    Option("partial_share", "feature", _l("부분공유"), True),
    Option("two_way_files", "feature", _l("양방향 파일 전송"), True),
    Option("auto_reconnect", "feature", _l("자동 재접속"), True),
    Option("send_url", "feature", _l("URL 전송"), True),
    Option("text_chat", "feature", _l("문자 채팅"), True),
    Option("system_info", "feature", _l("시스템 정보 보기"), True),
    Option("process_info", "feature", _l("프로세스 정보 보기"), True),
    Option("screen_capture", "feature", _l("화면 캡처"), True),
    Option("agent_screen_view", "feature", _l("상담원 화면 전송"), True),
    Option("favourites", "feature", _l("즐겨찾기"), True),
    Option("drawing", "feature", _l("그리기"), True),
    Option("two_way_drawing", "feature", _l("양방향 그리기"), True),
    Option("recording", "feature", _l("화면 녹화"), True),
    Option("voice_chat", "feature", _l("음성 채팅"), True),
    Option("agent_screen_control", "feature", _l("상담원 화면 제어"), True),
    Option("send_file", "feature", _l("파일 보내기"), True),
    Option("get_file", "feature", _l("파일 가져오기"), True),
    Option("invite_agent", "feature", _l("상담원 초대"), True),
    Option("safe_mode_reconnect", "feature", _l("안전모드 재부팅 후 자동 재접속"), True),
    Option("mobile_support", "feature", _l("모바일 / 영상 원격지원"), True),
    Option("force_login", "setting", _l("상담원 강제 로그인"), True),
    Option("consent_to_connect", "setting", _l("접속전 고객동의"), True),
    Option("survey", "setting", _l("고객 만족도 조사"), True),
    Option("driver_mode", "setting", _l("드라이버 모드 사용"), True),
    Option("mouse_tracking", "setting", _l("마우스 추적 사용"), False),
    Option("auto_control", "setting", _l("접속시 자동제어모드"), True),
    Option("view_only", "setting", _l("상담원 제어 불가"), False),
    Option("file_window_in_viewer", "setting", _l("파일 전송 뷰어 모드"), False),
    Option("manual_reboot", "setting", _l("수동 재부팅"), False),
    Option("consent_to_invite", "setting", _l("상담원 초대전 고객동의"), False),
    Option("clipboard_files", "setting", _l("Ctrl+C/Ctrl+V 파일전송"), True),
    Option("remote_printer", "setting", _l("원격프린터"), False),
    Option("auto_new_session", "setting", _l("원격 종료 후 세션 자동 생성"), False),
    Option("share_desktop", "setting", _l("바탕화면 공유"), True),
    Option("auto_record", "setting", _l("화면자동 녹화"), False),
    Option("keep_uac", "setting", _l("사용자 계정 컨트롤"), True),
    Option("always_relay", "setting", _l("항상 서버경유로 접속"), False),
    Option("consent_to_control", "setting", _l("제어 전 고객동의"), True),
    Option("consent_to_files", "setting", _l("파일 전송 전 고객동의"), False),
    Option("consent_to_record", "setting", _l("녹화 전 고객동의"), True),
    Option("consent_to_transfer", "setting", _l("세션 전달 전 고객동의"), True),
    Option("clipboard_text", "setting", _l("클립보드 글 주고받기"), True),
    Option("remote_sound", "setting", _l("원격 소리 듣기"), True),
    Option("whiteboard", "setting", _l("화이트보드"), True),
    Option("blank_screen", "setting", _l("고객 화면 가리기"), True),
    Option("laser_pointer", "setting", _l("레이저 포인터"), True),
    Option("transfer_session", "setting", _l("세션 전달"), True),
    Option("share_session", "setting", _l("원격지원 공유"), True),
    Option("video_chat", "setting", _l("영상 채팅"), True),
    Option("health_check", "setting", _l("PC 상태 점검"), True),
    Option("web_viewer", "setting", _l("웹 뷰어 사용"), True),
    Option("mobile_view_only", "mobile", _l("모바일: 상담원 제어 불가"), False),
    Option("mobile_two_way_files", "mobile", _l("모바일: 양방향 파일 전송"), True),
    Option("mobile_file_consent", "mobile", _l("모바일: 파일전송시 고객동의"), True),
    Option("mobile_app_share_consent", "mobile", _l("모바일: 응용프로그램 공유 동의"), False),
    Option("mobile_no_drawing", "mobile", _l("모바일: 그리기 기능 사용 안함"), False),
    Option("mobile_start_maximised", "mobile", _l("모바일: 최대화된 상태로 프로그램 실행"), False),
    Option("mobile_stretch", "mobile", _l("모바일: 최대화된 비율로 표시"), False),
)

OPTIONS: Final[Mapping[str, Option]] = {option.key: option for option in _ALL}

_NEAREST_FIRST: Final[tuple[Origin, ...]] = ("agent", "department", "tenant")

_ASKS_CONTROL: Final = _l("켜져 있어도 고객이 마우스와 키보드를 허용해야 합니다.")
_ASKS_FILES: Final = _l("켜져 있어도 고객이 파일 전송을 허용해야 합니다.")
_ASKS_VIEW: Final = _l("켜져 있어도 고객이 화면 보기를 허용해야 합니다.")
#: What stands after all levels: the customer's own word, by option.
_CONSENTS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("auto_control", "blank_screen"), _ASKS_CONTROL),
    **dict.fromkeys(("two_way_files", "send_file", "get_file", "clipboard_files"), _ASKS_FILES),
    **dict.fromkeys(("drawing", "two_way_drawing", "screen_capture", "mouse_tracking"), _ASKS_VIEW),
    **dict.fromkeys(
        ("recording", "auto_record"), _l("켜져 있어도 고객이 녹화를 허용해야 합니다. 언제나 먼저 묻습니다.")
    ),
    "clipboard_text": _l("켜져 있어도 고객이 키보드나 클립보드를 허용해야 합니다."),
    "transfer_session": _l("켜져 있어도 고객이 세션 전달을 허용해야 합니다."),
}

#: Asked for always, whatever anybody has set.
_ALWAYS_ON: Final = frozenset({"consent_to_record"})


def effective_at(levels: Levels, *, seat: str) -> dict[str, Effective]:
    """What holds where these levels are set, for every key there is; unknown keys are passed over."""
    asked: tuple[tuple[Origin, Mapping[str, bool]], ...] = tuple(
        (level, levels.get(level, {})) for level in _NEAREST_FIRST
    )
    forced_off = frozenset(levels.get("platform", {}))
    result = {key: _decide(option, asked, forced_off, seat) for key, option in OPTIONS.items()}
    if result["view_only"].value:
        result["auto_control"] = Effective(False, result["view_only"].origin)
    return result


def _decide(
    option: Option,
    levels: tuple[tuple[Origin, Mapping[str, bool]], ...],
    forced_off: frozenset[str],
    seat: str,
) -> Effective:
    if option.key in _ALWAYS_ON:
        return Effective(True, "platform")
    if option.key in forced_off:
        return Effective(False, "platform")
    if option.key == "mobile_support" and seat != "pc_mobile":
        return Effective(False, "platform")
    for origin, values in levels:
        if option.key in values:
            return Effective(values[option.key], origin)
    return Effective(option.default, "default")


def explain(key: str, *, seat: str, levels: Levels, own: str = "agent") -> Why:
    """Say level by level why the option holds as it does; `own` is the nearest level that is looked at."""
    option = OPTIONS[key]
    asked: tuple[Origin, ...] = ("tenant", "department", "agent")
    asked = asked[: asked.index(own) + 1]
    seen: dict[str, Mapping[str, bool]] = {level: levels.get(level, {}) for level in ("platform", *asked)}
    found = effective_at(seen, seat=seat)[key]
    rule = _rule_above(key, seat, found, seen)
    said: list[tuple[Origin, bool | None]] = [("platform", seen["platform"].get(key))]
    said += [("default", option.default)]
    said += [(level, seen[level].get(key)) for level in asked]
    is_forced = key in seen["platform"] and key not in _ALWAYS_ON
    return Why(
        tuple(
            Step(origin, value, origin == ("platform" if is_forced else "" if rule else found.origin))
            for origin, value in said
        ),
        rule,
        _CONSENTS.get(key, ""),
    )


def _rule_above(key: str, seat: str, found: Effective, levels: Levels) -> Any:
    if key in _ALWAYS_ON:
        return _l("녹화는 언제나 고객에게 먼저 묻습니다. 끌 수 없습니다.")
    if key in levels.get("platform", {}):
        return _l("서비스 운영자가 막아 두었습니다. 여기에서는 켤 수 없습니다.")
    if key == "mobile_support" and seat != "pc_mobile":
        return _l("이 상담원은 PC 전용 자리를 씁니다. PC + 모바일로 바꾸면 켤 수 있습니다.")
    said = [levels.get(level, {}).get(key) for level in ("agent", "department", "tenant")]
    own = next((value for value in said if value is not None), OPTIONS[key].default)
    if key == "auto_control" and own and not found.value:
        return _l("상담원 제어 불가가 켜져 있어 자동 제어도 꺼집니다.")
    return ""
