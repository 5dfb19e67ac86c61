"""What may go wrong between two peers.

ProtocolError                the peer broke the contract: close the connection and say why
├── LimitExceeded            a length, count or rate above its named constant in wire/limits.py
├── WrongState               a message that is known, but not allowed now
├── BadVersion               no version in common
├── SealBroken               a sealed record that does not open, or opens out of order
└── TicketRefused            a ticket that is forged, late, spent, or made for somebody else
LinkLost                     the network went away; `retry` says whether to come back
"""

from __future__ import annotations

__all__ = [
    "BadVersion",
    "LimitExceeded",
    "LinkLost",
    "ProtocolError",
    "SealBroken",
    "TicketRefused",
    "WrongState",
]


class ProtocolError(Exception):
    """The peer sent what it must not; the text names the field, the value and the limit."""


class LimitExceeded(ProtocolError):
    """A length, count or rate lies above its limit; nothing was allocated for it."""

    def __init__(self, field: str, value: int, limit: int) -> None:
        super().__init__(f"{field} is {value}, the limit is {limit}")
        self.field = field
        self.value = value
        self.limit = limit


class WrongState(ProtocolError):
    """The message is well formed but not allowed in this state."""


class BadVersion(ProtocolError):
    """The peers have no version in common."""


class SealBroken(ProtocolError):
    """A sealed record failed to open: forged, repeated, dropped or swapped. There is no going on."""


class TicketRefused(ProtocolError):
    """A ticket was refused; `reason` is one word for the log, never shown to the peer in more detail."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LinkLost(Exception):
    """The network connection ended; `retry` is False when coming back is pointless, `code` is the one of
    docs/codes.md for the person.
    """

    def __init__(
        self, reason: str, *, retry: bool = True, close_code: int | None = None, code: str = "B-10"
    ) -> None:
        super().__init__(reason)
        self.retry = retry
        self.close_code = close_code
        self.code = code
