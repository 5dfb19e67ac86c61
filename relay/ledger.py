"""The ledger: what each pair carried, while it runs and for a while after, for the web half's records.

The web half asks (`GET /relay/-/status`); the relay dials nobody. What it does not ask for within KEPT_S is
forgotten, oldest first, and never more than KEPT_MOST are kept. A pair that ended is written as JSON once, so
that an answer with ten thousand of them holds nobody up.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Final

from relay.rooms import Over, Place, Room, Rooms

__all__ = ["Ledger"]

KEPT_S: Final = 600.0
KEPT_MOST: Final = 10_000


class Ledger:
    """Pairs that are over, in the order they ended; `now` is in monotonic seconds, `unix` in UTC seconds."""

    def __init__(self) -> None:
        self._ended: deque[tuple[float, str]] = deque(maxlen=KEPT_MOST)

    def note(self, over: Over, *, now: float, unix: float) -> None:
        """Keep a pair's figures."""
        row = {
            **_named(over.place),
            "epoch": over.epoch,
            "state": "ended",
            "ended_at": round(unix, 3),
            "close_code": int(over.code),
            "bytes_to_agent": over.bytes_to_agent,
            "bytes_to_customer": over.bytes_to_customer,
        }
        self._ended.append((now, _text(row)))

    def forget(self, now: float) -> None:
        """Drop what was kept long enough."""
        while self._ended and now - self._ended[0][0] >= KEPT_S:
            self._ended.popleft()

    def as_json(self, rooms: Rooms, now: float) -> str:
        """A JSON array with a row for each pair, the running ones first; `age_s` since it was paired."""
        ended = (text for _, text in self._ended)
        return f"[{','.join([*_open_rows(rooms, now), *ended])}]"


def _open_rows(rooms: Rooms, now: float) -> Iterator[str]:
    for place, room in rooms:
        if room.is_paired:
            yield _text(_open_row(place, room, now))


def _open_row(place: Place, room: Room, now: float) -> dict[str, object]:
    assert room.agent is not None
    assert room.customer is not None
    return {
        **_named(place),
        "epoch": room.agent.seat.epoch,
        "state": "open",
        "age_s": round(now - room.since, 3),
        "bytes_to_agent": room.customer.received,
        "bytes_to_customer": room.agent.received,
    }


def _named(place: Place) -> dict[str, object]:
    return {
        "tenant": place.tenant,
        "session": place.session,
        "participant": place.participant,
        "channel": place.channel,
    }


def _text(row: dict[str, object]) -> str:
    return json.dumps(row, separators=(",", ":"))
