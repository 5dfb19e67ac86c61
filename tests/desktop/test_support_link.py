"""Both ends of a participant through a relay on loopback: keys, words, channels, breaks, epochs, and the end.

A small web half (`Switchboard`) passes key.* on and makes offers; the relay is servers.FakeRelay. The same
story with `python -m relay` is in test_support_link_relay.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from desktop import support_link as module
from desktop import tickets as tickets_module
from desktop.backoff import Backoff
from desktop.connection import LinkThread
from desktop.support_link import ParticipantLink
from tests.desktop.servers import FakeRelay, wait_until
from tests.wire.signal.test_messages import P, S
from wire.control import messages as k
from wire.signal import commands as c
from wire.signal import messages as m
from wire.terms import Channel, Side

PUMP = bytes(range(256)) * 4096


class End:
    """One program: its participant link and everything it was told."""

    def __init__(self, link: LinkThread, side: Side, board: Switchboard, **given: Any) -> None:
        self.side: Side = side
        self.words: list[tuple[str, ...]] = []
        self.opened: list[tuple[str, int]] = []
        self.lost: list[str] = []
        self.plain: dict[str, bytes] = {}
        self.messages: list[k.ControlMessage] = []
        self.states: list[str] = []
        self.ends: list[tuple[str, str]] = []
        self.drained = threading.Event()
        self.link = ParticipantLink(
            link,
            role=side,
            session=S,
            participant=P,
            send_command=lambda command: board.take(side, command),
            program=side,
            greeting=self.greeting,
            on_words=self.words.append,
            on_channel_open=lambda name: self.opened.append((name, self.link.epoch)),
            on_plain=self._take_plain,
            on_control=lambda i, message: self.messages.append(message),
            on_channel_lost=self.lost.append,
            on_drained=lambda name: self.drained.set(),
            on_state=lambda state, rtt_ms: self.states.append(state),
            on_end=lambda by, reason: self.ends.append((by, reason)),
            backoff=Backoff(lambda low, high: min(high, 0.005)),
            **given,
        )

    def greeting(self) -> list[k.ControlMessage]:
        if self.side == "agent":
            return [k.Who("보라", "바로헬프(주)")]
        return [k.Machine("다인-PC", "Debian 12", "ko", ()), k.Rights(1, view=True)]

    def _take_plain(self, channel: str, data: bytes) -> None:
        self.plain[channel] = self.plain.get(channel, b"") + data

    def is_open(self, epoch: int) -> bool:
        return {("screen", epoch), ("control", epoch)} <= set(self.opened)


class Switchboard:
    """The web half's part: passes keys on, raises the epoch, offers tickets `<role>.<channel>.<epoch>`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.epoch = 0
        self.ends: dict[Side, End] = {}
        self.commands: list[tuple[Side, c.Command]] = []
        self.ttl_s = 60
        self.options: dict[str, bool] = {}
        self.is_over = False
        self._lock = threading.RLock()

    def take(self, side: Side, command: c.Command) -> None:
        other: Side = "customer" if side == "agent" else "agent"
        with self._lock:
            self.commands.append((side, command))
            if isinstance(command, m.KeyCommit | m.KeyOpen):
                self.pass_on(other, command)
                if isinstance(command, m.KeyOpen) and side == "customer":
                    self.offer()
            elif isinstance(command, c.EndSession | c.EndOwnSession):
                self.is_over = True
            elif isinstance(command, c.TicketNeed) and command.unreachable:
                pass  # there is no other relay: the tickets stay good
            elif isinstance(command, c.TicketNeed) and command.epoch >= self.epoch and not self.is_over:
                if command.keys_lost:
                    self.ask_keys()
                else:
                    self.offer()

    def pass_on(self, to: Side, message: m.KeyCommit | m.KeyOpen) -> None:
        self.ends[to].link.receive(message)

    def ask_keys(self) -> None:
        self.epoch += 1
        self.ends["customer"].link.receive(m.KeyAsk(S, P, self.epoch, 1, "lead", "보라"))

    def offer(self) -> None:
        self.epoch += 1
        self.offer_channels("screen", "control", epoch=self.epoch)

    def offer_channels(self, *channels: Channel, epoch: int) -> None:
        """Offer both ends tickets of these channels."""
        first, *more = self.urls()
        for side, end in self.ends.items():
            tickets = {channel: self.ticket(side, channel, epoch) for channel in channels}
            end.link.receive(
                m.Offer(
                    S,
                    P,
                    1,
                    "lead",
                    epoch,
                    first,
                    tickets,
                    self.ttl_s,
                    ("view",),
                    self.options,
                    m.Peer(),
                    tuple(more),
                )
            )

    def urls(self) -> list[str]:
        """The relay's addresses, as the offers name them."""
        return [f"ws://127.0.0.1:{self.port}"]

    def ticket(self, side: Side, channel: Channel, epoch: int) -> str:
        """What opens a channel at the relay."""
        return f"{side}.{channel}.{epoch}"

    def needs(self, side: Side) -> list[c.TicketNeed]:
        return [one for of, one in self.commands if of == side and isinstance(one, c.TicketNeed)]

    def reports(self, side: Side) -> list[str]:
        return [one.state for of, one in self.commands if of == side and isinstance(one, c.LinkReport)]

    def ended(self) -> list[tuple[Side, str]]:
        kinds = c.EndSession | c.EndOwnSession
        return [(of, one.reason) for of, one in self.commands if isinstance(one, kinds)]


