"""The agent's side: handshake, updates, what is asked for by itself."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from tests.wire.rfb.reading import in_bytes
from wire.errors import BadVersion, LimitExceeded, ProtocolError, WrongState
from wire.limits import MAX_RECTS_PER_UPDATE
from wire.rfb import events as e
from wire.rfb import messages as m
from wire.rfb.constants import Encoding, FenceFlag
from wire.rfb.pixels import BGRX
from wire.rfb.viewer import DEFAULT_ENCODINGS, ViewerProtocol, encodings_for

GREETING = b"RFB 003.008\n\1\1\0\0\0\0"
HELLO = GREETING + m.ServerInit(100, 80, BGRX, "PC").encode()
LAST_RECT = m.Rectangle(0, 0, 0, 0, Encoding.LAST_RECT)
LAYOUT = bytes.fromhex("01 000000 00000007 0000 0000 0064 0050 00000000")


def _ready(**options: bool) -> ViewerProtocol:
    viewer = ViewerProtocol(**options)  # type: ignore[arg-type]
    viewer.receive(HELLO)
    viewer.events()
    viewer.outgoing()
    return viewer


def _update(*rectangles: m.Rectangle, count: int | None = None) -> bytes:
    head = m.FramebufferUpdate(len(rectangles) if count is None else count).encode()
    return head + b"".join(rectangle.encode() for rectangle in rectangles)


def _after(viewer: ViewerProtocol, *parts: bytes) -> Sequence[e.ViewerEvent]:
    viewer.receive(b"".join(parts))
    return viewer.events()


def _everything(width: int = 100, height: int = 80) -> bytes:
    return m.UpdateRequest(False, 0, 0, width, height).encode()


def _changes(width: int = 100, height: int = 80) -> bytes:
    return m.UpdateRequest(True, 0, 0, width, height).encode()


def test_it_shakes_hands_in_literal_bytes() -> None:
    viewer = ViewerProtocol()
    viewer.receive(b"RFB 003.008\n")
    assert viewer.outgoing() == b"RFB 003.008\n"
    viewer.receive(b"\2\1\2")
    assert viewer.outgoing() == b"\1"
    viewer.receive(b"\0\0\0\0")
    assert viewer.outgoing() == b"\1"
    viewer.receive(m.ServerInit(100, 80, BGRX, "PC").encode())
    assert viewer.events() == [e.Ready(100, 80, "PC", BGRX)]
    assert viewer.outgoing() == (
        m.SetPixelFormat(BGRX).encode() + m.SetEncodings(DEFAULT_ENCODINGS).encode() + _everything()
    )


@pytest.mark.parametrize(
    ("hello", "answer"),
    [
        (b"RFB 003.003\n\0\0\0\1", b"RFB 003.003\n\1"),
        (b"RFB 003.006\n\0\0\0\1", b"RFB 003.003\n\1"),
        (b"RFB 003.007\n\1\1", b"RFB 003.007\n\1\1"),
        (b"RFB 003.889\n\1\1\0\0\0\0", b"RFB 003.008\n\1\1"),
    ],
)
def test_it_speaks_with_older_and_newer_servers(hello: bytes, answer: bytes) -> None:
    viewer = ViewerProtocol()
    viewer.receive(hello)
    assert viewer.outgoing() == answer


@pytest.mark.parametrize(
    ("hello", "why"),
    [
        (b"RFB 003.008\n\0\0\0\0\4busy", "busy"),
        (b"RFB 003.003\n\0\0\0\0\0\0\0\4busy", "busy"),
        (b"RFB 003.008\n\1\1\0\0\0\1\0\0\0\4late", "late"),
        (b"RFB 003.008\n\1\2", "asks for a password"),
        (b"RFB 003.008\n\1\x13", "security types"),
        (b"RFB 003.001\n", "at least 3.3"),
    ],
)
def test_it_says_why_there_is_no_connection(hello: bytes, why: str) -> None:
    with pytest.raises(ProtocolError, match=why):
        ViewerProtocol().receive(hello)


def test_it_refuses_an_older_version_than_3_3() -> None:
    with pytest.raises(BadVersion):
        ViewerProtocol().receive(b"RFB 002.009\n")


@pytest.mark.parametrize(
    ("hello", "chosen"),
    [
        (b"RFB 003.008\n\1\2", b"RFB 003.008\n\2"),
        (b"RFB 003.007\n\1\2", b"RFB 003.007\n\2"),
        (b"RFB 003.003\n\0\0\0\2", b"RFB 003.003\n"),
    ],
)
def test_it_answers_a_password_challenge(hello: bytes, chosen: bytes) -> None:
    viewer = ViewerProtocol(password="password")
    viewer.receive(hello + bytes(16))
    response = bytes.fromhex("ff97502e9422f089ff97502e9422f089")  # DES of zeros, key "password" mirrored
    assert viewer.outgoing() == chosen + response
    viewer.receive(b"\0\0\0\0")
    assert viewer.outgoing() == b"\1"


def test_it_hears_that_the_password_was_wrong() -> None:
    viewer = ViewerProtocol(password="wrong")
    with pytest.raises(ProtocolError, match="refused the log-in: no"):
        viewer.receive(b"RFB 003.008\n\1\2" + bytes(16) + b"\0\0\0\1\0\0\0\2no")


def test_it_hands_on_rectangles_undecoded() -> None:
    fill = m.Rectangle(1, 2, 30, 40, Encoding.TIGHT, b"\x80abc")
    copy = m.Rectangle(5, 6, 7, 8, Encoding.COPY_RECT, b"\0\1\0\2")
    assert _after(_ready(), _update(fill, copy)) == [
        e.RectReceived(1, 2, 30, 40, 7, b"\x80abc"),
        e.RectReceived(5, 6, 7, 8, 1, b"\0\1\0\2"),
        e.UpdateDone(),
    ]


def test_it_hands_on_a_large_raw_rectangle_in_bands() -> None:
    viewer = ViewerProtocol()
    viewer.receive(GREETING + m.ServerInit(2000, 400, BGRX, "").encode())
    viewer.events()
    data = bytes(range(250)) * 12_800
    viewer.receive(_update(m.Rectangle(0, 0, 2000, 400, 0, data[:1_600_000])))
    first = viewer.events()
    assert [(event.y, event.height) for event in first if isinstance(event, e.RectReceived)] == [(0, 131)]
    viewer.receive(data[1_600_000:])
    bands = [event for event in first + viewer.events() if isinstance(event, e.RectReceived)]
    assert [band.height for band in bands] == [131, 131, 131, 7]
    assert b"".join(band.payload for band in bands) == data


def test_it_gives_the_same_for_bytes_one_by_one() -> None:
    stream = HELLO + b"".join(
        (
            _update(m.Rectangle(0, 0, 2, 1, 0, b"abcdefgh"), m.Rectangle(0, 0, 9, 9, 7, b"\x80abc")),
            _update(
                m.Rectangle(1, 1, 2, 1, -239, b"abcdefgh\xc0"), m.Rectangle(0, 0, 0, 0, -224), count=65535
            ),
            _update(m.Rectangle(0, 0, 0, 0, -258)),
            _update(m.Rectangle(0, 0, 100, 80, -308, LAYOUT)),
            _update(m.Rectangle(0, 0, 50, 40, -223)),
            m.Bell().encode(),
            m.ServerCutText(b"text").encode(),
            m.ServerCutText(bytes.fromhex("1f000001 00000000"), True).encode(),
            m.ColourMapEntries(0, ((1, 2, 3),)).encode(),
            m.EndOfContinuousUpdates().encode(),
            m.Fence(FenceFlag.REQUEST, b"x").encode(),
        )
    )
    at_once, bytewise = ViewerProtocol(), ViewerProtocol()
    at_once.receive(stream)
    for byte in in_bytes(stream):
        bytewise.receive(byte)
    assert len(events := at_once.events()) == 15
    assert bytewise.events() == events
    assert bytewise.outgoing() == at_once.outgoing()


def test_it_asks_for_the_next_update_when_one_begins() -> None:
    viewer = _ready()
    viewer.receive(m.FramebufferUpdate(1).encode())
    assert viewer.outgoing() == _changes()


def test_it_asks_for_nothing_by_itself_when_told_so() -> None:
    viewer = ViewerProtocol(auto_request=False)
    viewer.receive(HELLO + _update())
    assert not viewer.outgoing().endswith(_changes())
    viewer.request_update()
    assert viewer.outgoing() == _changes()


def test_it_turns_to_continuous_updates_where_the_server_can() -> None:
    viewer = _ready()
    assert _after(viewer, b"\x96") == [e.ContinuousUpdatesEnded()]
    assert viewer.outgoing() == m.EnableContinuousUpdates(True, 0, 0, 100, 80).encode()
    viewer.receive(_update())
    assert viewer.outgoing() == b""
    viewer.receive(b"\x96")
    assert viewer.outgoing() == _changes()


def test_it_wants_everything_after_a_new_size() -> None:
    viewer = _ready()
    events = _after(viewer, _update(m.Rectangle(0, 0, 60, 50, Encoding.DESKTOP_SIZE)))
    assert events == [e.Resized(60, 50, ()), e.UpdateDone()]
    assert viewer.outgoing() == _changes() + _everything(60, 50)
    with pytest.raises(ProtocolError, match="leaves the desktop 60x50"):
        viewer.receive(_update(m.Rectangle(0, 0, 61, 1, 7, b"")))


def test_it_keeps_continuous_updates_over_a_new_size() -> None:
    viewer = _ready()
    viewer.receive(b"\x96")
    viewer.outgoing()
    viewer.receive(_update(m.Rectangle(0, 0, 60, 50, Encoding.DESKTOP_SIZE)))
    assert viewer.outgoing() == (m.EnableContinuousUpdates(True, 0, 0, 60, 50).encode() + _everything(60, 50))


def test_it_learns_the_screens_once() -> None:
    viewer = _ready()
    layout = _update(m.Rectangle(0, 0, 100, 80, Encoding.EXTENDED_DESKTOP_SIZE, LAYOUT))
    screens = (m.Screen(7, 0, 0, 100, 80),)
    assert _after(viewer, layout, layout) == [e.Resized(100, 80, screens), e.UpdateDone(), e.UpdateDone()]
    viewer.send(m.SetDesktopSize(50, 40, ()))
    refusal = _update(m.Rectangle(1, 3, 100, 80, Encoding.EXTENDED_DESKTOP_SIZE, LAYOUT))
    assert _after(viewer, refusal) == [e.ResizeRefused(3), e.UpdateDone()]


def test_it_draws_the_pointer_itself() -> None:
    plain = m.Rectangle(1, 0, 2, 1, Encoding.CURSOR, b"abcXdefX\x80")
    alpha = m.Rectangle(0, 0, 1, 1, Encoding.CURSOR_WITH_ALPHA, bytes.fromhex("00000000 6432 0080"))
    cursor, smooth, _ = _after(_ready(), _update(plain, alpha))
    assert cursor == e.CursorChanged(1, 0, 2, 1, b"abc\xffdef\0")
    assert smooth == e.CursorChanged(0, 0, 1, 1, bytes.fromhex("0064c780"))
    assert isinstance(smooth, e.CursorChanged)
    assert smooth.picture.shape == (1, 1, 4)


def test_it_returns_fences() -> None:
    viewer = _ready()
    assert _after(viewer, m.Fence(0xFFFFFFFF, b"mark").encode()) == []
    assert viewer.outgoing() == m.Fence(0x7, b"mark").encode()


def test_it_leaves_fences_to_a_slow_painter() -> None:
    viewer = _ready(auto_fence=False)
    (event,) = _after(viewer, m.Fence(0x80000001, b"mark").encode())
    assert viewer.outgoing() == b""
    assert isinstance(event, e.FenceReceived)
    viewer.answer_fence(event)
    assert viewer.outgoing() == m.Fence(1, b"mark").encode()


def test_it_sends_scancodes_only_where_the_server_can_use_them() -> None:
    viewer = _ready()
    viewer.send_key(True, 97, 30)
    assert viewer.outgoing() == m.KeyEvent(True, 97).encode()
    with pytest.raises(WrongState):
        viewer.send(m.QemuKeyEvent(True, 97, 30))
    viewer.receive(_update(m.Rectangle(0, 0, 0, 0, Encoding.QEMU_EXTENDED_KEY)))
    viewer.outgoing()
    viewer.send_key(True, 97, 30)
    viewer.send_key(True, 0x0100AC00)
    assert viewer.outgoing() == m.QemuKeyEvent(True, 97, 30).encode() + m.KeyEvent(True, 0x0100AC00).encode()


def test_it_exchanges_korean_text_by_the_extension() -> None:
    viewer = _ready()
    viewer.receive(m.ServerCutText(bytes.fromhex("1f000001 00005000"), True).encode())
    assert viewer.outgoing() == m.ClientCutText(viewer.clipboard.caps(), True).encode()
    viewer.send_cut_text("가나다")
    sent = viewer.outgoing()
    assert _after(viewer, b"\3", sent[1:]) == [e.CutTextReceived("가나다")]


def test_it_takes_plain_text_and_the_bell() -> None:
    events = _after(_ready(), m.ServerCutText("é\r\nx".encode("latin-1")).encode(), b"\2")
    assert events == [e.CutTextReceived("é\nx"), e.Bell()]


@pytest.mark.parametrize(
    "data",
    [
        b"\x09",
        _update(m.Rectangle(99, 0, 2, 1, 0)),
        _update(m.Rectangle(0, 0, 1, 1, 6)),
        _update(m.Rectangle(0, 0, 1, 1, -1)),
        _update(m.Rectangle(0, 0, 1, 1, Encoding.CURSOR_WITH_ALPHA, b"\0\0\0\7")),
        _update(m.Rectangle(0, 0, 1, 1, 7, b"\xa0")),
        _update(m.Rectangle(0, 0, 1, 1, 7, b"\x40\x03")),
    ],
)
def test_it_refuses_what_it_did_not_ask_for(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        _ready().receive(data)


@pytest.mark.parametrize(
    "data",
    [
        _update(count=MAX_RECTS_PER_UPDATE + 1),
        _update(m.Rectangle(0, 0, 257, 1, Encoding.CURSOR)),
        _update(m.Rectangle(0, 0, 1, 257, Encoding.CURSOR_WITH_ALPHA)),
        _update(m.Rectangle(0, 0, 16385, 1, Encoding.DESKTOP_SIZE)),
        _update(m.Rectangle(0, 0, 10000, 10000, Encoding.DESKTOP_SIZE)),
        _update(m.Rectangle(0, 0, 1, 1, Encoding.EXTENDED_DESKTOP_SIZE, b"\x11\0\0\0")),
        _update(m.Rectangle(0, 0, 9, 9, Encoding.ZRLE, b"\x7f\xff\xff\xff")),
        _update(m.Rectangle(0, 0, 9, 9, Encoding.RRE, b"\0\0\0\x52\0\0\0\0")),
        _update(*[m.Rectangle(0, 0, 9, 9, 7, b"\x80abc")] * (MAX_RECTS_PER_UPDATE + 1), count=65535),
    ],
    ids=["count", "cursor", "alpha", "width", "pixels", "screens", "zrle", "rre", "last rect"],
)
def test_it_refuses_a_length_above_its_limit_before_waiting_for_it(data: bytes) -> None:
    with pytest.raises(LimitExceeded):
        _ready().receive(data)


def test_it_offers_tight_first_and_jpeg_only_with_a_quality() -> None:
    assert encodings_for()[0] == Encoding.TIGHT
    assert -24 in encodings_for(quality=8)
    assert not [
        number for number in encodings_for(quality=None) if number in {*range(-32, -22), *range(-512, -411)}
    ]


def test_it_is_dead_after_a_fault() -> None:
    viewer = _ready()
    with pytest.raises(ProtocolError):
        viewer.receive(b"\x09")
    with pytest.raises(WrongState):
        viewer.receive(b"\2")
    with pytest.raises(WrongState):
        viewer.send(m.KeyEvent(True, 97))


@pytest.mark.parametrize("encoding", [Encoding.RAW, Encoding.HEXTILE, Encoding.ZRLE])
def test_it_takes_a_large_rectangle_in_time_linear_in_its_bytes(encoding: Encoding) -> None:
    def seconds(height: int) -> float:
        viewer = ViewerProtocol(auto_request=False)
        viewer.receive(GREETING + m.ServerInit(1024, 4096, BGRX, "").encode())
        tile = b"\x01" + bytes(16 * 16 * 4)
        payload = {
            Encoding.RAW: bytes(1024 * height * 4),
            Encoding.HEXTILE: tile * (1024 // 16 * height // 16),
            Encoding.ZRLE: (1024 * height * 4).to_bytes(4, "big") + bytes(1024 * height * 4),
        }[encoding]
        data = _update(m.Rectangle(0, 0, 1024, height, encoding, payload))
        start = time.process_time()
        for at in range(0, len(data), 1 << 16):
            viewer.receive(data[at : at + (1 << 16)])
        assert viewer.events()[-1] == e.UpdateDone()
        return time.process_time() - start

    small = min(seconds(256) for _ in range(3))  # 1 MiB
    large = min(seconds(4096) for _ in range(2))  # 16 MiB
    assert large < 16 * 4 * small + 0.05


def test_it_asks_once_for_a_flood_of_empty_updates() -> None:
    viewer = _ready()
    viewer.receive(_update() * 10_000)
    assert viewer.outgoing() == _changes()
