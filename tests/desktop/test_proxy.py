"""The proxies' handshakes, byte by byte, and every way in which they say no."""

from __future__ import annotations

import pytest

from desktop.proxy import PROXY_LOGIN, PROXY_REFUSED, Proxy, Tunnel, open_tunnel, parse_proxy
from wire.errors import LinkLost

HTTP = Proxy("http", "proxy.example", 8080)
SOCKS5 = Proxy("socks5", "proxy.example", 1080)
SOCKS4 = Proxy("socks4", "proxy.example", 1080, "da-in")
WITH_LOGIN = Proxy("socks5", "proxy.example", 1080, "da-in", "비밀")


def feed(tunnel: Tunnel, data: bytes) -> None:
    """One byte at a time: answers come in pieces."""
    for index in range(len(data)):
        assert not tunnel.is_open
        tunnel.receive(data[index : index + 1])


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("proxy.example:3128", Proxy("http", "proxy.example", 3128)),
        ("https://proxy.example", Proxy("http", "proxy.example", 8080)),
        ("socks5h://a%40b:c%3Ad@[::1]:9", Proxy("socks5", "::1", 9, "a@b", "c:d")),
        ("socks4a://proxy.example", Proxy("socks4", "proxy.example", 1080)),
    ],
)
def test_it_reads_addresses(text: str, proxy: Proxy) -> None:
    assert parse_proxy(text) == proxy


@pytest.mark.parametrize("text", ["", "ftp://x", "http://", "http://x:99999", f"http://{'u' * 256}@x"])
def test_it_reads_no_sense_into_nonsense(text: str) -> None:
    with pytest.raises(ValueError, match="prox|ort"):
        parse_proxy(text)


def test_it_prints_no_password() -> None:
    assert "비밀" not in repr(WITH_LOGIN)


def test_it_asks_an_http_proxy() -> None:
    tunnel = open_tunnel(Proxy("http", "p", 1, "da-in", "비:밀"), "help.example", 443)
    assert tunnel.outgoing() == (
        b"CONNECT help.example:443 HTTP/1.1\r\nHost: help.example:443\r\n"
        b"Proxy-Authorization: Basic ZGEtaW4667mEOuuwgA==\r\n\r\n"
    )
    feed(tunnel, b"HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n")
    assert (tunnel.is_open, tunnel.rest) == (True, b"")


def test_it_keeps_what_follows_the_answer() -> None:
    tunnel = open_tunnel(HTTP, "::1", 443)
    assert tunnel.outgoing().startswith(b"CONNECT [::1]:443 HTTP/1.1\r\n")
    tunnel.receive(b"HTTP/1.1 200 OK\r\n\r\nrest")
    assert tunnel.rest == b"rest"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 407 No\r\n\r\n", PROXY_LOGIN),
        (b"HTTP/1.1 403 No\r\n\r\n", PROXY_REFUSED),
        (b"SSH-2.0-x\r\n\r\n", PROXY_REFUSED),
        (b"HTTP/1.1 2000 x\r\n\r\n", PROXY_REFUSED),
        (b"x" * 9000, PROXY_REFUSED),
    ],
)
def test_it_says_why_an_http_proxy_refused(answer: bytes, code: str) -> None:
    with pytest.raises(LinkLost) as caught:
        open_tunnel(HTTP, "help.example", 443).receive(answer)
    assert caught.value.code == code


def test_it_speaks_socks5_with_a_password() -> None:
    tunnel = open_tunnel(WITH_LOGIN, "help.example", 443)
    assert tunnel.outgoing() == b"\x05\x02\x00\x02"
    feed(tunnel, b"\x05\x02")
    assert tunnel.outgoing() == b"\x01\x05da-in\x06" + "비밀".encode()
    feed(tunnel, b"\x01\x00")
    assert tunnel.outgoing() == b"\x05\x01\x00\x03\x0chelp.example\x01\xbb"
    feed(tunnel, b"\x05\x00\x00\x03\x03abc\x00\x01")
    assert tunnel.is_open


@pytest.mark.parametrize(
    ("host", "place"), [("10.0.0.1", b"\x01\x0a\0\0\x01"), ("::1", b"\x04" + bytes(15) + b"\x01")]
)
def test_it_gives_socks5_addresses_as_addresses(host: str, place: bytes) -> None:
    tunnel = open_tunnel(SOCKS5, host, 80)
    assert tunnel.outgoing() == b"\x05\x01\x00"
    tunnel.receive(b"\x05\x00")
    assert tunnel.outgoing() == b"\x05\x01\x00" + place + b"\x00\x50"
    tunnel.receive(b"\x05\x00\x00\x01" + bytes(6) + b"rest")
    assert tunnel.rest == b"rest"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"\x05\xff", PROXY_LOGIN),
        (b"HTTP", PROXY_REFUSED),
        (b"\x05\x00\x05\x02\x00\x01\x00", PROXY_REFUSED),
        (b"\x05\x00\x05\x00\x00\x09\x00", PROXY_REFUSED),
        (b"\x05\x02", PROXY_LOGIN),
    ],
)
def test_it_says_why_a_socks5_proxy_refused(answer: bytes, code: str) -> None:
    with pytest.raises(LinkLost) as caught:
        open_tunnel(SOCKS5, "help.example", 443).receive(answer)
    assert caught.value.code == code


def test_it_says_that_a_password_was_wrong() -> None:
    with pytest.raises(LinkLost) as caught:
        open_tunnel(WITH_LOGIN, "help.example", 443).receive(b"\x05\x02\x01\x01")
    assert caught.value.code == PROXY_LOGIN


def test_it_speaks_socks4a() -> None:
    tunnel = open_tunnel(SOCKS4, "help.example", 443)
    assert tunnel.outgoing() == b"\x04\x01\x01\xbb\0\0\0\x01da-in\0help.example\0"
    feed(tunnel, b"\x00\x5a" + bytes(6))
    assert tunnel.is_open
    assert open_tunnel(SOCKS4, "10.0.0.1", 80).outgoing() == b"\x04\x01\x00\x50\x0a\0\0\x01da-in\0"


@pytest.mark.parametrize(("reply", "code"), [(91, PROXY_REFUSED), (93, PROXY_LOGIN)])
def test_it_says_why_a_socks4_proxy_refused(reply: int, code: str) -> None:
    with pytest.raises(LinkLost) as caught:
        open_tunnel(SOCKS4, "help.example", 443).receive(bytes([0, reply]) + bytes(6))
    assert caught.value.code == code


@pytest.mark.parametrize("host", ["", "x" * 300, "a\0b", "가" * 80])
@pytest.mark.parametrize("proxy", [HTTP, SOCKS5, SOCKS4])
def test_it_tells_no_proxy_of_a_name_that_is_none(proxy: Proxy, host: str) -> None:
    with pytest.raises(LinkLost):
        open_tunnel(proxy, host, 443)
