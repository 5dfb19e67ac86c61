"""Two porters: folders and large files over real disks, breaks, rights, pauses, retries, a hostile end."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.files.two import Two
from tests.desktop.servers import wait_until
from wire.files import events as e
from wire.files import messages as m
from wire.limits import MAX_FILE_WINDOW

BYTES = random.Random(3).randbytes(3_000_000)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    made = Two(tmp_path)
    yield made
    made.close()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "영상.bin"
    path.write_bytes(BYTES)
    return path


@pytest.mark.parametrize("way", ["to the customer", "to the agent"])
def test_it_carries_a_file_and_keeps_its_facts(two: Two, large: Path, way: str) -> None:
    sender, receiver = (two.agent, two.customer) if way == "to the customer" else (two.customer, two.agent)
    sender.porter.send([large])
    sender.wait("done")
    receiver.wait("done")
    assert receiver.received() == {"영상.bin": BYTES}
    (record,) = receiver.records
    assert [(f.name, f.size, f.sha256, f.result) for f in record.files] == [
        ("영상.bin", len(BYTES), hashlib.sha256(BYTES).hexdigest(), "stored")
    ]
    assert sender.records[0].files == record.files


def test_it_carries_500_small_files_in_folders(two: Two, tmp_path: Path) -> None:
    folder = tmp_path / "많은 파일"
    for n in range(500):
        place = folder / f"{n % 10}" / "안"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{n}.txt").write_bytes(BYTES[: n * 7])
    (folder / "빈 폴더").mkdir()
    two.agent.porter.send([folder])
    view = two.agent.wait("done")
    assert view.files_done == view.files == 500
    two.customer.wait("done")
    sent = {f"많은 파일/{p.relative_to(folder)}": p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert two.customer.received() == sent
    assert (two.customer.folder / "많은 파일" / "빈 폴더").is_dir()


def test_it_goes_on_after_breaks_and_sends_little_twice(two: Two, large: Path) -> None:
    two.agent.porter.send([large])
    for part in (0.1, 0.3, 0.6, 0.8):
        wait_until(lambda p=part: two.sent["agent"] > p * len(BYTES))
        two.cut()
    two.agent.wait("done")
    assert two.customer.received() == {"영상.bin": BYTES}
    assert two.sent["agent"] < len(BYTES) + 4 * MAX_FILE_WINDOW


def test_it_says_broken_while_the_line_is_away(two: Two, large: Path) -> None:
    two.agent.porter.send([large])
    wait_until(lambda: two.sent["agent"] > 500_000)
    two.connect = lambda: None  # type: ignore[method-assign]
    two.agent.porter._line.want = two.customer.porter._line.want = lambda: None
    two.cut()
    two.agent.wait("broken")
    two.customer.wait("broken")
    Two.connect(two)
    two.agent.wait("done")


def test_it_rests_and_goes_on(two: Two, large: Path) -> None:
    two.agent.porter.send([large])
    wait_until(lambda: two.agent.views and two.agent.views[0].state == "running")
    two.customer.porter.pause(two.customer.views[0].key if two.customer.views else 1, on=True)
    two.agent.wait("paused_there")
    assert two.customer.wait("paused").done < len(BYTES)
    two.customer.porter.pause(two.customer.views[0].key, on=False)
    two.agent.wait("done")


def test_it_cancels_and_leaves_nothing(two: Two, large: Path) -> None:
    two.agent.porter.send([large])
    wait_until(lambda: two.customer.views and two.customer.views[0].done > 300_000)
    two.customer.porter.cancel(two.customer.views[0].key)
    assert two.agent.wait("failed").code == "cancelled"
    assert two.customer.received() == {}
    two.agent.porter.retry(two.agent.views[0].key)
    two.agent.wait("done")
    assert two.customer.received() == {"영상.bin": BYTES}


def test_it_leaves_nothing_half_when_the_support_ends(two: Two, large: Path) -> None:
    two.agent.porter.send([large])
    wait_until(lambda: two.customer.views and two.customer.views[0].done > 300_000)
    two.customer.porter.stop()
    two.customer.porter.join(5)
    assert two.customer.received() == {}
    assert two.customer.records[0].result == "over"


def test_it_gives_up_a_file_that_changes(two: Two, large: Path) -> None:
    two.agent.porter.send([large])
    wait_until(lambda: two.sent["agent"] > 500_000)
    with large.open("ab") as file:
        file.write(b"more")
    view = two.agent.wait("partly")
    assert view.failures == (("영상.bin", "changed"),)
    assert view.may_retry
    two.customer.wait("partly")
    assert two.customer.received() == {}


def test_it_asks_before_it_takes(tmp_path: Path, large: Path) -> None:
    two = Two(tmp_path, agent={"welcome": lambda _job: "ask"})
    two.customer.porter.send([large])
    view = two.agent.wait("asked")
    two.agent.porter.answer(view.key, accepted=True)
    two.agent.wait("done")
    two.customer.porter.send([large])
    wait_until(lambda: two.agent.state() == "asked")
    two.agent.porter.answer(two.agent.views[-1].key, accepted=False)
    assert two.customer.wait("refused").code == "refused"
    assert two.agent.received() == {"영상.bin": BYTES}
    two.close()


class Rights:
    """What the customer's program allows, by direction."""

    def __init__(self) -> None:
        self.way_in: str | None = None
        self.way_out: str | None = None

    def judge(self, message: m.FileMessage | m.Chunk) -> str | None:
        return {"files_in": self.way_in, "files_out": self.way_out}.get(message.RIGHT or "")

    def given(self) -> dict[str, object]:
        return {"judge": self.judge, "allowed": lambda: (self.way_in, self.way_out)}


