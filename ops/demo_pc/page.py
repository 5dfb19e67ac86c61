"""The page on which a newcomer sees and uses the demo customer's PC in their own browser.

Loopback only and behind a random token in the path; the Host and Origin headers are checked too, because
any web page may make a browser talk to 127.0.0.1. Serves noVNC's modules and bridges its WebSocket to the
desktop's RFB socket. Anything else is 404. One thread per connection: this page has one visitor.
"""

from __future__ import annotations

import hmac
import http
import mimetypes
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from ops.places import LOOPBACK, ROOT

CHUNK_BYTES: Final = 64 * 1024
NOVNC_PLACES: Final = (ROOT / "app" / "static" / "vendor", ROOT / "node_modules" / "@novnc")
PAGE: Final = Path(__file__).with_name("look") / "page.html"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
Dial = Callable[[], socket.socket]


def novnc_folder() -> Path | None:
    """The folder with core/rfb.js, wherever the front-end packages were put; None when they were not."""
    for place in NOVNC_PLACES:
        for found in sorted(place.glob("**/core/rfb.js")):
            return found.parent.parent
    return None


class DemoPage:
    """The server; `address` is what the newcomer opens."""

    def __init__(self, port: int, token: str, novnc: Path, dial: Dial) -> None:
        self._token, self._novnc, self._dial = token, novnc.resolve(), dial
        self._hosts = {f"{LOOPBACK}:{port}", f"localhost:{port}"}
        self.address = f"http://{LOOPBACK}:{port}/{token}/"
        self._server: Server = serve(
            self._bridge, LOOPBACK, port, process_request=self._answer, compression=None,
            max_size=1024 * 1024,
        )  # fmt: skip

    def serve_forever(self) -> None:
        self._server.serve_forever()

    def close(self) -> None:
        self._server.shutdown()

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """The answer to a plain request; None lets the WebSocket handshake go on."""
        if request.headers.get("Host") not in self._hosts:
            return _reply(http.HTTPStatus.FORBIDDEN)
        token, _, rest = request.path.partition("?")[0].lstrip("/").partition("/")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return _reply(http.HTTPStatus.NOT_FOUND)
        if rest == "vnc" and "Upgrade" in request.headers:
            ours = {f"http://{host}" for host in self._hosts}
            return None if request.headers.get("Origin") in ours else _reply(http.HTTPStatus.FORBIDDEN)
        return self._file(rest)

    def _file(self, rest: str) -> Response:
        if rest == "":
            return _reply(http.HTTPStatus.OK, PAGE.read_bytes(), "text/html; charset=utf-8")
        own = {"page.js": PAGE.with_name("page.js"), "page.css": PAGE.with_name("page.css")}
        path = own.get(rest) or (self._novnc / rest.removeprefix("novnc/")).resolve()
        if rest not in own and not (rest.startswith("novnc/") and path.is_relative_to(self._novnc)):
            return _reply(http.HTTPStatus.NOT_FOUND)
        if path.suffix not in (".js", ".css") or not path.is_file():
            return _reply(http.HTTPStatus.NOT_FOUND)
        return _reply(http.HTTPStatus.OK, path.read_bytes(), mimetypes.types_map[path.suffix])

    def _bridge(self, browser: ServerConnection) -> None:
        """Carry bytes between one browser and the desktop until either side ends."""
        try:
            desktop = self._dial()
        except OSError:
            browser.close(1013, "the desktop is not up yet")
            return
        with desktop:
            back = threading.Thread(target=_to_browser, args=(desktop, browser), daemon=True)
            back.start()
            try:
                for data in browser:
                    desktop.sendall(data if isinstance(data, bytes) else data.encode())
            except (OSError, ConnectionClosed):
                pass
            finally:
                _hang_up(desktop)
                back.join(5)


def _to_browser(desktop: socket.socket, browser: ServerConnection) -> None:
    try:
        while data := desktop.recv(CHUNK_BYTES):
            browser.send(data)
    except (OSError, ConnectionClosed):
        pass
    finally:
        browser.close()


def _hang_up(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed at the other end


def _reply(status: http.HTTPStatus, body: bytes | None = None, kind: str = "text/plain") -> Response:
    body = status.phrase.encode() if body is None else body
    headers = Headers(
        {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Content-Security-Policy": POLICY,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Connection": "close",
        }
    )
    return Response(status.value, status.phrase, headers, body)
