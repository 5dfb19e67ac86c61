"""JSON over HTTP: an answer becomes a value, WebRefused or LinkLost, and nothing else."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from desktop.web import WebRefused, post_json
from tests.desktop.servers import TcpServer
from wire.errors import LinkLost


class OneAnswer(TcpServer):
    """Answers every request with the same bytes and keeps what was asked."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.asked = answer, b""
        super().__init__()

    def serve(self, sock: socket.socket) -> None:
        self.asked += sock.recv(65536)
        # Head and body come in two pieces, seldom in one.
        while not _is_whole(self.asked) and (part := sock.recv(65536)):
            self.asked += part
        sock.sendall(self.answer)


def _is_whole(request: bytes) -> bool:
    """Whether the body that the head announces has arrived too."""
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


def http(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[OneAnswer, str]]:
    with OneAnswer(answer) as server:
        yield server, f"http://127.0.0.1:{server.port}/programs/login"


def test_it_posts_json_and_returns_json() -> None:
    with answering(http(200, '{"ok":true,"token":"t.마루"}'.encode())) as (server, url):
        assert post_json(url, {"id": "보라"}, bearer="agent.maru.x", language="en")["token"] == "t.마루"
    head, _, body = server.asked.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /programs/login HTTP/1.1")
    assert b"Authorization: Bearer agent.maru.x" in head
    assert b"Accept-Language: en" in head
    assert json.loads(body) == {"id": "보라"}


def test_it_tells_what_the_web_half_refused() -> None:
    body = '{"ok":false,"code":"B-21","text":"비밀번호가 맞지 않습니다."}'.encode()
    with answering(http(429, body, "Retry-After: 30")) as (_, url), pytest.raises(WebRefused) as caught:
        post_json(url, {})
    refused = caught.value
    assert (refused.status, refused.code, refused.text) == (429, "B-21", "비밀번호가 맞지 않습니다.")
    assert refused.retry_after_s == 30.0


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (500, b"<html>oops</html>", "HTTP 500"),
        (302, b"", "HTTP 302"),
        (403, b'{"code":5}', "HTTP 403"),
        (200, b'{"ok":false,"code":"B-1"}', "B-1"),
    ],
)
def test_it_reads_no_success_into_anything_else(status: int, body: bytes, code: str) -> None:
    moved = "Location: http://elsewhere.invalid/"
    with answering(http(status, body, moved)) as (_, url), pytest.raises(WebRefused) as caught:
        post_json(url, {}, bearer="secret")
    assert caught.value.code == code


@pytest.mark.parametrize("body", [b"", b"[]", b"hello", b'{"a":NaN}', b'{"a":"' + b"x" * 300_000 + b'"}'])
def test_it_comes_back_later_when_the_answer_is_not_ours(body: bytes) -> None:
    with answering(http(200, body)) as (_, url), pytest.raises(LinkLost) as caught:
        post_json(url, {})
    assert caught.value.retry


SHORT = b"HTTP/1.1 200 X\r\nContent-Length: 50\r\n\r\nshort"


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0\r\n", SHORT])
def test_it_calls_a_broken_conversation_a_lost_link(answer: bytes) -> None:
    with answering(answer) as (_, url), pytest.raises(LinkLost):
        post_json(url, {})


def test_it_does_not_wait_longer_than_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(LinkLost, match="timed out"):
            post_json(url, {}, timeout=0.05)


def test_it_says_when_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(LinkLost, match="refused"):
        post_json(f"http://127.0.0.1:{port}/", {})


@pytest.mark.parametrize("url", ["ftp://x/", "x", "http://", "http://x:99999/", "file:///x", "http://["])
def test_it_gives_up_on_an_address_that_is_none(url: str) -> None:
    with pytest.raises(LinkLost) as caught:
        post_json(url, {})
    assert not caught.value.retry
