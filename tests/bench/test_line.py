"""The shaped line of the benchmarks: its rate and delay are what they say."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from bench.line import Line, Shape
from tests.displays import wait_for


@pytest.fixture
def far_end() -> Iterator[tuple[int, list[socket.socket]]]:
    """A port that accepts one connection, and where that connection will be."""
    door = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []

    def accept() -> None:
        accepted.append(door.accept()[0])

    thread = threading.Thread(target=accept)
    thread.start()
    yield door.getsockname()[1], accepted
    thread.join(5)
    for one in (*accepted, door):
        one.close()


def test_it_delays_and_limits_what_comes_down(far_end: tuple[int, list[socket.socket]]) -> None:
    port, accepted = far_end
    line = Line(port, Shape(rate_bps=4e6, delay_s=0.05, jitter_s=0.0))
    with socket.create_connection(("127.0.0.1", line.port), 5) as viewer:
        viewer.sendall(b"?")
        wait_for(lambda: bool(accepted), what="the connection")
        assert accepted[0].recv(1) == b"?"
        start = time.monotonic()
        accepted[0].sendall(bytes(100_000))
        got = 0
        first = None
        while got < 100_000:
            got += len(viewer.recv(65536))
            first = first or time.monotonic() - start
        took = time.monotonic() - start
    line.close()
    assert first is not None
    assert first >= 0.05
    assert took >= 0.05 + 100_000 * 8 / 4e6


def test_it_closes_when_nobody_came() -> None:
    line = Line(1)
    line.close()
