"""Every control message, as literal JSON, both ways, with who may send it, its option and its right."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from tests.wire.signal.test_messages import P
from wire.control import messages as c
from wire.errors import ProtocolError
from wire.terms import RIGHTS, Screen

Case = tuple[c.ControlMessage, str, str | None, str | None, str]

CASES: list[Case] = [
    (
        c.Hello(1, "viewer 0.1.0", ("draw",)),
        "both",
        None,
        None,
        '{"t":"hello","version":1,"program":"viewer 0.1.0","features":["draw"]}',
    ),
    (
        c.Who("보라", "바로헬프(주)", "주문 17"),
        "agent",
        None,
        None,
        '{"t":"who","agent_name":"보라","company":"바로헬프(주)","case":"주문 17"}',
    ),
    (
        c.Machine("다인-PC", "Debian 12", "ko", (Screen(0, 0, 0, 1920, 1080),)),
        "customer",
        None,
        None,
        '{"t":"machine","pc":"다인-PC","os":"Debian 12","lang":"ko",'
        '"screens":[{"id":0,"x":0,"y":0,"w":1920,"h":1080,"scale":1.0}]}',
    ),
    (
        c.Rights(3, view=True, why={"mouse": "taken_back", "draw": "option"}, until_ms=3000),
        "customer",
        None,
        None,
        '{"t":"rights","serial":3,"view":true,"mouse":false,"keyboard":false,"clipboard_in":false,'
        '"clipboard_out":false,"files_in":false,"files_out":false,"draw":false,"record":false,'
        '"why":{"mouse":"taken_back","draw":"option"},"until_ms":3000}',
    ),
    (
        c.Ask("a1", "mouse", "need_control"),
        "agent",
        None,
        None,
        '{"t":"ask","ask_id":"a1","right":"mouse","reason_code":"need_control"}',
    ),
    (c.Answer("a1", "timeout"), "customer", None, None, '{"t":"answer","ask_id":"a1","answer":"timeout"}'),
    (c.Pause(True), "customer", None, None, '{"t":"pause","on":true}'),
    (
        c.TakenBack("mouse", 3000),
        "customer",
        None,
        None,
        '{"t":"taken_back","by":"mouse","for_ms":3000}',
    ),
    (c.Release(), "agent", None, None, '{"t":"release"}'),
    (
        c.InputMode("unicode", True),
        "agent",
        None,
        "keyboard",
        '{"t":"input_mode","mode":"unicode","hangul":true}',
    ),
    (
        c.Quality("speed", 16, 15),
        "agent",
        None,
        "view",
        '{"t":"quality","mode":"speed","depth":16,"max_fps":15}',
    ),
    (
        c.Line("tight", 1200, 35, True),
        "customer",
        None,
        None,
        '{"t":"line","encoder":"tight","kbps":1200,"rtt_ms":35,"lossy":true}',
    ),
    (c.ShowMonitor(1), "agent", None, "view", '{"t":"show_monitor","monitor":1}'),
    (
        c.AskShare("a1", "window"),
        "agent",
        "partial_share",
        "view",
        '{"t":"ask_share","ask_id":"a1","what":"window"}',
    ),
    (
        c.Sharing("monitor", "", 1, "", (c.Monitor(1, 1920, 0, 1280, 1024, "HDMI-1", True),)),
        "customer",
        None,
        None,
        '{"t":"sharing","kind":"monitor","why":"","monitor":1,"title":"","monitors":'
        '[{"id":1,"x":1920,"y":0,"w":1280,"h":1024,"name":"HDMI-1","primary":true}]}',
    ),
    (
        c.Direct((c.Place("192.0.2.7", 51515),), {"screen": "0" * 32}),
        "agent",
        None,
        None,
        '{"t":"direct","places":[{"host":"192.0.2.7","port":51515}],"tokens":{"screen":"' + "0" * 32 + '"}}',
    ),
    (c.Pointer(-5, 40), "customer", "mouse_tracking", "view", '{"t":"pointer","x":-5,"y":40}'),
    (
        c.People((c.Person(P, "철", "invited", True),)),
        "customer",
        None,
        None,
        f'{{"t":"people","people":[{{"participant":"{P}","name":"철","role":"invited","recording":true}}]}}',
    ),
    (c.Beat(1000, 900), "both", None, None, '{"t":"beat","sent_ms":1000,"echo_ms":900}'),
    (
        c.Notice("B-12", {"seconds": "8"}),
        "both",
        None,
        None,
        '{"t":"notice","code":"B-12","args":{"seconds":"8"}}',
    ),
    (
        c.Refused(7, "option", "mouse_tracking", "view"),
        "both",
        None,
        None,
        '{"t":"refused","re_i":7,"code":"option","option":"mouse_tracking","right":"view"}',
    ),
    (c.End("customer", "button"), "both", None, None, '{"t":"end","by":"customer","reason":"button"}'),
]


@pytest.mark.parametrize(("message", "sender", "option", "right", "text"), CASES)
def test_it_reads_and_writes_literal_json(
    message: c.ControlMessage, sender: str, option: str | None, right: str | None, text: str
) -> None:
    assert message.to_json() == json.loads(text)
    assert type(message).from_json(json.loads(text)) == message
    assert (sender, option, right) == (message.SENDER, message.OPTION, message.RIGHT)


def test_it_has_a_literal_case_for_every_message() -> None:
    assert {type(case[0]) for case in CASES} == set(c.CONTROL_MESSAGES.values())
    assert all(name == kind.TYPE for name, kind in c.CONTROL_MESSAGES.items())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].TYPE)
def test_it_refuses_each_field_of_a_wrong_type(case: Case) -> None:
    whole: dict[str, Any] = json.loads(case[4])
    for field in set(whole) - {"t"}:
        for bad in ({"a b": 5}, [[]], "\x07", -(10**6) - 0.5, 10**30):
            with pytest.raises(ProtocolError):
                type(case[0]).from_json({**whole, field: bad})


def test_it_names_every_right_of_the_terms() -> None:
    names = {field.name for field in fields(c.Rights)}
    assert names - {"serial", "why", "until_ms"} == set(RIGHTS)


def test_it_reads_a_missing_right_as_not_given() -> None:
    rights = c.Rights.from_json({"serial": 1})
    assert not any(getattr(rights, right) for right in RIGHTS)
