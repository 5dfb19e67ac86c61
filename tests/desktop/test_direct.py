"""The straight way: found and used beside the relay, left without a break, never where it is not wanted."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from desktop import direct_way as module
from desktop.direct import DirectDoor, is_allowed
from tests.desktop.servers import DEADLINE_S, TcpServer, wait_until
from tests.desktop.test_support_link import PUMP, End, Story
from tests.servers import free_port
from wire.control import messages as k
from wire.direct import PREFACE
from wire.limits import MAX_DIRECT_STRANGERS


class Straight(Story):
    """A story whose agent listens and whose customer dials; `options` are those of the offers."""

    def __init__(self, options: dict[str, bool] | None = None, **door: Any) -> None:
        self.door_given = door
        self.doors: list[DirectDoor] = []
        super().__init__(may_dial=True)
        self.ways: dict[str, list[str]] = {"agent": [], "customer": []}
        self.agent.link.close()
        self.agent = End(self.threads[0], "agent", self.board, make_door=self.make_door)
        self.board.ends["agent"] = self.agent
        for end in (self.agent, self.customer):
            end.link._tell.way = self.ways[end.side].append
        self.seen: list[bytes] = []
        self.relay.spoil = self.note
        if options is not None:
            self.board.options = options

    def make_door(self, toward: str) -> DirectDoor:
        self.doors.append(DirectDoor(self.threads[0], toward=toward, **self.door_given))
        return self.doors[-1]

    def note(self, ticket: str, data: bytes) -> bytes:
        if ".screen." in ticket:
            self.seen.append(data)
        return data

    def is_straight(self) -> bool:
        return self.agent.link.way == self.customer.link.way == "direct"


@pytest.fixture
def story() -> Iterator[Straight]:
    made = Straight()
    made.begin()
    yield made
    made.close()


def carries(story: Straight, text: bytes) -> None:
    """The screen takes this both ways, as one new stream would."""
    for source, target in ((story.customer, story.agent), (story.agent, story.customer)):
        wait_until(lambda s=source: s.link.send("screen", text, epoch=s.link.number("screen")))  # type: ignore[misc]
        wait_until(lambda t=target: t.plain.get("screen", b"").endswith(text))  # type: ignore[misc]


def test_it_goes_straight_where_it_can(story: Straight) -> None:
    wait_until(story.is_straight)
    wait_until(lambda: story.ways == {"agent": ["direct"], "customer": ["direct"]})
    before = len(story.seen)
    carries(story, b"straight")
    story.customer.link.send("screen", PUMP)
    wait_until(lambda: story.agent.plain["screen"].endswith(PUMP))
    assert len(story.seen) == before, "the relay carries none of it"
    assert story.agent.states == story.customer.states == ["ok"]
    assert story.board.epoch == 2


def test_it_begins_each_stream_anew(story: Straight) -> None:
    """What was made for the relay's stream is not sent into the straight one."""
    old = story.customer.link.epoch
    wait_until(story.is_straight)
    assert not story.customer.link.send("screen", b"old bytes", epoch=old)
    assert [name for name, _ in story.customer.opened].count("screen") == 2
    assert story.customer.lost.count("screen") == 1


def test_it_falls_back_without_a_break(story: Straight) -> None:
    """The straight socket is cut: the screen goes on over the relay's leg, with no new tickets."""
    wait_until(story.is_straight)
    cut(story.customer)
    wait_until(lambda: story.agent.link.way == story.customer.link.way == "relay")
    carries(story, b"over the relay again")
    assert story.agent.states == story.customer.states == ["ok"], "nobody saw a break"
    assert story.board.epoch == 2
    assert story.ways == {"agent": ["direct", "relay"], "customer": ["direct", "relay"]}


@pytest.mark.parametrize("both", [False, True])
def test_it_leaves_a_way_that_went_silent(
    story: Straight, monkeypatch: pytest.MonkeyPatch, both: bool
) -> None:
    """Half open: nothing arrives any more, and no end of the stream either."""
    monkeypatch.setattr(module, "DIRECT_DEAD_S", 0.3)
    monkeypatch.setattr(module, "DIRECT_BEAT_S", 0.05)
    wait_until(story.is_straight)
    for end in (story.agent, story.customer) if both else (story.customer,):
        leg = end.link._direct.legs["screen"]
        assert leg.connection is not None
        monkeypatch.setattr(leg.channel, "receive", lambda data: None)
        monkeypatch.setattr(type(leg.connection), "_read", _reads_nothing(leg.connection))
    wait_until(lambda: story.agent.link.way == story.customer.link.way == "relay")
    carries(story, b"over the relay again")


def test_it_comes_back_with_the_relay(story: Straight) -> None:
    """A killed relay costs a new epoch; then both ways are there again."""
    wait_until(story.is_straight)
    story.relay.drop()
    wait_until(lambda: story.board.epoch == 3 and story.is_open(3))
    wait_until(story.is_straight)
    carries(story, b"straight again")


def test_it_goes_on_while_the_relay_is_away(story: Straight) -> None:
    wait_until(story.is_straight)
    story.board.is_over = True  # no offers: the web half is away too
    story.relay.drop()
    wait_until(lambda: story.agent.states[-1] == "unstable")
    carries(story, b"without the relay")