class Story:
    """Two ends, each on a link thread of its own as in two programs, a switchboard and a relay."""

    def __init__(self, **customer: Any) -> None:
        self.relay = FakeRelay()
        self.board = self.make_board()
        self.threads = [LinkThread("agent"), LinkThread("customer")]
        for thread in self.threads:
            thread.start()
        self.agent = End(self.threads[0], "agent", self.board)
        self.customer = End(self.threads[1], "customer", self.board, **customer)
        self.board.ends = {"agent": self.agent, "customer": self.customer}

    def make_board(self) -> Switchboard:
        return Switchboard(self.relay.port)

    def begin(self) -> Story:
        self.board.ask_keys()
        wait_until(lambda: self.agent.words and self.is_open(self.board.epoch))
        return self

    def is_open(self, epoch: int) -> bool:
        return self.agent.is_open(epoch) and self.customer.is_open(epoch)

    def close(self) -> None:
        for end in (self.agent, self.customer):
            end.link.close()
        for thread in self.threads:
            thread.stop()
        for thread in self.threads:
            thread.join(5.0)
        self.relay.close()


@pytest.fixture
def fresh() -> Iterator[Story]:
    """Two ends that do not know each other yet."""
    story = Story()
    yield story
    story.close()


@pytest.fixture
def story(fresh: Story) -> Story:
    """Two ends with open channels, epoch 2."""
    return fresh.begin()


def test_it_opens_both_channels_and_shows_both_the_same_words(story: Story) -> None:
    assert story.agent.words == story.customer.words
    assert len(story.agent.words[0]) == 6
    assert story.agent.link.words("en") == story.customer.link.words("en") != story.agent.words[0]
    assert sorted(story.agent.opened) == [("control", 2), ("screen", 2)]
    wait_until(lambda: story.agent.states == story.customer.states == ["ok"])
    wait_until(lambda: story.board.reports("agent") == ["ok"])


def test_it_greets_on_control(story: Story) -> None:
    wait_until(lambda: len(story.agent.messages) == 3 and len(story.customer.messages) == 2)
    assert [message.TYPE for message in story.agent.messages] == ["hello", "machine", "rights"]
    assert story.customer.messages[1] == k.Who("보라", "바로헬프(주)")


def test_it_carries_the_screen_both_ways_and_shows_the_relay_nothing(story: Story) -> None:
    seen: list[bytes] = []
    story.relay.spoil = lambda ticket, data: seen.append(data) or data  # type: ignore[func-returns-value]
    assert story.customer.link.send("screen", PUMP)
    assert story.agent.link.send("screen", b"RFB 003.008\n")
    wait_until(lambda: story.agent.plain.get("screen") == PUMP)
    wait_until(lambda: story.customer.plain.get("screen") == b"RFB 003.008\n")
    assert not any(b"RFB 003.008" in record or bytes(range(64)) in record for record in seen)


def test_it_carries_control_messages(story: Story) -> None:
    story.agent.link.send_control(k.Ask("a1", "mouse"))
    wait_until(lambda: k.Ask("a1", "mouse") in story.customer.messages)
    story.customer.link.send_control(k.Answer("a1", "allowed"))
    story.customer.link.refuse(9, "option", option="drawing")
    wait_until(lambda: k.Refused(9, "option", "drawing") in story.agent.messages)
    assert k.Answer("a1", "allowed") in story.agent.messages


def test_it_measures_the_round_trip(story: Story) -> None:
    wait_until(lambda: story.agent.link.rtt_ms is not None)
    assert (story.agent.link.rtt_ms or 0) < 500


