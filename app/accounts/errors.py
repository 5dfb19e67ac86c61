"""Why somebody could not log in, in words that help and tell a stranger nothing."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.errors import AppError

__all__ = ["AlreadyLoggedIn", "LogInRefused", "TenantStopped", "TenantUnknown"]


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
