"""The signal socket over real TCP: door, snapshot, resume, commands done once, closes. In-process server."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from flask import Flask
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from app.accounts.actions import end_log_ins_of
from app.accounts.models import LoginSession
from app.support.actions import expiry
from app.support.signal import socket as signal_socket
from app.support.signal import sweep as sweep_module
from app.support.signal.models import CommandSeen, SignalStream
from app.team.option_settings import set_options
from tenants.database import db, now_utc, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing
from tests.app.support.programs import Program, post, until
from tests.cast import Cast, Person
from tests.factories import support as make
from wire.signal.client import SUBPROTOCOL
from wire.signal.commands import Accept, Consent, EndSession, SlotAdd, SlotRemove, Started, dump_command
from wire.signal.messages import (
    CLOSE,
    AgentOptions,
    AgentSnapshot,
    Arrival,
    CustomerSnapshot,
    Ended,
    KeyAsk,
    KeyCommit,
    KeyOpen,
    LoginEnded,
    Offer,
    SlotCode,
    SlotOpened,
)
from wire.ticket import key_id, read_ticket


class _Silent(WSGIRequestHandler):
    def log(self, _type: str, _message: str, *_args: object) -> None:
        """Say nothing on the tests' terminal."""


class _Server(ThreadedWSGIServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, _request: object, _client_address: object) -> None:
        """A socket that a test cut off is no news."""


