"""From a stored message to what is sent: tickets at the moment of sending, and no gap in the numbers."""

from __future__ import annotations

import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.support.actions import channels, sessions
from app.support.signal import outgoing, streams
from tenants.database import db, now_utc
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import Cast
from tests.factories import support as make
from wire.signal.commands import TicketNeed
from wire.signal.messages import AGENT_MESSAGES, Offer, ParticipantLeft, read_message
from wire.ticket import key_id, read_ticket

pytestmark = pytest.mark.usefixtures("in_maru")


@pytest.fixture
def offered(cast: Cast, in_maru: None) -> tuple[make.Waiting, int, str]:
    """A connected support session whose channels are offered."""
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream).public_id
    make.exchange_keys(cast.bora, waiting, participant, stream)
    return waiting, stream, participant


def sent(stream: int) -> list[dict[str, object]]:
    """Everything that the agent's program would be sent now."""
    return [
        json.loads(outgoing.text_of(row, "agent", now=time.time()))
        for row in streams.list_messages(stream, after=0)
    ]


def last_offer(stream: int) -> Offer:
    message = read_message(json.dumps(sent(stream)[-1]), AGENT_MESSAGES).message
    assert isinstance(message, Offer)
    return message


def test_it_makes_tickets_for_one_side(
    offered: tuple[make.Waiting, int, str], signing_key: Ed25519PrivateKey
) -> None:
    waiting, stream, participant = offered
    offer = last_offer(stream)
    assert set(offer.tickets) == {"screen", "control"}
    public = signing_key.public_key()
    for channel, text in offer.tickets.items():
        ticket = read_ticket(text, {key_id(public): public}, relay="127.0.0.1:8001", now=time.time())
        assert (ticket.tenant, ticket.session, ticket.participant) == ("maru", waiting.session, participant)
        assert (ticket.channel, ticket.role, ticket.via, ticket.epoch) == (channel, "agent", "program", 1)


def test_it_makes_other_tickets_each_time(offered: tuple[make.Waiting, int, str]) -> None:
    assert last_offer(offered[1]).tickets["screen"] != last_offer(offered[1]).tickets["screen"]


def test_it_makes_old_offers_tickets_of_the_present_epoch(
    cast: Cast, offered: tuple[make.Waiting, int, str]
) -> None:
    waiting, stream, participant = offered
    need = TicketNeed(participant, "screen", 1)
    channels.need_tickets(
        need, agent=make.agent_row(cast.bora), session_id=None, stream_id=stream, now=now_utc()
    )
    assert [one["epoch"] for one in sent(stream) if one["t"] == "offer"] == [2, 2]


def test_it_gives_no_ticket_for_an_ended_support_session(
    cast: Cast, offered: tuple[make.Waiting, int, str]
) -> None:
    waiting, stream, participant = offered
    sessions.end_by_agent(waiting.session, "", agent=make.agent_row(cast.bora), now=now_utc())
    told = sent(stream)
    assert [one["n"] for one in told] == list(range(1, len(told) + 1))
    assert "offer" not in [one["t"] for one in told]
    left = next(one for one in told if one["t"] == ParticipantLeft.TYPE)
    assert left["participant"] == participant


def test_it_gives_no_ticket_of_a_suspended_company(
    cast: Cast, offered: tuple[make.Waiting, int, str]
) -> None:
    with writing():
        db.session.get(Tenant, cast.maru.id).state = "suspended"
    assert sent(offered[1])[-1]["t"] == "participant.left"
