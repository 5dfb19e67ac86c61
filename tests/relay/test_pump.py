"""The pump on real sockets and a loop turned by hand: what is forwarded, what is kept, and how legs end."""

from __future__ import annotations

import logging
import random
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.frames import Close, Frame, Opcode

from relay.pump import LINGER_S, Pump, SocketLeg
from relay.rooms import Place, Seat
from tests.relay.loops import HandLoop
from tests.wire.test_frames import frames_in, masked
from wire.frames import SCRATCH_SIZE, CloseCode

READ, WRITE = 1, 2


class Bench:
    """A pump with pairs of legs; `ends` is what it reported."""

    def __init__(self) -> None:
        self.loop = HandLoop()
        self.now = 100.0
        self.ends: list[tuple[SocketLeg, CloseCode]] = []
        self.pump = Pump(self.loop, lambda: self.now, lambda leg, code: self.ends.append((leg, code)))
        self.sockets: list[socket.socket] = []

    def leg(self, role: Any) -> tuple[SocketLeg, socket.socket]:
        """A leg and its end's socket."""
        inside, outside = socket.socketpair()
        inside.setblocking(False)
        outside.settimeout(5)
        self.sockets += [inside, outside]
        return SocketLeg(Seat(Place("maru", "s1", "p1", "screen"), role, 1, 1), inside), outside

    def pair(self) -> tuple[SocketLeg, SocketLeg, socket.socket, socket.socket]:
        agent, agent_end = self.leg("agent")
        customer, customer_end = self.leg("customer")
        self.pump.pair(agent, customer)
        return agent, customer, agent_end, customer_end


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    for sock in made.sockets:
        sock.close()


def read_all(bench: Bench, end: socket.socket) -> bytes:
    """Everything that arrives at an end until the pump is quiet."""
    end.setblocking(False)
    data = b""
    while True:
        bench.loop.settle()
        try:
            more = end.recv(1 << 20)
        except BlockingIOError:
            return data
        if not more:
            return data
        data += more


def fill(bench: Bench, end: socket.socket) -> bytes:
    """Send frames until the pump takes no more; returns what the other end shall read of the whole ones."""
    end.setblocking(False)
    expected = b""
    while True:
        part = random.Random(len(expected)).randbytes(60_000)
        frame = masked(2, part)
        while frame:
            try:
                frame = frame[end.send(frame) :]
            except BlockingIOError:
                if not bench.loop.turn(0.01):
                    return expected
        expected += Frame(Opcode.BINARY, part).serialize(mask=False)


def closes_in(data: bytes) -> list[int]:
    return [Close.parse(bytes(frame.data)).code for frame in frames_in(data) if frame.opcode is Opcode.CLOSE]


def is_at_end(end: socket.socket) -> bool:
    end.setblocking(False)
    try:
        return end.recv(1 << 20) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_it_forwards_both_ways_and_counts(bench: Bench) -> None:
    agent, customer, agent_end, customer_end = bench.pair()
    agent_end.sendall(masked(2, b"key"))
    customer_end.sendall(masked(2, b"pixels" * 100) + masked(9, b"?"))
    assert frames_in(read_all(bench, customer_end)) == [Frame(Opcode.BINARY, b"key")]
    assert [frame.data for frame in frames_in(read_all(bench, agent_end))] == [b"pixels" * 100, b"?"]
    assert (agent.received, customer.received) == (9, 8 + 600 + 7)


def test_it_does_not_read_a_leg_that_waits(bench: Bench) -> None:
    agent, agent_end = bench.leg("agent")
    agent_end.sendall(masked(2, b"early"))
    assert not bench.loop.turn()
    customer, customer_end = bench.leg("customer")
    bench.pump.pair(agent, customer)
    assert frames_in(read_all(bench, customer_end)) == [Frame(Opcode.BINARY, b"early")]


