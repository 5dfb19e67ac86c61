"""Every message of the web half, as literal JSON, both ways; and what is refused."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import pytest

from wire.errors import LimitExceeded, ProtocolError
from wire.signal import messages as m

S, P, SLOT = "7k3f9m0r1t5v8x2z4b6d0g3h5j", "4b6d0g3h5j7k3f9m0r1t5v8x2z", "9m0r1t5v8x2z4b6d0g3h5j7k3f"
KEY, SALT = bytes([4]) + bytes(64), bytes(range(32))
KEY64, SALT64 = base64.b64encode(KEY).decode(), base64.b64encode(SALT).decode()

Case = tuple[str, m.SignalMessage, str]

CASES: list[Case] = [
    ("both", m.Hello(S, 12, True), f'{{"t":"hello","stream":"{S}","last":12,"resumed":true}}'),
    ("both", m.Ping(), '{"t":"ping"}'),
    (
        "both",
        m.Offer(
            S,
            P,
            1,
            "lead",
            3,
            "ws://127.0.0.1:8001",
            {"screen": "a.b.c", "control": "d.e.f"},
            60,
            ("view", "mouse"),
            {"text_chat": True},
            m.Peer(name="보라"),
        ),
        f'{{"n":1,"t":"offer","session":"{S}","participant":"{P}","ordinal":1,"role":"lead","epoch":3,'
        '"relay_url":"ws://127.0.0.1:8001","tickets":{"screen":"a.b.c","control":"d.e.f"},"ttl_s":60,'
        '"rights_wanted":["view","mouse"],"options":{"text_chat":true},"peer":{"name":"보라"},'
        '"more_urls":[]}',
    ),
    (
        "both",
        m.KeyAsk(S, P, 1, 1, "lead", "보라"),
        f'{{"n":1,"t":"key.ask","session":"{S}","participant":"{P}","epoch":1,"ordinal":1,"role":"lead",'
        '"agent_name":"보라"}',
    ),
    (
        "both",
        m.KeyCommit(P, 1, SALT),
        f'{{"n":1,"t":"key.commit","participant":"{P}","epoch":1,"commit":"{SALT64}"}}',
    ),
    (
        "both",
        m.KeyOpen(P, 1, KEY, SALT),
        f'{{"n":1,"t":"key.open","participant":"{P}","epoch":1,"pub":"{KEY64}","salt":"{SALT64}"}}',
    ),
    (
        "both",
        m.SessionState(S, "online", "ok", 4, "consent"),
        f'{{"n":1,"t":"session.state","session":"{S}","state":"online","link":"ok","version":4,'
        '"reason":"consent"}',
    ),
    (
        "both",
        m.Ended(S, "customer", "button", True),
        f'{{"n":1,"t":"ended","session":"{S}","by":"customer","reason":"button","survey":true}}',
    ),
    (
        "both",
        m.Notice("점검", "Maintenance\nsoon"),
        '{"n":1,"t":"notice","text_ko":"점검","text_en":"Maintenance\\nsoon"}',
    ),
    (
        "both",
        m.ParticipantLeft(P, "left"),
        f'{{"n":1,"t":"participant.left","participant":"{P}","reason":"left"}}',
    ),
    (
        "agent",
        m.AgentSnapshot(
            m.Tenant("바로헬프 데모", "http://127.0.0.1:8000/demo", 1790000000, "바로헬프(주)"),
            m.Agent(P, "보라", "online"),
            {"text_chat": (True, "tenant")},
            (m.SlotInfo(SLOT, 1, 17, S, True, "482913", 1790000600),),
            (m.SessionInfo(S, SLOT, 17, "offline", "ok", 1, "page", ip="192.0.2.7"),),
            (m.ParticipantState(P, S, 1, "lead", 2, "보라"),),
        ),
        '{"t":"snapshot","tenant":{"title":"바로헬프 데모","url":"http://127.0.0.1:8000/demo",'
        '"expires_at":1790000000,"company":"바로헬프(주)"},'
        f'"agent":{{"id":"{P}","name":"보라","state":"online"}},"options":{{"text_chat":[true,"tenant"]}},'
        f'"slots":[{{"slot":"{SLOT}","position":1,"number":17,"session":"{S}","auto_connect":true,'
        '"code":"482913","code_expires_at":1790000600}],'
        f'"sessions":[{{"session":"{S}","slot":"{SLOT}","number":17,"state":"offline","link":"ok",'
        '"version":1,"arrival_step":"page","ip":"192.0.2.7"}],'
        f'"participants":[{{"participant":"{P}","session":"{S}","ordinal":1,"role":"lead","epoch":2,'
        '"name":"보라"}]}',
    ),
    (
        "agent",
        m.AgentOptions({"drawing": (False, "platform")}),
        '{"n":1,"t":"options","options":{"drawing":[false,"platform"]}}',
    ),
    (
        "customer",
        m.CustomerOptions({"drawing": False}),
        '{"n":1,"t":"options","options":{"drawing":false}}',
    ),
    (
        "agent",
        m.SlotOpened(SLOT, 2, 18, S, None, None, False),
        f'{{"n":1,"t":"slot.opened","slot":"{SLOT}","position":2,"number":18,"session":"{S}",'
        '"auto_connect":false}',
    ),
    (
        "agent",
        m.SlotCode(SLOT, S, "123456789", 1790000600, "alarm"),
        f'{{"n":1,"t":"slot.code","slot":"{SLOT}","session":"{S}","code":"123456789",'
        '"code_expires_at":1790000600,"reason":"alarm"}',
    ),
    (
        "agent",
        m.SlotClosed(SLOT, "removed"),
        f'{{"n":1,"t":"slot.closed","slot":"{SLOT}","reason":"removed"}}',
    ),
    (
        "agent",
        m.Arrival(S, "started", 1790000000, m.ArrivalDetail(os="Debian 12", pc="다인-PC")),
        f'{{"n":1,"t":"arrival","session":"{S}","step":"started","at":1790000000,'
        '"detail":{"os":"Debian 12","pc":"다인-PC"}}',
    ),
    (
        "agent",
        m.RightsSeen(S, None, {"view": "allowed", "mouse": "denied"}),
        f'{{"n":1,"t":"rights.seen","session":"{S}","rights":{{"view":"allowed","mouse":"denied"}}}}',
    ),
    (
        "agent",
        m.Survey(S, "satisfied"),
        f'{{"n":1,"t":"survey","session":"{S}","grade":"satisfied"}}',
    ),
    (
        "agent",
        m.ReportAsked(S, (m.ReportType(SLOT, "프린터"),), opens=False),
        f'{{"n":1,"t":"report.asked","session":"{S}","types":[{{"id":"{SLOT}","name":"프린터"}}],"opens":false}}',
    ),
    ("agent", m.LoginEnded("elsewhere"), '{"n":1,"t":"login.ended","reason":"elsewhere"}'),
    (
        "customer",
        m.CustomerSnapshot(
            S,
            "바로헬프(주)",
            "바로헬프 데모",
            "보라",
            17,
            "ko",
            m.ConsentAsked(("view", "mouse", "keyboard"), 60),
            {"text_chat": True},
            (),
            "online",
        ),
        f'{{"t":"snapshot","session":"{S}","company":"바로헬프(주)","title":"바로헬프 데모",'
        '"agent_name":"보라","number":17,"lang":"ko",'
        '"consent":{"ask":["view","mouse","keyboard"],"timeout_s":60},"options":{"text_chat":true},'
        '"participants":[],"state":"online"}',
    ),
    (
        "customer",
        m.ParticipantAsked(P, "철", "바로헬프(주)", "invited"),
        f'{{"n":1,"t":"participant.asked","participant":"{P}","agent_name":"철","company":"바로헬프(주)",'
        '"role":"invited"}',
    ),
]
TABLES = {"agent": [m.AGENT_MESSAGES], "customer": [m.CUSTOMER_MESSAGES]}
TABLES["both"] = [*TABLES["agent"], *TABLES["customer"]]


@pytest.mark.parametrize(("to", "message", "text"), CASES, ids=lambda value: getattr(value, "TYPE", ""))
def test_it_reads_and_writes_literal_json(to: str, message: m.SignalMessage, text: str) -> None:
    n = 1 if message.DURABLE else None
    assert m.dump_message(message, n=n) == text
    for table in TABLES[to]:
        received = m.read_message(text, table)
        assert (received.message, received.n, received.type) == (message, n, message.TYPE)


def test_it_has_a_literal_case_for_every_message() -> None:
    tried = {type(message) for _, message, _ in CASES}
    assert tried == {*m.AGENT_MESSAGES.values(), *m.CUSTOMER_MESSAGES.values()}


@pytest.mark.parametrize(("to", "message", "text"), CASES, ids=lambda value: getattr(value, "TYPE", ""))
def test_it_refuses_each_field_of_a_wrong_type(to: str, message: m.SignalMessage, text: str) -> None:
    whole = json.loads(text)
    for field in set(whole) - {"t"}:
        for bad in ({"os": 5, "x": []}, [[]], "\x07", -1.5, 10**30):
            with pytest.raises(ProtocolError):
                m.read_message(json.dumps({**whole, field: bad}), TABLES[to][0])


def test_it_adds_the_servers_time_but_keeps_a_messages_own() -> None:
    text = m.dump_message(m.Survey(S, "neutral"), n=5, at=1790000001)
    assert json.loads(text)["at"] == 1790000001
    text = m.dump_message(m.Arrival(S, "page", 7), n=5, at=1790000001)
    assert m.read_message(text, m.AGENT_MESSAGES).at == 7


@pytest.mark.parametrize("message", [m.Ping(), m.Survey(S, "neutral")])
def test_it_numbers_durable_messages_and_no_others(message: m.SignalMessage) -> None:
    with pytest.raises(ValueError, match="durable|ephemeral"):
        m.dump_message(message, n=None if message.DURABLE else 1)
    body = message.to_json() | ({} if message.DURABLE else {"n": 1})
    with pytest.raises(ProtocolError, match="an n"):
        m.read_message(json.dumps(body), m.AGENT_MESSAGES)


def test_it_counts_a_message_of_a_newer_web_half_without_reading_it() -> None:
    received = m.read_message('{"n":7,"t":"video.offer","x":[[[]]]}', m.AGENT_MESSAGES)
    assert (received.message, received.n, received.type) == (None, 7, "video.offer")


def test_it_does_not_mix_the_two_programs() -> None:
    text = m.dump_message(m.LoginEnded("operator"), n=1)
    assert m.read_message(text, m.CUSTOMER_MESSAGES).message is None


@pytest.mark.parametrize(
    "text",
    ['{"t":5}', '{"n":1}', '{"t":"ping","n":0}', '{"t":"../x"}', '{"t":"' + "p" * 50 + '"}', "{}", "[]"],
)
def test_it_refuses_a_bad_envelope(text: str) -> None:
    with pytest.raises(ProtocolError):
        m.read_message(text, m.AGENT_MESSAGES)


def test_it_refuses_more_than_16_kib_either_way() -> None:
    with pytest.raises(LimitExceeded):
        m.read_message('{"t":"ping","x":"' + "a" * 16_384 + '"}', m.AGENT_MESSAGES)
    options: dict[str, Any] = {
        f"option_{number:03}_{'x' * 50}": (True, "department") for number in range(128)
    }
    slots = tuple(m.SlotInfo(SLOT, n, n, S, True) for n in range(1, 6))
    people = tuple(m.ParticipantState(P, S, n, "lead", 1, "보" * 120) for n in range(1, 40))
    whole = m.AgentSnapshot(m.Tenant("t", "u"), m.Agent(P, "보라", "online"), options, slots, (), people)
    with pytest.raises(LimitExceeded, match="message bytes"):
        m.dump_message(whole)


def test_it_makes_the_channel_addresses_of_an_offer() -> None:
    offer = CASES[2][1]
    assert isinstance(offer, m.Offer)
    assert m.channel_url(offer, "screen") == f"ws://127.0.0.1:8001/relay/{S}?ticket=a.b.c"
    with pytest.raises(ProtocolError, match="no ticket for files"):
        m.channel_url(offer, "files")


@pytest.mark.parametrize(
    "url", ["http://x", "ws://", "ws://a b", "ws://x?ticket=1", "ws://u@h/", "file:///x"]
)
def test_it_refuses_a_relay_address_of_another_kind(url: str) -> None:
    data = CASES[2][1].to_json() | {"relay_url": url}
    with pytest.raises(ProtocolError, match="relay_url"):
        m.Offer.from_json(data)


def test_it_needs_no_numpy_for_signal_and_control() -> None:
    """The web half and the control channel must not pay for the picture's library."""
    code = "import sys, wire.signal.client, wire.signal.keys, wire.control.protocol, wire.control.beat;"
    code += "assert not {'numpy', 'wire.rfb', 'flask', 'gevent'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
