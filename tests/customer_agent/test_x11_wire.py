"""The hand-written X requests: what is read together is not lost."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from customer_agent.screen.x11_wire import XRefused, XWire

REPLY = bytes((1, 0, 0, 0)) + bytes(28)
EVENT = bytes((91, 0, 0, 0)) + bytes(28)
ERROR = bytes((0, 8, 0, 0)) + bytes(28)


@pytest.fixture
def ends() -> Iterator[tuple[XWire, socket.socket]]:
    """A wire after its handshake, and the X server's end."""
    near, far = socket.socketpair()
    wire = XWire.__new__(XWire)
    wire._socket, wire._in, wire.events = near, bytearray(), []
    yield wire, far
    near.close()
    far.close()


def test_it_remembers_an_event_that_came_with_an_answer(ends: tuple[XWire, socket.socket]) -> None:
    wire, server = ends
    server.sendall(REPLY + EVENT)
    wire.sync()
    assert wire.has_events
    assert wire.read_events() == [91]
    assert not wire.has_events


def test_it_finds_an_event_before_the_answer(ends: tuple[XWire, socket.socket]) -> None:
    wire, server = ends
    server.sendall(EVENT + REPLY)
    wire.sync()
    assert wire.read_events() == [91]


def test_it_tells_of_a_refusal(ends: tuple[XWire, socket.socket]) -> None:
    wire, server = ends
    server.sendall(ERROR)
    with pytest.raises(XRefused) as refused:
        wire.sync()
    assert refused.value.code == 8
