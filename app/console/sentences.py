"""What the scripts of the console say, in the reader's language; it travels in the page as JSON.

Keys are the scripts' (app/static/js/console/); codes are those of docs/codes.md.
"""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

__all__ = ["of_board", "of_codes", "of_view"]

_ENDS: Final[dict[str, Any]] = {
    "ended_customer": _l("고객이 지원을 끝냈습니다."),
    "ended_elsewhere": _l("다른 창이나 프로그램에서 이 고객을 이어 보고 있습니다."),
    "ended_gone": _l("이미 끝난 지원입니다."),
    "ended_login_ended": _l("로그인이 끝났습니다. 다시 로그인하십시오."),
    "ended_refused": _l("서버가 이 페이지를 받아 주지 않습니다. 새로 고친 뒤 다시 시도해 주십시오."),
    "ended_replaced": _l("이 페이지를 다른 탭에서 열었습니다. 그 탭에서 계속하십시오."),
    "ended_session_over": _l("이미 끝난 지원입니다."),
    "ended_tenant_stopped": _l("고객사의 서비스가 멈추었습니다. 관리자에게 문의하십시오."),
    "failed": _l("요청을 처리하지 못했습니다. 잠시 뒤 다시 시도해 주십시오."),
}

_BOARD: Final[dict[str, Any]] = {
    "signal_connecting": _l("서버에 연결하고 있습니다."),
    "signal_offline": _l("서버와 연결이 끊겨 다시 연결하고 있습니다. (B-12)"),
    "ended_system_or_agent": _l("지원이 끝났습니다."),
    "state_waits": _l("고객을 기다립니다"),
    "state_coming": _l("고객이 들어오고 있습니다"),
    "state_online": _l("고객이 연결을 기다립니다"),
    "state_connected": _l("지원 중"),
    "state_expired": _l("끝났습니다"),
    "step_page": _l("고객이 페이지를 열었습니다."),
    "step_downloaded": _l("고객이 프로그램을 받았습니다."),
    "step_started": _l("고객의 프로그램이 실행되었습니다."),
    "step_asked": _l("고객에게 허용할지 묻고 있습니다."),
    "step_allowed": _l("고객이 허용했습니다."),
    "step_denied": _l("고객이 허용하지 않았습니다."),
    "step_timeout": _l("고객이 답하지 않았습니다."),
    "grade_satisfied": _l("고객이 만족했다고 답했습니다."),
    "grade_neutral": _l("고객이 보통이라고 답했습니다."),
    "grade_dissatisfied": _l("고객이 불만족했다고 답했습니다."),
}

