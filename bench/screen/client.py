"""The measuring RFB client: counts bytes and frames, keeps sample pictures, notes when each frame was seen.

It decodes with our own viewer protocol for every server alike, so that no server is favoured by its client.
"""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.screen.workloads import read_counter
from wire.rfb import events as e
from wire.rfb.decoding import FrameDecoder
from wire.rfb.messages import KeyEvent, UpdateRequest
from wire.rfb.viewer import ViewerProtocol, encodings_for

_SAMPLE_EVERY_S = 0.4


@dataclass
class Seen:
    """What one connection saw from `mark` on: bytes, when each frame first stood there, samples."""

    bytes_read: int = 0
    updates: int = 0
    torn: int = 0
    first_seen: dict[int, float] = field(default_factory=dict)
    samples: list[tuple[int, NDArray[np.uint8]]] = field(default_factory=list)


class Client:
    """One viewer on its own thread; `seen` is read after `stop`, `picture()` at any time."""

    def __init__(self, port: int, *, quality: int = 8) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        # A still screen says nothing for as long as it likes.
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._protocol = ViewerProtocol(encodings=encodings_for(quality=quality))
        self._decoder = FrameDecoder()
        self._frame = np.zeros((1, 1, 4), np.uint8)
        self._lock = threading.Lock()
        self._last_sample = 0.0
        self.seen = Seen()
        self.changed = threading.Condition()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def mark(self) -> None:
        """Forget what was counted so far."""
        with self._lock:
            self.seen = Seen()

    def picture(self) -> NDArray[np.uint8]:
        """A copy of the picture as it stands."""
        with self._lock:
            return self._frame.copy()

    def pixel(self, x: int, y: int) -> int:
        """The blue of one pixel as it stands."""
        return int(self._frame[y, x, 0])

    def press(self, keysym: int, *, down: bool) -> None:
        """Send one key event."""
        with self._lock:
            self._protocol.send(KeyEvent(down, keysym))
            self._socket.sendall(self._protocol.outgoing())

    def ask_anew(self) -> None:
        """Ask for everything once more."""
        with self._lock:
            height, width = self._frame.shape[:2]
            self._protocol.send(UpdateRequest(False, 0, 0, width, height))
            self._socket.sendall(self._protocol.outgoing())

    def stop(self) -> None:
        """Close the connection; raises what the reading thread died of, if it did."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            while True:
                data = self._socket.recv(262_144)
                if not data:
                    return
                with self._lock:
                    self._take(data)
        except OSError:
            return
        except Exception as error:  # noqa: BLE001 - the thread's edge: handed to stop()
            self.error = error

    def _take(self, data: bytes) -> None:
        self.seen.bytes_read += len(data)
        self._protocol.receive(data)
        for event in self._protocol.events():
            if isinstance(event, (e.Ready, e.Resized)):
                self._frame = np.zeros((event.height, event.width, 4), np.uint8)
            elif isinstance(event, e.RectReceived):
                self._decoder.apply(event, self._frame)
            elif isinstance(event, e.UpdateDone):
                self._look(time.monotonic())
        out = self._protocol.outgoing()
        if out:
            self._socket.sendall(out)

    def _look(self, now: float) -> None:
        self.seen.updates += 1
        number = read_counter(self._frame) if self._frame.shape[1] > 256 else None
        if number is None:
            self.seen.torn += 1
        elif number not in self.seen.first_seen:
            self.seen.first_seen[number] = now
            if now - self._last_sample > _SAMPLE_EVERY_S:
                self._last_sample = now
                self.seen.samples.append((number, self._frame.copy()))
        with self.changed:
            self.changed.notify_all()


def psnr(picture: NDArray[np.uint8], expected: NDArray[np.uint8]) -> float:
    """Peak signal to noise ratio of the colours in dB; infinite when every pixel is equal."""
    error = (picture[:, :, :3].astype(np.int16) - expected[:, :, :3].astype(np.int16)).astype(np.float64)
    mean = float(np.mean(error * error))
    return float("inf") if mean == 0 else 10 * float(np.log10(255 * 255 / mean))
