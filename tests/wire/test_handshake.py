"""The handshake: who may become a WebSocket, and what a head must look like."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from wire import handshake
from wire.errors import LimitExceeded, ProtocolError
from wire.handshake import Accept, HandshakePolicy, Head, Refuse
from wire.limits import MAX_REQUEST_HEAD

PAGE = "https://help.example"
POLICY = HandshakePolicy(origins=frozenset({PAGE}), protocols=("barohelp.signal.1",))
HEADERS = {
    "host": "127.0.0.1:8001",
    "upgrade": "websocket",
    "connection": "keep-alive, Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def head(method: str = "GET", ticket: str = "t", **changes: str | None) -> Head:
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in changes.items()}}
    kept = {name: value for name, value in headers.items() if value is not None}
    return Head(method, "/relay/s1", {"ticket": ticket} if ticket else {}, kept)


def refusal(request: Head) -> tuple[int, str]:
    outcome = handshake.check_upgrade(request, POLICY)
    assert isinstance(outcome, Refuse)
    return outcome.status, outcome.reason


def test_it_accepts_a_program_without_origin() -> None:
    # The key and its answer are the example of RFC 6455 section 1.3.
    assert handshake.check_upgrade(head(), POLICY) == Accept("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "t", None)


def test_it_accepts_an_allowed_page() -> None:
    outcome = handshake.check_upgrade(head(origin=PAGE), POLICY)
    assert isinstance(outcome, Accept)
    assert outcome.origin == PAGE


@pytest.mark.parametrize(
    "origin", ["null", "", "https://evil.example", "http://help.example", f"{PAGE}:444", f"{PAGE}.evil"]
)
def test_it_refuses_a_foreign_origin_before_all_else(origin: str) -> None:
    assert refusal(head(method="POST", ticket="", origin=origin)) == (403, "origin")


@pytest.mark.parametrize(
    ("request_head", "expected"),
    [
        (head(method="POST"), (405, "method")),
        (head(host=None), (400, "head")),
        (head(content_length="5"), (400, "head")),
        (head(transfer_encoding="chunked"), (400, "head")),
        (head(upgrade=None), (426, "no-upgrade")),
        (head(connection="close"), (426, "no-upgrade")),
        (head(sec_websocket_version="8"), (426, "version")),
        (head(sec_websocket_key=None), (400, "key")),
        (head(sec_websocket_key="c2hvcnQ="), (400, "key")),
        (head(sec_websocket_key="한글"), (400, "key")),
        (head(ticket=""), (401, "no-ticket")),
        (head(ticket="x" * 2049), (401, "no-ticket")),
    ],
)
def test_it_refuses_a_bad_upgrade_with_its_status(request_head: Head, expected: tuple[int, str]) -> None:
    assert refusal(request_head) == expected


def test_it_lets_only_programs_come_without_origin() -> None:
    assert handshake.origin_fits(None, "program")
    assert not handshake.origin_fits(None, "browser")
    assert handshake.origin_fits(PAGE, "browser")


def test_it_chooses_our_subprotocol_when_offered() -> None:
    outcome = handshake.check_upgrade(head(sec_websocket_protocol="x, barohelp.signal.1"), POLICY)
    assert isinstance(outcome, Accept)
    assert outcome.protocol == "barohelp.signal.1"
    assert b"Sec-WebSocket-Protocol: barohelp.signal.1\r\n" in handshake.accept_response(outcome)


def test_it_is_understood_by_a_stock_websocket_peer() -> None:
    peer = ClientProtocol(parse_uri("ws://127.0.0.1:8001/relay/s1?ticket=a.b.c"))
    peer.send_request(peer.connect())
    data = b"".join(peer.data_to_send())
    outcome = handshake.check_upgrade(handshake.parse_head(data), POLICY)
    assert isinstance(outcome, Accept)
    assert outcome.ticket == "a.b.c"
    peer.receive_data(handshake.accept_response(outcome))
    assert peer.handshake_exc is None
    assert peer.state.name == "OPEN"


def test_it_parses_path_query_and_headers() -> None:
    request = handshake.parse_head(
        b"GET /relay/s1?ticket=a%2Bb&x= HTTP/1.1\r\nHost: h\r\nX-A:1\r\nx-a: 2 \r\n\r\n"
    )
    assert request == Head("GET", "/relay/s1", {"ticket": "a+b", "x": ""}, {"host": "h", "x-a": "1, 2"})


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET http://x/ HTTP/1.1\r\n\r\n",
        b"GET /a\tb HTTP/1.1\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nOrigin: a\r\norigin: b\r\n\r\n",
        b"GET /?" + b"a&" * 17 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 65 + b"\r\n",
    ],
)
def test_it_refuses_a_malformed_head(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        handshake.parse_head(data)


def test_it_finds_the_end_of_the_head_and_no_more() -> None:
    data = b"GET / HTTP/1.1\r\nA: b\r\n\r\n"
    assert [handshake.head_length(data[:n]) for n in range(len(data))] == [None] * len(data)
    assert handshake.head_length(data + b"\x82\x80rest") == len(data)


def test_it_bounds_the_head() -> None:
    with pytest.raises(LimitExceeded):
        handshake.head_length(b"x" * MAX_REQUEST_HEAD)
    with pytest.raises(LimitExceeded):
        handshake.head_length(b"x" * MAX_REQUEST_HEAD + b"\r\n\r\n")
    assert handshake.head_length(b"x" * (MAX_REQUEST_HEAD - 1)) is None


@given(st.binary(max_size=300))
def test_it_raises_nothing_but_protocol_errors(data: bytes) -> None:
    with suppress(ProtocolError):
        handshake.check_upgrade(handshake.parse_head(data + b"\r\n\r\n"), POLICY)


def test_it_tells_a_stranger_nothing_but_the_status() -> None:
    answer = handshake.refuse_response(Refuse(401, "expired"))
    assert answer.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert b"expired" not in answer
    assert answer.endswith(b"Connection: close\r\n\r\nUnauthorized\n")