_VIEW: Final[dict[str, Any]] = {
    "ended_agent": _l("지원을 끝냈습니다."),
    "ended_system": _l("지원이 끝났습니다."),
    "ended_insecure": _l("이 주소에서는 안전하게 연결할 수 없습니다. https 주소로 여십시오."),
    "line_connecting": _l("연결하고 있습니다."),
    "line_lost": _l("연결이 끊겼습니다. 다시 연결하고 있습니다. (B-12)"),
    "line_unstable": _l("연결이 불안정합니다. 잠시 기다려 주십시오. (B-11)"),
    "line_screen_lost": _l("화면 연결이 끊겼습니다. 다시 연결하고 있습니다. (B-12)"),
    "signal_away": _l("서버와 연결이 끊겼지만 지원은 이어집니다."),
    "waiting_customer": _l("고객이 들어오기를 기다리고 있습니다."),
    "customer_paused": _l("고객이 화면을 잠시 멈췄습니다."),
    "customer_took_back": _l("고객이 제어를 거두었습니다. 제어 단추로 다시 요청할 수 있습니다."),
    "customer_moves": _l("고객이 직접 움직이고 있습니다. 멈추면 제어가 돌아옵니다."),
    "customer_hides": _l("고객이 화면 보기를 허용하지 않았습니다."),
    "sharing_choosing": _l("고객이 보여 줄 것을 고르고 있습니다."),
    "sharing_closed": _l("고객이 보여 주던 창이 닫혔습니다. 고객이 다시 고를 때까지 기다려 주십시오."),
    "sharing_failed": _l("고객이 고른 창을 보여 줄 수 없습니다. 고객이 다시 고를 때까지 기다려 주십시오."),
    "sharing_minimised": _l("고객이 보여 주는 창이 최소화되어 있습니다. 다시 열리면 이어집니다."),
    "sharing_off_screen": _l("고객이 보여 주던 부분이 화면 밖에 있습니다."),
    "monitor": _l("모니터 %(number)s · %(size)s", number="%(number)s", size="%(size)s"),
    "monitor_all": _l("모든 모니터"),
    "words_changed": _l("보안 단어가 바뀌었습니다. 고객과 다시 맞추어 보십시오."),
    "answer_allowed": _l("고객이 허용했습니다."),
    "answer_denied": _l("고객이 허용하지 않았습니다."),
    "answer_timeout": _l("고객이 답하지 않았습니다."),
    "refused_option": _l("이 기능은 꺼져 있습니다. 관리자에게 문의하십시오."),
    "refused_right": _l("고객이 허용하지 않아 보낼 수 없습니다."),
    "control_never": _l("보기만 할 수 있도록 정해져 있습니다."),
    "control_ask": _l("고객에게 제어를 요청합니다."),
    "control_asked": _l("고객에게 제어를 요청했습니다."),
    "control_lock": _l("제어를 잠급니다. 화면만 봅니다."),
    "control_free": _l("제어를 다시 시작합니다."),
    "keys_not_now": _l("지금은 키를 보낼 수 없습니다."),
    "captured": _l("화면을 그림 파일로 저장했습니다."),
    "clip_sent": _l("글을 고객의 클립보드에 넣었습니다."),
    "clip_same": _l("보낼 새 글이 없습니다."),
    "quality_auto": _l("자동"),
    "quality_network": _l("느린 망"),
    "quality_speed": _l("빠른 망"),
    "quality_lossy": _l("압축 화질"),
    "quality_exact": _l("원본 화질"),
    "fact_time": _l("지원 시간"),
    "fact_pc": _l("고객의 PC"),
}

_CODES: Final[dict[str, Any]] = {
    "B-16": _l("고객 쪽의 화면 자료를 읽을 수 없어 연결을 끊었습니다."),
    "B-23": _l("그 사이에 다른 사람이 먼저 연결했습니다."),
    "B-24": _l("접속대기는 다섯 개까지 만들 수 있습니다. 쓰지 않는 번호를 먼저 지워 주십시오."),
    "B-25": _l("연결 중인 번호는 지울 수 없습니다. 원격지원을 먼저 끝내 주십시오."),
    "B-27": _l("지금 기다리는 고객이 없습니다."),
    "B-28": _l("고객사의 서비스가 멈추었습니다. 관리자에게 문의하십시오."),
    "B-29": _l("지금은 연결할 수 없습니다. 잠시 뒤에 다시 시도해 주십시오."),
    "B-31": _l("상대를 확인할 수 없어 연결을 끊었습니다. 고객에게 전화로 확인하십시오."),
    "B-32": _l("상대를 확인할 수 없어 연결을 끊었습니다. 고객에게 전화로 확인하십시오."),
    "B-34": _l("이미 끝난 지원입니다."),
    "B-35": _l("고객이 들어오고 있습니다. 새 코드를 받으려면 먼저 고객을 내보내 주십시오."),
    "B-43": _l("이 기능은 꺼져 있습니다. 관리자에게 문의하십시오."),
    "B-53": _l("서버가 바쁩니다. 잠시 뒤 다시 시도해 주십시오."),
    "busy": _l("서버와 연결이 끊겨 기다리는 중입니다. 잠시 뒤 다시 시도해 주십시오."),
}


def of_board() -> dict[str, str]:
    """What the list of slots says."""
    return _texts(_ENDS | _BOARD)


def of_view(number: int) -> dict[str, str]:
    """What the web viewer says; `number` is the slot's, %(pc)s is filled in by the script."""
    return _texts(_ENDS | _VIEW) | {"title": f"%(pc)s · {_('%(number)s번 고객 – 바로헬프', number=number)}"}


def of_codes() -> dict[str, str]:
    """Codes in one sentence each."""
    return _texts(_CODES)


def _texts(sentences: dict[str, Any]) -> dict[str, str]:
    return {key: str(sentence) for key, sentence in sentences.items()}
