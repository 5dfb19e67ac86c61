"""What may be asked, how often, and how an inquiry's state follows from who wrote last. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = [
    "MAX_MESSAGES",
    "MAX_MESSAGES_A_DAY",
    "MAX_NEW_A_DAY",
    "MAX_OPEN",
    "MAX_OPEN_EACH",
    "MAX_SUBJECT",
    "MAX_TEXT",
    "STATES",
    "Counted",
    "Problem",
    "clean_subject",
    "clean_text",
    "is_form_id",
    "may_close",
    "problem_with_new",
    "problem_with_reply",
    "problem_with_words",
    "state_after",
]

MAX_SUBJECT: Final = 100
MAX_TEXT: Final = 5_000
#: Of one company: inquiries that wait for us, new ones and messages within a day.
MAX_OPEN: Final = 20
MAX_NEW_A_DAY: Final = 10
MAX_MESSAGES_A_DAY: Final = 50
#: An agent's own that wait; the administrator has no such bound, so that agents cannot use theirs up alone.
MAX_OPEN_EACH: Final = 5
#: In one inquiry; a page shows them all.
MAX_MESSAGES: Final = 60

#: In the order of the operator's list.
STATES: Final = ("open", "answered", "closed")
#: What nobody types, and what turns the text around it about. Tabs and line breaks stay.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_FORM_ID: Final = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")


class Problem(StrEnum):
    """Why something cannot be sent."""

    SUBJECT = "subject"
    TEXT = "text"
    OPEN = "open"
    OPEN_EACH = "open_each"
    NEW_A_DAY = "new_a_day"
    MESSAGES_A_DAY = "messages_a_day"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class Counted:
    """What a company has asked: waiting inquiries (all, and the asker's own), new and messages of a day."""

    open_all: int = 0
    open_own: int = 0
    new_today: int = 0
    messages_today: int = 0


def clean_subject(text: str) -> str:
    """One line, without what cannot be seen."""
    return " ".join(_CONTROL.sub("", text).split())


def clean_text(text: str) -> str:
    """The text with line breaks as they were typed, without what cannot be seen, and no empty ends."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def problem_with_words(subject: str | None, text: str) -> Problem | None:
    """What is wrong with the cleaned words of a new inquiry; a reply has no subject (None)."""
    if subject is not None and not 1 <= len(subject) <= MAX_SUBJECT:
        return Problem.SUBJECT
    return None if 1 <= len(text) <= MAX_TEXT else Problem.TEXT


def problem_with_new(counted: Counted, *, is_admin: bool) -> Problem | None:
    """Whether a company has asked so much that one more inquiry has to wait."""
    if counted.open_all >= MAX_OPEN:
        return Problem.OPEN
    if counted.open_own >= MAX_OPEN_EACH and not is_admin:
        return Problem.OPEN_EACH
    if counted.new_today >= MAX_NEW_A_DAY:
        return Problem.NEW_A_DAY
    return Problem.MESSAGES_A_DAY if counted.messages_today >= MAX_MESSAGES_A_DAY else None


def problem_with_reply(messages: int, messages_today: int) -> Problem | None:
    """Whether an inquiry of so many messages, of a company with so many in a day, takes one more."""
    if messages >= MAX_MESSAGES:
        return Problem.MESSAGES
    return Problem.MESSAGES_A_DAY if messages_today >= MAX_MESSAGES_A_DAY else None


def state_after(side: str) -> str:
    """The state once this side has written: a company's word opens, also what was closed."""
    return "answered" if side == "operator" else "open"


def may_close(state: str, side: str) -> bool:
    """Whether a side may close it: who asks always, we only what we have answered."""
    return state == "answered" or (state == "open" and side == "tenant")


def is_form_id(text: str) -> bool:
    """Whether it has the shape of the id that a form carries, so that sending it twice is sending it once."""
    return _FORM_ID.fullmatch(text) is not None
