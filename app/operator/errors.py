"""What an operator can do something about."""

from __future__ import annotations

from app.errors import AppError

__all__ = ["OperatorRejected"]


class OperatorRejected(AppError):
    """The deed cannot be done so; the sentence says why."""

    status = 422
    code = "B-46"