def test_it_comes_back_by_itself_with_the_same_keys(story: Story) -> None:
    """As after a relay that was killed: both ends lose everything at once."""
    story.relay.drop()
    wait_until(lambda: story.is_open(story.board.epoch) and story.board.epoch > 2)
    wait_until(lambda: story.agent.states == story.customer.states == ["ok", "unstable", "ok"])
    assert sorted(story.agent.lost) == ["control", "screen"]
    assert len(story.agent.words) == len(story.customer.words) == 1
    assert story.board.epoch == 3, "both ends asked for the same break"
    wait_until(lambda: [message.TYPE for message in story.agent.messages].count("hello") == 2)


def test_it_comes_back_after_the_relay_was_away(story: Story) -> None:
    port = story.relay.port
    story.relay.close()
    wait_until(lambda: story.agent.states[-1:] == ["unstable"])
    wait_until(lambda: len(story.board.needs("agent")) > 1)
    story.relay = FakeRelay(port=port)
    story.relay.refuse_until = story.board.epoch + 2  # a relay refuses tickets from before its start
    wait_until(lambda: story.is_open(story.board.epoch))
    wait_until(lambda: story.agent.states[-1:] == story.customer.states[-1:] == ["ok"])
    assert story.agent.ends == story.customer.ends == []


def test_it_shows_an_unspent_ticket_again(fresh: Story) -> None:
    """A relay that cannot be reached has not seen the ticket, so a short absence costs no epoch."""
    port = fresh.relay.port
    fresh.relay.close()
    tries = iter([0.005, 0.005, 0.3])
    fresh.agent.link._tickets.backoff = Backoff(lambda low, high: next(tries, 0.3))
    fresh.customer.link._tickets.backoff = Backoff(lambda low, high: 0.2)
    fresh.board.ask_keys()
    wait_until(lambda: fresh.agent.words)
    fresh.relay = FakeRelay(port=port)
    wait_until(lambda: fresh.is_open(2))
    assert all(need.unreachable for need in fresh.board.needs("agent"))
    assert fresh.board.epoch == 2


def test_it_says_that_the_relay_does_not_answer(fresh: Story) -> None:
    """Once in a while, so that the web half can offer another one."""
    fresh.relay.close()
    fresh.board.ask_keys()
    wait_until(lambda: fresh.board.needs("agent") and fresh.board.needs("customer"))
    assert {need.unreachable for need in fresh.board.needs("agent")} == {True}


def test_it_drops_offers_of_an_old_epoch(story: Story) -> None:
    shown = len(story.relay.tickets)
    story.board.epoch = 0
    story.board.offer()
    story.board.offer()
    story.agent.link.send_control(k.Release())
    wait_until(lambda: k.Release() in story.customer.messages)
    assert len(story.relay.tickets) == shown
    assert story.agent.lost == []


def test_it_does_not_mix_the_bytes_of_two_epochs(story: Story) -> None:
    story.relay.drop()
    wait_until(lambda: story.is_open(3))
    assert not story.customer.link.send("screen", b"of the old stream", epoch=2)
    assert story.customer.link.send("screen", b"new", epoch=3)
    wait_until(lambda: story.agent.plain.get("screen") == b"new")


def test_it_takes_a_new_offer_before_the_old_channels_broke(story: Story) -> None:
    story.board.offer()
    wait_until(lambda: story.is_open(3))
    assert sorted(story.agent.lost) == ["control", "screen"]
    assert story.agent.states[-1:] in (["ok"], ["unstable"])


def test_it_waits_with_an_early_offer_until_the_keys_are_there(fresh: Story) -> None:
    fresh.board.offer()
    wait_until(lambda: fresh.agent.link.epoch == 1)
    assert fresh.relay.tickets == []
    fresh.begin()


def test_it_asks_anew_when_the_tickets_lapsed_before_the_keys(
    fresh: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets_module, "_MARGIN_S", 1000.0)
    fresh.board.ttl_s = 1
    clock = fresh.threads[0].clock
    fresh.board.offer()
    wait_until(lambda: fresh.agent.link.epoch == 1)
    fresh.threads[0].clock = lambda: clock() + 2.0
    fresh.board.ask_keys()
    wait_until(lambda: fresh.is_open(fresh.board.epoch))


def test_it_asks_for_new_keys_when_its_program_started_anew(story: Story) -> None:
    before = story.agent.words[0]
    story.agent.link.close()
    thread = story.threads[0]
    story.agent = End(thread, "agent", story.board, epoch=2, keys_lost=True)
    story.board.ends["agent"] = story.agent
    story.agent.link.start()
    wait_until(lambda: story.is_open(story.board.epoch) and story.agent.words)
    assert story.agent.words[-1] == story.customer.words[-1] != before
    assert story.board.needs("agent")[-1].keys_lost