def test_it_tries_again_after_a_while(story: Straight, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AGAIN_S", (0.05,))
    wait_until(story.is_straight)
    cut(story.agent)
    wait_until(lambda: story.ways["customer"] == ["direct", "relay", "direct"])
    wait_until(story.is_straight)
    carries(story, b"straight again")


def test_it_always_uses_the_relay_when_told_so() -> None:
    story = Straight({"always_relay": True})
    try:
        story.begin()
        wait_until(lambda: story.agent.states == ["ok"])
        carries(story, b"relayed")
        assert story.doors == [], "no door was opened, so nothing was offered"
        story.agent.link.send_control(k.Direct((k.Place("127.0.0.1", 9),), {"screen": "0" * 32}))
        refused = k.Refused(3, "option", "always_relay")
        wait_until(lambda: any(isinstance(one, k.Refused) for one in story.agent.messages))
        assert replace(refused, re_i=story.agent.messages[-1].re_i) in story.agent.messages  # type: ignore[attr-defined]
        assert story.ways == {"agent": [], "customer": []}
    finally:
        story.close()


def test_it_stays_on_the_relay_where_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind a router that lets nobody in: the door names a place that nobody listens at."""
    monkeypatch.setattr("desktop.direct.own_addresses", lambda toward: ["192.0.2.1"])
    story = Straight()
    try:
        story.begin()
        wait_until(lambda: story.agent.states == story.customer.states == ["ok"])
        carries(story, b"relayed")
        assert story.ways == {"agent": [], "customer": []}
    finally:
        story.close()


def test_it_uses_what_the_router_lets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway of ours, marked as a fake: it passes a port of its own on to the door."""
    monkeypatch.setattr("desktop.direct.own_addresses", lambda toward: [])
    gateway = FakeGateway()
    story = Straight(gateway=gateway)
    try:
        story.begin()
        wait_until(story.is_straight)
        assert gateway.carried > 0
        carries(story, b"through the router")
    finally:
        story.close()
    wait_until(lambda: gateway.is_taken_back)
    gateway.stop()


def test_it_uses_a_forwarded_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop.direct.own_addresses", lambda toward: [])
    story = Straight(forwarded=f"127.0.0.1:{free_port()}")
    try:
        story.begin()
        wait_until(story.is_straight)
    finally:
        story.close()


def test_it_does_little_for_strangers(story: Straight) -> None:
    wait_until(story.is_straight)
    port = story.doors[0]._port
    strangers = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(MAX_DIRECT_STRANGERS + 2)]
    wait_until(lambda: len(story.doors[0]._strangers) == MAX_DIRECT_STRANGERS)
    for said, stranger in zip((b"GET / HTTP/1.1\r\n\r\n", PREFACE + bytes(16)), strangers[-2:], strict=True):
        stranger.sendall(said)
        assert stranger.recv(100) == b"", "closed without a word"
    for stranger in strangers:
        stranger.close()
    wait_until(lambda: not story.doors[0]._strangers)
    carries(story, b"still straight")


def test_it_shows_strangers_out_in_time(story: Straight, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop.direct.DIRECT_TOKEN_S", 0.05)
    wait_until(story.is_straight)
    with socket.create_connection(("127.0.0.1", story.doors[0]._port), 5) as stranger:
        stranger.sendall(PREFACE)
        assert stranger.recv(100) == b""


def test_it_stops_listening_at_the_end(story: Straight) -> None:
    wait_until(story.is_straight)
    port = story.doors[0]._port
    story.agent.link.end("button")
    wait_until(lambda: not answers(port))


@pytest.mark.parametrize(
    ("host", "is_local", "allowed"),
    [
        ("192.168.0.5", False, True),
        ("2001:db8::5", False, True),
        ("127.0.0.1", False, False),
        ("127.0.0.1", True, True),
        ("::1", False, False),
        ("224.0.0.1", True, False),
        ("0.0.0.0", True, False),
    ],
)
def test_it_dials_no_address_that_leads_to_itself(host: str, is_local: bool, allowed: bool) -> None:
    assert is_allowed(host, relay_is_local=is_local) == allowed


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def cut(end: End) -> None:
    """Break the straight socket of this end, as a router that forgot it does."""
    leg = end.link._direct.legs["screen"]
    assert leg.connection is not None
    assert leg.connection._socket is not None
    leg.connection._socket.shutdown(socket.SHUT_RDWR)


def _reads_nothing(only: Any) -> Any:
    real = type(only)._read

    def read(self: Any) -> None:
        if self is only:
            self._socket.recv(65536)
        else:
            real(self)

    return read


class FakeGateway(TcpServer):
    """A router, marked as a fake: what comes to its own port goes to the port that was asked for."""

    def __init__(self) -> None:
        self.carried = 0
        self.is_taken_back = False
        self._to = 0
        super().__init__()
        self.stop = super().close

    def open(self, port: int) -> tuple[str, int]:
        self._to = port
        return "127.0.0.1", self.port

    def close(self) -> None:
        self.is_taken_back = True

    def serve(self, sock: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._to), DEADLINE_S) as there:
            sock.settimeout(None)
            there.settimeout(None)
            back = threading.Thread(target=self._pass_on, args=(there, sock), daemon=True)
            back.start()
            self._pass_on(sock, there)
            back.join(DEADLINE_S)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self.carried += len(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
