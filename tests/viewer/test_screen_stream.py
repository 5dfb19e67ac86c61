"""RFB on a screen channel, against the real server protocol."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.remote.screen_stream import QUALITIES, ScreenStream
from wire.errors import ProtocolError
from wire.rfb.constants import FenceFlag
from wire.rfb.events import (
    CutTextReceived,
    EncodingsSet,
    FenceReceived,
    KeyEvent,
    PointerEvent,
    Ready,
    RectReceived,
    UpdateDone,
    UpdateRequested,
    ViewerEvent,
)
from wire.rfb.messages import Rectangle
from wire.rfb.server import ServerProtocol


class Pair:
    """A stream and a server that hear each other."""

    def __init__(self) -> None:
        self.server = ServerProtocol(64, 48, "pc")
        self.events: list[ViewerEvent] = []
        self.said: list[object] = []
        self.stream = ScreenStream(self._to_server, self.events.append)
        self.talk()

    def _to_server(self, data: bytes) -> None:
        self.server.receive(data)
        self.said += self.server.events()

    def talk(self) -> None:
        while data := self.server.outgoing():
            self.stream.receive(data)

    def heard(self, kind: type) -> list[object]:
        return [one for one in self.said if isinstance(one, kind)]


def test_it_begins_and_asks_for_everything() -> None:
    pair = Pair()
    assert isinstance(pair.events[0], Ready)
    assert pair.heard(UpdateRequested)[0] == UpdateRequested(False, 0, 0, 64, 48)


def test_it_passes_rectangles_on_undecoded() -> None:
    pair = Pair()
    pixels = np.zeros((48, 64, 4), np.uint8)
    pair.server.send_update([Rectangle(0, 0, 64, 48, 0, pixels.tobytes())])
    pair.talk()
    assert [type(event) for event in pair.events[-2:]] == [RectReceived, UpdateDone]


def test_it_sends_input() -> None:
    pair = Pair()
    pair.stream.send([KeyEvent(True, 0x0100AC00), PointerEvent(1, 5, 6)])
    assert pair.said[-2:] == [KeyEvent(True, 0x0100AC00), PointerEvent(1, 5, 6)]


def test_it_drops_input_before_the_picture() -> None:
    written: list[bytes] = []
    stream = ScreenStream(written.append, lambda _: None)
    stream.send([KeyEvent(True, 65)])
    stream.refresh()
    stream.set_quality("speed")
    assert stream.send_cut_text("x") is False
    assert written == []


def test_it_asks_again_for_everything_on_refresh() -> None:
    pair = Pair()
    pair.stream.refresh()
    assert pair.heard(UpdateRequested)[-1] == UpdateRequested(False, 0, 0, 64, 48)


def test_it_announces_another_quality() -> None:
    pair = Pair()
    pair.stream.set_quality("network")
    assert pair.heard(EncodingsSet)[-1] == EncodingsSet(QUALITIES["network"])


def test_it_leaves_fences_to_who_paints() -> None:
    pair = Pair()
    pair.server.send_fence(FenceFlag.REQUEST | FenceFlag.BLOCK_BEFORE, b"42")
    pair.talk()
    fence = pair.events[-1]
    assert isinstance(fence, FenceReceived)
    assert pair.heard(FenceReceived) == []
    pair.stream.answer_fence(fence)
    assert pair.heard(FenceReceived)[-1] == FenceReceived(FenceFlag.BLOCK_BEFORE, b"42")


def test_it_exchanges_the_clipboard_in_korean() -> None:
    pair = Pair()
    pair.stream.send_cut_text("복사한 글")
    pair.talk()
    assert CutTextReceived("복사한 글") in pair.heard(CutTextReceived)
    pair.server.send_cut_text("답장")
    pair.talk()
    assert pair.events[-1] == CutTextReceived("답장")


def test_it_gives_what_came_before_a_fault_and_then_raises() -> None:
    events: list[ViewerEvent] = []
    stream = ScreenStream(lambda _: None, events.append)
    with pytest.raises(ProtocolError):
        stream.receive(b"HTTP/1.1 400")
    assert events == []
