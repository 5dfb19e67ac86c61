"""The straight channel: strangers get nothing, both ends find each other, nothing goes unnoticed between."""

from __future__ import annotations

import os
import random

import pytest

from tests.wire.test_seal import make
from wire.channel import Closed, Marked, Opened, PlainReceived
from wire.direct import MAX_GREETING, PREFACE, DirectChannel
from wire.errors import ProtocolError, SealBroken
from wire.limits import MAX_RECORD
from wire.seal import SealedStream
from wire.terms import Side

TOKEN = bytes(range(16))


def stream(role: Side, **other: object) -> SealedStream:
    return make(role, path="direct", **other)


class Pair:
    """A dialling and a dialled end, with what happened at each."""

    def __init__(self) -> None:
        self.found: list[bytes] = []
        self.customer = DirectChannel(stream=stream("customer"), token=TOKEN)
        self.agent = DirectChannel(find=self.find)

    def find(self, token: bytes) -> SealedStream | None:
        self.found.append(token)
        return stream("agent") if token == TOKEN else None

    def run(self, piece: int = 1 << 20) -> None:
        for _ in range(4):
            for source, target in ((self.customer, self.agent), (self.agent, self.customer)):
                data = source.outgoing()
                for at in range(0, len(data), piece):
                    target.receive(data[at : at + piece])


@pytest.fixture
def pair() -> Pair:
    made = Pair()
    made.run()
    assert [made.agent.events(), made.customer.events()] == [[Opened()], [Opened()]]
    return made


def test_it_meets_byte_by_byte() -> None:
    pair = Pair()
    pair.run(piece=1)
    assert pair.agent.is_open
    assert pair.customer.is_open
    assert pair.found == [TOKEN]


def test_it_carries_both_ways(pair: Pair) -> None:
    pair.customer.send(b"x" * (MAX_RECORD + 5))
    pair.agent.send(b"hello")
    pair.agent.mark()
    pair.run()
    assert b"".join(one.data for one in pair.agent.events() if isinstance(one, PlainReceived)) == (
        b"x" * (MAX_RECORD + 5)
    )
    assert pair.customer.events() == [PlainReceived(b"hello"), Marked()]


def test_it_shows_nothing_in_between(pair: Pair) -> None:
    pair.customer.send(b"a secret of the customer")
    assert b"secret" not in pair.customer.outgoing()


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"B" * 400,
        PREFACE[:-1] + b"2" + TOKEN,
        PREFACE + bytes(16),
        b"\x16\x03\x01",
    ],
)
def test_it_answers_no_stranger(said: bytes) -> None:
    agent = DirectChannel(find=lambda token: None)
    agent.receive(said)
    assert isinstance(agent.events()[-1], Closed)
    assert (agent.outgoing(), agent.is_known) == (b"", False)


def test_it_wants_little_from_who_has_a_token_only() -> None:
    agent = DirectChannel(find=lambda token: stream("agent"))
    agent.receive(PREFACE + TOKEN + (MAX_GREETING + 1).to_bytes(4, "big"))
    assert agent.is_closed
    assert isinstance(agent.error, ProtocolError)


@pytest.mark.parametrize("size", [0, MAX_RECORD + 1, 2**32 - 1])
def test_it_keeps_the_limit_of_a_record(pair: Pair, size: int) -> None:
    pair.agent.receive(size.to_bytes(4, "big"))
    assert pair.agent.is_closed


def test_it_opens_for_nobody_without_the_keys() -> None:
    """The token alone, as a spy on the line would have it."""
    agent = DirectChannel(find=lambda token: stream("agent"))
    spy = DirectChannel(stream=stream("customer", own=_other_key()), token=TOKEN)
    for _ in range(3):
        agent.receive(spy.outgoing())
        spy.receive(agent.outgoing())
    assert isinstance(agent.error, SealBroken)
    assert Opened() not in agent.events()


def test_it_opens_for_no_record_of_the_relays_way() -> None:
    agent = DirectChannel(find=lambda token: stream("agent"))
    relayed = DirectChannel(stream=make("customer"), token=TOKEN)
    for _ in range(3):
        agent.receive(relayed.outgoing())
        relayed.receive(agent.outgoing())
    assert agent.is_closed
    assert isinstance(relayed.error or agent.error, SealBroken)


@pytest.mark.parametrize("seed", range(40))
def test_it_closes_on_any_change(pair: Pair, seed: int) -> None:
    dice = random.Random(seed)
    pair.customer.send(b"one")
    pair.customer.send(b"two" * 50)
    data = bytearray(pair.customer.outgoing())
    data[dice.randrange(4, len(data))] ^= 1 << dice.randrange(8)
    pair.agent.receive(bytes(data) + bytes(MAX_RECORD + 8))
    assert pair.agent.is_closed
    plain = [one.data for one in pair.agent.events() if isinstance(one, PlainReceived)]
    assert plain in ([], [b"one"], [b"one", b"two" * 50])


def test_it_ends_with_the_stream(pair: Pair) -> None:
    pair.agent.eof()
    assert pair.agent.events() == [Closed(1006, "the stream ended")]
    with pytest.raises(ProtocolError):
        pair.agent.send(b"x")
    with pytest.raises(ProtocolError):
        pair.agent.mark()


def test_it_outlives_noise() -> None:
    for seed in range(300):
        agent = DirectChannel(find=lambda token: stream("agent") if token != bytes(16) else None)
        start = PREFACE + TOKEN if seed % 2 else b""
        agent.receive(start + os.urandom(seed))
        agent.eof()
        assert agent.is_closed


def _other_key() -> object:
    from wire.seal import ParticipantKey

    return ParticipantKey.generate()
