"""A dropped line: said in time, dead in time, back in time, in a real network of its own.

The customer's end lives in a namespace behind a cable that is pulled; the relay is `python -m relay`.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.servers import wait_until
from tests.desktop.spaces import Space
from tests.desktop.test_support_link import End
from tests.desktop.test_support_link_relay import RealStory
from tests.relay.processes import ROOT, RelayProcess

pytestmark = [pytest.mark.flow, pytest.mark.timeout(180)]
UNSTABLE_S, DEAD_S, BACK_S, WORST_S = 1.5, 8.0, 3.0, 10.0
#: What a busy machine may add to a figure that a person sees.
SLACK_S = 1.0


class OpenRelay(RelayProcess):
    """A relay at an address of the cable."""

    def __init__(self, keys: Path, host: str) -> None:
        super().__init__(keys)
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        command = [sys.executable, "-m", "relay", "--listen", f"{host}:{self.port}"]
        command += ["--public", f"ws://{host}:{self.port}", "--verify-keys", str(keys / "ticket_verify")]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        assert self.process.stdout is not None
        found = re.search(r"relay (\S+) listens", self.process.stdout.readline())
        assert found
        self.relay, self.host = found[1], host


class Behind(RealStory):
    """A story whose customer is behind the cable."""

    def __init__(self, keys: Path, space: Space) -> None:
        self.space = space
        super().__init__(keys)
        self.process.__exit__()
        self.process = OpenRelay(keys, space.host)
        self.customer.link.close()
        self.threads.append(space.thread("customer-behind"))
        self.threads[-1].start()
        self.customer = End(self.threads[-1], "customer", self.board)
        self.board.ends["customer"] = self.customer

    def broke(self) -> float:
        """Note the present as the moment of a break."""
        for end in (self.agent, self.customer):
            end.states.clear()
        return time.monotonic()

    def said(self, state: str, since: float, limit_s: float) -> float:
        """Seconds until both ends have said `state`."""
        ends = (self.agent, self.customer)
        wait_until(lambda: all(state in end.states for end in ends), limit_s + 5)
        return time.monotonic() - since

    def is_back(self, since: float) -> float:
        wait_until(lambda: all(end.states[-1:] == ["ok"] for end in (self.agent, self.customer)), WORST_S + 5)
        took_s = time.monotonic() - since
        mark = f"after {since}".encode()
        link = self.customer.link
        wait_until(lambda: link.send("screen", mark, epoch=link.number("screen")))
        wait_until(lambda: self.agent.plain.get("screen", b"").endswith(mark))
        assert len(self.customer.words) == 1, "no new words, no new question"
        assert self.agent.ends == self.customer.ends == []
        return took_s


@pytest.fixture
def story(keys: Path) -> Iterator[Behind]:
    with Space() as space:
        made = Behind(keys, space)
        try:
            made.begin()
            wait_until(lambda: all(end.states == ["ok"] for end in (made.agent, made.customer)))
            yield made
        finally:
            made.close()


def test_it_says_unstable_and_comes_back(story: Behind) -> None:
    """A cable out for three seconds: no new tickets are needed."""
    epoch, broke = story.board.epoch, story.broke()
    story.space.cable(False)
    assert story.said("unstable", broke, UNSTABLE_S) <= UNSTABLE_S + SLACK_S
    time.sleep(max(0.0, broke + 3.0 - time.monotonic()))
    story.space.cable(True)
    assert story.is_back(time.monotonic()) <= WORST_S
    assert story.board.epoch - epoch <= 1


def test_it_follows_a_change_of_address(story: Behind) -> None:
    """As from the wire to the wireless: the sockets of the old address hear nothing more."""
    broke = story.broke()
    story.space.address(3, instead_of=2)
    assert story.said("unstable", broke, UNSTABLE_S) <= UNSTABLE_S + SLACK_S
    assert story.is_back(broke) <= UNSTABLE_S + BACK_S + SLACK_S


@pytest.mark.slow
def test_it_keeps_its_promises_over_many_breaks(story: Behind) -> None:
    """Twelve breaks of two to thirteen seconds; figures are printed."""
    unstable, dead, back = [], [], []
    for length_s in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13):
        broke = story.broke()
        story.space.cable(False)
        unstable.append(story.said("unstable", broke, UNSTABLE_S))
        if length_s > DEAD_S + 1:
            dead.append(story.said("lost", broke, DEAD_S))
        time.sleep(max(0.0, broke + length_s - time.monotonic()))
        story.space.cable(True)
        back.append(story.is_back(time.monotonic()))
        time.sleep(1.0)
    print(f"\nunstable {max(unstable):.2f} s, dead {max(dead):.2f} s, back {[round(one, 2) for one in back]}")
    assert max(unstable) <= UNSTABLE_S + SLACK_S
    assert max(dead) <= DEAD_S + SLACK_S
    assert statistics.quantiles(back, n=20)[-1] <= BACK_S + SLACK_S
    assert max(back) <= WORST_S
