"""From a stored message to the text that is sent now.

An offer is durable as a fact, but its tickets live a minute: they are made here, at the participant's
present epoch, each time the offer is sent. An offer whose participant has left becomes `participant.left`,
so that an ended support session gives no ticket to anybody and the numbers still have no gap.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from flask import current_app
from sqlalchemy import select

from app.support import option_news, orders, relays
from app.support.errors import NoRelay
from app.support.models import Participant, SupportSession
from app.support.signal.models import SignalMessage
from config.settings import Settings
from tenants.database import current_tenant_id, db
from tenants.models import Tenant
from tenants.resolve import get_tenant
from tenants.rules import standing
from wire.limits import TICKET_LIFETIME_S
from wire.signal.messages import (
    AGENT_MESSAGES,
    CUSTOMER_MESSAGES,
    AgentOptions,
    CustomerOptions,
    Offer,
    ParticipantLeft,
    dump_message,
)
from wire.terms import Channel, Side
from wire.ticket import Via, issue_ticket

#: Files are offered by themselves when an end wants them; a ticket nobody uses is a ticket too many.
OFFERED: tuple[Channel, ...] = ("screen", "control")


def text_of(stored: SignalMessage, side: Side, *, now: float, via: Via = "program") -> str:
    """Return the WebSocket text of a stored message for one side; `now` in unix seconds.

    The tickets of an offer are good for what it is told to, a program or a browser's page (`via`).
    """
    body = json.loads(stored.body)
    table = AGENT_MESSAGES if side == "agent" else CUSTOMER_MESSAGES
    message = table[body["t"]].from_json(body)
    if isinstance(message, Offer):
        message = with_tickets(message, side, now=now, via=via)
    elif isinstance(message, AgentOptions | CustomerOptions):
        message = option_news.fill(message, stored.stream_id)
    return dump_message(message, n=stored.n, at=int(stored.at.timestamp()))


def with_tickets(offer: Offer, side: Side, *, now: float, via: Via = "program") -> Offer | ParticipantLeft:
    """Return the offer at the participant's present epoch with fresh tickets for one side."""
    found = db.session.execute(
        select(Participant, SupportSession)
        .join(SupportSession, SupportSession.id == Participant.support_session_id)
        .where(
            Participant.public_id == offer.participant,
            Participant.left_at.is_(None),
            Participant.key_customer.is_not(None),
            SupportSession.state == "connected",
        )
    ).one_or_none()
    tenant = get_tenant(current_tenant_id())
    if found is None or not _works(tenant, now):
        return ParticipantLeft(participant=offer.participant, reason="over")
    participant, session = found
    try:
        relay = relays.relay_of(session.relay_id)
    except NoRelay:
        return ParticipantLeft(participant=offer.participant, reason="no relay")
    key = orders.desk().key
    settings: Settings = current_app.extensions["settings"]
    lifetime_s = min(settings.ticket_lifetime_s, TICKET_LIFETIME_S)
    tickets: dict[str, str] = {
        channel: issue_ticket(
            key,
            relay=relay.id,
            tenant=tenant.slug,
            session=session.public_id,
            participant=participant.public_id,
            channel=channel,
            role=side,
            via=via,
            epoch=participant.epoch,
            now=now + relays.clock_ahead_s(relay),
            lifetime_s=lifetime_s,
        )
        for channel in offer.tickets or OFFERED
    }
    return replace(
        offer,
        epoch=participant.epoch,
        relay_url=relay.url,
        more_urls=relay.more_urls,
        tickets=tickets,
        ttl_s=lifetime_s,
    )


def _works(tenant: Tenant, now: float) -> bool:
    return standing(tenant.state, tenant.expires_at, datetime.fromtimestamp(now, UTC)) != "suspended"
