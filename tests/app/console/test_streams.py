"""Each page of a browser is a program of its own: its stream, what it is told, whom it takes over."""

from __future__ import annotations

import json

import pytest

from app.accounts.models import LoginSession
from app.errors import Refused
from app.support import queries
from app.support.actions import channels, sessions, slots
from app.support.signal import commands, outgoing
from app.support.signal.commands import Owner
from app.support.signal.models import BOARD, SignalMessage, SignalStream
from tenants.database import db, now_utc
from tests.app.console.pages import open_page
from tests.cast import Cast
from tests.factories import support as make
from wire.signal.commands import TicketNeed, TokenRenew
from wire.ticket import key_id, read_ticket

pytestmark = pytest.mark.usefixtures("in_maru")


def kinds(stream: int) -> list[object]:
    return [one["t"] for one in make.messages_of(stream)]


def need(participant: str, stream: int, cast: Cast, *, keys_lost: bool) -> None:
    channels.need_tickets(
        TicketNeed(participant, "screen", 1, keys_lost),
        agent=make.agent_row(cast.bora),
        session_id=None,
        stream_id=stream,
        now=now_utc(),
    )


def test_it_tells_a_page_of_its_own_support_session_only(cast: Cast) -> None:
    first, second = make.make_slot(cast.bora), make.make_slot(cast.bora)
    board, view = open_page(cast.bora, BOARD), open_page(cast.bora, first.session)
    for waiting in (first, second):
        make.go_online(waiting)
    assert {one["session"] for one in make.messages_of(view)} == {first.session}
    assert {one.get("session") for one in make.messages_of(board)} >= {first.session, second.session}


def test_it_waits_for_customers_on_the_list_only(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    open_page(cast.bora, waiting.session)
    assert queries.list_waiting(now_utc()) == []
    open_page(cast.bora, BOARD)
    assert [one.number for one in queries.list_waiting(now_utc())] == [waiting.number]


def test_it_opens_no_slot_for_a_page_that_shows_a_desktop(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    view = open_page(cast.bora, waiting.session, present=False)
    make.go_online(waiting)
    sessions.open_agent_socket(view, "s1", make.agent_row(cast.bora), now=now_utc())
    assert len(queries.list_slots(cast.bora.id)) == 1
    assert queries.find_lead(waiting.session_id) is None


def test_it_connects_by_itself_through_the_list(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    open_page(cast.bora, waiting.session)
    board = open_page(cast.bora, BOARD)
    slots.set_auto_connect(waiting.slot, True, agent_id=cast.bora.id, by=cast.bora.actor, now=now_utc())
    make.go_online(waiting)
    lead = queries.find_lead(waiting.session_id)
    assert lead is not None
    assert lead.agent_stream_id == board


def test_a_page_takes_over_from_the_program_and_is_told_when_it_lost(cast: Cast) -> None:
    waiting, program = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, program).public_id
    view = open_page(cast.bora, waiting.session)
    need(participant, view, cast, keys_lost=True)
    assert kinds(program)[-1] == "participant.left"
    assert kinds(view)[-1] == "key.ask"
    need(participant, program, cast, keys_lost=False)
    assert make.messages_of(program)[-1]["reason"] == "elsewhere"
    assert "participant.left" not in kinds(view)


def test_a_page_gets_new_keys_although_the_other_end_asked_for_tickets_first(cast: Cast) -> None:
    """Loaded again, it asks at the epoch that it knows; the customer's wish has raised it meanwhile."""
    waiting = make.make_slot(cast.bora)
    view = open_page(cast.bora, waiting.session)
    participant = make.connect(cast.bora, waiting, view).public_id
    make.exchange_keys(cast.bora, waiting, participant, view)
    wish = TicketNeed(participant, "screen", 1)
    channels.need_tickets(wish, agent=None, session_id=waiting.session_id, stream_id=0, now=now_utc())
    assert kinds(view)[-1] == "offer"
    need(participant, view, cast, keys_lost=True)
    assert (make.messages_of(view)[-1]["t"], make.messages_of(view)[-1]["epoch"]) == ("key.ask", 3)
    need(participant, view, cast, keys_lost=True)
    assert kinds(view).count("key.ask") == 2


def test_its_tickets_are_good_for_a_browser_only(cast: Cast, signing_key) -> None:
    waiting = make.make_slot(cast.bora)
    view = open_page(cast.bora, waiting.session)
    participant = make.connect(cast.bora, waiting, view).public_id
    make.exchange_keys(cast.bora, waiting, participant, view)
    stored = db.session.query(SignalMessage).filter_by(stream_id=view).order_by(SignalMessage.n).all()[-1]
    now = now_utc().timestamp()
    offer = json.loads(outgoing.text_of(stored, "agent", now=now, via="browser"))
    keys = {key_id(signing_key.public_key()): signing_key.public_key()}
    ticket = read_ticket(offer["tickets"]["screen"], keys, relay="127.0.0.1:8001", now=now)
    assert (ticket.via, ticket.role) == ("browser", "agent")


def test_it_ends_with_its_log_in(cast: Cast) -> None:
    board = open_page(cast.bora, BOARD)
    view = open_page(cast.bora, make.make_slot(cast.bora).session)
    log_in = db.session.get(SignalStream, board).login_session_id
    sessions.tell_login_ended(log_in, "elsewhere", now=now_utc())
    assert (kinds(board)[-1], kinds(view)[-1]) == ("login.ended", "login.ended")


def test_it_does_not_lengthen_a_browsers_log_in(cast: Cast) -> None:
    stream = db.session.get(SignalStream, open_page(cast.bora, BOARD))
    owner = Owner(
        cast.maru.id, stream.id, agent_id=cast.bora.id, login_session_id=stream.login_session_id, is_page=True
    )
    until = db.session.get(LoginSession, stream.login_session_id).expires_at
    answer = json.loads(commands.run("c1", TokenRenew(), owner, now=now_utc()))
    assert (answer["ok"], answer["code"]) == (False, Refused.code)
    assert db.session.get(LoginSession, stream.login_session_id).expires_at == until
