"""RFB on one screen channel: bytes of the link to events, input and wishes to bytes. No socket, no Tk.

Both links (plain TCP and the sealed channel) feed it. Fences are answered by the owner when the picture is
decoded, so that a slow viewer slows the sender instead of growing a queue. Methods may be called on any
thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Literal, TypeAlias

from wire.errors import LimitExceeded, ProtocolError, WrongState
from wire.rfb.clipboard import PreparedText
from wire.rfb.constants import Encoding
from wire.rfb.events import FenceReceived, ViewerEvent
from wire.rfb.messages import KeyEvent, PointerEvent, QemuKeyEvent, SetEncodings
from wire.rfb.viewer import ViewerProtocol, encodings_for

__all__ = ["QUALITIES", "Input", "QualityMode", "ScreenStream"]

Input: TypeAlias = KeyEvent | QemuKeyEvent | PointerEvent
QualityMode: TypeAlias = Literal["auto", "network", "speed"]

QUALITIES: Final[dict[QualityMode, tuple[int, ...]]] = {
    "auto": encodings_for(quality=8, compress_level=2),
    "network": encodings_for(quality=5, compress_level=6),
    "speed": encodings_for(quality=9, compress_level=1),
}
"""What is announced in each mode: good lines, narrow lines, and little work on both PCs."""


class ScreenStream:
    """One RFB connection as the agent's side sees it; a new connection takes a new stream."""

    def __init__(
        self,
        write: Callable[[bytes], object],
        emit: Callable[[ViewerEvent], object],
        *,
        password: str | None = None,
        quality: QualityMode = "auto",
        clipboard_is_on: bool = True,
    ) -> None:
        """`write` gets bytes for the other side, `emit` each event in order, on the thread of `receive`."""
        self._write = write
        self._emit = emit
        self._lock = threading.Lock()
        self._protocol = ViewerProtocol(encodings=QUALITIES[quality], password=password, auto_fence=False)
        self._protocol.clipboard.is_open = clipboard_is_on
        self._is_ready = False
        self._waiting: deque[Input] = deque()

    def receive(self, data: bytes) -> None:
        """Take bytes of the other side. Raises ProtocolError: close the connection."""
        failure: ProtocolError | None = None
        with self._lock:
            try:
                self._protocol.receive(data)
            except ProtocolError as error:
                failure = error
            events = self._protocol.events()
            self._is_ready = self._is_ready or bool(events)
            self._flush()
        self._send_waiting()
        for event in events:
            self._emit(event)
        if failure is not None:
            raise failure

    def send(self, events: Iterable[Input]) -> None:
        """Send input; dropped before the picture's first message. Keys go by their symbol where the server
        does not know places. Never waits: while the link's thread unpacks ten megabytes of text, it sends.
        """
        if self._is_ready:
            self._waiting.extend(events)
            self._send_waiting()

    def _send_waiting(self) -> None:
        # Who cannot have the lock may go: its holder looks once more after it has let go.
        while self._waiting and self._lock.acquire(blocking=False):
            try:
                while self._waiting:
                    self._send_one(self._waiting.popleft())
                self._flush()
            except WrongState:
                self._waiting.clear()  # the connection failed; its end is on its way
            finally:
                self._lock.release()

    def _send_one(self, event: Input) -> None:
        if not isinstance(event, QemuKeyEvent) or self._protocol.supports(Encoding.QEMU_EXTENDED_KEY):
            self._protocol.send(event)
        elif event.keysym:
            self._protocol.send(KeyEvent(event.down, event.keysym))

    def refresh(self) -> None:
        """Ask for the whole picture anew."""
        with self._lock:
            if self._is_ready:
                self._protocol.request_update(incremental=False)
                self._flush()

    def set_quality(self, mode: QualityMode) -> None:
        """Announce the encodings of `mode`."""
        with self._lock:
            if self._is_ready:
                self._protocol.send(SetEncodings(QUALITIES[mode]))
                self._flush()

    def set_clipboard(self, is_on: bool) -> None:
        """Take and give clipboard text, or not."""
        with self._lock:
            self._protocol.clipboard.is_open = is_on

    def send_cut_text(self, text: str | PreparedText) -> bool:
        """Tell what our clipboard holds; False when it is too much or there is nobody to tell.

        A large text is prepared before, so that the lock is held for a moment only.
        """
        with self._lock:
            if not self._is_ready:
                return False
            try:
                self._protocol.send_cut_text(text)
            except LimitExceeded:
                return False
            self._flush()
            return True

    def answer_fence(self, event: FenceReceived) -> None:
        """What came before the fence is decoded."""
        with self._lock:
            try:
                self._protocol.answer_fence(event)
            except WrongState:
                # The connection failed between the fence and its answer.
                return
            self._flush()

    def _flush(self) -> None:
        data = self._protocol.outgoing()
        if data:
            self._write(data)
