"""A relay with several addresses: the one that this network lets through is found, also behind TLS of a
private authority; a certificate that is not trusted is refused with its own code.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop import network
from desktop.connection import LinkThread
from desktop.network import NetworkSettings
from desktop.relay_ways import RelayWays
from desktop.tls import CERTIFICATE_REFUSED
from desktop.web import post_json
from tests.desktop.servers import DEADLINE_S, TcpServer, wait_until
from tests.desktop.test_support_link import PUMP
from tests.desktop.test_support_link_relay import RealStory, SigningBoard
from tests.relay.processes import RelayProcess
from tests.servers import free_port
from tests.tls import Authority
from wire.errors import LinkLost

pytestmark = pytest.mark.flow


class Front(TcpServer):
    """Passes all on to a port: a terminator with `tls`, as nginx before a relay."""

    def __init__(self, to: int, **given: Any) -> None:
        self._to = to
        super().__init__(**given)

    def serve(self, sock: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._to), DEADLINE_S) as there:
            sock.settimeout(None)
            there.settimeout(None)
            threading.Thread(target=_pass_on, args=(there, sock), daemon=True).start()
            _pass_on(sock, there)


class EveryPort(TcpServer):
    """The page that some networks answer with on every port."""

    def serve(self, sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\nContent-Length: 0\r\n\r\n")


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    finally:
        target.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusting(authority: Authority) -> Iterator[None]:
    network.use(NetworkSettings(ca_file=str(authority.file)))
    yield
    network._current = None


@pytest.fixture
def fronts(keys: Path, authority: Authority) -> Iterator[tuple[RelayProcess, list[str]]]:
    """A real relay; of its addresses one is dead, one is everybody's page, and one is TLS and works."""
    with RelayProcess(keys) as relay, EveryPort() as page, Front(relay.port, tls=authority.server()) as front:
        dead = f"ws://127.0.0.1:{free_port()}"
        yield relay, [dead, f"ws://127.0.0.1:{page.port}", f"wss://localhost:{front.port}"]


def test_it_finds_the_address_that_works(trusting: None, fronts: tuple[RelayProcess, list[str]]) -> None:
    relay, urls = fronts
    thread = LinkThread()
    thread.start()
    found: list[str | None] = []
    ways = RelayWays(thread)
    thread.call(ways.find, urls, found.append)
    wait_until(lambda: found)
    thread.call(ways.find, urls, found.append)
    wait_until(lambda: len(found) == 2)
    thread.stop()
    thread.join(5)
    assert found == [urls[2], urls[2]]


class ManyAddresses(RealStory):
    """A story whose offers name all the relay's addresses."""

    def __init__(self, keys: Path, relay: RelayProcess, urls: list[str]) -> None:
        self.urls = urls
        super().__init__(keys)
        self.process.__exit__()
        self.process = relay

    def make_board(self) -> SigningBoard:
        return Addressed(self)


class Addressed(SigningBoard):
    def urls(self) -> list[str]:
        return self.story.urls  # type: ignore[attr-defined]


def test_it_works_through_a_private_authority(
    trusting: None, keys: Path, fronts: tuple[RelayProcess, list[str]]
) -> None:
    story = ManyAddresses(keys, *fronts)
    try:
        story.begin()
        story.customer.link.send("screen", PUMP)
        wait_until(lambda: story.agent.plain.get("screen") == PUMP)
    finally:
        story.close()


def test_it_refuses_a_certificate_that_nobody_vouches_for(
    fronts: tuple[RelayProcess, list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    _, urls = fronts
    port = urls[2].rpartition(":")[2]
    with pytest.raises(LinkLost, match="certificate was refused") as caught:
        post_json(f"https://localhost:{port}/programs/join", {})
    assert caught.value.code == CERTIFICATE_REFUSED
    thread = LinkThread()
    thread.start()
    found: list[str | None] = []
    begun = time.monotonic()
    thread.call(RelayWays(thread).find, [urls[2], urls[0]], found.append)
    wait_until(lambda: found)
    thread.stop()
    thread.join(5)
    assert found == [None]
    assert time.monotonic() - begun < 3
    assert not isinstance(found[0], ssl.SSLError)
