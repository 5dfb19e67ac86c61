"""What the customer allows an agent, and whether one message may pass. Pure; the time is passed in as `now`.

Deny by default: a message of an unknown kind, a right nobody asked for, an option that is missing are all
"no". Order of reasons, the first that holds is told: the option forbids it, the customer did not consent or
took the right back, the screen is paused, the customer has the mouse and keyboard. Times are monotonic
seconds. Source: docs/wire.md (control channel), docs/decisions/0040-consent-and-rights.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from wire.control import messages as control
from wire.control.messages import ControlMessage, WhyNot
from wire.files.messages import Chunk, FileMessage
from wire.rfb.events import CutTextReceived, KeyEvent, PointerEvent, QemuKeyEvent
from wire.terms import RIGHTS, ConsentRight, Right

__all__ = [
    "STILLNESS_S",
    "Rights",
    "TakenBack",
    "allow",
    "consented",
    "give_back",
    "may",
    "needed_right",
    "pause",
    "permits",
    "record_of",
    "revoke",
    "take_back",
    "tells",
    "why_not",
]

Options = Mapping[str, bool]
Hand = Literal["mouse", "keyboard", "button"]

STILLNESS_S: Final = 3.0
"""Control taken back by mouse or keyboard returns after so long without the customer's own hand."""

_GRANTED_BY: Final[Mapping[ConsentRight, tuple[Right, ...]]] = {
    "view": ("view",),
    "mouse": ("mouse",),
    "keyboard": ("keyboard",),
    "clipboard": ("clipboard_in", "clipboard_out"),
    "files": ("files_in", "files_out"),
    "record": ("record",),
    "invite": (),
}

_NEEDS_OPTION: Final[Mapping[Right, str]] = {
    "clipboard_in": "clipboard_text",
    "clipboard_out": "clipboard_text",
    "files_in": "send_file",
    "files_out": "get_file",
    "draw": "drawing",
    "record": "recording",
}
"""The option that must be on before the customer's consent counts; view, mouse and keyboard need none."""

_UNASKED: Final[Mapping[ConsentRight, str]] = {
    "mouse": "consent_to_control",
    "keyboard": "consent_to_control",
    "files": "consent_to_files",
}
"""Consents that the company may leave out by switching this option off; the others are always asked."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The customer has mouse and keyboard; `until` None = until it is given again."""

    by: Hand
    until: float | None


@dataclass(frozen=True, slots=True)
class Rights:
    """What one participant may do. `allowed` is consent; the rest takes away from it for a while."""

    allowed: frozenset[Right] = frozenset()
    revoked: frozenset[Right] = frozenset()
    is_paused: bool = False
    taken_back: TakenBack | None = None

    def may_see(self, options: Options, now: float) -> bool:
        """Whether a picture may leave this computer now."""
        return why_not("view", self, options, now) is None


def consented(answers: Mapping[ConsentRight, bool], options: Options) -> Rights:
    """The rights after the customer's answers; what was not asked counts only where an option says so.

    Nothing is allowed without `view`: who may not see may not press keys either.
    """
    granted = {right for right, is_allowed in answers.items() if is_allowed}
    for right, option in _UNASKED.items():
        if right not in answers and options.get(option) is False:
            granted.add(right)
    if "clipboard" not in answers and options.get("clipboard_text") is True and "keyboard" in granted:
        granted.add("clipboard")
    if "view" not in granted:
        return Rights()
    rights = {right for consent in granted for right in _GRANTED_BY[consent]}
    return Rights(frozenset(rights | {"draw"}))


def pause(rights: Rights, on: bool) -> Rights:
    """Freeze the screen or let it move again; pausing takes control back as well, going on gives it again."""
    return replace(rights, is_paused=on, taken_back=None if not on else rights.taken_back)


def take_back(rights: Rights, by: Hand, now: float) -> Rights:
    """The customer takes mouse and keyboard; by button it lasts until `give_back`."""
    if rights.taken_back is not None and rights.taken_back.by == "button":
        return rights
    return replace(rights, taken_back=TakenBack(by, None if by == "button" else now + STILLNESS_S))


def give_back(rights: Rights) -> Rights:
    """The customer gives mouse and keyboard again."""
    return replace(rights, taken_back=None)


def revoke(rights: Rights, *which: Right) -> Rights:
    """The customer takes rights back for good."""
    return replace(rights, revoked=rights.revoked | set(which))


def allow(rights: Rights, *which: Right) -> Rights:
    """The customer allows rights that were asked for later, or were taken back."""
    return replace(rights, allowed=rights.allowed | set(which), revoked=rights.revoked - set(which))


def why_not(right: Right, rights: Rights, options: Options, now: float) -> WhyNot | None:
    """The reason why `right` is off now; None: it is on."""
    is_control = right in ("mouse", "keyboard")
    checks: tuple[tuple[WhyNot, bool], ...] = (
        ("option", _is_forbidden(right, options)),
        ("revoked", right in rights.revoked or "view" in rights.revoked),
        ("consent", right not in rights.allowed or "view" not in rights.allowed),
        ("paused", rights.is_paused),
        ("taken_back", is_control and _is_taken_back(rights, now)),
    )
    return next((reason for reason, holds in checks if holds), None)


def may(right: Right, rights: Rights, options: Options, now: float) -> bool:
    """Whether `right` is on now."""
    return why_not(right, rights, options, now) is None


def needed_right(message: object) -> Right | None:
    """The right that `message` needs; None: it needs none, or its kind is unknown (see `permits`)."""
    if isinstance(message, PointerEvent):
        return "mouse"
    if isinstance(message, KeyEvent | QemuKeyEvent):
        return "keyboard"
    if isinstance(message, CutTextReceived):
        return "clipboard_in"
    if isinstance(message, ControlMessage | FileMessage | Chunk):
        return message.RIGHT
    return None


def permits(message: object, rights: Rights, options: Options, now: float) -> bool:
    """Whether this input event, control message or file message of the agent may pass. Unknown kinds may
    not.
    """
    right = needed_right(message)
    if isinstance(message, ControlMessage | FileMessage | Chunk):
        if message.SENDER == "customer" or (message.OPTION is not None and not options.get(message.OPTION)):
            return False
        return right is None or may(right, rights, options, now)
    return right is not None and may(right, rights, options, now)


def tells(message: ControlMessage, rights: Rights, options: Options, now: float) -> bool:
    """Whether this message of the customer's own may go to the agent: its option is on and its right too."""
    if message.OPTION is not None and not options.get(message.OPTION):
        return False
    return message.RIGHT is None or may(message.RIGHT, rights, options, now)


def record_of(rights: Rights, options: Options, serial: int, now: float) -> control.Rights:
    """The full state as the agent's program is told it."""
    reasons: dict[Right, WhyNot | None] = {right: why_not(right, rights, options, now) for right in RIGHTS}
    until_ms = None
    if rights.taken_back is not None and rights.taken_back.until is not None:
        until_ms = max(0, round((rights.taken_back.until - now) * 1000))
    return control.Rights(
        serial=serial,
        **{right: reason is None for right, reason in reasons.items()},
        why={right: reason for right, reason in reasons.items() if reason is not None},
        until_ms=until_ms,
    )


def _is_forbidden(right: Right, options: Options) -> bool:
    if right in ("mouse", "keyboard"):
        return bool(options.get("view_only"))
    needed = _NEEDS_OPTION.get(right)
    return needed is not None and not options.get(needed)


def _is_taken_back(rights: Rights, now: float) -> bool:
    taken = rights.taken_back
    return taken is not None and (taken.until is None or now < taken.until)
