"""Order, numbers, senders and limits of the control channel."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wire.control import messages as c
from wire.control.protocol import ControlProtocol, MessageReceived
from wire.errors import BadVersion, LimitExceeded, ProtocolError, WrongState
from wire.terms import Side


def record(i: int, t: str, **fields: Any) -> bytes:
    return json.dumps({"t": t, "i": i, **fields}).encode()


def opened(side: Side) -> ControlProtocol:
    """One end after both hellos; the other end's next record is number 2."""
    protocol = ControlProtocol(side)
    protocol.send(c.Hello(1, "us"), 0.0)
    protocol.outgoing()
    protocol.receive(record(1, "hello", version=1, program="them"), 0.0)
    protocol.events()
    return protocol


def test_it_carries_messages_both_ways() -> None:
    agent, customer = ControlProtocol("agent"), ControlProtocol("customer")
    agent.send(c.Hello(1, "viewer"), 0.0)
    agent.send(c.Who("보라", "바로헬프(주)"), 0.0)
    customer.send(c.Hello(1, "customer"), 0.0)
    for plain in agent.outgoing():
        customer.receive(plain, 0.1)
    for plain in customer.outgoing():
        agent.receive(plain, 0.1)
    assert customer.events()[1] == MessageReceived(2, c.Who("보라", "바로헬프(주)"))
    assert agent.peer_hello == c.Hello(1, "customer")


def test_it_writes_one_json_record_with_a_rising_number() -> None:
    protocol = ControlProtocol("agent")
    protocol.send(c.Hello(1, "v"), 0.0)
    protocol.send(c.Release(), 0.0)
    assert protocol.outgoing() == [
        b'{"t":"hello","i":1,"version":1,"program":"v","features":[]}',
        b'{"t":"release","i":2}',
    ]
    assert protocol.outgoing() == []


@pytest.mark.parametrize("t", ["who", "beat", "video"])
def test_it_wants_hello_first(t: str) -> None:
    with pytest.raises(WrongState, match="before hello"):
        ControlProtocol("customer").receive(record(1, t, agent_name="a", company="b", sent_ms=1), 0.0)
    with pytest.raises(WrongState, match="before our hello"):
        ControlProtocol("customer").send(c.Pause(True), 0.0)


def test_it_takes_one_hello_each_way() -> None:
    protocol = opened("agent")
    with pytest.raises(WrongState, match="second hello"):
        protocol.receive(record(2, "hello", version=1, program="x"), 0.0)
    with pytest.raises(WrongState, match="already"):
        protocol.send(c.Hello(1, "us"), 0.0)


def test_it_refuses_another_version_and_says_so() -> None:
    protocol = ControlProtocol("agent")
    with pytest.raises(BadVersion):
        protocol.receive(record(1, "hello", version=2, program="x"), 0.0)
    assert json.loads(protocol.outgoing()[0]) == {"t": "refused", "i": 1, "re_i": 1, "code": "version"}


@pytest.mark.parametrize(
    ("side", "plain"),
    [
        ("agent", record(2, "who", agent_name="a", company="b")),
        ("agent", record(2, "release")),
        ("customer", record(2, "rights", serial=1)),
        ("customer", record(2, "pause", on=True)),
    ],
)
def test_it_closes_on_a_wrong_sender(side: Side, plain: bytes) -> None:
    with pytest.raises(WrongState, match="to send"):
        opened(side).receive(plain, 0.0)


def test_it_does_not_send_what_is_the_others_to_send() -> None:
    with pytest.raises(WrongState, match="agent's to send"):
        opened("agent").send(c.Pause(True), 0.0)


def test_it_answers_an_unknown_type_with_refused() -> None:
    protocol = opened("agent")
    protocol.receive(record(5, "video.start", anything=[1]), 0.0)
    assert protocol.events() == []
    assert json.loads(protocol.outgoing()[0]) == {"t": "refused", "i": 2, "re_i": 5, "code": "unknown"}


@pytest.mark.parametrize("i", [1, 0, -1, "2", None, 2.0, True])
def test_it_wants_rising_numbers(i: object) -> None:
    with pytest.raises(ProtocolError):
        opened("agent").receive(json.dumps({"t": "beat", "i": i, "sent_ms": 1}).encode(), 0.0)


def test_it_lets_numbers_be_left_out() -> None:
    protocol = opened("agent")
    protocol.receive(record(9, "beat", sent_ms=1), 0.0)
    protocol.receive(record(50, "beat", sent_ms=2), 0.0)
    assert [event.i for event in protocol.events()] == [9, 50]