@pytest.mark.parametrize(("why", "code"), [("option", "option"), ("consent", "not_allowed")])
def test_it_refuses_what_is_not_allowed(tmp_path: Path, large: Path, why: str, code: str) -> None:
    rights = Rights()
    rights.way_in = rights.way_out = why
    two = Two(tmp_path, customer=rights.given())
    two.agent.porter.send([large])
    assert two.agent.wait("refused").code == code
    numbers: list[int] = []
    two.agent.porter.ask(m.Want, numbers.append)
    wait_until(lambda: two.agent.requests)
    assert two.agent.requests == [e.RequestRefused(numbers[0], code)]
    assert two.customer.requests == []
    assert two.customer.received() == {}
    two.close()


def test_it_stops_at_once_when_the_right_goes_and_goes_on_when_it_returns(
    tmp_path: Path, large: Path
) -> None:
    rights = Rights()
    two = Two(tmp_path, customer=rights.given())
    two.agent.porter.send([large])
    wait_until(lambda: two.customer.views and two.customer.views[0].done > 300_000)
    rights.way_in = "paused"
    two.customer.porter.rights_changed()
    wait_until(lambda: two.customer.porter._protocol.inbox.is_halted)
    stored = two.customer.porter._protocol.inbox.stored_bytes(1)
    assert 0 < stored < len(BYTES)
    rights.way_in = None
    two.customer.porter.rights_changed()
    two.agent.wait("done")
    assert two.customer.received() == {"영상.bin": BYTES}
    two.close()


def test_it_ends_what_runs_when_the_right_is_revoked(tmp_path: Path, large: Path) -> None:
    rights = Rights()
    two = Two(tmp_path, customer=rights.given())
    two.agent.porter.send([large])
    wait_until(lambda: two.customer.views and two.customer.views[0].done > 300_000)
    rights.way_in = "revoked"
    two.customer.porter.rights_changed()
    assert two.agent.wait("failed").code == "not_allowed"
    assert two.customer.received() == {}
    two.close()


def test_it_breaks_off_with_an_end_that_breaks_the_rules(two: Two, large: Path) -> None:
    def forge(side: str, record: bytes) -> bytes:
        return record[:-1] + b"!" if side == "agent" and record[:1] == b"{" and b"offer" in record else record

    two.on_record = forge
    two.agent.porter.send([large])
    wait_until(lambda: "customer" in two.refused)
    wait_until(lambda: two.customer.state() == "failed")
    assert two.customer.views[0].code == "protocol"
    assert two.customer.received() == {}


def test_it_drops_a_file_whose_bytes_were_changed_on_the_way(two: Two, tmp_path: Path) -> None:
    """The sealing would notice; without it the SHA-256 does."""

    def change(side: str, record: bytes) -> bytes:
        return record[:-1] + bytes([record[-1] ^ 1]) if record[:1] == b"\x01" else record

    two.on_record = change
    small = tmp_path / "a"
    small.write_bytes(b"data")
    two.agent.porter.send([small])
    assert two.agent.wait("partly").failures == (("a", "hash"),)
    assert two.customer.received() == {}