def test_it_asks_for_new_keys_though_the_other_end_asked_for_channels_first(story: Story) -> None:
    story.agent.link.close()
    thread = story.threads[0]
    story.agent = End(thread, "agent", story.board, epoch=2, keys_lost=True)
    story.board.ends["agent"] = story.agent

    def start_and_be_offered() -> None:
        """Before the first ask is due, channels come that are sealed with keys of the old process."""
        story.agent.link.start()
        story.board.offer()

    thread.call(start_and_be_offered)
    wait_until(lambda: story.agent.words and story.is_open(story.board.epoch))
    assert story.agent.words[-1] == story.customer.words[-1]
    assert (3, True) in [(need.epoch, need.keys_lost) for need in story.board.needs("agent")]


def test_it_asks_for_tickets_when_its_offer_was_lost_with_the_stream(story: Story) -> None:
    state = m.ParticipantState(P, S, 1, "lead", 7, "보라")
    story.board.epoch = 7
    people = m.AgentSnapshot(m.Tenant("t", "u"), m.Agent(P, "보라", "online"), {}, (), (), (state,))
    story.agent.link.receive(people.to_json())
    wait_until(lambda: story.is_open(8))


def test_it_ends_when_the_snapshot_does_not_know_it_any_more(story: Story) -> None:
    empty = m.AgentSnapshot(m.Tenant("t", "u"), m.Agent(P, "보라", "online"), {}, (), ())
    story.agent.link.receive(empty)
    wait_until(lambda: story.agent.ends == [("system", "gone")])


# -- hostile


@pytest.mark.parametrize("channel", ["screen", "control"])
def test_it_seals_anew_after_a_forged_record_and_shows_none_of_it(story: Story, channel: str) -> None:
    spoiled: list[str] = []

    def spoil(ticket: str, data: bytes) -> bytes:
        if not spoiled and ticket.startswith(f"customer.{channel}"):
            spoiled.append(ticket)
            return data[:-1] + bytes([data[-1] ^ 1])
        return data

    story.relay.spoil = spoil
    story.customer.link.send("screen", b"x" * 1000)
    wait_until(lambda: spoiled and story.is_open(3))
    assert len(story.agent.words) == 1
    assert b"x" not in story.agent.plain.get("screen", b"") or channel == "control"


def test_it_breaks_off_when_a_commitment_is_not_kept(fresh: Story) -> None:
    honest = fresh.board.pass_on

    def forge(to: Side, message: m.KeyCommit | m.KeyOpen) -> None:
        if isinstance(message, m.KeyOpen) and to == "agent":
            message = m.KeyOpen(P, message.epoch, message.pub, bytes(32))
        honest(to, message)

    fresh.board.pass_on = forge  # type: ignore[method-assign]
    fresh.board.ask_keys()
    wait_until(lambda: fresh.agent.ends == [("system", "B-31")])
    assert ("agent", "B-31") in fresh.board.ended()
    assert (fresh.agent.words, fresh.agent.opened) == ([], [])


def test_it_breaks_off_when_somebody_else_helps() -> None:
    story = Story(expected_who=lambda: ("보라", "다른 회사"))
    try:
        story.begin()
        wait_until(lambda: story.customer.ends == [("system", "B-32")])
        assert ("customer", "B-32") in story.board.ended()
    finally:
        story.close()


def test_it_reopens_control_when_the_other_end_breaks_its_rules(story: Story) -> None:
    def cheat() -> None:
        talk = story.agent.link._control
        assert talk._protocol is not None
        talk._protocol._sent_i = 0
        talk._protocol._push(k.Release())
        talk._flush()

    story.threads[0].call(cheat)
    wait_until(lambda: story.is_open(3))
    assert k.Release() not in story.customer.messages


# -- silence


def test_it_says_unstable_and_then_comes_back_when_the_line_is_silent(story: Story) -> None:
    """The line swallows everything but stays connected; the agent's clock is moved on instead of waiting."""
    wait_until(lambda: story.agent.states == ["ok"])
    story.relay.spoil = lambda ticket, data: None
    clock = story.threads[0].clock
    story.threads[0].clock = lambda: clock() + 2.0
    wait_until(lambda: story.agent.states == ["ok", "unstable"])
    assert story.agent.lost == []
    story.threads[0].clock = lambda: clock() + 9.0
    wait_until(lambda: len(story.agent.lost) == 2)
    story.relay.spoil = lambda ticket, data: data
    wait_until(lambda: story.is_open(3))
    wait_until(lambda: story.agent.states[-1:] == ["ok"])