def test_it_keeps_one_bounded_rest_for_a_reader_that_stalls(bench: Bench) -> None:
    agent, customer, agent_end, customer_end = bench.pair()
    fill(bench, customer_end)
    assert agent.rest is not None
    assert len(agent.rest) <= SCRATCH_SIZE
    assert not bench.loop.watches(customer.sock.fileno(), READ)  # type: ignore[union-attr]
    assert bench.loop.watches(agent.sock.fileno(), READ)  # type: ignore[union-attr]


def test_it_keeps_less_than_300_kb_of_a_pair_that_stalls_both_ways(bench: Bench) -> None:
    agent, customer, agent_end, customer_end = bench.pair()
    fill(bench, customer_end)
    fill(bench, agent_end)
    assert agent.rest is not None
    assert customer.rest is not None
    assert len(agent.rest) + len(customer.rest) < 290_000


def test_it_goes_on_where_it_was_when_the_reader_reads(bench: Bench) -> None:
    agent, _, agent_end, customer_end = bench.pair()
    expected = fill(bench, customer_end)
    received = read_all(bench, agent_end)
    assert agent.rest is None
    assert len(expected) > SCRATCH_SIZE
    assert received.startswith(expected)


def test_it_lets_the_other_direction_run_while_one_stalls(bench: Bench) -> None:
    _, _, agent_end, customer_end = bench.pair()
    fill(bench, customer_end)
    agent_end.sendall(masked(2, b"still here"))
    assert frames_in(read_all(bench, customer_end)) == [Frame(Opcode.BINARY, b"still here")]


def test_it_forwards_the_closing_handshake(bench: Bench) -> None:
    agent, customer, agent_end, customer_end = bench.pair()
    agent_end.sendall(masked(8, Close(1000, "bye").serialize()))
    assert frames_in(read_all(bench, customer_end)) == [Frame(Opcode.CLOSE, b"\x03\xe8bye")]
    assert bench.ends == [(agent, CloseCode.NORMAL)]
    bench.pump.close(customer, CloseCode.NORMAL)  # what the rooms make of it
    customer_end.sendall(masked(8, Close(1000, "bye").serialize()))
    assert frames_in(read_all(bench, agent_end)) == [Frame(Opcode.CLOSE, b"\x03\xe8bye")]
    assert is_at_end(agent_end)
    assert is_at_end(customer_end)


def test_it_answers_a_close_frame_when_the_peer_does_not(bench: Bench) -> None:
    agent, customer, agent_end, customer_end = bench.pair()
    agent_end.sendall(masked(8, Close(1000, "").serialize()))
    bench.loop.settle()
    bench.pump.close(customer, CloseCode.NORMAL)
    bench.now += LINGER_S
    bench.pump.sweep()
    assert customer.sock is None
    assert closes_in(read_all(bench, agent_end)) == [1000]


def test_it_says_why_and_shuts_when_a_leg_is_closed(bench: Bench) -> None:
    agent, customer, agent_end, _ = bench.pair()
    bench.pump.close(agent, CloseCode.RESTART)
    bench.pump.close(agent, CloseCode.INTERNAL)
    assert closes_in(read_all(bench, agent_end)) == [1012]
    assert is_at_end(agent_end)
    agent_end.close()
    bench.loop.settle()
    assert agent.sock is None
    assert bench.pump.closing == 0 or customer.farewell is not None


def test_it_closes_a_leg_that_waited(bench: Bench) -> None:
    agent, agent_end = bench.leg("agent")
    agent_end.sendall(masked(2, b"early"))
    bench.pump.close(agent, CloseCode.PEER_ABSENT)
    assert closes_in(read_all(bench, agent_end)) == [4021]
    agent_end.close()
    bench.loop.settle()
    assert agent.sock is None


def test_it_says_goodbye_behind_the_frame_on_its_way(bench: Bench) -> None:
    agent, customer, agent_end, customer_end = bench.pair()
    frame = masked(2, b"x" * 1000)
    customer_end.sendall(frame[:500])
    received = read_all(bench, agent_end)
    bench.pump.close(agent, CloseCode.RESTART)
    bench.pump.close(customer, CloseCode.RESTART)
    customer_end.sendall(frame[500:] + masked(2, b"too late"))
    first, last = frames_in(received + read_all(bench, agent_end))
    assert first.data == b"x" * 1000
    assert Close.parse(bytes(last.data)).code == 1012
    assert closes_in(read_all(bench, customer_end)) == [1012]


