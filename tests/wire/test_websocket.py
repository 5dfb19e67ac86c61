"""The WebSocket client: whole messages, limits before memory, one Closed at the end, and no exception."""

from __future__ import annotations

import random
import struct

import pytest

from tests.wire.websocket_peer import Peer, exchange
from wire.errors import ProtocolError
from wire.websocket import (
    BinaryReceived,
    Closed,
    Opened,
    PongReceived,
    TextReceived,
    WebSocketClient,
    address_of,
)

URL = "ws://127.0.0.1:8001/relay/s1?ticket=a.b.c"


def connect(max_message: int = 1000) -> tuple[WebSocketClient, Peer]:
    client, peer = WebSocketClient(URL, max_message=max_message), Peer()
    exchange(client, peer)
    assert client.events() == [Opened()]
    return client, peer


def frame(opcode: int, data: bytes, *, fin: bool = True) -> bytes:
    """A server's frame, by hand."""
    head = (0x80 if fin else 0) | opcode
    size = len(data)
    if size < 126:
        return struct.pack("!BB", head, size) + data
    return struct.pack("!BBH", head, 126, size) + data


def test_it_asks_for_the_upgrade_without_origin_and_compression() -> None:
    client, peer = WebSocketClient(URL, subprotocol="barohelp.signal.1"), Peer()
    peer.receive(client.outgoing())
    assert peer.request is not None
    headers = dict(peer.request.headers.raw_items())
    assert peer.request.path == "/relay/s1?ticket=a.b.c"
    assert headers["Host"] == "127.0.0.1:8001"
    assert headers["Sec-WebSocket-Protocol"] == "barohelp.signal.1"
    assert not {"Origin", "Sec-WebSocket-Extensions"} & set(headers)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 300_000])
def test_it_sends_binary_messages_of_every_length(size: int) -> None:
    client, peer = connect()
    data = random.Random(size).randbytes(size)
    client.send_binary(data)
    peer.receive(client.outgoing())
    assert peer.datas() == [data]


def test_it_masks_each_message_anew() -> None:
    client, _ = connect()
    client.send_binary(bytes(64))
    first = client.outgoing()
    client.send_binary(bytes(64))
    assert first[2:6] != client.outgoing()[2:6]


def test_it_carries_text_both_ways() -> None:
    client, peer = connect()
    client.send_text("가나다")
    peer.receive(client.outgoing())
    assert peer.datas() == ["가나다".encode()]
    peer.protocol.send_text("안녕".encode())
    client.receive(peer.outgoing())
    assert client.events() == [TextReceived("안녕")]


def test_it_joins_fragments_and_takes_pings_between_them() -> None:
    client, peer = connect()
    parts = frame(2, b"one", fin=False) + frame(9, b"there?") + frame(0, b"two", fin=False) + frame(0, b"")
    for at in range(len(parts)):
        client.receive(parts[at : at + 1])
    assert client.events() == [BinaryReceived(b"onetwo")]
    peer.receive(client.outgoing())
    assert peer.datas() == [b"there?"]


def test_it_reports_pongs() -> None:
    client, peer = connect()
    client.send_ping(b"7")
    exchange(client, peer)
    assert client.events() == [PongReceived(b"7")]


@pytest.mark.parametrize(
    ("bytes_in", "code"),
    [
        (frame(2, bytes(1001)), 1009),
        (frame(2, bytes(600), fin=False) + frame(0, bytes(600)), 1009),
        (struct.pack("!BBQ", 0x82, 127, 2**62), 1009),
        (b"\x82\x85abcdefghi", 1002),
        (b"\xc2\x01a", 1002),
        (frame(3, b""), 1002),
        (frame(0, b"x"), 1002),
        (frame(9, b"x", fin=False), 1002),
        (frame(1, b"\xff\xfe"), 1007),
    ],
)
def test_it_closes_on_what_breaks_a_rule(bytes_in: bytes, code: int) -> None:
    client, _ = connect()
    client.receive(bytes_in)
    (closed,) = client.events()
    assert isinstance(closed, Closed)
    assert closed.code == code
    assert client.is_closed
    assert client.outgoing() != b""


def test_it_reports_the_peers_close_code_and_answers_it() -> None:
    client, peer = connect()
    peer.protocol.send_close(4001, "replaced")
    client.receive(peer.outgoing())
    assert client.events() == [Closed(4001, "replaced")]
    peer.receive(client.outgoing())
    assert peer.protocol.close_rcvd is not None
    assert peer.protocol.close_rcvd.code == 4001


def test_it_closes_with_its_own_code_and_then_hears_nothing() -> None:
    client, peer = connect()
    client.close(4000, "가" * 100)
    client.close(1000)
    assert client.events() == [Closed(4000, "가" * 100)]
    peer.receive(client.outgoing())
    assert peer.protocol.close_rcvd is not None
    assert (peer.protocol.close_rcvd.code, peer.protocol.close_rcvd.reason) == (4000, "가" * 41)
    client.receive(frame(2, b"late"))
    client.eof()
    assert client.events() == []


def test_it_reports_an_end_without_a_close_frame() -> None:
    client, _ = connect()
    client.receive(frame(2, b"last")[:3])
    client.eof()
    client.eof()
    (closed,) = client.events()
    assert isinstance(closed, Closed)
    assert (closed.code, closed.status) == (1006, None)


@pytest.mark.parametrize("status", [403, 404, 503])
def test_it_reports_a_refused_upgrade(status: int) -> None:
    client, peer = WebSocketClient(URL), Peer(status=status)
    peer.receive(client.outgoing())
    client.receive(peer.outgoing())
    client.eof()
    (closed,) = client.events()
    assert isinstance(closed, Closed)
    assert (closed.code, closed.status) == (1006, status)


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"A" * 20_000,
        b"HTTP/1.1 101 X\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
        b"",
    ],
)
def test_it_does_not_take_anything_else_for_an_upgrade(answer: bytes) -> None:
    client = WebSocketClient(URL)
    client.receive(answer)
    client.eof()
    (closed,) = client.events()
    assert isinstance(closed, Closed)
    assert closed.code == 1006


def test_it_survives_any_bytes() -> None:
    """Seeded noise and spoiled frames; Closed is the only way out."""
    dice = random.Random(7)
    for _ in range(500):
        client, _ = connect()
        good = bytearray(frame(2, dice.randbytes(50)) + frame(1, b"text") + frame(9, b"p"))
        for _ in range(dice.randrange(1, 4)):
            good[dice.randrange(len(good))] = dice.randrange(256)
        client.receive(bytes(good))
        client.eof()
        events = client.events()
        assert isinstance(events[-1], Closed)
        assert sum(isinstance(event, Closed) for event in events) == 1


def test_it_sends_only_while_open() -> None:
    client = WebSocketClient(URL)
    for send in (lambda: client.send_text("x"), lambda: client.send_binary(b"x"), client.send_ping):
        with pytest.raises(ProtocolError, match="not open"):
            send()


@pytest.mark.parametrize("url", ["http://x", "ws:/x", "", "wss://", "ws://x/#part", "ws://[::1"])
def test_it_refuses_other_addresses(url: str) -> None:
    with pytest.raises(ProtocolError, match="address"):
        address_of(url)
