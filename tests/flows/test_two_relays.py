"""Two real relays under the real web half: the one that carries a support session dies, the other goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ops.places import LOOPBACK
from ops.run import programs_of
from tests.desktop.servers import wait_until
from tests.desktop.test_links_and_web import Program, agent, pair, works
from tests.displays import free_port
from tests.flows.stack import Stack
from wire.signal import messages as m

__all__ = ["agent", "pair"]
pytestmark = pytest.mark.flow
#: A dead relay is left within this; what says nothing any more is called dead after eight seconds.
LEFT_S = 8.0


class TwoRelays(Stack):
    """The stack with a second relay; `relay` and `relay2` by name."""

    def __init__(self, var: Path) -> None:
        super().__init__(var)
        self.second_port = free_port()

    def programs(self) -> list:
        first, *others = programs_of(self.places)
        relays = f"r1={self.places.relay_url},r2=ws://{LOOPBACK}:{self.second_port}"
        argv = tuple(part.replace(str(self.places.relay_port), str(self.second_port)) for part in first.argv)
        second = replace(first, name="relay2", argv=argv)
        env = {**first.env, "RELAYS": relays}
        return [first, second, *(replace(one, env=env) for one in others)]

    def name_of(self, url: str) -> str:
        return "relay2" if url.endswith(str(self.second_port)) else "relay"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoRelays]:
    stack = TwoRelays(tmp_path_factory.mktemp("two-relays"))
    try:
        stack.open()
        yield stack
    finally:
        stack.close()


def test_it_goes_on_over_the_other_relay(stack: TwoRelays, pair: tuple[Program, Program]) -> None:
    agent, customer = pair
    works(agent, customer, b"over the first")
    dead = stack.name_of(agent.last(m.Offer).relay_url)
    killed = time.monotonic()
    stack.kill(dead)
    try:
        wait_until(lambda: stack.name_of(agent.last(m.Offer).relay_url) != dead, LEFT_S)
        works(agent, customer, b"over the second")
        assert time.monotonic() - killed < LEFT_S
        wait_until(lambda: agent.quality[-1] == customer.quality[-1] == "ok")
        assert len(agent.words) == len(customer.words) == 1, "no new words, no new question"
        assert agent.ends == customer.ends == []
    finally:
        stack.start(dead)


@pytest.mark.slow
def test_it_leaves_a_relay_that_only_stands_still(stack: TwoRelays, pair: tuple[Program, Program]) -> None:
    """Stopped, not killed: its sockets stay open, and only the silence tells."""
    agent, customer = pair
    stalled = stack.name_of(agent.last(m.Offer).relay_url)
    pid = stack.pid_of(stalled)
    os.kill(pid, signal.SIGSTOP)
    stopped = time.monotonic()
    try:
        wait_until(lambda: stack.name_of(agent.last(m.Offer).relay_url) != stalled, LEFT_S + 3)
        works(agent, customer, b"over the second")
        assert time.monotonic() - stopped < LEFT_S + 3
    finally:
        os.kill(pid, signal.SIGCONT)
