"""What a hostile peer may try: each is a ProtocolError, or nothing at all; memory stays bounded."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Iterable
from typing import Any

import pytest

from tests.wire.files.pair import End, Pair
from wire.errors import BadVersion, LimitExceeded, ProtocolError, WrongState
from wire.files import events as e
from wire.files import messages as m
from wire.files.protocol import FilesProtocol
from wire.limits import (
    MAX_FILE_CHUNK,
    MAX_FILE_RECORD,
    MAX_FILE_WINDOW,
    MAX_OPEN_FILES,
    MAX_OPEN_JOBS,
    MAX_OPEN_REQUESTS,
)

NOW = 5.0
HASH = m.Hello.__name__.encode().ljust(32, b".")


def record(message: m.FileMessage | m.Chunk) -> bytes:
    return message.encode() if isinstance(message, m.Chunk) else json.dumps(message.to_json()).encode()


@pytest.fixture
def victim() -> End:
    """A customer's end that has greeted, and takes every job."""
    end = End("customer")
    end.protocol.opened()
    give(end, m.Hello(1))
    return end


def give(end: End, *messages: m.FileMessage | m.Chunk) -> None:
    for message in messages:
        end.protocol.receive(record(message), NOW)
        end.work(NOW)


def flood(end: End, *messages: Iterable[m.FileMessage | m.Chunk]) -> None:
    for several in zip(*messages, strict=False):
        give(end, *several)


def begin(end: End, size: int = 100) -> None:
    """One file of `size` bytes is being received: job 1, file 3, round 1."""
    give(end, m.Job(1, "job", 1, 0, size), m.Offer(3, 1, "a", size))


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../a",
        "a/../../b",
        "a//b",
        "a/",
        "",
        ".",
        "..",
        "a/.",
        "a\x00b",
        "a\nb",
        "/",
        "x" * 4097,
    ]
    + ["/".join("a" * 33), "y" * 256, "\u202egpj.exe"],
)
def test_it_refuses_a_path_that_leads_out(victim: End, path: str) -> None:
    give(victim, m.Job(1, "job", 1, 0, 10))
    with pytest.raises(ProtocolError):
        give(victim, m.Offer(3, 1, path, 10))
    assert not victim.of(e.FileOffered)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(m.Chunk(3, 1, 1, 0, b"x"), id="number out of order"),
        pytest.param(m.Chunk(3, 1, 0, 1, b"x"), id="offset out of order"),
        pytest.param(m.Chunk(3, 1, 0, 0, b"x" * 101), id="longer than announced"),
        pytest.param(m.Chunk(3, 2, 0, 0, b"x"), id="a round to come"),
        pytest.param(m.Chunk(5, 1, 0, 0, b"x"), id="a file that was not offered"),
        pytest.param(m.Chunk(2, 1, 0, 0, b"x"), id="our own number"),
        pytest.param(m.Whole(3, 1, HASH), id="whole before its bytes"),
        pytest.param(m.Offer(3, 1, "b", 100), id="the same number, another file"),
        pytest.param(m.Offer(5, 1, "b", 1), id="more files than announced"),
        pytest.param(m.Offer(5, 7, "b", 1), id="of a job that was not announced"),
        pytest.param(m.Hello(1), id="a second hello"),
        pytest.param(m.Take(1), id="answers its own job"),
        pytest.param(m.Ready(3, 1, 0, HASH), id="ready for its own file"),
        pytest.param(m.No(2, "x"), id="the customer's message"),
        pytest.param(m.Want(2), id="a request with our number"),
        pytest.param(m.Job(7, "job", 0, 0, 0, reply=2), id="a reply to nothing"),
    ],
)
def test_it_closes_on_what_breaks_the_rules(victim: End, message: m.FileMessage | m.Chunk) -> None:
    begin(victim)
    with pytest.raises(ProtocolError):
        give(victim, message)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(m.Ack(2, 1, 0, 100), id="nothing on its way"),
        pytest.param(m.Ready(2, 1, 101, HASH), id="from behind the end"),
        pytest.param(m.Stored(2, "a"), id="stored before it was sent"),
    ],
)
def test_it_closes_on_answers_that_cannot_be(message: m.FileMessage) -> None:
    sender = End("agent")
    sender.protocol.opened()
    give(sender, m.Hello(1))
    sender.protocol.outbox.announce(m.Job(1, "job", 1, 0, 100))
    give(sender, m.Take(1))
    sender.protocol.outbox.offer(m.Offer(3, 1, "a", 100))
    with pytest.raises(ProtocolError):
        give(sender, _for_file(message, 3))


