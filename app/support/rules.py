"""Decisions about support sessions, slots, codes and arrivals. Pure: values in, values out, `now` passed in.

Decides which moves between states are allowed, how long a code is, what a customer is asked, which relay
takes a support session and where a signal stream goes on after a break. Leaves reading and writing to
queries.py and actions/. Sources: decisions D7, D8, D11-D13, security rule 7.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

MAX_SLOTS: Final = 5
MAX_COMMENT: Final = 500

STATES: Final = ("offline", "online", "connected", "expired")
#: Every move a support session may make; anything else is refused (data-model.md).
MOVES: Final[Mapping[str, frozenset[str]]] = {
    "offline": frozenset({"online", "expired"}),
    "online": frozenset({"connected", "offline", "expired"}),
    "connected": frozenset({"expired"}),
    "expired": frozenset(),
}

#: The customer's way in, in order. `denied` and `timeout` end one try; the next arrival starts at `page`.
STEPS: Final = ("none", "page", "downloaded", "started", "asked", "allowed", "denied", "timeout")
_STEP_ORDER: Final[Mapping[str, int]] = {
    "none": 0,
    "page": 1,
    "downloaded": 2,
    "started": 3,
    "asked": 4,
    "allowed": 5,
    "denied": 6,
    "timeout": 6,
}
#: Steps at which nobody is on the way, so that a new customer may take the slot.
FREE_STEPS: Final = ("none", "denied", "timeout")

GRADES: Final = ("satisfied", "neutral", "dissatisfied")
RIGHTS: Final = ("view", "mouse", "keyboard", "clipboard", "files", "record", "invite")
ANSWERS: Final = ("allowed", "denied", "timeout", "revoked")

MIN_DIGITS: Final = 6
MAX_DIGITS: Final = 9
#: Live codes ÷ 10^digits stays at or below this, so one guess hits with a chance of 1 in 50,000 at most (D7).
CODE_DENSITY: Final = 2e-5
ALARM_LENGTH: Final = timedelta(days=7)

ARRIVAL_LIFETIME: Final = timedelta(minutes=10)
#: An arrival that led to help is kept for its survey page; the cookie lives as long.
ARRIVAL_MEMORY: Final = timedelta(hours=24)
#: One address may be on its way to this many numbers at a time: an office behind one has a few customers.
MAX_UNSTARTED_PER_SOURCE: Final = 5
#: A closed slot's number rests, so that a customer who was told "3" never reaches a stranger.
NUMBER_REST: Final = timedelta(minutes=10)
PRESENCE_LEASE: Final = timedelta(seconds=45)

_DASHES: Final = "-‐‑‒–—―−－·."


# --- states -----------------------------------------------------------------------------------------------


def may_move(state: str, to: str) -> bool:
    """Tell whether a support session in `state` may move to `to`."""
    return to in MOVES[state]


def is_step_forward(step: str, to: str) -> bool:
    """Tell whether the arrival step `to` lies after `step`; a late "downloaded" never undoes "started"."""
    return _STEP_ORDER[to] > _STEP_ORDER[step]


def may_be_taken(state: str, step: str) -> bool:
    """Tell whether a new customer may take a support session: nobody came yet, or the last try failed."""
    return state == "offline" and step in FREE_STEPS


def may_draw_code(state: str, step: str) -> bool:
    """Tell whether the agent may draw a new code; a customer who has not started the program is let go."""
    return state == "offline" and (step in FREE_STEPS or step in ("page", "downloaded"))


# --- codes ------------------------------------------------------------------------------------------------


def code_digits(live_codes: int, *, alarm: bool) -> int:
    """Return how many digits the next code of a tenant has; `live_codes` counts the new one too."""
    if alarm:
        return MAX_DIGITS
    for digits in range(MIN_DIGITS, MAX_DIGITS):
        if live_codes / 10**digits <= CODE_DENSITY:
            return digits
    return MAX_DIGITS


def draw_code(digits: int, randbelow: Callable[[int], int]) -> str:
    """Return a code of `digits` decimal digits, leading zeros kept; `randbelow` is secrets.randbelow."""
    return str(randbelow(10**digits)).zfill(digits)


def normalise_code(text: str) -> str | None:
    """Return the digits a customer meant, or None when it cannot be a code.

    Accepts spaces, dashes and full-width digits; refuses letters rather than guessing what they stood for.
    """
    digits = []
    for letter in unicodedata.normalize("NFKC", text[:64]):
        if letter.isspace() or letter in _DASHES:
            continue
        if not ("0" <= letter <= "9"):
            return None
        digits.append(letter)
    if not MIN_DIGITS <= len(digits) <= MAX_DIGITS:
        return None
    return "".join(digits)


def group_code(code: str) -> str:
    """Return the code in groups of three, as it is read out: `482 913`, `482 9137`, `482 913 755`."""
    if len(code) == 8:
        return f"{code[:4]} {code[4:]}"
    if len(code) == 7:
        return f"{code[:3]} {code[3:]}"
    return " ".join(code[i : i + 3] for i in range(0, len(code), 3))


def is_alarmed(code_alarm_until: datetime | None, now: datetime) -> bool:
    """Tell whether the tenant's codes are long because somebody was guessing."""
    return code_alarm_until is not None and now < code_alarm_until


