"""Ways through a proxy: HTTP CONNECT, SOCKS5 and SOCKS4a, each as a sans-I/O handshake before TLS.

Decides the bytes to and from the proxy (RFC 9110 9.3.6, RFC 1928, RFC 1929, the SOCKS 4a note). Leaves which
proxy is used to network.py and the sockets to connection.py and web.py. Names are looked up by the proxy: a
closed network's own resolver often knows no outside names. Log-in is Basic or the SOCKS5 password; Kerberos
and NTLM are not spoken.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import struct
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeAlias, get_args
from urllib.parse import unquote, urlsplit

from wire.errors import LinkLost
from wire.limits import MAX_REQUEST_HEAD

__all__ = ["PROXY_LOGIN", "PROXY_REFUSED", "Proxy", "ProxyKind", "Tunnel", "open_tunnel", "parse_proxy"]

PROXY_LOGIN: Final = "B-17"
"""The proxy wants a name and password, or other ones."""
PROXY_REFUSED: Final = "B-18"
"""The proxy cannot be reached, or does not let us through."""

ProxyKind: TypeAlias = Literal["http", "socks5", "socks4"]
_DEFAULT_PORT: Final = {"http": 8080, "socks5": 1080, "socks4": 1080}
_SAME: Final = {"https": "http", "socks": "socks5", "socks5h": "socks5", "socks4a": "socks4"}
_MAX_FIELD: Final = 255
_SOCKS5_WHY: Final = {
    1: "failed",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "timed out",
}


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy; `user` empty = no log-in. It prints without its password."""

    kind: ProxyKind
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)


def parse_proxy(text: str) -> Proxy:
    """Return the proxy of `[scheme://][user:password@]host[:port]`; without a scheme it is HTTP.

    Raises ValueError: another scheme, no host, a bad port. `https://` means an HTTP proxy here as it does in
    HTTPS_PROXY: the scheme of the calls, not of the way to the proxy.
    """
    parts = urlsplit(text.strip() if "://" in text else f"http://{text.strip()}")
    kind = _SAME.get(parts.scheme, parts.scheme)
    if kind not in get_args(ProxyKind) or not parts.hostname or re.search(r"\s", parts.netloc):
        raise ValueError("a proxy is http://HOST:PORT, socks5://HOST:PORT or socks4://HOST:PORT")
    port = parts.port or _DEFAULT_PORT[kind]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if max(len(user.encode()), len(password.encode())) > _MAX_FIELD:
        raise ValueError(f"a proxy's name and password have at most {_MAX_FIELD} bytes")
    return Proxy(kind, parts.hostname, port, user, password)  # type: ignore[arg-type]


class Tunnel(Protocol):
    """One handshake with a proxy. `rest` holds what came behind it once `is_open`."""

    is_open: bool
    rest: bytes

    def outgoing(self) -> bytes:
        """Return the bytes for the proxy, and forget them."""

    def receive(self, data: bytes) -> None:
        """Take bytes of the proxy. Raises LinkLost with PROXY_LOGIN or PROXY_REFUSED."""


def open_tunnel(proxy: Proxy, host: str, port: int) -> Tunnel:
    """Begin a tunnel through `proxy` to `host`. Raises LinkLost for a name that the proxy cannot be told."""
    if proxy.kind == "http":
        return _HttpTunnel(proxy, host, port)
    return _Socks5Tunnel(proxy, host, port) if proxy.kind == "socks5" else _Socks4Tunnel(proxy, host, port)


class _Buffered:
    def __init__(self) -> None:
        self.is_open = False
        self.rest = b""
        self._in = b""
        self._out = b""

    def outgoing(self) -> bytes:
        data, self._out = self._out, b""
        return data

    def _open(self, taken: int) -> None:
        self.is_open, self.rest, self._in = True, self._in[taken:], b""


class _HttpTunnel(_Buffered):
    def __init__(self, proxy: Proxy, host: str, port: int) -> None:
        super().__init__()
        place = f"[{host}]:{port}" if ":" in host else f"{_name(host).decode()}:{port}"
        lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
        self._has_login = bool(proxy.user)
        if proxy.user:
            pair = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
            lines.append(f"Proxy-Authorization: Basic {pair}")
        self._out = "\r\n".join([*lines, "", ""]).encode()

    def receive(self, data: bytes) -> None:
        self._in += data
        end = self._in.find(b"\r\n\r\n")
        if end < 0:
            if len(self._in) > MAX_REQUEST_HEAD:
                raise LinkLost("the proxy's answer has no end", code=PROXY_REFUSED)
            return
        words = self._in.split(b"\r\n", 1)[0].split(None, 2)
        status = (
            int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/1.") and _is_3(words[1]) else 0
        )
        if status in (401, 407):  # tinyproxy says 401 to a wrong password
            asks = "other" if self._has_login else "a"
            raise LinkLost(f"the proxy wants {asks} name and password", code=PROXY_LOGIN)
        if not 200 <= status < 300:
            raise LinkLost(f"the proxy answered {status or 'nonsense'}", code=PROXY_REFUSED)
        self._open(end + 4)