@pytest.fixture
def base(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The web half behind a real port."""
    monkeypatch.setattr(sweep_module, "EVERY_S", 0.2)
    server = _Server("127.0.0.1", 0, app, _Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        app.extensions["support.sweep"].stop()
        until(lambda: app.extensions["support.sweep"].count() == 0, "the sockets' end")
        app.extensions["support.sweep"].stopping = False
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def agent_program(base: str) -> Iterator[Callable[[Person], Program]]:
    """`agent_program(cast.bora)` is Bora's waiting program on its socket."""
    programs: list[Program] = []

    def start(person: Person) -> Program:
        token = post(f"{base}/programs/login", person.credentials)["token"]
        programs.append(Program(base, token, "agent"))
        return programs[-1]

    yield start
    for program in programs:
        program.ws.close()


@pytest.fixture
def in_database(app: Flask, cast: Cast) -> Callable[[Callable[[], object]], object]:
    """`in_database(call)` runs `call` in Maru's scope, as another worker would."""

    def run(call: Callable[[], object]) -> object:
        with app.app_context(), tenant_scope(cast.maru.id):
            return call()

    return run


def test_it_begins_with_a_snapshot_and_a_first_slot(cast: Cast, agent_program) -> None:
    snapshot = agent_program(cast.bora).wait_for(AgentSnapshot)
    assert (snapshot.agent.name, snapshot.tenant.title) == ("보라", cast.maru.title)
    assert [slot.number for slot in snapshot.slots] == [1]
    assert len(snapshot.slots[0].code or "") == 6


def test_it_resumes_without_a_gap(cast: Cast, agent_program, in_database) -> None:
    program = agent_program(cast.bora)
    program.wait_for(AgentSnapshot)
    program.send(SlotAdd())
    program.wait_for(SlotOpened)
    program.drop()
    in_database(lambda: make.make_slot(cast.bora))
    program.dial()
    assert program.wait_for(SlotOpened, nth=2).number == 3
    assert len(program.all_of(AgentSnapshot)) == 1


def test_it_sends_a_snapshot_to_a_program_from_another_time(cast: Cast, agent_program) -> None:
    program = agent_program(cast.bora)
    program.wait_for(AgentSnapshot)
    program.drop()
    program.client = type(program.client)("agent")
    program.dial(after=99)
    assert program.wait_for(AgentSnapshot, nth=2).slots


def test_it_does_a_command_once_and_answers_it_twice(cast: Cast, agent_program, in_database) -> None:
    program = agent_program(cast.bora)
    program.wait_for(AgentSnapshot)
    text = dump_command(SlotAdd(), id="same")
    answers = []
    with connect_raw(program) as ws:
        for _ in range(2):
            ws.send(text)
            answers.append(until(lambda: next_answer(ws), "an answer"))
    assert answers[0] == answers[1]
    assert in_database(lambda: len(make.queries.list_slots(cast.bora.id))) == 2
    assert in_database(lambda: db.session.query(CommandSeen).count()) == 1


def test_it_answers_a_refusal_with_its_code(cast: Cast, agent_program) -> None:
    program = agent_program(cast.bora)
    answer = program.send(SlotRemove(slot="0" * 26))
    assert (answer.ok, answer.code, answer.retry) == (False, "B-44", False)


def test_it_hides_the_slots_of_another_company(cast: Cast, agent_program, in_database) -> None:
    waiting = in_database(lambda: make.make_slot(cast.bora))
    answer = agent_program(cast.chul).send(SlotRemove(slot=waiting.slot))
    assert (answer.ok, answer.code) == (False, "B-44")
    assert in_database(lambda: make.queries.list_slots(cast.bora.id))


def test_it_answers_an_unknown_command(cast: Cast, agent_program) -> None:
    with connect_raw(agent_program(cast.bora)) as ws:
        ws.send('{"id":"x1","t":"dance"}')
        answer = until(lambda: next_answer(ws))
    assert (answer["ok"], answer["code"]) == (False, "unknown")


def test_it_closes_at_a_malformed_message(cast: Cast, agent_program) -> None:
    with connect_raw(agent_program(cast.bora)) as ws:
        ws.send("no json")
        assert close_code(ws) == CLOSE.BAD_MESSAGE


def test_it_closes_at_a_message_that_is_too_large(cast: Cast, agent_program) -> None:
    with connect_raw(agent_program(cast.bora)) as ws:
        ws.send("x" * 20_000)
        assert close_code(ws) == 1009


def test_it_closes_at_a_flood_of_commands(cast: Cast, agent_program) -> None:
    with connect_raw(agent_program(cast.bora)) as ws:
        with suppress(ConnectionClosed):
            for _ in range(signal_socket.COMMAND_BURST * 10):
                ws.send('{"t":"pong"}')
        assert close_code(ws) == CLOSE.TOO_SLOW


def test_it_closes_the_old_socket_of_a_stream(cast: Cast, agent_program) -> None:
    program = agent_program(cast.bora)
    program.wait_for(AgentSnapshot)
    old = program.thread
    old_ws = program.ws
    program.dial()
    old.join(5)
    assert old_ws.close_code == CLOSE.REPLACED


def test_it_closes_when_the_log_in_ends_elsewhere(cast: Cast, agent_program) -> None:
    program = agent_program(cast.bora)
    program.wait_for(AgentSnapshot)
    agent_program(cast.bora)
    assert program.wait_closed() == CLOSE.LOGIN_ENDED
    assert program.all_of(LoginEnded)[0].reason == "elsewhere"


def test_it_closes_within_five_seconds_when_another_process_ended_the_log_in(
    cast: Cast, agent_program, in_database
) -> None:
    program = agent_program(cast.bora)
    program.wait_for(AgentSnapshot)

    def end_quietly() -> None:
        with writing():
            row = db.session.query(LoginSession).one()
            row.ended_at, row.end_reason = now_utc(), "operator"

    in_database(end_quietly)
    started = time.monotonic()
    assert program.wait_closed() == CLOSE.LOGIN_ENDED
    assert time.monotonic() - started < 5


def test_it_closes_every_socket_of_a_suspended_company(cast: Cast, agent_program, in_database) -> None:
    program, other = agent_program(cast.bora), agent_program(cast.chul)
    program.wait_for(AgentSnapshot)

    def suspend() -> None:
        with writing():
            db.session.get(Tenant, cast.maru.id).state = "suspended"

    in_database(suspend)
    assert program.wait_closed() == CLOSE.TENANT_STOPPED
    assert other.close_code is None


def test_it_closes_a_silent_socket(cast: Cast, agent_program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal_socket, "SIGNAL_DEAD_S", 0.6)
    monkeypatch.setattr(signal_socket, "SIGNAL_BEAT_S", 0.2)
    program = agent_program(cast.bora)
    with connect_raw(program) as ws:
        assert close_code(ws) == CLOSE.RESTART


def test_it_lets_a_ticket_through_once(cast: Cast, agent_program, base: str) -> None:
    program = agent_program(cast.bora)
    ticket = post(f"{base}/signal/ticket", bearer=program.bearer)["ticket"]
    url = f"{base.replace('http', 'ws')}/signal?ticket={ticket}"
    outcomes: list[str] = []

    def dial() -> None:
        try:
            with connect(url, compression=None):
                outcomes.append("in")
        except InvalidStatus as error:
            outcomes.append(str(error.response.status_code))

    threads = [threading.Thread(target=dial) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["403"] * 9 + ["in"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_it_refuses_a_foreign_origin(cast: Cast, agent_program, base: str, origin: str) -> None:
    ticket = post(f"{base}/signal/ticket", bearer=agent_program(cast.bora).bearer)["ticket"]
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{base.replace('http', 'ws')}/signal?ticket={ticket}", origin=origin)  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403


def test_it_closes_at_once_at_a_frame_that_claims_too_much(cast: Cast, agent_program, base: str) -> None:
    ticket = post(f"{base}/signal/ticket", bearer=agent_program(cast.bora).bearer)["ticket"]
    host, port = base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(
            f"GET /signal?ticket={ticket} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        raw.sendall(b"\x81\xff" + (2**62).to_bytes(8, "big") + b"\x00\x00\x00\x00" + b"x" * 20_000)
        data = b""
        while chunk := raw.recv(65_536):
            data += chunk
    assert b"101" in data.split(b"\r\n", 1)[0]


def test_it_tells_an_option_that_changes_while_the_program_runs(
    cast: Cast, agent_program, in_database
) -> None:
    program = agent_program(cast.bora)
    assert program.wait_for(AgentSnapshot).options["drawing"] == (True, "default")
    in_database(lambda: set_options({"drawing": False}, by=cast.hana.actor, agent_id=cast.bora.id))
    assert program.wait_for(AgentOptions).options["drawing"] == (False, "agent")


def test_it_renews_the_log_in(cast: Cast, agent_program) -> None:
    from wire.signal.commands import TokenRenew

    answer = agent_program(cast.bora).send(TokenRenew())
    assert answer.ok
    assert answer.data["expires_s"] == 12 * 3600


def test_it_plays_the_whole_story_between_two_programs(
    cast: Cast, agent_program, base: str, signing_key
) -> None:
    agent = agent_program(cast.bora)
    slot = agent.wait_for(AgentSnapshot).slots[0]
    joined = post(
        f"{base}/programs/join",
        {"tenant": "maru", "code": slot.code, "program": {"version": "1", "os": "Debian 12", "pc": "DAIN"}},
    )
    assert agent.wait_for(Arrival, nth=2).step == "started"
    with Program(base, joined["credential"], "customer") as customer:
        asked = customer.wait_for(CustomerSnapshot)
        assert (asked.company, asked.agent_name, asked.consent.ask) == (
            "주식회사 마루",
            "보라",
            ("view", "mouse", "keyboard"),
        )
        assert customer.send(Started("1", "Debian 12", "DAIN", "10.0.0.9", "ko", ())).ok
        assert customer.send(Consent({"view": "allowed", "mouse": "allowed", "keyboard": "allowed"})).ok
        assert agent.send(Accept(slot.session)).ok
        ask = customer.wait_for(KeyAsk)
        assert agent.wait_for(KeyAsk).participant == ask.participant
        assert customer.send(KeyCommit(ask.participant, ask.epoch, make.COMMIT)).ok
        agent.wait_for(KeyCommit)
        assert agent.send(KeyOpen(ask.participant, ask.epoch, make.AGENT_PUB)).ok
        customer.wait_for(KeyOpen)
        assert customer.send(KeyOpen(ask.participant, ask.epoch, make.CUSTOMER_PUB, make.SALT)).ok
        for end, side in ((agent, "agent"), (customer, "customer")):
            offer = end.wait_for(Offer)
            keys = {key_id(signing_key.public_key()): signing_key.public_key()}
            ticket = read_ticket(offer.tickets["screen"], keys, relay="127.0.0.1:8001", now=time.time())
            assert (ticket.role, ticket.session, ticket.tenant) == (side, slot.session, "maru")
        assert agent.send(EndSession(slot.session)).ok
        assert customer.wait_for(Ended).survey is True
        assert customer.wait_closed() == CLOSE.SESSION_OVER
    assert post(f"{base}/signal/ticket", bearer=joined["credential"])["code"] == "B-34"


def test_it_gives_fresh_tickets_when_an_offer_is_read_again(cast: Cast, agent_program, in_database) -> None:
    agent = agent_program(cast.bora)
    agent.wait_for(AgentSnapshot)
    stream = in_database(lambda: db.session.query(SignalStream).one().id)
    waiting = in_database(lambda: make.make_slot(cast.bora))
    participant = in_database(lambda: make.connect(cast.bora, waiting, stream).public_id)
    in_database(lambda: make.exchange_keys(cast.bora, waiting, participant, stream))
    first = agent.wait_for(Offer).tickets["screen"]
    seen = agent.client.after
    agent.drop()
    agent.client._seen = seen - 1  # the offer was lost on the way
    agent.dial()
    assert agent.wait_for(Offer, nth=2).tickets["screen"] != first


def test_it_redraws_codes_for_a_program_that_is_there(cast: Cast, agent_program, in_database) -> None:
    agent = agent_program(cast.bora)
    agent.wait_for(AgentSnapshot)
    in_database(lambda: expiry.redraw_codes(now_utc() + timedelta(minutes=11)))
    assert agent.wait_for(SlotCode).reason == "expired"


def test_it_ends_sockets_of_a_disabled_agent(cast: Cast, agent_program, in_database) -> None:
    program = agent_program(cast.bora)
    program.wait_for(AgentSnapshot)
    in_database(lambda: end_log_ins_of(cast.bora.id, "disabled"))
    assert program.wait_closed() == CLOSE.LOGIN_ENDED
    assert program.all_of(LoginEnded)[0].reason == "disabled"


def test_it_takes_a_stream_back_that_was_taken_for_dead(cast: Cast, agent_program, in_database) -> None:
    """The clock was set: the sweep of another process thinks that nobody renewed the lease."""
    program = agent_program(cast.bora)
    program.wait_for(AgentSnapshot)
    assert in_database(lambda: expiry.note_dead_sockets(now_utc() + timedelta(days=1))) == 1
    until(lambda: in_database(lambda: len(make.queries.list_waiting(now_utc()))) == 1, "the number")
    assert program.send(SlotAdd()).ok
    assert program.ws.close_code is None


def test_it_stays_when_somebody_sets_the_clock(
    cast: Cast, agent_program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log-in lasts twelve hours of time that passes."""
    program = agent_program(cast.bora)
    program.wait_for(AgentSnapshot)
    monkeypatch.setattr(signal_socket, "now_utc", lambda: now_utc() + timedelta(days=1))
    assert program.send(SlotAdd()).ok
    assert program.ws.close_code is None


def test_it_lets_the_number_go_with_the_socket(cast: Cast, agent_program, in_database) -> None:
    program = agent_program(cast.bora)
    program.wait_for(AgentSnapshot)
    assert in_database(lambda: len(make.queries.list_waiting(now_utc()))) == 1
    program.drop()
    until(lambda: in_database(lambda: make.queries.list_waiting(now_utc())) == [], "the number's end")


def connect_raw(program: Program):
    """A socket of the program's stream that says nothing by itself."""
    ticket = post(f"{program.base}/signal/ticket", bearer=program.bearer)["ticket"]
    url = f"{program.base.replace('http', 'ws', 1)}/signal?ticket={ticket}&after=0"
    return connect(url, subprotocols=[SUBPROTOCOL], compression=None)  # type: ignore[list-item]


def next_answer(ws) -> dict[str, object] | None:
    """The next answer on a raw socket; messages in between are passed over."""
    said = json.loads(ws.recv(timeout=5))
    return said if "re" in said else None


def close_code(ws) -> int | None:
    """The code with which the web half closes a raw socket."""
    with suppress(ConnectionClosed):
        while True:
            ws.recv(timeout=5)
    return ws.close_code
