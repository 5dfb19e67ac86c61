"""Programs that sleep, wake and die without a word, before the real web half and the real relay."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from desktop.web import post_json
from ops.places import ROOT
from tests.desktop.servers import wait_until
from tests.flows.stack import Stack, running_stack

pytestmark = [pytest.mark.flow, pytest.mark.timeout(200)]
BACK_S = 10.0
PRESENCE_S = 10.0


class Asleep:
    """A program in a process: what it said, and its sleep."""

    def __init__(self, url: str, bearer: str, side: str) -> None:
        command = [sys.executable, "-m", "tests.desktop.end_process", url, bearer, side]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.said: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(json.loads(line))

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def all_of(self, kind: str, since: float = 0.0) -> list[dict[str, Any]]:
        return [one for one in list(self.said) if one["t"] == kind and one["at"] >= since]

    def heard(self, text: str) -> bool:
        return any(text in one["value"] for one in self.all_of("plain"))

    def quality(self) -> str:
        return (self.all_of("quality") or [{"value": ""}])[-1]["value"]

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(5)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("sleep")) as running:
        yield running


@pytest.fixture
def agent(stack: Stack) -> Iterator[Asleep]:
    login_id, password = stack.login("agent1")
    url = stack.places.public_url
    wanted = {"tenant": "demo", "id": login_id, "password": password, "device": "test"}
    program = Asleep(url, post_json(f"{url}/programs/login", wanted)["token"], "agent")
    yield program
    program.close()


@pytest.fixture
def pair(stack: Stack, agent: Asleep) -> Iterator[tuple[Asleep, Asleep]]:
    """A connected support session of two processes."""
    agent.tell("slot")
    wait_until(lambda: agent.all_of("slot.opened"))
    slot = agent.all_of("slot.opened")[-1]
    url, program = stack.places.public_url, {"version": "0.1.0", "os": "Debian 12", "pc": "pc"}
    joined = post_json(f"{url}/programs/join", {"tenant": "demo", "code": slot["code"], "program": program})
    customer = Asleep(url, joined["credential"], "customer")
    wait_until(lambda: any(one["state"] == "online" for one in agent.all_of("session.state")))
    agent.tell(f"accept {slot['session']}")
    wait_until(lambda: agent.quality() == customer.quality() == "ok")
    yield agent, customer
    customer.close()


def sleeps(pair: tuple[Asleep, Asleep], who: int, seconds: float) -> None:
    """One end stands still for a while; afterwards both go on with the same keys and without a question."""
    sleeper, awake = pair[who], pair[1 - who]
    sleeper.send(signal.SIGSTOP)
    slept = time.monotonic()
    time.sleep(seconds)
    sleeper.send(signal.SIGCONT)
    woke = time.monotonic()
    while not awake.heard(f"woke {woke}"):
        # What it says first may still go into a line that it does not know to be dead.
        assert time.monotonic() - woke < BACK_S + 5, "waited in vain"
        sleeper.tell(f"say woke {woke}")
        time.sleep(0.1)
    wait_until(lambda: sleeper.quality() == awake.quality() == "ok", BACK_S + 5)
    assert time.monotonic() - woke <= BACK_S
    told = [one["value"] for one in awake.all_of("quality", slept)]
    assert told[0] == "unstable"
    assert awake.all_of("quality", slept)[0]["at"] - slept <= 1.5 + 1.0
    assert len(sleeper.all_of("words")) == len(awake.all_of("words")) == 1
    assert sleeper.all_of("ends") == awake.all_of("ends") == []
    print(f"\nasleep {seconds:g} s, back {time.monotonic() - woke:.2f} s after waking")


def test_a_nap_costs_no_new_tickets(pair: tuple[Asleep, Asleep]) -> None:
    offers = len(pair[0].all_of("offer"))
    sleeps(pair, 1, 2.5)
    assert len(pair[0].all_of("offer")) == offers


@pytest.mark.slow
@pytest.mark.parametrize("who", [0, 1], ids=["agent", "customer"])
@pytest.mark.parametrize("seconds", [10.0, 70.0])
def test_it_goes_on_after_a_sleep(pair: tuple[Asleep, Asleep], who: int, seconds: float) -> None:
    sleeps(pair, who, seconds)


def test_presence_is_true_within_ten_seconds_of_a_silent_death(stack: Stack, agent: Asleep) -> None:
    """A stopped process says nothing and closes nothing; its numbers leave the customer page all the same."""
    agent.tell("slot")
    wait_until(lambda: _numbers(stack))
    os.kill(agent.process.pid, signal.SIGSTOP)
    died = time.monotonic()
    wait_until(lambda: not _numbers(stack), PRESENCE_S + 5)
    assert time.monotonic() - died <= PRESENCE_S


def _numbers(stack: Stack) -> list[int]:
    with httpx.Client(trust_env=False) as browser:
        return list(browser.get(f"{stack.places.public_url}/demo/numbers").json()["numbers"])