def _is_3(digits: bytes) -> bool:
    return len(digits) == 3 and digits.isdigit()


class _Socks5Tunnel(_Buffered):
    def __init__(self, proxy: Proxy, host: str, port: int) -> None:
        super().__init__()
        self._proxy = proxy
        self._request = b"\x05\x01\x00" + _socks5_address(host) + struct.pack("!H", port)
        self._step = self._take_method
        self._out = b"\x05\x02\x00\x02" if proxy.user else b"\x05\x01\x00"

    def receive(self, data: bytes) -> None:
        self._in += data
        while not self.is_open and self._step():
            pass

    def _take(self, size: int) -> bytes | None:
        if len(self._in) < size:
            return None
        taken, self._in = self._in[:size], self._in[size:]
        return taken

    def _take_method(self) -> bool:
        answer = self._take(2)
        if answer is None:
            return False
        if answer == b"\x05\x02" and self._proxy.user:
            user, password = self._proxy.user.encode(), self._proxy.password.encode()
            self._out += b"\x01" + bytes([len(user)]) + user + bytes([len(password)]) + password
            self._step = self._take_login
        elif answer == b"\x05\x00":
            self._ask()
        elif answer[:1] == b"\x05":
            raise LinkLost("the proxy wants a name and password", code=PROXY_LOGIN)
        else:
            raise LinkLost("that is no SOCKS5 proxy", code=PROXY_REFUSED)
        return True

    def _take_login(self) -> bool:
        answer = self._take(2)
        if answer is None:
            return False
        if answer[1] != 0:
            raise LinkLost("the proxy wants other name and password", code=PROXY_LOGIN)
        self._ask()
        return True

    def _ask(self) -> None:
        self._out += self._request
        self._step = self._take_reply

    def _take_reply(self) -> bool:
        if len(self._in) < 5:
            return False
        version, reply, _, kind, first = self._in[:5]
        if version != 5 or reply:
            why = _SOCKS5_WHY.get(reply, f"answered {reply}")
            raise LinkLost(f"the proxy cannot: {why}", code=PROXY_REFUSED)
        size = {1: 4, 3: 1 + first, 4: 16}.get(kind)
        if size is None:
            raise LinkLost("the proxy answered nonsense", code=PROXY_REFUSED)
        if len(self._in) < 4 + size + 2:
            return False
        self._open(4 + size + 2)
        return True


def _socks5_address(host: str) -> bytes:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = _name(host)
        return b"\x03" + bytes([len(name)]) + name
    return (b"\x01" if address.version == 4 else b"\x04") + address.packed


class _Socks4Tunnel(_Buffered):
    def __init__(self, proxy: Proxy, host: str, port: int) -> None:
        super().__init__()
        try:
            place, name = ipaddress.IPv4Address(host).packed, b""
        except ValueError:
            # 4a: an address that cannot be, and the name behind the user.
            place, name = b"\x00\x00\x00\x01", _name(host) + b"\x00"
        user = proxy.user.encode().replace(b"\x00", b"")
        self._out = b"\x04\x01" + struct.pack("!H", port) + place + user + b"\x00" + name

    def receive(self, data: bytes) -> None:
        self._in += data
        if len(self._in) < 8:
            return
        if self._in[0] != 0 or self._in[1] != 90:
            code = PROXY_LOGIN if self._in[1] in (92, 93) else PROXY_REFUSED
            raise LinkLost(f"the proxy answered {self._in[1]}", code=code)
        self._open(8)


def _name(host: str) -> bytes:
    try:
        name = host.encode("ascii") if host.isascii() else host.encode("idna")
    except UnicodeError as error:
        raise LinkLost(f"{host} is no host name", retry=False) from error
    if not 0 < len(name) <= _MAX_FIELD or b"\x00" in name:
        raise LinkLost(f"{host} is no host name", retry=False)
    return name
