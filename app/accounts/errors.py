"""Why somebody could not log in, in words that help and tell a stranger nothing."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts.rules import POLICY_RANGES
from app.errors import AppError

__all__ = [
    "AddressRefused",
    "AlreadyLoggedIn",
    "CodeNeeded",
    "CodeRefused",
    "LinkIsOver",
    "LogInRefused",
    "RulesRejected",
    "SecondStepFirst",
    "TenantStopped",
    "TenantUnknown",
    "WouldLockOut",
]


class LogInRefused(AppError):
    """Wrong id, wrong password or a disabled agent: the same words for each."""

    status = 401
    code = "B-41"

    def __init__(self) -> None:
        super().__init__(_l("아이디나 비밀번호가 맞지 않습니다. 다시 확인해 주십시오."))


class TenantUnknown(AppError):
    """No company has this id."""

    status = 404
    code = "B-47"

    def __init__(self) -> None:
        super().__init__(_l("고객사 아이디를 찾을 수 없습니다. 안내받은 아이디를 다시 확인해 주십시오."))


class TenantStopped(AppError):
    """The company may not work now: suspended or expired."""

    status = 403
    code = "B-48"

    def __init__(self, standing: str) -> None:
        if standing == "expired":
            text = _l("이 고객사의 사용 기간이 끝났습니다. 관리자에게 연장을 요청해 주십시오.")
        else:
            text = _l("이 고객사의 서비스가 멈추어 있습니다. 관리자에게 문의해 주십시오.")
        super().__init__(text)


class AlreadyLoggedIn(AppError):
    """Logged in elsewhere, and the company's option does not let a second log-in end the first."""

    status = 409
    code = "B-49"

    def __init__(self) -> None:
        super().__init__(_l("이미 다른 곳에서 로그인했습니다. 그곳에서 로그아웃한 뒤 다시 시도해 주십시오."))


class AddressRefused(AppError):
    """The company lets nobody of this kind log in from there; said before the password is looked at."""

    status = 403
    code = "B-51"

    def __init__(self, address: str) -> None:
        super().__init__(
            _l(
                "이 주소(%(address)s)에서는 로그인할 수 없습니다. 관리자에게 문의해 주십시오.",
                address=address,
            )
        )


class CodeNeeded(AppError):
    """The password was right; the second step's code is asked for. A browser goes on with `step`."""

    status = 401
    code = "B-52"

    def __init__(self, step: str = "") -> None:
        super().__init__(_l("인증 앱에 보이는 여섯 자리 번호를 적어 주십시오."))
        self.step = step


class CodeRefused(AppError):
    """Wrong, too old, or used before: the same words for each."""

    status = 401
    code = "B-54"

    def __init__(self) -> None:
        super().__init__(_l("인증 번호가 맞지 않습니다. 앱에 지금 보이는 번호를 적어 주십시오."))


class SecondStepFirst(AppError):
    """The company asks for a second step and this agent has none; programs cannot set one up."""

    status = 403
    code = "B-55"

    def __init__(self) -> None:
        super().__init__(
            _l("2단계 로그인을 먼저 설정해야 합니다. 웹의 /manage에 로그인하면 안내가 나옵니다.")
        )


class LinkIsOver(AppError):
    """A mailed link that is wrong, used or too old: the same words for each."""

    status = 404
    code = "B-56"

    def __init__(self) -> None:
        super().__init__(_l("이 링크는 더 이상 쓸 수 없습니다. 비밀번호 찾기를 다시 해 주십시오."))


_RANGE_FAULTS = {
    "failed_limit": lambda low, high: _l(
        "로그인 실패 허용 횟수는 %(low)d~%(high)d 사이로 적어 주십시오.", low=low, high=high
    ),
    "block_s": lambda low, high: _l(
        "로그인 차단 시간은 %(low)d~%(high)d초 사이로 적어 주십시오.", low=low, high=high
    ),
    "idle_s": lambda low, high: _l(
        "자동 로그아웃 시간은 %(low)d~%(high)d초 사이로 적어 주십시오.", low=low, high=high
    ),
}
_FAULTS = {
    "two_step": _l("2단계 로그인을 누가 쓸지 골라 주십시오."),
    "address": _l("IP 주소를 다시 확인해 주십시오. 예: 203.0.113.7, 192.168.0.*, 2001:db8::/48"),
    "too_many": _l("주소는 100개까지 넣을 수 있습니다. 쓰지 않는 것을 지워 주십시오."),
}


class RulesRejected(AppError):
    """A rule of logging in cannot be so; `faults` names the values, the sentence is the first one's."""

    status = 422
    code = "B-46"

    def __init__(self, faults: list[str]) -> None:
        low, high = POLICY_RANGES.get(faults[0], (0, 0))
        super().__init__(_RANGE_FAULTS[faults[0]](low, high) if high else _FAULTS[faults[0]])
        self.faults = faults


class WouldLockOut(AppError):
    """The admin who asks could not log in again from where they are; they have to say that they mean it."""

    status = 409
    code = "B-57"

    def __init__(self, address: str) -> None:
        super().__init__(
            _l(
                "이렇게 저장하면 지금 이 주소(%(address)s)에서 다시 로그인할 수 없습니다.",
                address=address,
            )
        )
