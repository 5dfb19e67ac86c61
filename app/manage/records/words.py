"""How results of supports and grades of customers are called on pages."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import lazy_gettext as _l

from wire.signal.commands import SupportResult

__all__ = ["GRADES", "RESULTS"]

RESULTS: Final[dict[SupportResult, Any]] = {
    "unchecked": _l("확인 안 함"),
    "solved": _l("해결"),
    "hold": _l("보류"),
    "visit": _l("방문 필요"),
}
GRADES: Final = {"satisfied": _l("만족"), "neutral": _l("보통"), "dissatisfied": _l("불만족")}
