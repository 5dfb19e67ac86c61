"""Which relay carries a support session, and what the relays tell the jobs process of themselves.

Chosen is the least loaded one that answered lately; a running support session stays where it is.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.support import queries, rules
from app.support.errors import NoRelay
from app.support.models import Connection, Participant, Relay
from app.support.orders import OrderDesk
from config.settings import RelayAddress, Settings
from tenants.database import db, tenant_scope
from tenants.resolve import find_tenant
from tenants.writing import writing

#: What was seen longer ago says nothing: the jobs process itself may be down.
_NEWS_LASTS = timedelta(seconds=30)
MAX_ASKED_AT_ONCE = 16


def relay_of(relay_id: str | None) -> RelayAddress:
    """Return the configured relay with this id. Raises NoRelay when it is no longer configured."""
    for relay in _settings().relays:
        if relay.id == relay_id:
            return relay
    raise NoRelay


def choose(*, now: datetime, current: str | None = None, is_unreachable: bool = False) -> RelayAddress:
    """Return the relay for a support session; `current` stays unless it is known as down, or a program says
    that it is unreachable and another one is up. Raises NoRelay.
    """
    known = [relay.id for relay in _settings().relays]
    if len(known) == 1:
        return relay_of(known[0])
    rows = list(db.session.scalars(select(Relay).where(Relay.seen_at > now - _NEWS_LASTS)))
    down = {row.id for row in rows if row.state != "up"}
    if current in known and is_unreachable:
        # Word of one support session counts for that one only: its network may be the one in trouble.
        down = down | {current} if set(known) - down - {current} else down - {current}
    if current in known and current not in down:
        return relay_of(current)
    load = queries.count_sessions_by_relay()
    for row in rows:
        load[row.id] = max(load.get(row.id, 0), row.load)
    return relay_of(rules.choose_relay(known, load=load, down=down))


def clock_ahead_s(relay: RelayAddress) -> float:
    """Return how far a relay's clock is ahead of ours, as the jobs process last found it."""
    row = db.session.get(Relay, relay.id)
    return row.ahead_ms / 1000 if row is not None else 0.0


def note_health(orders: OrderDesk, *, now: datetime) -> None:
    """Ask all relays at once how they are and keep the answers; called by the jobs process, outside any
    deed.
    """
    known = _settings().relays
    with ThreadPoolExecutor(min(len(known), MAX_ASKED_AT_ONCE) or 1) as pool:
        answers = dict(zip(known, pool.map(orders.status, known), strict=True))
    with writing():
        for relay, answer in answers.items():
            row = db.session.get(Relay, relay.id) or Relay(id=relay.id, url=relay.url)
            row.url, row.seen_at = relay.url, now
            row.state = (
                "down" if answer is None else "draining" if answer.get("state") == "draining" else "up"
            )
            load = (answer or {}).get("sessions", 0)
            row.ahead_ms = round(1000 * orders.ahead_s(relay))
            row.load = load if isinstance(load, int) and load >= 0 else 0
            db.session.add(row)


def note_figures(orders: OrderDesk) -> int:
    """Write down what ended channels carried, as their relays tell it; return how many.

    Called by the jobs process once a minute; a relay remembers ten.
    """
    told: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for relay in _settings().relays:
        for row in (orders.status(relay) or {}).get("connections", []):
            if isinstance(row, dict) and row.get("state") == "ended":
                told[str(row.get("tenant"))].append(row)
    noted = 0
    for slug, rows in told.items():
        tenant = find_tenant(slug)
        if tenant is not None:
            with tenant_scope(tenant.id), writing():
                noted += sum(_note_figure(row) for row in rows)
    return noted


def _note_figure(row: dict[str, Any]) -> int:
    found = db.session.scalar(
        select(Connection)
        .join(Participant, Participant.id == Connection.participant_id)
        .where(
            Participant.public_id == str(row.get("participant")),
            Connection.channel == str(row.get("channel")),
            Connection.epoch == row.get("epoch"),
            Connection.close_code.is_(None),
        )
    )
    if found is None:
        return 0
    found.close_code = int(row.get("close_code", 0))
    found.bytes_to_agent = int(row.get("bytes_to_agent", 0))
    found.bytes_to_customer = int(row.get("bytes_to_customer", 0))
    return 1


def _settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found
