"""The customer's side: handshake, what the viewer asks for, what is sent."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from tests.wire.rfb.reading import in_bytes
from wire.errors import BadVersion, LimitExceeded, ProtocolError
from wire.rfb import events as e
from wire.rfb import messages as m
from wire.rfb.constants import Encoding, FenceFlag, ResizeReason
from wire.rfb.pixels import BGRX
from wire.rfb.server import ServerProtocol

HELLO = b"RFB 003.008\n\1\1"


def _ready(*encodings: int, width: int = 100, height: int = 80) -> ServerProtocol:
    server = ServerProtocol(width, height, "PC")
    server.receive(HELLO + m.SetEncodings(encodings).encode())
    server.events()
    server.outgoing()
    return server


def _after(server: ServerProtocol, *messages: m.Message) -> Sequence[e.ServerEvent]:
    server.receive(b"".join(message.encode() for message in messages))
    return server.events()


def test_it_shakes_hands_in_literal_bytes() -> None:
    server = ServerProtocol(100, 80, "PC")
    assert server.outgoing() == b"RFB 003.008\n"
    server.receive(b"RFB 003.008\n")
    assert server.outgoing() == b"\1\1"
    server.receive(b"\1")
    assert server.outgoing() == b"\0\0\0\0"
    server.receive(b"\1")
    assert server.outgoing() == m.ServerInit(100, 80, BGRX, "PC").encode()
    assert server.events() == [e.ClientReady(True)]


@pytest.mark.parametrize(
    ("hello", "answer"),
    [
        (b"RFB 003.003\n\0", b"\0\0\0\1"),
        (b"RFB 003.005\n\0", b"\0\0\0\1"),
        (b"RFB 003.007\n\1\0", b"\1\1"),
        (b"RFB 003.889\n\1\0", b"\1\1\0\0\0\0"),
        (b"RFB 004.001\n\1\0", b"\1\1\0\0\0\0"),
    ],
)
def test_it_speaks_with_older_and_newer_viewers(hello: bytes, answer: bytes) -> None:
    server = ServerProtocol(1, 1, "")
    server.outgoing()
    server.receive(hello)
    assert server.outgoing() == answer + m.ServerInit(1, 1, BGRX, "").encode()
    assert server.events() == [e.ClientReady(False)]


def test_it_refuses_an_older_version_than_3_3() -> None:
    with pytest.raises(BadVersion):
        ServerProtocol(1, 1, "").receive(b"RFB 003.002\n")


def test_it_says_why_it_refuses_a_security_type() -> None:
    server = ServerProtocol(1, 1, "")
    with pytest.raises(ProtocolError, match="security type 2"):
        server.receive(b"RFB 003.008\n\2")
    assert server.outgoing().endswith(m.SecurityResult(False, "This security type was not offered.").encode())


def test_it_keeps_the_events_before_a_fault() -> None:
    server = _ready()
    with pytest.raises(ProtocolError, match="message 77 is unknown"):
        server.receive(m.KeyEvent(True, 97).encode() + b"\x4d")
    assert server.events() == [e.KeyEvent(True, 97)]


def test_it_gives_the_same_for_bytes_one_by_one() -> None:
    stream = HELLO + b"".join(
        message.encode()
        for message in (
            m.SetPixelFormat(BGRX),
            m.SetEncodings(tuple(Encoding)),
            m.UpdateRequest(False, 0, 0, 100, 80),
            m.KeyEvent(True, 97),
            m.PointerEvent(1, 5, 6),
            m.ClientCutText(b"text"),
            m.EnableContinuousUpdates(True, 0, 0, 100, 80),
            m.Fence(FenceFlag.REQUEST, b"x"),
            m.SetDesktopSize(10, 10, (m.Screen(1, 0, 0, 10, 10),)),
            m.QemuKeyEvent(True, 97, 30),
        )
    )
    at_once, bytewise = ServerProtocol(100, 80, "PC"), ServerProtocol(100, 80, "PC")
    at_once.receive(stream)
    for byte in in_bytes(stream):
        bytewise.receive(byte)
    assert len(events := at_once.events()) == 10
    assert bytewise.events() == events
    assert bytewise.outgoing() == at_once.outgoing()


def test_it_learns_what_the_viewer_can() -> None:
    server = _ready(7, 1, -26, -254, -420, -767, -239, -313)
    client = server.client
    assert (client.jpeg_quality, client.compress_level, client.fine_quality, client.subsampling) == (
        6,
        2,
        92,
        1,
    )
    assert client.supports_tight
    assert client.supports_copy_rect
    assert client.supports_cursor
    assert client.supports_continuous_updates
    assert client.may_jpeg
    assert not client.supports_fence
    assert not client.supports_cursor_with_alpha


def test_it_allows_no_jpeg_without_quality_or_with_eight_bits() -> None:
    assert not _ready(7).client.may_jpeg
    server = _ready(7, -26)
    rgb332 = bytes.fromhex("08 08 00 01 0007 0007 0003 05 02 00 000000")
    server.receive(b"\0\0\0\0" + rgb332)
    assert not server.client.may_jpeg


def test_it_shows_support_once_for_what_the_viewer_announces() -> None:
    server = ServerProtocol(100, 80, "PC")
    server.receive(HELLO)
    server.outgoing()
    announced = m.SetEncodings((-312, -313, -258, Encoding.EXTENDED_CLIPBOARD)).encode()
    server.receive(announced + announced)
    assert server.outgoing() == (
        m.Fence(FenceFlag.REQUEST, b"").encode()
        + b"\x96"
        + bytes.fromhex("00 00 0001 0000 0000 0000 0000 fffffefe")
        + m.ServerCutText(server.clipboard.caps(), True).encode()
    )
    server.receive(m.Fence(0, b"").encode())
    assert not [event for event in server.events() if isinstance(event, e.FenceReceived)]


def test_it_counts_an_update_as_the_answer_to_requests() -> None:
    server = _ready(7)
    assert not server.client.wants_update
    events = _after(server, m.UpdateRequest(True, 0, 0, 10, 10), m.UpdateRequest(False, 90, 70, 50, 50))
    assert events == [e.UpdateRequested(True, 0, 0, 10, 10), e.UpdateRequested(False, 90, 70, 10, 10)]
    assert server.client.requested_area == (0, 0, 100, 80)
    assert server.client.wants_everything
    server.send_update([m.Rectangle(1, 2, 3, 4, 7, b"abc"), m.Rectangle(0, 0, 1, 1, 0, b"1234")])
    assert server.outgoing() == bytes.fromhex(
        "00 00 0002 0001 0002 0003 0004 00000007 616263 0000 0000 0001 0001 00000000 31323334"
    )
    assert not server.client.wants_update
    assert not server.client.wants_everything


def test_it_sends_no_rectangle_outside_the_desktop() -> None:
    with pytest.raises(ValueError, match="leaves the desktop"):
        _ready(7).send_update([m.Rectangle(99, 0, 2, 1, 7, b"")])


def test_it_ends_continuous_updates_when_told() -> None:
    server = _ready(-313)
    assert _after(server, m.EnableContinuousUpdates(True, 0, 0, 200, 200)) == [
        e.ContinuousUpdatesSet(True, 0, 0, 100, 80)
    ]
    assert server.client.wants_update
    assert server.outgoing() == b""
    _after(server, m.EnableContinuousUpdates(False, 0, 0, 0, 0))
    assert server.outgoing() == b"\x96"
    assert server.client.continuous_area is None


def test_it_returns_fences_and_hears_its_own() -> None:
    server = _ready(-312)
    assert server.send_fence(FenceFlag.BLOCK_BEFORE, b"mine")
    assert server.outgoing() == m.Fence(0x80000001, b"mine").encode()
    events = _after(server, m.Fence(0xFFFFFFFF, b"yours"), m.Fence(1, b"mine"))
    assert events == [e.FenceReceived(1, b"mine")]
    assert server.outgoing() == m.Fence(0x7, b"yours").encode()
    assert not _ready().send_fence(0, b"x")


def test_it_answers_a_full_request_with_the_layout_alone() -> None:
    server = _ready(-308)
    _after(server, m.UpdateRequest(True, 0, 0, 10, 10))
    assert server.outgoing() == b""
    _after(server, m.UpdateRequest(False, 0, 0, 10, 10))
    assert server.outgoing() == bytes.fromhex(
        "00 00 0001 0000 0000 0064 0050 fffffecc 01 000000 00000000 0000 0000 0064 0050 00000000"
    )
    assert server.client.wants_update


def test_it_tells_a_new_size_in_the_way_the_viewer_knows() -> None:
    extended, plain, neither = _ready(-308, -223), _ready(-223), _ready()
    screens = (m.Screen(5, 0, 0, 60, 50), m.Screen(6, 60, 0, 60, 50))
    assert extended.send_desktop_size(120, 50, screens)
    assert extended.outgoing()[4:16] == bytes.fromhex("0000 0000 0078 0032 fffffecc")
    assert plain.send_desktop_size(120, 50, screens)
    assert plain.outgoing() == bytes.fromhex("00 00 0001 0000 0000 0078 0032 ffffff21")
    assert not neither.send_desktop_size(120, 50)
    assert neither.outgoing() == b""


def test_it_grants_or_refuses_a_size_the_viewer_asks_for() -> None:
    server = _ready(-308)
    asked = m.SetDesktopSize(50, 40, (m.Screen(0, 0, 0, 50, 40),))
    assert _after(server, asked) == [e.DesktopSizeRequested(50, 40, asked.screens)]
    server.refuse_desktop_size()
    assert server.outgoing()[4:16] == bytes.fromhex("0001 0001 0064 0050 fffffecc")
    server.send_desktop_size(50, 40, asked.screens, reason=ResizeReason.THIS_CLIENT)
    assert server.outgoing()[4:16] == bytes.fromhex("0001 0000 0032 0028 fffffecc")


def test_it_cuts_a_request_to_the_smaller_desktop() -> None:
    server = _ready(-223)
    _after(server, m.UpdateRequest(False, 50, 50, 50, 30))
    server.send_desktop_size(60, 60)
    assert server.client.requested_area == (50, 50, 10, 10)


def test_it_sends_the_pointer_with_alpha_where_the_viewer_knows_it() -> None:
    picture = np.array([[[0, 0, 200, 255], [0, 100, 0, 127]]], np.uint8)
    server = _ready(-314, -239)
    assert server.send_cursor(picture, 1, 0)
    assert server.outgoing() == bytes.fromhex(
        "00 00 0001 0001 0000 0002 0001 fffffec6 00000000 c80000ff 0032007f"
    )
    server = _ready(-239)
    assert server.send_cursor(picture, 1, 0)
    assert server.outgoing() == bytes.fromhex("00 00 0001 0001 0000 0002 0001 ffffff11 0000c8ff 0064007f 80")
    assert not _ready().send_cursor(picture, 1, 0)


def test_it_refuses_a_pointer_above_the_limit() -> None:
    with pytest.raises(LimitExceeded):
        _ready(-239).send_cursor(np.zeros((257, 1, 4), np.uint8), 0, 0)


def test_it_exchanges_clipboard_text() -> None:
    server = _ready()
    server.send_cut_text("text")
    assert server.outgoing() == b"\3\0\0\0\0\0\0\4text"
    assert _after(server, m.ClientCutText("caf\xe9".encode("latin-1"))) == [e.CutTextReceived("café")]


def test_it_exchanges_korean_text_by_the_extension() -> None:
    server = _ready(Encoding.EXTENDED_CLIPBOARD)
    caps = bytes.fromhex("1f000001 00000000")  # nothing unasked, as noVNC says
    _after(server, m.ClientCutText(caps, True))
    server.send_cut_text("가나다")
    assert server.outgoing() == m.ServerCutText(bytes.fromhex("08000001"), True).encode()
    _after(server, m.ClientCutText(bytes.fromhex("02000001"), True))
    provided = server.outgoing()
    assert provided[:12] == bytes.fromhex("03 000000") + (-len(provided) + 8).to_bytes(
        4, "big", signed=True
    ) + bytes.fromhex("10000001")
    assert _after(server, m.ClientCutText(provided[8:], True)) == [e.CutTextReceived("가나다")]


def test_it_refuses_extended_text_that_was_not_agreed_on() -> None:
    with pytest.raises(ProtocolError, match="EXTENDED_CLIPBOARD"):
        _after(_ready(), m.ClientCutText(bytes.fromhex("1f000001 00000000"), True))


def test_it_cuts_a_long_name_at_a_letter() -> None:
    server = ServerProtocol(1, 1, "한" * 1000)
    server.receive(HELLO)
    name = server.outgoing().split(b"\0\0\3\xff", 1)[1]
    assert name.decode() == "한" * 341


def test_it_rings() -> None:
    server = _ready()
    server.send_bell()
    assert server.outgoing() == b"\2"


def test_it_answers_a_flood_of_questions_once_until_its_answers_are_fetched() -> None:
    server = _ready(-308, Encoding.EXTENDED_CLIPBOARD)
    _after(server, m.ClientCutText(bytes.fromhex("1f000001 00000000"), True))
    server.send_cut_text(random.Random(1).randbytes(2_000_000).hex())
    server.outgoing()
    ask = m.ClientCutText(bytes.fromhex("02000001"), True).encode()
    everything = m.UpdateRequest(False, 0, 0, 10, 10).encode()
    server.receive((ask + everything) * 3000)
    first = server.outgoing()
    assert len(first) < 2_500_000
    server.receive(ask + everything)
    assert server.outgoing() == first
