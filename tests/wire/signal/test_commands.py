"""Every command of the programs, as literal JSON, both ways; answers; and what is refused."""

from __future__ import annotations

import json

import pytest

from tests.wire.signal.test_messages import KEY, KEY64, SALT, SALT64, SLOT, P, S
from wire.errors import LimitExceeded, ProtocolError
from wire.signal import commands as c
from wire.signal.messages import KeyCommit, KeyOpen
from wire.terms import Screen

Case = tuple[str, c.Command, str]

CASES: list[Case] = [
    ("both", c.Pong(), '{"t":"pong"}'),
    ("both", c.Ack(12), '{"t":"ack","n":12}'),
    (
        "both",
        c.TicketNeed(P, "screen", 3),
        f'{{"id":"c7","t":"ticket.need","participant":"{P}","channel":"screen","epoch":3,"keys_lost":false,'
        '"unreachable":false}',
    ),
    (
        "both",
        c.LinkReport(P, "control", "unstable", 120),
        f'{{"id":"c7","t":"link","participant":"{P}","channel":"control","state":"unstable","rtt_ms":120}}',
    ),
    (
        "both",
        KeyOpen(P, 1, KEY),
        f'{{"id":"c7","t":"key.open","participant":"{P}","epoch":1,"pub":"{KEY64}"}}',
    ),
    ("agent", c.SlotAdd(), '{"id":"c7","t":"slot.add"}'),
    ("agent", c.SlotRemove(SLOT), f'{{"id":"c7","t":"slot.remove","slot":"{SLOT}"}}'),
    ("agent", c.SlotNewCode(SLOT), f'{{"id":"c7","t":"slot.new_code","slot":"{SLOT}"}}'),
    ("agent", c.SlotAuto(SLOT, True), f'{{"id":"c7","t":"slot.auto","slot":"{SLOT}","on":true}}'),
    ("agent", c.AgentState("away"), '{"id":"c7","t":"agent.state","state":"away"}'),
    ("agent", c.Accept(S), f'{{"id":"c7","t":"accept","session":"{S}"}}'),
    ("agent", c.Release(S), f'{{"id":"c7","t":"release","session":"{S}"}}'),
    ("agent", c.EndSession(S, "done"), f'{{"id":"c7","t":"end","session":"{S}","reason":"done"}}'),
    (
        "agent",
        c.Report(S, SLOT, "solved", "드라이버를\n새로 설치"),
        f'{{"id":"c7","t":"report","session":"{S}","issue_type":"{SLOT}","result":"solved",'
        '"content":"드라이버를\\n새로 설치"}',
    ),
    ("agent", c.TokenRenew(), '{"id":"c7","t":"token.renew"}'),
    (
        "customer",
        KeyCommit(P, 1, SALT),
        f'{{"id":"c7","t":"key.commit","participant":"{P}","epoch":1,"commit":"{SALT64}"}}',
    ),
    (
        "customer",
        c.Started(
            "0.1.0", "Debian 12", "다인-PC", "192.168.0.7", "ko", (Screen(0, 0, -1080, 1920, 1080, 1.5),)
        ),
        '{"id":"c7","t":"started","version":"0.1.0","os":"Debian 12","pc":"다인-PC",'
        '"ip_local":"192.168.0.7","lang":"ko",'
        '"screens":[{"id":0,"x":0,"y":-1080,"w":1920,"h":1080,"scale":1.5}]}',
    ),
    (
        "customer",
        c.Consent({"view": "allowed", "mouse": "timeout"}),
        '{"id":"c7","t":"consent","answers":{"view":"allowed","mouse":"timeout"}}',
    ),
    (
        "customer",
        c.Revoked(P, ("mouse", "keyboard")),
        f'{{"id":"c7","t":"revoked","participant":"{P}","rights":["mouse","keyboard"]}}',
    ),
    (
        "customer",
        c.FilesNote(P, "to_agent", "가.txt", 9, "done", (c.FileNote("가.txt", 9, "0f" * 32, "stored"),)),
        f'{{"id":"c7","t":"files","participant":"{P}","way":"to_agent","name":"가.txt","size":9,"result":"done",'
        f'"files":[{{"name":"가.txt","size":9,"sha256":"{"0f" * 32}","result":"stored"}}]}}',
    ),
    ("customer", c.EndOwnSession("button"), '{"id":"c7","t":"end","reason":"button"}'),
]
TABLES = {"agent": [c.AGENT_COMMANDS], "customer": [c.CUSTOMER_COMMANDS]}
TABLES["both"] = [*TABLES["agent"], *TABLES["customer"]]