def test_it_says_lost_after_eight_seconds_without_a_way_back(story: Story) -> None:
    wait_until(lambda: story.agent.states == ["ok"])
    story.board.is_over = True
    story.relay.close()
    wait_until(lambda: story.agent.states == ["ok", "unstable"])
    clock = story.threads[0].clock
    story.threads[0].clock = lambda: clock() + 8.0
    story.threads[0].call(int)
    wait_until(lambda: story.agent.states == ["ok", "unstable", "lost"])
    assert story.board.reports("agent") == ["ok", "unstable", "lost"]


# -- the end


@pytest.mark.parametrize(("ender", "other"), [("agent", "customer"), ("customer", "agent")])
def test_it_ends_both_ends(story: Story, ender: str, other: str) -> None:
    ends = {"agent": story.agent, "customer": story.customer}
    ends[ender].link.end("button")
    wait_until(lambda: ends[other].ends == [(ender, "button")])
    wait_until(lambda: not story.relay.sockets)
    assert story.board.ended() == [(ender, "button")]
    assert ends[ender].ends == []
    assert story.board.epoch == 2


@pytest.mark.parametrize("told", [True, False])
def test_it_tells_the_web_half_for_an_end_that_could_not(
    story: Story, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """Who ended it tells first, or the record would name whoever was quicker; the other end only steps in."""
    monkeypatch.setattr(module, "_TELL_END_S", 0.05)
    story.customer.link.end("button")
    wait_until(lambda: story.agent.ends)
    if told:
        story.agent.link.receive(m.Ended(S, "customer", "button"))
    later = threading.Event()
    story.threads[0].call(story.threads[0].call_later, 0.1, later.set)
    assert later.wait(5.0)
    assert (("agent", "button") in story.board.ended()) is not told


@pytest.mark.parametrize(
    "message", [m.Ended(S, "system", "tenant_stopped"), m.ParticipantLeft(P, "tenant_stopped")]
)
def test_it_ends_when_the_web_half_says_so(story: Story, message: m.SignalMessage) -> None:
    story.agent.link.receive(message)
    story.agent.link.receive(message)
    wait_until(lambda: story.agent.ends == [("system", "tenant_stopped")])


def test_it_ignores_what_is_said_to_others(story: Story) -> None:
    story.agent.link.receive(m.Ended(P, "system", "another session"))
    story.agent.link.receive(m.ParticipantLeft(S, "another participant"))
    story.agent.link.receive({"t": "video.offer"})
    story.agent.link.send_control(k.Release())
    wait_until(lambda: k.Release() in story.customer.messages)
    assert story.agent.ends == []


# -- pressure


def test_it_shows_the_backlog_of_a_slow_line_and_says_when_it_is_gone(story: Story) -> None:
    gate = threading.Event()

    def slow(ticket: str, data: bytes) -> bytes:
        if ticket.startswith("customer.screen"):
            gate.wait(5.0)
        return data

    story.relay.spoil = slow
    for _ in range(16):
        story.customer.link.send("screen", PUMP)
    wait_until(lambda: story.customer.link.pending_bytes("screen") > 4_000_000)
    assert not story.customer.drained.is_set()
    gate.set()
    assert story.customer.drained.wait(5.0)
    wait_until(lambda: len(story.agent.plain.get("screen", b"")) == 16 * len(PUMP))
    assert story.customer.link.pending_bytes("screen") == 0


def test_it_holds_a_channel_while_its_owner_is_busy(story: Story) -> None:
    story.agent.link.hold("screen", True)
    story.agent.link.send_control(k.Release())
    wait_until(lambda: k.Release() in story.customer.messages)
    for _ in range(16):
        story.customer.link.send("screen", PUMP)
    wait_until(lambda: story.customer.link.pending_bytes("screen") > 1_000_000)
    assert len(story.agent.plain.get("screen", b"")) < 16 * len(PUMP)
    story.agent.link.hold("screen", False)
    wait_until(lambda: len(story.agent.plain.get("screen", b"")) == 16 * len(PUMP))


def test_it_drops_what_is_sent_to_a_closed_channel(fresh: Story) -> None:
    assert fresh.agent.link.words("ko") is None
    assert not fresh.agent.link.send("screen", b"x")
    fresh.agent.link.send_control(k.Release())
    assert fresh.agent.link.pending_bytes("screen") == 0
