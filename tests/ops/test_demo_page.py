"""The demo PC's page: one visitor with the token, on this machine, and nobody else."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from ops.demo_pc.page import DemoPage
from ops.places import LOOPBACK, free_port

TOKEN = "a-token-that-nobody-guesses"  # noqa: S105 (of this test only)


class Site:
    """A running page in front of an echo service instead of a desktop."""

    def __init__(self, folder: Path) -> None:
        (folder / "novnc" / "core").mkdir(parents=True)
        (folder / "novnc" / "core" / "rfb.js").write_text("export default 1;")
        (folder / "secret.js").write_text("never served")
        self.port = free_port()
        self.page = DemoPage(self.port, TOKEN, folder / "novnc", self._desktop)
        self.thread = threading.Thread(target=self.page.serve_forever)
        self.thread.start()

    @staticmethod
    def _desktop() -> socket.socket:
        ours, theirs = socket.socketpair()

        def echo() -> None:
            with theirs:
                while data := theirs.recv(4096):
                    theirs.sendall(data)

        threading.Thread(target=echo, daemon=True).start()
        return ours

    def get(self, path: str, host: str | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)
        connection.request("GET", path, headers={"Host": host or f"{LOOPBACK}:{self.port}"})
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer

    def socket(self, token: str = TOKEN, origin: str | None = None) -> connect:
        return connect(
            f"ws://{LOOPBACK}:{self.port}/{token}/vnc",
            origin=origin or f"http://{LOOPBACK}:{self.port}",
            proxy=None,
        )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    running = Site(tmp_path)
    yield running
    running.page.close()
    running.thread.join(5)


def test_it_serves_the_page_and_novnc(site: Site) -> None:
    assert site.get(f"/{TOKEN}/")[0] == 200
    assert site.get(f"/{TOKEN}/page.js")[0] == 200
    assert site.get(f"/{TOKEN}/novnc/core/rfb.js") == (200, b"export default 1;")


def test_it_hides_everything_without_the_token(site: Site) -> None:
    for path in ("/", "/page.js", "/wrong/", f"/{TOKEN}x/", "/vnc"):
        assert site.get(path)[0] == 404


@pytest.mark.parametrize(
    "rest", ["novnc/../secret.js", "../secret.js", "novnc/", "novnc/core", "novnc//etc/passwd"]
)
def test_it_serves_no_other_file(site: Site, rest: str) -> None:
    assert site.get(f"/{TOKEN}/{rest}")[0] == 404


def test_it_refuses_a_name_that_is_not_this_machine(site: Site) -> None:
    """A page elsewhere can make its own name point to 127.0.0.1."""
    assert site.get(f"/{TOKEN}/", host=f"evil.example:{site.port}")[0] == 403


def test_it_carries_bytes_both_ways(site: Site) -> None:
    with site.socket() as browser:
        browser.send(b"RFB 003.008\n")
        assert browser.recv(timeout=5) == b"RFB 003.008\n"


@pytest.mark.parametrize(("token", "origin"), [("wrong", None), (TOKEN, "http://evil.example")])
def test_it_refuses_a_foreign_socket(site: Site, token: str, origin: str | None) -> None:
    with pytest.raises(InvalidStatus):
        site.socket(token, origin).__enter__()