def test_it_wants_rising_serials_of_rights() -> None:
    protocol = opened("agent")
    protocol.receive(record(2, "rights", serial=4), 0.0)
    with pytest.raises(WrongState, match="rights 4"):
        protocol.receive(record(3, "rights", serial=4), 0.0)


def test_it_refuses_a_record_above_64_kib() -> None:
    with pytest.raises(LimitExceeded):
        opened("agent").receive(record(2, "beat", sent_ms=1, x="a" * 65_536), 0.0)


def test_it_takes_what_a_stalled_line_held_back_but_no_flood() -> None:
    protocol = opened("customer")
    for i in range(2, 1602):
        protocol.receive(record(i, "release"), 8.0)
    with pytest.raises(LimitExceeded, match="control records a second"):
        protocol.receive(record(1602, "release"), 8.0)


def test_it_takes_200_records_a_second_for_ever() -> None:
    protocol = opened("customer")
    for i in range(2, 5000):
        protocol.receive(record(i, "release"), i / 199)
    assert len(protocol.events()) == 4998


def test_it_drops_the_oldest_pointer_when_too_many_wait() -> None:
    protocol = opened("customer")
    protocol.send(c.Pause(True), 0.0)
    for x in range(300):
        protocol.send(c.Pointer(x, 0), 0.0)
    waiting = [json.loads(plain) for plain in protocol.outgoing()]
    assert (len(waiting), waiting[0]["t"], waiting[1]["x"], waiting[-1]["x"]) == (256, "pause", 45, 299)


def test_it_closes_when_what_matters_does_not_get_out() -> None:
    protocol = opened("customer")
    for _ in range(256):
        protocol.send(c.Pause(True), 0.0)
    with pytest.raises(LimitExceeded, match="too slow"):
        protocol.send(c.Pause(True), 0.0)


def test_it_allows_one_open_ask_per_right_and_five_seconds_between() -> None:
    agent, customer = opened("agent"), opened("customer")
    agent.send(c.Ask("a1", "mouse"), 10.0)
    with pytest.raises(WrongState, match="open already"):
        agent.send(c.Ask("a2", "mouse"), 11.0)
    agent.send(c.Ask("a3", "keyboard"), 11.0)
    customer.receive(record(2, "ask", ask_id="a1", right="mouse"), 10.0)
    customer.send(c.Answer("a1", "denied"), 12.0)
    agent.receive(record(2, "answer", ask_id="a1", answer="denied"), 12.0)
    with pytest.raises(LimitExceeded, match="asks for mouse"):
        agent.send(c.Ask("a4", "mouse"), 14.9)
    agent.send(c.Ask("a4", "mouse"), 15.0)
    with pytest.raises(LimitExceeded):
        customer.receive(record(3, "ask", ask_id="a4", right="mouse"), 13.9)
    customer.receive(record(4, "ask", ask_id="a4", right="mouse"), 14.5)


def test_it_allows_one_open_ask_for_what_is_shown() -> None:
    agent = opened("agent")
    agent.send(c.AskShare("a1", "window"), 10.0)
    agent.send(c.Ask("a2", "mouse"), 10.0)
    with pytest.raises(WrongState, match="ask for share is open already"):
        agent.send(c.AskShare("a3", "region"), 20.0)
    agent.receive(record(2, "answer", ask_id="a1", answer="denied"), 20.0)
    agent.send(c.AskShare("a4", "all"), 20.0)


def test_it_refuses_an_answer_nobody_asked_for() -> None:
    with pytest.raises(WrongState, match="not open"):
        opened("agent").receive(record(2, "answer", ask_id="a9", answer="allowed"), 0.0)
    with pytest.raises(WrongState, match="not open"):
        opened("customer").send(c.Answer("a9", "allowed"), 0.0)


def test_it_says_why_something_was_refused() -> None:
    protocol = opened("customer")
    protocol.refuse(7, "option", option="mouse_tracking", right="view")
    assert json.loads(protocol.outgoing()[0])["option"] == "mouse_tracking"


@pytest.mark.parametrize(
    "plain", [b"", b"\xff", b"[]", b'{"t":"beat"}', b'{"i":2}', b'{"t":5,"i":2}', b"{" * 999]
)
def test_it_refuses_what_is_no_record(plain: bytes) -> None:
    with pytest.raises(ProtocolError):
        opened("agent").receive(plain, 0.0)
