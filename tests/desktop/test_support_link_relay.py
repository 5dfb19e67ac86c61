"""Both ends of a participant through the real `python -m relay`: killed, drained, stalled; they come back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.servers import wait_until
from tests.desktop.test_support_link import PUMP, End, Story, Switchboard
from tests.relay.processes import RelayProcess
from tests.wire.signal.test_messages import P, S
from wire.terms import Channel, Side

pytestmark = pytest.mark.flow


class RealStory(Story):
    """As Story, with the relay in a process of its own and tickets signed with the web half's key."""

    def __init__(self, keys: Path) -> None:
        self.keys = keys
        self.process = RelayProcess(keys)
        super().__init__()

    def make_board(self) -> Switchboard:
        return SigningBoard(self)

    def restart(self, how: int) -> None:
        """End the relay with this signal and start one at the same address."""
        port = self.process.port
        self.process.process.send_signal(how)
        self.process.__exit__()
        self.process = RelayProcess(self.keys, port=port)

    def close(self) -> None:
        super().close()
        self.process.__exit__()


class SigningBoard(Switchboard):
    """A switchboard with real tickets."""

    def __init__(self, story: RealStory) -> None:
        super().__init__(story.process.port)
        self.story = story

    def urls(self) -> list[str]:
        return [f"ws://{self.story.process.relay}"]

    def ticket(self, side: Side, channel: Channel, epoch: int) -> str:
        return self.story.process.ticket(side, S, participant=P, channel=channel, epoch=epoch)


@pytest.fixture
def story(keys: Path) -> Iterator[RealStory]:
    made = RealStory(keys)
    made.begin()
    yield made
    made.close()


def ends(story: RealStory) -> tuple[End, End]:
    return story.agent, story.customer


def test_it_carries_the_screen_through_the_relay(story: RealStory) -> None:
    for _ in range(8):
        story.customer.link.send("screen", PUMP)
    wait_until(lambda: story.agent.plain.get("screen") == PUMP * 8)
    assert story.agent.words == story.customer.words


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_comes_back_after_the_relay_was_restarted(story: RealStory, how: int) -> None:
    wait_until(lambda: all(end.states == ["ok"] for end in ends(story)))
    broke = time.monotonic()
    story.restart(how)
    back = time.monotonic()
    wait_until(lambda: story.is_open(story.board.epoch) and story.board.epoch > 2)
    assert time.monotonic() - back < 5.0
    wait_until(lambda: all(end.states[-1:] == ["ok"] and "unstable" in end.states for end in ends(story)))
    assert all(len(end.words) == 1 and end.ends == [] for end in ends(story))
    story.customer.link.send("screen", b"again")
    wait_until(lambda: story.agent.plain.get("screen", b"").endswith(b"again"))
    assert time.monotonic() - broke < 10.0


def test_it_says_unstable_within_the_promise_when_the_relay_stalls(story: RealStory) -> None:
    """A stopped process keeps its connections: only the missing beats tell."""
    wait_until(lambda: all(end.states == ["ok"] for end in ends(story)))
    os.kill(story.process.process.pid, signal.SIGSTOP)
    stopped = time.monotonic()
    try:
        wait_until(lambda: all(end.states[-1:] == ["unstable"] for end in ends(story)), 3.0)
        assert time.monotonic() - stopped < 2.0
    finally:
        os.kill(story.process.process.pid, signal.SIGCONT)
    wait_until(lambda: all(end.states[-1:] == ["ok"] for end in ends(story)))
    assert story.board.epoch == 2, "a short stall costs no new tickets"


def test_it_ends_both_when_one_says_so(story: RealStory) -> None:
    story.customer.link.end("button")
    wait_until(lambda: story.agent.ends == [("customer", "button")])
    assert story.board.ended() == [("customer", "button")]