def test_it_closes_on_an_acknowledgement_beyond_what_was_sent() -> None:
    pair = Pair()
    pair.agent.send({"a": bytes(500_000)})
    while not pair.agent.sent_bytes:
        pair.step()
    (file,) = pair.agent.source
    with pytest.raises(ProtocolError):
        pair.agent.protocol.accept(m.Ack(file, 1, 0, 499_999), pair.now)


def test_it_closes_on_a_round_that_was_before() -> None:
    pair = Pair()
    pair.agent.send({"a": bytes(500_000)})
    while not pair.agent.sent_bytes:
        pair.step()
    with pytest.raises(WrongState):
        pair.agent.protocol.accept(m.Ready(next(iter(pair.agent.source)), 1, 0, HASH), pair.now)


def _for_file(message: m.FileMessage, file: int) -> m.FileMessage:
    return type(message).from_json({**message.to_json(), "file": file})


def test_it_bounds_a_million_offers(victim: End) -> None:
    give(victim, m.Job(1, "job", 100_000, 0, 0))
    tracemalloc.start()
    with pytest.raises(LimitExceeded, match="open files"):
        flood(victim, (m.Offer(3 + 2 * n, 1, f"{n}", 0) for n in range(1_000_000)))
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert len(victim.of(e.FileOffered)) == MAX_OPEN_FILES


def test_it_bounds_jobs_and_requests(victim: End) -> None:
    with pytest.raises(LimitExceeded, match="open jobs"):
        flood(victim, (m.Job(1 + 2 * n, "job", 1, 0, 0) for n in range(1_000_000)))
    assert len(victim.of(e.JobOffered)) == MAX_OPEN_JOBS
    with pytest.raises(LimitExceeded, match="open requests"):
        flood(victim, (m.Want(1 + 2 * n) for n in range(1_000_000)))
    assert len(victim.of(e.Wanted)) == MAX_OPEN_REQUESTS


def test_it_bounds_offers_that_are_taken_back_at_once(victim: End) -> None:
    """Open, drop, open, drop: the rate of records is the bound."""
    give(victim, m.Job(1, "job", 100_000, 0, 0))
    offers = (m.Offer(3 + 2 * n, 1, "a", 0) for n in range(1_000_000))
    drops = (m.Drop(3 + 2 * n, "changed") for n in range(1_000_000))
    with pytest.raises(LimitExceeded, match="a second"):
        flood(victim, offers, drops)


def test_it_bounds_bytes_that_nobody_wants(victim: End) -> None:
    begin(victim, 10 * MAX_FILE_WINDOW)
    victim.protocol.inbox.cancel(1, "cancelled")
    chunks = (m.Chunk(3, 1, n, n * MAX_FILE_CHUNK, bytes(MAX_FILE_CHUNK)) for n in range(100))
    with pytest.raises(LimitExceeded, match="unwanted bytes"):
        flood(victim, chunks)


