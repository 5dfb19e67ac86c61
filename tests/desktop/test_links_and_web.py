"""Both links against the real web half and the real relay, without windows: join, connect, break, end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from desktop.connection import LinkThread
from desktop.signal_link import SignalLink
from desktop.support_link import ParticipantLink
from desktop.web import WebRefused, post_json
from tests.desktop.servers import wait_until
from tests.flows.stack import Stack, running_stack
from wire.control import messages as k
from wire.signal import commands as c
from wire.signal import messages as m
from wire.terms import Screen, Side

pytestmark = pytest.mark.flow


class Program:
    """A program without a window: a signal link, and a participant link once key.ask came."""

    def __init__(self, url: str, bearer: str, side: Side) -> None:
        self.side: Side = side
        self.messages: list[Any] = []
        self.states: list[tuple[str, str]] = []
        self.answers: list[tuple[c.Command, c.Answer]] = []
        self.opened: list[str] = []
        self.quality: list[str] = []
        self.words: list[tuple[str, ...]] = []
        self.plain = b""
        self.ends: list[tuple[str, str]] = []
        self.participant: ParticipantLink | None = None
        self.thread = LinkThread(side)
        self.thread.start()
        self.signal = SignalLink(
            self.thread,
            url,
            bearer,
            role=side,
            on_message=self._take,
            on_state=lambda state, why: self.states.append((state, why)),
            on_answer=lambda command, answer: self.answers.append((command, answer)),
        )
        self.signal.start()

    def last(self, kind: type) -> Any:
        found = [message for message in self.messages if isinstance(message, kind)]
        return found[-1] if found else None

    def _take(self, received: m.Received) -> None:
        self.messages.append(received.message)
        if isinstance(received.message, m.KeyAsk) and self.participant is None:
            self._meet(received.message)
        if self.participant is not None and received.message is not None:
            self.participant.receive(received.message)

    def _meet(self, ask: m.KeyAsk) -> None:
        self.participant = ParticipantLink(
            self.thread,
            role=self.side,
            session=ask.session,
            participant=ask.participant,
            send_command=self.signal.send,
            greeting=self._greeting,
            on_words=self.words.append,
            on_channel_open=self.opened.append,
            on_plain=self._take_plain,
            on_state=lambda state, rtt_ms: self.quality.append(state),
            on_end=lambda by, reason: self.ends.append((by, reason)),
        )
        self.signal.set_connected(True)

    def _greeting(self) -> list[k.ControlMessage]:
        if self.side == "agent":
            return [k.Who("보라", "바로헬프")]
        return [k.Machine("pc", "Debian 12", "ko", ()), k.Rights(1, view=True)]

    def _take_plain(self, channel: str, data: bytes) -> None:
        self.plain += data

    def close(self) -> None:
        self.signal.stop()
        self.thread.stop()
        self.thread.join(5.0)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("links")) as running:
        yield running


@pytest.fixture
def agent(stack: Stack) -> Iterator[Program]:
    login_id, password = stack.login("agent1")
    url = stack.places.public_url
    wanted = {"tenant": "demo", "id": login_id, "password": password, "device": "test"}
    program = Program(url, post_json(f"{url}/programs/login", wanted)["token"], "agent")
    wait_until(lambda: program.last(m.AgentSnapshot))
    yield program
    program.close()


@pytest.fixture
def pair(stack: Stack, agent: Program) -> Iterator[tuple[Program, Program]]:
    """An agent and a customer in a connected support session, with words."""
    agent.signal.send(c.SlotAdd())
    wait_until(lambda: agent.last(m.SlotOpened))
    url, slot = stack.places.public_url, agent.last(m.SlotOpened)
    program = {"version": "0.1.0", "os": "Debian 12", "pc": "다인-PC"}
    joined = post_json(f"{url}/programs/join", {"tenant": "demo", "code": slot.code, "program": program})
    customer = Program(url, joined["credential"], "customer")
    wait_until(lambda: customer.last(m.CustomerSnapshot))
    screens = (Screen(0, 0, 0, 800, 600),)
    customer.signal.send(c.Started("0.1.0", "Debian 12", "다인-PC", "127.0.0.1", "ko", screens))
    customer.signal.send(c.Consent({"view": "allowed", "mouse": "allowed", "keyboard": "allowed"}))
    if not slot.auto_connect:
        wait_until(lambda: _state(agent, slot.session) == "online")
        agent.signal.send(c.Accept(slot.session))
    wait_until(lambda: {"screen", "control"} <= set(agent.opened) and agent.words == customer.words)
    yield agent, customer
    customer.close()
    agent.signal.send(c.EndSession(slot.session))
    agent.signal.send(c.SlotRemove(slot.slot))
    wait_until(lambda: any(isinstance(command, c.SlotRemove) for command, _ in agent.answers))


def _state(agent: Program, session: str) -> str:
    states = [one for one in agent.messages if isinstance(one, m.SessionState) and one.session == session]
    return states[-1].state if states else ""


def works(agent: Program, customer: Program, text: bytes) -> None:
    """The screen carries this text."""
    assert customer.participant is not None
    link = customer.participant
    wait_until(lambda: link.send("screen", text, epoch=link.epoch))
    wait_until(lambda: text in agent.plain)


def test_it_connects_through_the_real_doors(pair: tuple[Program, Program]) -> None:
    agent, customer = pair
    works(agent, customer, b"hello")
    assert len(agent.words[0]) == 6
    assert agent.last(m.Offer).epoch == customer.last(m.Offer).epoch


def test_it_survives_the_relays_death(stack: Stack, pair: tuple[Program, Program]) -> None:
    agent, customer = pair
    wait_until(lambda: agent.quality == customer.quality == ["ok"])
    stack.kill("relay")
    stack.start("relay")
    wait_until(lambda: agent.quality[-1] == customer.quality[-1] == "ok" and len(agent.quality) > 1, 20.0)
    works(agent, customer, b"after the relay")
    assert len(agent.words) == len(customer.words) == 1
    assert agent.ends == customer.ends == []


def test_it_survives_the_web_halfs_death(stack: Stack, pair: tuple[Program, Program]) -> None:
    agent, customer = pair
    stack.kill("web")
    works(agent, customer, b"without the web half")
    stack.start("web")
    stack.wait_until_ready()
    wait_until(lambda: agent.states[-1][0] == customer.states[-1][0] == "online", 20.0)
    agent.signal.send(c.AgentState("away"))
    wait_until(lambda: any(isinstance(command, c.AgentState) for command, _ in agent.answers))
    works(agent, customer, b"after the web half")
    assert agent.quality == customer.quality == ["ok"]


def test_it_survives_both_at_once(stack: Stack, pair: tuple[Program, Program]) -> None:
    agent, customer = pair
    for name in ("web", "relay"):
        stack.kill(name)
    for name in ("relay", "web"):
        stack.start(name)
    stack.wait_until_ready()
    works(agent, customer, b"after both")
    assert len(agent.words) == 1


@pytest.mark.parametrize("ender", ["agent", "customer"])
def test_it_ends_everywhere(pair: tuple[Program, Program], ender: str) -> None:
    agent, customer = pair
    ending, other = (agent, customer) if ender == "agent" else (customer, agent)
    assert ending.participant is not None
    ending.participant.end("button")
    wait_until(lambda: other.ends == [(ender, "button")])
    wait_until(lambda: agent.last(m.Ended) is not None)
    assert agent.last(m.Ended).by == ender
    wait_until(lambda: customer.states[-1] == ("ended", "session_over"))


def test_it_is_told_why_the_door_stays_shut(stack: Stack) -> None:
    url = stack.places.public_url
    with pytest.raises(WebRefused) as caught:
        post_json(f"{url}/programs/login", {"tenant": "demo", "id": "agent1", "password": "x", "device": "t"})
    assert caught.value.code.startswith("B-")
    program = Program(url, "agent.demo." + "x" * 43, "agent")
    wait_until(lambda: program.states[-1:] and program.states[-1][0] == "ended")
    program.close()
