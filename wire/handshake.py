"""The one handshake for all our WebSocket doors: the relay's channels and the web half's signal.

Reads the head of an HTTP/1.1 request, decides whether it may become a WebSocket, and writes the answer,
in the order of security rule 4: size, Origin, the upgrade itself, the presence of a ticket. What the
ticket is worth is decided by its door; whether its holder may lack an Origin is `origin_fits`.
Pure: deadlines and sockets are the caller's. Sources: RFC 9112 (heads), RFC 6455 section 4 (upgrade).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from wire.errors import LimitExceeded, ProtocolError
from wire.limits import MAX_REQUEST_HEAD, MAX_TICKET
from wire.ticket import Via

__all__ = [
    "Accept",
    "HandshakePolicy",
    "Head",
    "Refuse",
    "accept_key",
    "accept_response",
    "check_upgrade",
    "head_length",
    "origin_fits",
    "parse_head",
    "plain_response",
    "refuse_response",
]

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_END: Final = b"\r\n\r\n"
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z", re.ASCII)
_TARGET: Final = re.compile(r"/[\x21-\x7e]*\Z", re.ASCII)
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
_MAX_HEADERS: Final = 64
# A second one of these would let two readers of one request see two different things.
_ONCE: Final = frozenset(
    {
        "authorization",
        "content-length",
        "host",
        "origin",
        "sec-websocket-key",
        "sec-websocket-version",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True, slots=True)
class Head:
    """A request head: `path` without the query, the last value per query name, header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HandshakePolicy:
    """Which pages may dial a door (exact origins such as `https://help.example`), and our subprotocols."""

    origins: frozenset[str]
    protocols: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Accept:
    """The request may become a WebSocket once its ticket holds; `origin` is None when it sent none."""

    key: str
    ticket: str
    origin: str | None
    protocol: str | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """The request is turned away with an HTTP status; `reason` is one word for the log."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...] = field(default=())


def head_length(data: bytes | bytearray) -> int | None:
    """Length of the request head at the start of `data` with its blank line; None while it is incomplete.

    Raises LimitExceeded as soon as it cannot end within MAX_REQUEST_HEAD bytes.
    """
    end = data.find(_END, 0, MAX_REQUEST_HEAD)
    if end >= 0:
        return end + len(_END)
    if len(data) >= MAX_REQUEST_HEAD:
        raise LimitExceeded("request head", len(data), MAX_REQUEST_HEAD - 1)
    return None


def parse_head(data: bytes | bytearray) -> Head:
    """The head in `data`, which ends with its blank line; raises ProtocolError for what RFC 9112 forbids."""
    first, *lines = bytes(data[: -len(_END)]).decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or words[2] != "HTTP/1.1":
        raise ProtocolError("the request line is not METHOD TARGET HTTP/1.1")
    method, target, _ = words
    if not _TOKEN.match(method) or not _TARGET.match(target):
        raise ProtocolError("the request line has a bad method or target")
    path, _, query = target.partition("?")
    try:
        values = parse_qsl(query, keep_blank_values=True, max_num_fields=16)
    except ValueError as error:
        raise ProtocolError("the query has more than 16 fields") from error
    return Head(method, path, dict(values), _parse_headers(lines))


def _parse_headers(lines: list[str]) -> dict[str, str]:
    if len(lines) > _MAX_HEADERS:
        raise LimitExceeded("request headers", len(lines), _MAX_HEADERS)
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        # A name that ends in a blank, or a folded line, is read differently by different servers.
        if not colon or not _TOKEN.match(name) or not _VALUE.match(value):
            raise ProtocolError("a request header is malformed")
        name, value = name.lower(), value.strip(" \t")
        if name not in headers:
            headers[name] = value
        elif name in _ONCE:
            raise ProtocolError(f"the header {name} came twice")
        else:
            headers[name] += f", {value}"
    return headers


def check_upgrade(head: Head, policy: HandshakePolicy) -> Accept | Refuse:
    """Whether this request may become a WebSocket, before its ticket is looked at."""
    origin = head.headers.get("origin")
    if origin is not None and origin not in policy.origins:
        return Refuse(HTTPStatus.FORBIDDEN, "origin")
    refusal = _wrong_upgrade(head)
    if refusal is not None:
        return refusal
    ticket = head.query.get("ticket", "")
    if not 0 < len(ticket) <= MAX_TICKET:
        return Refuse(HTTPStatus.UNAUTHORIZED, "no-ticket")
    offered = _list(head, "sec-websocket-protocol")
    protocol = next((name for name in policy.protocols if name in offered), None)
    return Accept(accept_key(head.headers["sec-websocket-key"]), ticket, origin, protocol)


def _wrong_upgrade(head: Head) -> Refuse | None:
    headers = head.headers
    if head.method != "GET":
        return Refuse(HTTPStatus.METHOD_NOT_ALLOWED, "method", (("Allow", "GET"),))
    if "host" not in headers or "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        return Refuse(HTTPStatus.BAD_REQUEST, "head")
    if "websocket" not in [name.lower() for name in _list(head, "upgrade")] or "upgrade" not in [
        name.lower() for name in _list(head, "connection")
    ]:
        return Refuse(HTTPStatus.UPGRADE_REQUIRED, "no-upgrade", (("Upgrade", "websocket"),))
    if headers.get("sec-websocket-version") != "13":
        return Refuse(HTTPStatus.UPGRADE_REQUIRED, "version", (("Sec-WebSocket-Version", "13"),))
    try:
        nonce = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except (binascii.Error, ValueError):
        nonce = b""
    return None if len(nonce) == 16 else Refuse(HTTPStatus.BAD_REQUEST, "key")


def origin_fits(origin: str | None, via: Via) -> bool:
    """Whether a ticket's holder may come with this (already allowed) Origin: only programs may lack one."""
    return origin is not None or via == "program"


def accept_key(key: str) -> str:
    """The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455 section 4.2.2)."""
    digest = hashlib.sha1(key.encode("ascii") + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def accept_response(accept: Accept) -> bytes:
    """The 101 answer. It takes no extension: deflate costs memory, and sealed bytes do not shrink."""
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept.key}",
    ]
    if accept.protocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {accept.protocol}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def refuse_response(refuse: Refuse) -> bytes:
    """The answer to a refused request: the status alone, so that a stranger learns nothing from its words."""
    phrase = HTTPStatus(refuse.status).phrase
    return plain_response(refuse.status, f"{phrase}\n".encode("ascii"), headers=refuse.headers)


def plain_response(
    status: int,
    body: bytes,
    *,
    content_type: str = "text/plain; charset=utf-8",
    headers: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """A whole HTTP answer that is not kept by caches and after which the connection closes."""
    lines = [
        f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers),
        "",
        "",
    ]
    return "\r\n".join(lines).encode("ascii") + body


def _list(head: Head, name: str) -> list[str]:
    return [word.strip() for word in head.headers.get(name, "").split(",")]
