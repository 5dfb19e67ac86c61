"""The programs' end of the signal socket: resume, gaps, beats, acknowledgements, commands over breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.wire.signal.test_messages import P, S
from wire.errors import LimitExceeded, ProtocolError, WrongState
from wire.signal import commands as c
from wire.signal import messages as m
from wire.signal.client import Answered, Broken, Ready, SignalClient

SNAPSHOT = m.dump_message(m.AgentSnapshot(m.Tenant("t", "u"), m.Agent(P, "보라", "online"), {}, (), ()))


def hello(last: int, *, resumed: bool, stream: str = S) -> str:
    return m.dump_message(m.Hello(stream, last, resumed))


def survey(n: int) -> str:
    return m.dump_message(m.Survey(S, "neutral"), n=n)


def numbers(client: SignalClient) -> list[int | None]:
    return [event.n for event in client.events() if isinstance(event, m.Received)]


def sent(client: SignalClient) -> list[dict[str, Any]]:
    return [json.loads(text) for text in client.outgoing()]


@pytest.fixture
def client() -> SignalClient:
    """An agent's client, live, that has seen n = 10."""
    client = SignalClient("agent", id_prefix="c")
    client.connected(0.0)
    client.receive(hello(10, resumed=False), 0.0)
    client.receive(SNAPSHOT, 0.0)
    client.events()
    return client


def test_it_begins_with_a_snapshot_and_goes_on_after_its_last() -> None:
    client = SignalClient("agent")
    assert client.after == 0
    client.connected(0.0)
    client.receive(hello(10, resumed=False), 0.0)
    assert not client.is_live
    client.receive(SNAPSHOT, 0.0)
    received, ready = client.events()
    assert isinstance(received, m.Received)
    assert isinstance(received.message, m.AgentSnapshot)
    assert ready == Ready(resumed=False)
    assert (client.is_live, client.after) == (True, 10)


def test_it_delivers_durable_messages_once_and_in_order(client: SignalClient) -> None:
    for n in (11, 11, 10, 12, 3, 13):
        client.receive(survey(n), 0.1)
    assert numbers(client) == [11, 12, 13]
    assert client.after == 13


def test_it_comes_back_when_a_number_is_missing(client: SignalClient) -> None:
    client.receive(survey(11), 0.1)
    client.receive(survey(13), 0.1)
    client.receive(survey(14), 0.1)
    assert client.events()[1:] == [Broken("gap")]
    assert (client.is_live, client.after) == (False, 11)


def test_it_resumes_without_a_snapshot(client: SignalClient) -> None:
    client.disconnected()
    client.connected(5.0)
    client.receive(hello(12, resumed=True), 5.0)
    client.receive(survey(11), 5.0)
    client.receive(survey(12), 5.0)
    events = client.events()
    assert events[0] == Ready(resumed=True)
    assert [event.n for event in events[1:] if isinstance(event, m.Received)] == [11, 12]


def test_it_takes_a_new_stream_by_its_snapshot(client: SignalClient) -> None:
    client.disconnected()
    client.connected(5.0)
    client.receive(hello(2, resumed=False, stream=P), 5.0)
    client.receive(SNAPSHOT, 5.0)
    client.receive(survey(3), 5.0)
    assert numbers(client) == [None, 3]


@pytest.mark.parametrize(("last", "stream"), [(9, S), (12, P)])
def test_it_never_goes_on_where_it_has_not_been(client: SignalClient, last: int, stream: str) -> None:
    client.disconnected()
    client.connected(5.0)
    with pytest.raises(WrongState, match="resumed"):
        client.receive(hello(last, resumed=True, stream=stream), 5.0)
    assert client.after == 0


@pytest.mark.parametrize("first", [SNAPSHOT, survey(11), '{"t":"ping"}', '{"t":"later"}'])
def test_it_wants_hello_first(first: str) -> None:
    client = SignalClient("agent")
    client.connected(0.0)
    with pytest.raises(WrongState, match="before hello"):
        client.receive(first, 0.0)


@pytest.mark.parametrize("second", [survey(11), hello(10, resumed=False)])
def test_it_wants_the_snapshot_that_hello_announced(second: str) -> None:
    client = SignalClient("agent")
    client.connected(0.0)
    client.receive(hello(10, resumed=False), 0.0)
    with pytest.raises(WrongState, match="before the snapshot"):
        client.receive(second, 0.0)


@pytest.mark.parametrize("again", [SNAPSHOT, hello(10, resumed=True)])
def test_it_refuses_a_second_beginning(client: SignalClient, again: str) -> None:
    with pytest.raises(WrongState, match="a second"):
        client.receive(again, 0.1)


