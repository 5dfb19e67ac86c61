"""What the log-in's tests need: mailed links, and a phone with an authenticator app."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyotp

from app.accounts import second_factor
from app.accounts.resets import ask_for_reset
from app.mail import outbox
from app.mail.models import OutboxMail
from app.team.queries import get_agent
from tenants.database import current_tenant_id, db, no_scope, now_utc, tenant_scope
from tenants.writing import writing
from tests.cast import Person

__all__ = ["Phone", "enrol", "last_letter", "link_in", "make_reset_link"]


@dataclass
class Phone:
    """An authenticator app with one secret, and the ten codes on paper."""

    secret: str
    recovery_codes: list[str] = field(default_factory=list)

    def code(self, now: datetime | None = None) -> str:
        """What the app shows at that time."""
        return pyotp.TOTP(self.secret).at(now or now_utc())


def enrol(person: Person, *, now: datetime | None = None) -> Phone:
    """Give somebody of the open company a second step, set up a minute ago."""
    then = (now or now_utc()) - timedelta(minutes=2)
    phone = Phone(second_factor.begin_second_factor(person.id).secret)
    phone.recovery_codes = second_factor.confirm_second_factor(
        person.id, phone.code(then), by=person.actor, now=then
    )
    return phone


def make_reset_link(person: Person) -> str:
    """The token of a link that somebody of the open company was mailed."""
    tenant_id = current_tenant_id()
    with writing():
        get_agent(person.id).email = f"{person.login_id}@example.com"
    with no_scope():
        ask_for_reset(
            slug=person.tenant,
            login_id=person.login_id,
            source="203.0.113.200",
            language="ko",
            now=now_utc(),
        )
        with tenant_scope(tenant_id):
            return link_in(last_letter().text).rpartition("/")[2]


def last_letter() -> outbox.Written:
    """What the open company's latest letter says."""
    row = db.session.query(OutboxMail).order_by(OutboxMail.id.desc()).first()
    assert row is not None, "no letter was written"
    written = outbox.read_letter(row)
    assert written is not None
    return written


def link_in(text: str) -> str:
    """The address in a letter."""
    return re.findall(r"https?://\S+", text)[0]
