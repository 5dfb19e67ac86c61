"""JSON over HTTP to the web half, blocking: for worker threads and LinkThread.run_aside, never the Tk or
link thread.

Decides how an answer becomes a value, WebRefused or LinkLost. Leaves retries to the caller. No redirects:
our addresses do not move, and a bearer token must not follow one.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from desktop import network
from desktop.proxy import PROXY_REFUSED, Proxy, open_tunnel
from desktop.tls import CERTIFICATE_REFUSED, tls_context
from wire.errors import LinkLost, ProtocolError
from wire.limits import MAX_WEB_ANSWER
from wire.record import load_object

__all__ = ["WebRefused", "post_json"]

_OK: Final = range(200, 300)
_MAX_RETRY_AFTER_S: Final = 3600.0


class WebRefused(Exception):
    """The web half said no: HTTP `status`, its `code` (B-..) and the `text` in the reader's language.

    `retry_after_s` is its Retry-After, None without one.
    """

    def __init__(self, status: int, code: str, text: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{status} {code}: {text}")
        self.status = status
        self.code = code
        self.text = text
        self.retry_after_s = retry_after_s


def post_json(
    url: str,
    payload: Mapping[str, Any],
    *,
    bearer: str | None = None,
    language: str = "ko",
    timeout: float = 10.0,
    connect_timeout: float | None = None,
    ca_file: str | None = None,
) -> dict[str, Any]:
    """POST `payload`, return the decoded JSON object of a 2xx answer (with `ok` true or absent).

    `timeout` seconds hold for each step of the connection, `connect_timeout` for reaching the server where it
    shall be shorter. Raises WebRefused for any other answer of the
    web half, LinkLost (retry True) when it cannot be reached or answers with something that is not ours,
    LinkLost (retry False) for an address that is none.
    """
    address = _split(url)
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Language": language,
        "Connection": "close",
    }
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    body = json.dumps(payload, ensure_ascii=False).encode()
    connection = _connection(url, address, connect_timeout or timeout, ca_file)
    try:
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(timeout)
        connection.request("POST", address.path or "/", body, headers)
        with connection.getresponse() as answer:
            content = answer.read(MAX_WEB_ANSWER + 1)
    except ssl.SSLCertVerificationError as error:
        raise LinkLost(_reason(error), code=CERTIFICATE_REFUSED) from error
    except (OSError, http.client.HTTPException) as error:
        raise LinkLost(_reason(error)) from error
    finally:
        connection.close()
    return _read_answer(answer.status, content, answer.getheader("Retry-After"))


def _split(url: str) -> SplitResult:
    try:
        address = urlsplit(url)
        valid = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise LinkLost(f"{url} is no http:// or https:// address", retry=False)
    return address


def _connection(
    url: str, address: SplitResult, timeout: float, ca_file: str | None
) -> http.client.HTTPConnection:
    host, settings = address.hostname or "", network.current()
    try:
        proxy = network.find_proxy(url, settings)
    except ValueError as error:
        raise LinkLost(str(error), code=PROXY_REFUSED) from error
    made: http.client.HTTPConnection
    if address.scheme == "https":
        context = tls_context(ca_file or settings.ca_file)
        made = http.client.HTTPSConnection(host, address.port, timeout=timeout, context=context)
    else:
        made = http.client.HTTPConnection(host, address.port, timeout=timeout)
    if proxy is not None:
        made.sock = _dial_through(proxy, host, made.port, timeout)
        if address.scheme == "https":
            made.sock = _wrap(context, made.sock, host)
    return made


def _dial_through(proxy: Proxy, host: str, port: int, timeout: float) -> socket.socket:
    """A connected socket behind the proxy. Raises LinkLost."""
    tunnel = open_tunnel(proxy, host, port)
    try:
        sock = socket.create_connection((proxy.host, proxy.port), timeout)
    except OSError as error:
        raise LinkLost(f"the proxy: {_reason(error)}", code=PROXY_REFUSED) from error
    try:
        while not tunnel.is_open:
            sock.sendall(tunnel.outgoing())
            # One byte at a time behind the last: what follows the answer belongs to the connection.
            data = sock.recv(1)
            if not data:
                raise LinkLost("the proxy hung up", code=PROXY_REFUSED)
            tunnel.receive(data)
        return sock
    except (OSError, LinkLost) as error:
        sock.close()
        if isinstance(error, LinkLost):
            raise
        raise LinkLost(f"the proxy: {_reason(error)}", code=PROXY_REFUSED) from error


def _wrap(context: ssl.SSLContext, sock: socket.socket, host: str) -> socket.socket:
    try:
        return context.wrap_socket(sock, server_hostname=host)
    except OSError as error:
        sock.close()
        code = CERTIFICATE_REFUSED if isinstance(error, ssl.SSLCertVerificationError) else "B-10"
        raise LinkLost(_reason(error), code=code) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate was refused: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _read_answer(status: int, content: bytes, retry_after: str | None) -> dict[str, Any]:
    try:
        data = load_object(content, MAX_WEB_ANSWER)
    except ProtocolError as error:
        if status in _OK:
            raise LinkLost("the answer is not the web half's") from error
        data = {}
    if status in _OK and data.get("ok", True) is True:
        return data
    code, text = data.get("code"), data.get("text")
    raise WebRefused(
        status,
        code if isinstance(code, str) else f"HTTP {status}",
        text if isinstance(text, str) else "",
        _seconds(retry_after),
    )


def _seconds(retry_after: str | None) -> float | None:
    if retry_after is None or not retry_after.isdecimal():
        return None
    return min(float(retry_after), _MAX_RETRY_AFTER_S)