def test_it_counts_but_does_not_deliver_what_it_does_not_know(client: SignalClient) -> None:
    client.receive('{"n":11,"t":"video.offer"}', 0.1)
    client.receive('{"t":"typing"}', 0.1)
    assert client.events() == []
    assert client.after == 11


def test_it_answers_a_ping_even_before_the_snapshot() -> None:
    client = SignalClient("agent")
    client.connected(0.0)
    client.receive(hello(10, resumed=False), 0.0)
    client.receive('{"t":"ping"}', 0.0)
    client.receive(SNAPSHOT, 0.0)
    client.receive('{"t":"ping"}', 0.0)
    assert sent(client) == [{"t": "pong"}, {"t": "pong"}]


def test_it_acknowledges_at_most_once_a_second(client: SignalClient) -> None:
    client.receive(survey(11), 2.0)
    client.receive(survey(12), 2.1)
    client.receive(survey(13), 2.2)
    assert sent(client) == [{"t": "ack", "n": 11}]
    assert client.next_due() == pytest.approx(3.0)
    client.tick(2.9)
    assert sent(client) == []
    client.tick(3.0)
    assert sent(client) == [{"t": "ack", "n": 13}]


def test_it_calls_eight_seconds_of_silence_dead(client: SignalClient) -> None:
    client.receive('{"t":"ping"}', 4.0)
    assert client.next_due() == 12.0
    client.tick(11.9)
    assert client.events() == []
    client.tick(12.0)
    assert client.events() == [Broken("silent")]
    assert client.next_due() is None


def test_it_gives_up_on_a_socket_that_never_says_hello() -> None:
    client = SignalClient("agent")
    client.connected(100.0)
    client.tick(108.0)
    assert client.events() == [Broken("silent")]


def test_it_repeats_an_unanswered_command_with_the_same_id(client: SignalClient) -> None:
    id = client.send(c.SlotAdd())
    assert sent(client) == [{"id": id, "t": "slot.add"}]
    client.disconnected()
    later = client.send(c.AgentState("away"))
    assert sent(client) == []
    client.connected(5.0)
    client.receive(hello(10, resumed=True), 5.0)
    assert [command["id"] for command in sent(client)] == [id, later]


def test_it_reports_an_answer_once(client: SignalClient) -> None:
    id = client.send(c.SlotAdd())
    answer = c.dump_answer(c.Answer(id, ok=True, data={"slot": S}))
    client.receive(answer, 0.1)
    client.receive(answer, 0.1)
    assert client.events() == [Answered(id, c.SlotAdd(), c.Answer(id, ok=True, data={"slot": S}))]
    assert not client.is_pending(id)


def test_it_keeps_only_the_newest_need_of_a_channel(client: SignalClient) -> None:
    client.disconnected()
    client.send(c.TicketNeed(P, "screen", 1))
    client.send(c.TicketNeed(P, "screen", 2))
    client.send(c.LinkReport(P, "control", "unstable"))
    client.send(c.LinkReport(P, "control", "lost"))
    client.send(c.TicketNeed(P, "control", 2))
    client.connected(5.0)
    client.receive(hello(10, resumed=True), 5.0)
    kept = [(one["t"], one["channel"], one.get("epoch"), one.get("state")) for one in sent(client)]
    assert kept == [
        ("ticket.need", "screen", 2, None),
        ("link", "control", None, "lost"),
        ("ticket.need", "control", 2, None),
    ]


def test_it_bounds_what_waits_for_an_answer(client: SignalClient) -> None:
    for _ in range(256):
        client.send(c.SlotAdd())
    with pytest.raises(LimitExceeded, match="unanswered commands"):
        client.send(c.SlotAdd())


def test_it_does_not_send_acks_and_pongs_by_hand(client: SignalClient) -> None:
    with pytest.raises(WrongState):
        client.send(c.Pong())


def test_it_ignores_what_comes_after_the_break(client: SignalClient) -> None:
    client.receive(survey(13), 0.1)
    client.receive("not even JSON", 0.1)
    client.disconnected()
    client.receive(survey(11), 0.2)
    assert numbers(client) == []


@pytest.mark.parametrize("text", ["{", "[]", '{"re":5}', '{"t":"survey","n":11}', '{"n":11,"t":"ping"}'])
def test_it_refuses_bad_messages(client: SignalClient, text: str) -> None:
    with pytest.raises(ProtocolError):
        client.receive(text, 0.1)
