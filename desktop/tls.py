"""TLS without a socket: two memory buffers round OpenSSL. desktop/connection.py feeds it."""

from __future__ import annotations

import ssl
from typing import Final

__all__ = ["CERTIFICATE_REFUSED", "TlsLayer", "tls_context"]

CERTIFICATE_REFUSED: Final = "B-19"
"""The server's certificate is not one that this PC trusts."""

_READ_BYTES: Final = 256 * 1024


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Return a context that checks the server's name and certificate, against `ca_file` instead of the
    system's authorities where one is given.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class TlsLayer:
    """One TLS connection, the client's end."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_hostname=host)
        self.is_open = False

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the socket, return what they say. Raises ssl.SSLError."""
        self._in.write(data)
        if not self.is_open:
            try:
                self._object.do_handshake()
            except ssl.SSLWantReadError:
                return b""
            self.is_open = True
        parts = []
        while True:
            try:
                part = self._object.read(_READ_BYTES)
            except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                break
            if not part:
                break
            parts.append(part)
        return b"".join(parts)

    def send(self, data: bytes) -> None:
        """Encrypt; the result waits in outgoing."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._object.write(rest) :]  # one TLS record, 16 KiB, at a time

    def outgoing(self) -> bytes:
        """Return the bytes for the socket, and forget them."""
        return self._out.read()
