"""Files between two protocol objects: whole, in pieces, after breaks, paused, cancelled."""

from __future__ import annotations

import hashlib
import random

import pytest

from tests.wire.files.pair import Pair
from wire.files import events as e
from wire.limits import MAX_FILE_WINDOW

BYTES = random.Random(1).randbytes(3_000_000)


@pytest.fixture
def pair() -> Pair:
    return Pair()


@pytest.mark.parametrize("sender", ["agent", "customer"])
def test_it_carries_a_file_either_way(pair: Pair, sender: str) -> None:
    end = pair.agent if sender == "agent" else pair.customer
    job = end.send({"보고서.pdf": BYTES})
    pair.run()
    assert pair.other(end).stored == {"보고서.pdf": BYTES}
    (told,) = end.of(e.FileStored)
    assert told.sha256 == hashlib.sha256(BYTES).digest()
    assert end.of(e.JobEnded) == pair.other(end).of(e.JobEnded) == [e.JobEnded(job, "")]


def test_it_carries_many_small_files_and_empty_ones(pair: Pair) -> None:
    files = {f"폴더/{n % 7}/{n}.txt": BYTES[: n * 3 % 50] for n in range(500)}
    pair.agent.send(files)
    pair.run()
    assert pair.customer.stored == files


def test_it_carries_both_ways_at_once(pair: Pair) -> None:
    pair.agent.send({"a": BYTES})
    pair.customer.send({"b": BYTES[::-1]})
    pair.run()
    assert pair.customer.stored == {"a": BYTES}
    assert pair.agent.stored == {"b": BYTES[::-1]}


@pytest.mark.parametrize("seed", range(12))
def test_it_goes_on_where_it_was_after_breaks(pair: Pair, seed: int) -> None:
    """Cut at any moment, ten times: the bytes are right and none goes twice beyond the window."""
    chance = random.Random(seed)
    files = {"groß.bin": BYTES, "klein": b"x", "leer": b"", "mittel": BYTES[:70_000]}
    pair.agent.send(files)
    breaks = 0
    for _ in range(4000):
        pair.step(chance.randrange(1, 6))
        if breaks < 10 and chance.random() < 0.25:
            breaks += 1
            pair.cut()
            pair.connect()
    pair.run()
    assert pair.customer.stored == files
    assert pair.agent.of(e.JobEnded)[-1].code == pair.customer.of(e.JobEnded)[-1].code == ""
    assert pair.agent.sent_bytes - sum(map(len, files.values())) <= breaks * MAX_FILE_WINDOW


def test_it_begins_anew_where_the_stored_bytes_are_others(pair: Pair) -> None:
    pair.agent.send({"a": BYTES})
    while pair.customer.protocol.inbox.stored_bytes(1) < 500_000:
        pair.step(4)
    pair.cut()
    (file,) = pair.customer.protocol.inbox._jobs[1].files.values()
    file.hash.update(b"a disk that lies")
    pair.connect()
    pair.run()
    assert pair.customer.of(e.FileRestarted)
    assert pair.customer.stored == {"a": BYTES}


def test_it_rests_while_either_side_pauses(pair: Pair) -> None:
    job = pair.agent.send({"a": BYTES})
    pair.step(4)
    pair.customer.protocol.inbox.pause(job, on=True)
    pair.run()
    before = pair.customer.protocol.inbox.stored_bytes(job)
    assert before < len(BYTES)
    pair.cut()
    pair.connect()
    pair.run()
    assert pair.customer.protocol.inbox.stored_bytes(job) == before, "a break does not end the pause"
    pair.customer.protocol.inbox.pause(job, on=False)
    pair.run()
    assert pair.customer.stored == {"a": BYTES}


def test_it_stores_nothing_while_halted_and_asks_anew(pair: Pair) -> None:
    """A right that goes away in mid-file: what was on its way is dropped, and comes again afterwards."""
    job = pair.agent.send({"a": BYTES})
    while pair.customer.protocol.inbox.stored_bytes(job) < 200_000:
        pair.step(4)
    pair.customer.protocol.inbox.halt(on=True)
    stored = pair.customer.protocol.inbox.stored_bytes(job)
    pair.run()
    assert pair.customer.protocol.inbox.stored_bytes(job) == stored
    pair.customer.protocol.inbox.halt(on=False)
    pair.run()
    assert pair.customer.stored == {"a": BYTES}


@pytest.mark.parametrize("canceller", ["sender", "receiver"])
@pytest.mark.parametrize("line", ["open", "cut"])
def test_it_ends_at_both_sides_when_one_cancels(pair: Pair, canceller: str, line: str) -> None:
    job = pair.agent.send({"a": BYTES})
    for _ in range(20):
        pair.step(4)
    if line == "cut":
        pair.cut()
    if canceller == "sender":
        pair.agent.protocol.outbox.cancel(job, "cancelled")
    else:
        pair.customer.protocol.inbox.cancel(job, "cancelled")
    if line == "cut":
        pair.connect()
    pair.run()
    told = pair.customer if canceller == "sender" else pair.agent
    (end,) = told.of(e.JobEnded)
    assert end.code in ("cancelled", "over")
    assert pair.agent.protocol.outbox.open_jobs() == pair.customer.protocol.inbox.open_jobs() == ()
    assert pair.customer.stored == {}


def test_it_drops_one_file_and_goes_on_with_the_job(pair: Pair) -> None:
    pair.agent.send({"a": BYTES[:5000], "b": BYTES, "c": b"c"})
    while not pair.customer.of(e.FileOffered):
        pair.step()
    file = next(n for n, name in pair.customer.names.items() if name == "a")
    pair.customer.protocol.inbox.drop(file, "name")
    pair.run()
    assert set(pair.customer.stored) == {"b", "c"}
    assert pair.agent.of(e.FileDropped) == [e.FileDropped(file, 1, "name")]
    assert pair.agent.of(e.JobEnded) == [e.JobEnded(1, "")]


def test_it_drops_a_file_with_a_wrong_hash(pair: Pair) -> None:
    pair.agent.send({"a": BYTES[:50_000]})
    while not pair.customer.disk:
        pair.step()
    (file,) = pair.customer.protocol.inbox._jobs[1].files.values()
    file.hash.update(b"!")
    pair.run()
    assert pair.customer.stored == {}
    assert pair.agent.of(e.FileDropped)[0].code == "hash"


def test_it_refuses_a_job_and_hears_why(pair: Pair) -> None:
    pair.customer.takes_jobs = False
    job = pair.agent.send({"a": b"a"})
    pair.run()
    pair.customer.protocol.inbox.refuse(job, "disk_full")
    pair.run()
    assert pair.agent.of(e.JobEnded) == [e.JobEnded(job, "disk_full")]


def test_it_announces_again_what_was_not_answered_before_a_break(pair: Pair) -> None:
    pair.customer.takes_jobs = False
    job = pair.agent.send({"a": b"a"})
    pair.run()
    pair.cut()
    pair.connect()
    pair.run()
    assert len(pair.customer.of(e.JobOffered)) == 1
    pair.customer.protocol.inbox.take(job)
    pair.run()
    assert pair.customer.stored == {"a": b"a"}


def test_it_never_has_more_on_its_way_than_the_window(pair: Pair) -> None:
    pair.agent.send({"a": BYTES})
    most = 0
    for _ in range(300):
        pair.step(2)
        most = max(most, pair.agent.protocol.outbox.pacer.in_flight)
    assert 0 < most <= MAX_FILE_WINDOW
