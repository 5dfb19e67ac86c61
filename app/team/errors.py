"""What an administrator can do something about while managing the team."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.errors import AppError

__all__ = ["AgentRejected", "ChangedElsewhere", "DepartmentRejected", "IssueTypeRejected", "OptionUnknown"]


class AgentRejected(AppError):
    """The agent cannot be made or changed so; the sentence says why."""

    status = 422
    code = "B-46"


class DepartmentRejected(AppError):
    """The department cannot be made, renamed or deleted so; the sentence says why."""

    status = 422
    code = "B-46"


class IssueTypeRejected(AppError):
    """The issue type cannot be made or renamed so; the sentence says why."""

    status = 422
    code = "B-46"


class ChangedElsewhere(AppError):
    """Somebody else saved it between this page's opening and its saving."""

    status = 409
    code = "B-46"

    def __init__(self) -> None:
        super().__init__(_l("그사이 다른 사람이 먼저 바꾸었습니다. 지금 값을 확인하고 다시 저장해 주십시오."))


class OptionUnknown(AppError):
    """There is no option of this name."""

    status = 422
    code = "B-46"