@pytest.mark.parametrize(("of", "command", "text"), CASES, ids=lambda value: getattr(value, "TYPE", ""))
def test_it_reads_and_writes_literal_json(of: str, command: c.Command, text: str) -> None:
    id = "c7" if c.is_answered(command) else None
    assert c.dump_command(command, id=id) == text
    for table in TABLES[of]:
        assert c.read_command(text, table) == (id, command)


def test_it_has_a_literal_case_for_every_command() -> None:
    tried = {type(command) for _, command, _ in CASES}
    assert tried == {*c.AGENT_COMMANDS.values(), *c.CUSTOMER_COMMANDS.values()}


@pytest.mark.parametrize(("of", "command", "text"), CASES, ids=lambda value: getattr(value, "TYPE", ""))
def test_it_refuses_each_field_of_a_wrong_type(of: str, command: c.Command, text: str) -> None:
    whole = json.loads(text)
    for field in set(whole) - {"t"}:
        for bad in ({"os": 5, "x": []}, [[]], "\x07", -1.5, 10**30):
            with pytest.raises(ProtocolError):
                c.read_command(json.dumps({**whole, field: bad}), TABLES[of][0])


def test_it_hands_back_the_id_of_an_unknown_command() -> None:
    assert c.read_command('{"id":"c9","t":"video.start"}', c.AGENT_COMMANDS) == ("c9", None)
    assert c.read_command('{"id":"c9","t":"slot.add"}', c.CUSTOMER_COMMANDS) == ("c9", None)


@pytest.mark.parametrize(
    "text",
    [
        '{"t":"slot.add"}',
        '{"t":"unknown"}',
        '{"id":"c1","t":"pong"}',
        '{"id":"","t":"slot.add"}',
        '{"id":"a b","t":"slot.add"}',
        '{"id":5,"t":"slot.add"}',
        '{"id":"' + "a" * 41 + '","t":"slot.add"}',
        '{"id":"c1"}',
    ],
)
def test_it_refuses_a_bad_envelope(text: str) -> None:
    with pytest.raises(ProtocolError):
        c.read_command(text, c.AGENT_COMMANDS)


def test_it_refuses_more_than_16_kib() -> None:
    with pytest.raises(LimitExceeded):
        c.read_command('{"id":"c1","t":"slot.add","x":"' + "a" * 16_384 + '"}', c.AGENT_COMMANDS)


def test_it_writes_no_id_where_none_is_due() -> None:
    with pytest.raises(ValueError, match="without an id"):
        c.dump_command(c.Pong(), id="c1")
    with pytest.raises(ValueError, match="with an id"):
        c.dump_command(c.SlotAdd())


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (c.Answer("c7", ok=True, data={"slot": SLOT}), f'{{"re":"c7","ok":true,"slot":"{SLOT}"}}'),
        (
            c.Answer("c7", ok=False, code="B-12", retry=True, data={}),
            '{"re":"c7","ok":false,"code":"B-12","retry":true}',
        ),
    ],
)
def test_it_reads_and_writes_answers(answer: c.Answer, text: str) -> None:
    assert c.dump_answer(answer) == text
    assert c.read_answer(json.loads(text)) == answer


@pytest.mark.parametrize(
    "data", [{"re": 5, "ok": True}, {"re": "c1"}, {"re": "c1", "ok": 1}, {"re": "", "ok": True}]
)
def test_it_refuses_a_bad_answer(data: dict[str, object]) -> None:
    with pytest.raises(ProtocolError):
        c.read_answer(data)


def test_it_takes_what_has_no_re_for_a_message() -> None:
    assert c.read_answer({"t": "ping"}) is None
