"""A sealed channel: two ends through a relay that only forwards, and what a broken seal does."""

from __future__ import annotations

import pytest

from tests.wire.test_seal import make as make_stream
from tests.wire.websocket_peer import Peer
from wire.channel import SEAL_BROKEN, Closed, Opened, PlainReceived, SealedChannel
from wire.errors import ProtocolError, SealBroken
from wire.terms import Side

URL = "ws://127.0.0.1:8001/relay/s1?ticket=a.b.c"


class Pair:
    """Both ends, and a relay between them that passes binary messages on."""

    def __init__(self) -> None:
        self.ends: dict[Side, SealedChannel] = {}
        self.peers: dict[Side, Peer] = {}
        for side in ("agent", "customer"):
            self.ends[side] = SealedChannel(URL, make_stream(side))
            self.peers[side] = Peer()
        self.passed: list[bytes] = []

    def carry(self, rounds: int = 6) -> None:
        for _ in range(rounds):
            for side, other in (("agent", "customer"), ("customer", "agent")):
                peer = self.peers[side]
                peer.receive(self.ends[side].outgoing())
                for frame in peer.frames:
                    self.passed.append(bytes(frame.data))
                    self.peers[other].protocol.send_binary(frame.data)
                peer.frames.clear()
            for side in self.ends:
                self.ends[side].receive(self.peers[side].outgoing())


@pytest.fixture
def pair() -> Pair:
    pair = Pair()
    pair.carry()
    return pair


def test_it_opens_both_ends(pair: Pair) -> None:
    for channel in pair.ends.values():
        assert channel.events() == [Opened()]
        assert channel.is_open
        assert channel.was_reached


def test_it_carries_plain_bytes_and_shows_the_relay_none(pair: Pair) -> None:
    pair.ends["agent"].events()
    pair.ends["customer"].send("가나다 안녕하세요".encode() * 100_000)
    pair.carry(3)
    received = [event.data for event in pair.ends["agent"].events() if isinstance(event, PlainReceived)]
    assert b"".join(received) == "가나다 안녕하세요".encode() * 100_000
    assert len(received) > 1
    assert not any("안녕".encode() in record for record in pair.passed)


def test_it_sends_nothing_before_it_is_open() -> None:
    channel = SealedChannel(URL, make_stream("agent"))
    assert not channel.was_reached
    with pytest.raises(ProtocolError, match="not open"):
        channel.send(b"x")


def test_it_closes_for_good_when_the_seal_breaks(pair: Pair) -> None:
    agent, peer = pair.ends["agent"], pair.peers["agent"]
    agent.events()
    peer.protocol.send_binary(b"forged" * 10)
    peer.protocol.send_binary(b"and more")
    agent.receive(peer.outgoing())
    assert agent.events() == [Closed(SEAL_BROKEN, "seal broken")]
    assert isinstance(agent.error, SealBroken)
    assert not agent.is_open
    peer.receive(agent.outgoing())
    assert peer.protocol.close_rcvd is not None
    assert peer.protocol.close_rcvd.code == SEAL_BROKEN


def test_it_refuses_text(pair: Pair) -> None:
    agent, peer = pair.ends["agent"], pair.peers["agent"]
    agent.events()
    peer.protocol.send_text(b"hello")
    agent.receive(peer.outgoing())
    assert agent.events() == [Closed(SEAL_BROKEN, "seal broken")]


def test_it_refuses_plain_rfb_in_place_of_a_seal() -> None:
    """There is no unencrypted mode to fall back to."""
    channel, peer = SealedChannel(URL, make_stream("agent")), Peer()
    peer.receive(channel.outgoing())
    peer.protocol.send_binary(b"RFB 003.008\n")
    channel.receive(peer.outgoing())
    assert channel.events() == [Closed(SEAL_BROKEN, "seal broken")]


def test_it_refuses_a_record_above_the_limit(pair: Pair) -> None:
    agent, peer = pair.ends["agent"], pair.peers["agent"]
    agent.events()
    peer.protocol.send_binary(bytes(256 * 1024 + 1))
    agent.receive(peer.outgoing())
    (closed,) = agent.events()
    assert isinstance(closed, Closed)
    assert closed.code == 1009


def test_it_reports_the_relays_close_code(pair: Pair) -> None:
    agent, peer = pair.ends["agent"], pair.peers["agent"]
    agent.events()
    peer.protocol.send_close(4020, "peer lost")
    agent.receive(peer.outgoing())
    assert agent.events() == [Closed(4020, "peer lost")]
    assert agent.is_closed


def test_it_reports_a_lost_line_and_its_own_close(pair: Pair) -> None:
    pair.ends["agent"].events()
    pair.ends["agent"].eof()
    pair.ends["customer"].events()
    pair.ends["customer"].close(1000, "end")
    (lost,) = pair.ends["agent"].events()
    assert isinstance(lost, Closed)
    assert lost.code == 1006
    assert pair.ends["customer"].events() == [Closed(1000, "end")]