# --- slots ------------------------------------------------------------------------------------------------


def next_position(taken: Collection[int]) -> int | None:
    """Return the lowest free place 1 to 5 of an agent, or None when all five are taken."""
    return next((p for p in range(1, MAX_SLOTS + 1) if p not in taken), None)


def next_number(taken: Collection[int]) -> int:
    """Return the lowest number of a tenant that is neither shown nor resting."""
    number = 1
    while number in taken:
        number += 1
    return number


# --- consent ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """What the customer program asks before a pixel leaves: rights to ask for and rights the agent wants."""

    ask: tuple[str, ...]
    wanted: tuple[str, ...]
    start_button_only: bool


def consent_question(options: Mapping[str, bool]) -> Question:
    """Return what to ask, by the tenant's options (options.md).

    `view_only` wins over `auto_control`: then control is neither wanted nor asked.
    `consent_to_connect` off still leaves one "start" button, never no window (D12).
    """
    control = not options.get("view_only", False)
    wanted = ["view"]
    if control and options.get("auto_control", True):
        wanted += ["mouse", "keyboard"]
    ask = ["view"] if options.get("consent_to_connect", True) else []
    if control and options.get("consent_to_control", True):
        ask += ["mouse", "keyboard"]
    return Question(tuple(ask), tuple(wanted), start_button_only=not options.get("consent_to_connect", True))


def verdict(answers: Mapping[str, str]) -> str:
    """Return allowed, denied or timeout for the whole try: without "view" there is no support session."""
    answer = answers.get("view", "denied")
    return answer if answer in ("allowed", "timeout") else "denied"


# --- relays and streams -----------------------------------------------------------------------------------


def choose_relay(relays: Iterable[str], *, load: Mapping[str, int], down: Collection[str]) -> str | None:
    """Return the relay with the fewest support sessions among those that answer, the first on a tie.

    When all are down the least loaded is returned all the same: the ends retry, and it may be back by then.
    None only when there is none.
    """
    known = list(relays)
    up = [relay for relay in known if relay not in down] or known
    return min(up, key=lambda relay: load.get(relay, 0), default=None)


def can_resume(after: int, *, first_kept: int, last: int) -> bool:
    """Tell whether a stream can go on after message `after`: all later ones are still kept.

    `first_kept` is the number of the oldest kept message, or last + 1 when none is kept.
    """
    return after >= 1 and first_kept - 1 <= after <= last


def is_present(socket_id: str | None, seen_at: datetime | None, now: datetime) -> bool:
    """Tell whether a program's signal socket is open: a web worker holds it and renewed its lease."""
    return socket_id is not None and seen_at is not None and now - seen_at < PRESENCE_LEASE