def test_it_speaks_only_after_hello_and_in_one_version() -> None:
    end = End("customer")
    end.protocol.opened()
    with pytest.raises(WrongState):
        give(end, m.Job(1, "job", 1, 0, 0))
    with pytest.raises(BadVersion):
        give(end, m.Hello(2))


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"\x00",
        b"\x01",
        b"\x01" + bytes(20),
        b"[1]",
        b"{",
        b'{"t":"job"}',
        b'{"t":"unknown"}',
        b"\x02" * 30,
    ]
    + [b"\x01" + bytes(20 + MAX_FILE_CHUNK + 1), b'{"t":"' + b"x" * MAX_FILE_RECORD],
)
def test_it_refuses_records_that_are_none(victim: End, plain: bytes) -> None:
    with pytest.raises(ProtocolError):
        victim.protocol.receive(plain, NOW)


def _edge(chance: random.Random, value: Any) -> Any:
    edges = [0, 1, 2, 3, 5, -1, 2**31 - 1, 2**31, 2**40, 2**63, "", "..", "a/b", None, True, [], "x" * 300]
    if isinstance(value, int):
        return chance.choice([*edges, value + 1, value - 1, value])
    return chance.choice([*edges, value])


def fuzz(seed: int, records: int) -> int:
    """Feed true conversations with changed, doubled, dropped and swapped records; how many were refused."""
    chance = random.Random(seed)
    pair = Pair()
    tape: dict[str, list[bytes]] = {"agent": [], "customer": []}
    for end in (pair.agent, pair.customer):
        _tape(end, tape["customer" if end is pair.agent else "agent"])
    pair.agent.send({"a/b": bytes(150_000), "c": b"1"})
    pair.customer.send({"d": bytes(70_000)})
    pair.agent.protocol.ask(m.Want(pair.agent.protocol.next_number()))
    pair.run()
    refused = 0
    for _ in range(records):
        side = chance.choice(("agent", "customer"))
        end = End(side)
        end.protocol.opened()
        for plain in _shaken(chance, tape[side]):
            try:
                end.protocol.receive(plain, NOW)
                end.work(NOW)
                end.protocol.outgoing()
            except ProtocolError:
                refused += 1
                break
    return refused


def _tape(end: End, into: list[bytes]) -> None:
    """Note what this end is given."""
    receive = end.protocol.receive

    def note(plain: bytes, now: float) -> None:
        into.append(plain)
        receive(plain, now)

    end.protocol.receive = note  # type: ignore[method-assign]


def _object(plain: bytes) -> dict[str, Any]:
    """The JSON object in a record; {} when it is a chunk, or was changed before."""
    try:
        found = json.loads(plain)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _shaken(chance: random.Random, tape: list[bytes]) -> list[bytes]:
    records = list(tape)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(records))
        way = chance.randrange(5)
        if way == 0:
            del records[at]
        elif way == 1:
            records.insert(chance.randrange(len(records)), records[at])
        elif way == 2 and (data := _object(records[at])):
            field = chance.choice(list(data))
            data[field] = _edge(chance, data[field])
            records[at] = json.dumps(data).encode()
        elif way == 3 and records[at]:
            changed = bytearray(records[at])
            changed[chance.randrange(min(len(changed), 40))] = chance.randrange(256)
            records[at] = bytes(changed)
        else:
            records[at] = records[at][: chance.randrange(len(records[at]) + 1)]
        if not records:
            return []
    return records


def test_it_survives_changed_conversations() -> None:
    """Nothing but ProtocolError leaves the protocol, whatever was changed on the way."""
    assert fuzz(seed=20, records=600) > 100


@pytest.mark.slow
def test_it_survives_many_changed_conversations() -> None:
    assert sum(fuzz(seed=seed, records=2000) for seed in range(10)) > 3000


def test_it_keeps_no_memory_of_what_is_over() -> None:
    """A thousand jobs later both ends hold what they held before."""
    pair = Pair()
    for n in range(30):
        pair.agent.send({f"{n}": b"x"})
        pair.run()
    protocols: list[FilesProtocol] = [pair.agent.protocol, pair.customer.protocol]
    assert all(not p.outbox._jobs and not p.inbox._jobs and not p.outbox._job_of for p in protocols)
