"""The ledger: what each pair carried, while it runs and for a while after, for the web half's records.

The web half asks (`GET /relay/-/status`); the relay dials nobody. What it does not ask for within KEPT_S is
forgotten, oldest first, and never more than KEPT_MOST are kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from relay.rooms import Over, Place, Rooms

__all__ = ["Ledger"]

KEPT_S: Final = 600.0
KEPT_MOST: Final = 10_000


class Ledger:
    """Pairs that are over, in the order they ended; times are monotonic seconds passed in."""

    def __init__(self) -> None:
        self._ended: deque[tuple[float, Over]] = deque(maxlen=KEPT_MOST)

    def note(self, over: Over, now: float) -> None:
        """Keep a pair's figures."""
        self._ended.append((now, over))

    def forget(self, now: float) -> None:
        """Drop what was kept long enough."""
        while self._ended and now - self._ended[0][0] >= KEPT_S:
            self._ended.popleft()

    def rows(self, rooms: Rooms, now: float) -> Iterator[dict[str, Any]]:
        """One row for each pair, the running ones first; `age_s` since it was paired or ended."""
        for place, room in rooms:
            if room.agent is not None and room.customer is not None:
                yield {
                    **_named(place),
                    "epoch": room.agent.seat.epoch,
                    "state": "open",
                    "age_s": round(now - room.since, 3),
                    "bytes_to_agent": room.customer.received,
                    "bytes_to_customer": room.agent.received,
                }
        for ended, over in self._ended:
            yield {
                **_named(over.place),
                "epoch": over.epoch,
                "state": "ended",
                "age_s": round(now - ended, 3),
                "close_code": int(over.code),
                "bytes_to_agent": over.bytes_to_agent,
                "bytes_to_customer": over.bytes_to_customer,
            }


def _named(place: Place) -> dict[str, str]:
    return {
        "tenant": place.tenant,
        "session": place.session,
        "participant": place.participant,
        "channel": place.channel,
    }