def test_it_never_puts_a_frame_into_a_frame(bench: Bench) -> None:
    agent, customer, agent_end, customer_end = bench.pair()
    customer_end.sendall(masked(2, b"x" * 1000)[:500])
    received = read_all(bench, agent_end)
    customer_end.close()
    received += read_all(bench, agent_end)
    assert received == b"\x82\x7e\x03\xe8" + b"x" * 492
    assert (customer.sock, bench.ends[0]) == (None, (customer, CloseCode.PEER_LOST))
    assert agent.is_shut


def test_it_tells_the_peer_of_a_lost_leg(bench: Bench) -> None:
    _, _, agent_end, customer_end = bench.pair()
    customer_end.close()
    assert closes_in(read_all(bench, agent_end)) == [4020]
    assert is_at_end(agent_end)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x82\x05Hello", 1002),
        (b"\x81\x85abcdHello", 1003),
        (b"\x82\xff" + (1 << 62).to_bytes(8, "big"), 1009),
    ],
)
def test_it_ends_a_pair_whose_leg_breaks_the_protocol(bench: Bench, data: bytes, code: int) -> None:
    agent, customer, agent_end, customer_end = bench.pair()
    agent_end.sendall(masked(2, b"good") + data)
    bench.loop.settle()
    assert bench.ends == [(agent, CloseCode.PEER_LOST)]
    bench.pump.close(customer, CloseCode.PEER_LOST)
    assert closes_in(read_all(bench, agent_end)) == [code]
    received = read_all(bench, customer_end)
    assert frames_in(received)[0].data == b"good"
    assert closes_in(received) == [4020]


def test_it_drops_what_a_leg_says_after_its_end(bench: Bench) -> None:
    agent, _, agent_end, customer_end = bench.pair()
    agent_end.sendall(b"\x82\x05Hello")
    bench.loop.settle()
    agent_end.sendall(b"\x82\x05Hello" * 1000)
    assert b"Hello" not in read_all(bench, customer_end)
    bench.now += LINGER_S
    bench.pump.sweep()
    assert agent.sock is None


def test_it_cuts_off_who_does_not_take_the_goodbye(bench: Bench) -> None:
    agent, customer, agent_end, customer_end = bench.pair()
    fill(bench, customer_end)
    bench.pump.close(agent, CloseCode.RESTART)
    bench.pump.close(customer, CloseCode.RESTART)
    bench.now += LINGER_S - 0.1
    bench.pump.sweep()
    assert agent.sock is not None
    bench.now += 0.2
    bench.pump.sweep()
    assert (agent.sock, customer.sock, bench.pump.closing) == (None, None, 0)
    assert not bench.loop.active


def test_it_ends_only_the_pair_in_which_it_fails(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, customer, agent_end, _ = bench.pair()
    _, _, other_agent, other_customer = bench.pair()
    monkeypatch.setattr(agent, "frames", None)
    agent_end.sendall(masked(2, b"boom"))
    other_agent.sendall(masked(2, b"fine"))
    with caplog.at_level(logging.ERROR):
        assert frames_in(read_all(bench, other_customer))[0].data == b"fine"
    assert (agent.sock, customer.sock) == (None, None)
    assert bench.ends == [(agent, CloseCode.INTERNAL)]
    assert caplog.records[0].exc_info


def test_it_lets_go_of_ended_legs(bench: Bench) -> None:
    agent, customer, agent_end, customer_end = bench.pair()
    agent_end.close()
    customer_end.close()
    bench.loop.settle()
    assert (agent.peer, customer.peer, agent.reader, customer.reader) == (None, None, None, None)
    assert not bench.loop.active
