"""What the agent may say of a support after its end: what is offered, and how far it has come. No Tk.

The window shows it, the app moves it, the server decides (app/support/actions/reports.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from wire.signal.commands import SupportResult

__all__ = ["RESULTS", "Report", "ReportOffer", "Step", "read_types"]

#: offered: behind a button; open: the form stands there; sending: it is on its way; saved: the server has it.
Step: TypeAlias = Literal["offered", "open", "sending", "saved"]
RESULTS: tuple[SupportResult, ...] = ("unchecked", "solved", "hold", "visit")


@dataclass(frozen=True, slots=True)
class Report:
    """What the form holds; `issue_type` None = not chosen."""

    issue_type: str | None
    result: SupportResult
    content: str


@dataclass(frozen=True, slots=True)
class ReportOffer:
    """The types to choose from as (id, name), the step, and what went wrong."""

    types: tuple[tuple[str, str], ...]
    step: Step
    error: str = ""


def read_types(found: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    """The types of the parent's line; what is none is left out."""
    pairs = (one for one in found if isinstance(one, list) and len(one) == 2)
    return tuple((str(key), str(name)) for key, name in pairs)
