"""The screen thread with our own viewer: pictures arrive exactly, in time, and only when they may."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from customer_agent.peer import InputEvent, RfbPeer
from customer_agent.screen.capture import Area, CursorShape
from customer_agent.screen.stream import ScreenStream
from tests.customer_agent.viewing import ArrayScreen, PlainViewer
from tests.displays import wait_for
from wire.errors import ProtocolError
from wire.rfb import events as e
from wire.rfb.constants import Encoding
from wire.rfb.messages import SetEncodings, SetPixelFormat, UpdateRequest
from wire.rfb.pixels import PixelFormat

random = np.random.default_rng(11)


def noise(width: int, height: int) -> np.ndarray:
    return random.integers(0, 1 << 24, (height, width)).astype(np.uint32)


class Served:
    """A stream over an ArrayScreen and the ends of its viewers."""

    def __init__(self, screen: ArrayScreen) -> None:
        self.screen = screen
        self.stream = ScreenStream(lambda: screen, full_look_s=0.3)
        self.stream.open()
        self.peers: list[RfbPeer] = []
        self.inputs: list[InputEvent] = []
        self._ends: list[socket.socket] = []
        self._readers: list[threading.Thread] = []
        self.failures: list[str] = []

    def viewer(self, *, pending: Callable[[], int] = lambda: 0, **options: object) -> PlainViewer:
        ours, theirs = socket.socketpair()
        lock = threading.Lock()

        def send(data: bytes) -> None:
            with lock:
                ours.sendall(data)

        peer = RfbPeer(
            self.stream, name="PC-7", send=send, pending_bytes=pending, on_input=self.inputs.append
        )
        reader = threading.Thread(target=self._read, args=(ours, peer), daemon=True)
        reader.start()
        self.peers.append(peer)
        self._readers.append(reader)
        self._ends += [ours, theirs]
        return PlainViewer(theirs, **options)  # type: ignore[arg-type]

    def _read(self, ours: socket.socket, peer: RfbPeer) -> None:
        try:
            while data := ours.recv(65536):
                peer.receive(data)
        except (ProtocolError, OSError) as error:
            self.failures.append(str(error))

    def close(self) -> None:
        for peer in self.peers:
            peer.close()
        self.stream.stop()
        self.stream.join(5)
        for end in self._ends:
            end.shutdown(socket.SHUT_RDWR)
        for reader in self._readers:
            reader.join(5)
        for end in self._ends:
            end.close()


@contextmanager
def serving(width: int = 320, height: int = 200, **options: bool) -> Iterator[Served]:
    served = Served(ArrayScreen(width, height, **options))
    try:
        yield served
    finally:
        served.close()


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as one:
        yield one
        assert one.failures == []


def shows(viewer: PlainViewer, served: Served) -> Callable[[], bool]:
    """Whether the viewer has the very picture of the screen."""
    return lambda: (
        viewer.words.shape == served.screen.truth.shape and bool((viewer.words == served.screen.truth).all())
    )


def test_it_shows_the_screen_exactly(served: Served) -> None:
    served.screen.paint(Area(0, 0, 320, 200), 0x336699)
    served.screen.paint(Area(40, 40, 90, 20), noise(90, 20))
    viewer = served.viewer()
    viewer.look(shows(viewer, served), what="the first picture")


def test_it_shows_changes_and_sharpens_photographs_to_the_last_bit(served: Served) -> None:
    viewer = served.viewer()
    viewer.look(shows(viewer, served), what="the first picture")
    served.screen.paint(Area(10, 10, 256, 160), noise(256, 160))
    viewer.look(shows(viewer, served), what="the exact photograph")
    assert any(isinstance(event, e.RectReceived) and event.encoding == 7 for event in viewer.events)


@pytest.mark.parametrize(
    "encodings", [(Encoding.RAW,), (Encoding.RAW, Encoding.COPY_RECT), (Encoding.TIGHT,)]
)
def test_it_serves_viewers_that_understand_little(served: Served, encodings: tuple[int, ...]) -> None:
    viewer = served.viewer(encodings=encodings)
    for _ in range(3):
        served.screen.paint(Area(5, 5, 200, 150), noise(200, 150))
        viewer.look(shows(viewer, served), what="the picture")
    used = {event.encoding for event in viewer.events if isinstance(event, e.RectReceived)}
    assert used <= set(encodings)


def test_it_sends_no_jpeg_to_a_viewer_that_named_no_quality(served: Served) -> None:
    served.screen.paint(Area(0, 0, 320, 200), noise(320, 200))
    viewer = served.viewer(quality=None)
    viewer.look(shows(viewer, served), what="the picture")
    assert not any(
        isinstance(event, e.RectReceived) and event.payload[0] >> 4 == 9 for event in viewer.events
    )


def test_it_copies_what_only_moved(served: Served) -> None:
    page = np.where(random.random((600, 320)) < 0.3, 0x101010, 0xFFFFFF).astype(np.uint32)
    served.screen.paint(Area(0, 0, 320, 200), page[100:300])
    viewer = served.viewer()
    viewer.look(shows(viewer, served), what="the first picture")
    viewer.events.clear()
    served.screen.paint(Area(0, 0, 320, 200), page[140:340])
    viewer.look(shows(viewer, served), what="the scrolled picture")
    rectangles = [event for event in viewer.events if isinstance(event, e.RectReceived)]
    assert rectangles[0].encoding == Encoding.COPY_RECT


def test_it_sends_nothing_while_nothing_changes(served: Served) -> None:
    viewer = served.viewer()
    viewer.look(shows(viewer, served), what="the first picture")
    viewer.step()
    before = viewer.received_bytes
    for _ in range(6):
        viewer.step()
    assert viewer.received_bytes == before


def test_it_finds_changes_without_damage() -> None:
    with serving(has_damage=False) as served:
        viewer = served.viewer()
        viewer.look(shows(viewer, served), what="the first picture")
        served.screen.truth[50:60, 50:60] = 0xFF0000
        viewer.look(shows(viewer, served), what="the change")


def test_it_heals_what_damage_did_not_tell(served: Served) -> None:
    viewer = served.viewer()
    viewer.look(shows(viewer, served), what="the first picture")
    served.screen.truth[50:60, 50:60] = 0xFF0000
    viewer.look(shows(viewer, served), what="the untold change", deadline_s=8.0)


def test_it_follows_a_new_size(served: Served) -> None:
    viewer = served.viewer()
    viewer.look(shows(viewer, served), what="the first picture")
    served.screen.change_size(501, 333)
    viewer.look(lambda: viewer.picture.shape == (333, 501, 4), what="the new size")
    served.screen.paint(Area(450, 300, 51, 33), noise(51, 33))
    viewer.look(shows(viewer, served), what="the picture of the new size")


def test_it_sends_the_pointers_shape() -> None:
    screen = ArrayScreen(64, 64)
    screen.shape = CursorShape(3, 4, np.full((16, 12, 4), 200, np.uint8))
    served = Served(screen)
    viewer = served.viewer()
    viewer.look(lambda: viewer.found(e.CursorChanged), what="the pointer")
    (cursor,) = [event for event in viewer.events if isinstance(event, e.CursorChanged)]
    assert (cursor.hot_x, cursor.hot_y, cursor.width, cursor.height) == (3, 4, 12, 16)
    served.close()


def test_it_freezes_and_goes_on(served: Served) -> None:
    viewer = served.viewer()
    viewer.look(shows(viewer, served), what="the first picture")
    viewer.step()
    served.peers[0].show(False)
    served.screen.paint(Area(0, 0, 100, 100), 0xABCDEF)
    before = viewer.received_bytes
    for _ in range(4):
        viewer.step()
    assert viewer.received_bytes == before
    served.peers[0].show(True)
    viewer.look(shows(viewer, served), what="the picture after the pause")


def test_it_shows_two_viewers_the_same_screen(served: Served) -> None:
    one, other = served.viewer(), served.viewer(encodings=(Encoding.RAW,))
    served.screen.paint(Area(0, 0, 200, 200), noise(200, 200))
    one.look(shows(one, served), what="the first viewer's picture")
    other.look(shows(other, served), what="the second viewer's picture")


def test_it_gives_keys_and_pointer_to_whoever_judges_them(served: Served) -> None:
    viewer = served.viewer()
    viewer.look(shows(viewer, served), what="the first picture")
    viewer.send(lambda protocol: protocol.send(e.PointerEvent(1, 5, 6)))
    viewer.look(lambda: bool(served.inputs), what="the pointer event")
    assert served.inputs == [e.PointerEvent(1, 5, 6)]


def test_it_captures_nothing_while_nobody_looks(served: Served) -> None:
    for _ in range(5):
        served.screen.paint(Area(0, 0, 100, 100), noise(100, 100))
    assert served.screen.grabs == 0


def test_it_sends_pixels_in_the_format_that_the_viewer_asked_for(served: Served) -> None:
    """A viewer of 16 bits that understands Raw only."""
    sent: list[bytes] = []
    served.screen.paint(Area(0, 0, 320, 200), 0xFF0000)
    peer = RfbPeer(
        served.stream, name="x", send=sent.append, pending_bytes=lambda: 0, on_input=served.inputs.append
    )
    rgb565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)
    peer.receive(b"RFB 003.008\n\1\1")
    peer.receive(SetPixelFormat(rgb565).encode())
    peer.receive(SetEncodings((Encoding.RAW,)).encode() + UpdateRequest(False, 0, 0, 320, 200).encode())
    red = (0xF800).to_bytes(2, "little") * 320
    wait_for(lambda: any(red in part for part in sent), what="red pixels of 16 bits")
    peer.close()
