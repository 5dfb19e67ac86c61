"""What an administrator can do something about while managing the team."""

from __future__ import annotations

from app.errors import AppError

__all__ = ["AgentRejected", "OptionUnknown"]


class AgentRejected(AppError):
    """The agent cannot be made or changed so; the sentence says why."""

    status = 422
    code = "B-46"


class OptionUnknown(AppError):
    """There is no option of this name."""

    status = 422
    code = "B-46"
