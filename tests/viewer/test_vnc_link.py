"""The plain TCP link, against a real server socket on loopback."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from tests.displays import free_port
from viewer.remote.events import Ended, LinkEvent, ScreenLost, ScreenOpened
from viewer.remote.vnc_link import VncLink, parse_address
from wire.rfb.events import Ready, RectReceived, UpdateDone
from wire.rfb.messages import PointerEvent, Rectangle
from wire.rfb.server import ServerProtocol


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:5977", ("127.0.0.1", 5977)),
        ("pc:1", ("pc", 5901)),
        ("pc::80", ("pc", 5980)),
        ("pc", ("pc", 5900)),
        ("[::1]:5901", ("::1", 5901)),
        ("[::1]", ("::1", 5900)),
    ],
)
def test_it_reads_an_address(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", ":5900", "pc:x", "pc:70000", "pc:-1"])
def test_it_refuses_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="is not HOST:PORT"):
        parse_address(text)


class Server:
    """One RFB server on a socket, driven by the test."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self.listener.getsockname()
        self.protocol = ServerProtocol(64, 48, "pc")
        self.heard: queue.Queue[object] = queue.Queue()
        self.connection: socket.socket | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # the test closes the socket under this thread
            connection, _ = self.listener.accept()
            self.connection = connection
            connection.sendall(self.protocol.outgoing())
            while data := connection.recv(65536):
                self.protocol.receive(data)
                for event in self.protocol.events():
                    self.heard.put(event)
                if out := self.protocol.outgoing():
                    connection.sendall(out)

    def send_update(self) -> None:
        assert self.connection is not None
        pixels = np.zeros((48, 64, 4), np.uint8)
        self.protocol.send_update([Rectangle(0, 0, 64, 48, 0, pixels.tobytes())])
        self.connection.sendall(self.protocol.outgoing())

    def stop(self) -> None:
        for one in (self.connection, self.listener):
            if one is not None:
                # A thread may be waiting in it; closing alone would not wake that thread.
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


def wait_for_event(events: queue.Queue[LinkEvent], kind: type) -> LinkEvent:
    while not isinstance(event := events.get(timeout=5), kind):
        pass
    return event


def test_it_talks_to_a_server(server: Server) -> None:
    events: queue.Queue[LinkEvent] = queue.Queue()
    link = VncLink(server.address, events.put)
    link.start()
    assert isinstance(events.get(timeout=5), ScreenOpened)
    ready = wait_for_event(events, Ready)
    assert isinstance(ready, Ready)
    server.send_update()
    wait_for_event(events, RectReceived)
    wait_for_event(events, UpdateDone)
    link.send([PointerEvent(1, 3, 4)])
    while (heard := server.heard.get(timeout=5)) != PointerEvent(1, 3, 4):
        assert heard is not None
    link.close()


def test_it_says_that_the_server_closed(server: Server) -> None:
    events: queue.Queue[LinkEvent] = queue.Queue()
    link = VncLink(server.address, events.put)
    link.start()
    wait_for_event(events, Ready)
    server.stop()
    assert wait_for_event(events, ScreenLost) == ScreenLost("", comes_back=False)
    assert wait_for_event(events, Ended) == Ended("system", "")
    link.close()


def test_it_says_why_it_cannot_connect() -> None:
    events: queue.Queue[LinkEvent] = queue.Queue()
    link = VncLink(("127.0.0.1", free_port()), events.put)
    link.start()
    lost = wait_for_event(events, ScreenLost)
    assert isinstance(lost, ScreenLost)
    assert "refused" in lost.text
    link.close()


def test_it_reads_nothing_while_it_is_held(server: Server) -> None:
    events: queue.Queue[LinkEvent] = queue.Queue()
    link = VncLink(server.address, events.put)
    link.start()
    wait_for_event(events, Ready)
    link.hold(True)
    link.send([PointerEvent(0, 1, 1)])  # the thread has turned once since it was told to hold
    while server.heard.get(timeout=5) != PointerEvent(0, 1, 1):
        pass
    while not events.empty():
        events.get()
    server.send_update()
    with pytest.raises(queue.Empty):
        events.get(timeout=0.15)
    link.hold(False)
    wait_for_event(events, UpdateDone)
    link.close()


def test_closing_is_not_an_end(server: Server) -> None:
    events: queue.Queue[LinkEvent] = queue.Queue()
    link = VncLink(server.address, events.put)
    link.start()
    wait_for_event(events, Ready)
    link.close()
    assert not any(isinstance(event, Ended) for event in list(events.queue))
