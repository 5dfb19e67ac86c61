"""The customer's own mouse and keyboard: using them takes control back (K4).

The platform tells which device an event came from; what we inject ourselves does not count. A single twitch
of an optical mouse does not either: three movements within half a second, or one key or button, are meant.
Where a platform cannot tell the hands apart, control is taken back by the panel's button only.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal, Protocol

from customer_agent.platform_errors import Unsupported

log = logging.getLogger(__name__)

OwnHand = Literal["mouse", "keyboard"]
MOVEMENTS = 3
WITHIN_S = 0.5
TELL_EVERY_S = 0.2


class Movements:
    """Whether the mouse is moved on purpose. Pure; times are monotonic seconds."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque(maxlen=MOVEMENTS)

    def moved(self, now: float) -> bool:
        """Note one movement; True when it and the ones before are on purpose."""
        self._moments.append(now)
        return len(self._moments) == MOVEMENTS and now - self._moments[0] <= WITHIN_S


class HandSource(Protocol):
    """What a platform knows of real devices."""

    def fileno(self) -> int:
        """Readable when something happened."""

    def read(self) -> list[Literal["motion", "button", "key"]]:
        """What the customer's own devices did since the last call, without waiting."""

    def close(self) -> None:
        """Listen no more."""


class OwnHandThread(threading.Thread):
    """Calls `on_hand` on this thread, at most five times a second, while the customer uses the own
    devices.
    """

    def __init__(
        self, open_source: Callable[[], HandSource], on_hand: Callable[[OwnHand, float], None]
    ) -> None:
        """`on_hand(hand, now)`; `now` is monotonic seconds."""
        super().__init__(name="own-hand", daemon=True)
        self._open_source = open_source
        self._on_hand = on_hand
        self._movements = Movements()
        self._told: dict[OwnHand, float] = {}
        self._near, self._far = socket.socketpair()
        self._stopping = False
        self.is_listening = threading.Event()

    def stop(self) -> None:
        """End; join afterwards."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._far.send(b"!")

    def run(self) -> None:
        """Listen until `stop`."""
        source: HandSource | None = None
        try:
            source = self._open_source()
            self.is_listening.set()
            while not self._stopping:
                select.select([source.fileno(), self._near.fileno()], [], [], 5.0)
                for kind in source.read():
                    self._take(kind, time.monotonic())
        except Unsupported as problem:
            log.info("own_hand_unsupported", extra={"reason": problem.reason})
        except Exception:
            # The edge of the thread: without it the panel's button still takes control back.
            log.exception("own_hand_failed")
        finally:
            if source is not None:
                with contextlib.suppress(Exception):
                    source.close()
            self._near.close()
            self._far.close()

    def _take(self, kind: str, now: float) -> None:
        if kind == "motion" and not self._movements.moved(now):
            return
        hand: OwnHand = "keyboard" if kind == "key" else "mouse"
        if now - self._told.get(hand, float("-inf")) >= TELL_EVERY_S:
            self._told[hand] = now
            self._on_hand(hand, now)


def open_hand_source() -> HandSource:
    """The real devices of this computer; raises Unsupported where they cannot be told from ours."""
    if sys.platform.startswith("linux"):
        from customer_agent.input.own_hand_x11 import X11HandSource

        return X11HandSource()
    raise Unsupported("own hand", "This system does not tell the customer's hand from the agent's.")
