"""Asking, replying, answering, closing. Each is one change with its entry in the company's log.

Written in the company's scope, by either side; what an operator does stands in their own log as well
(app/operator/inquiries.py). A form that is sent twice is stored once: it carries its message's id.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from flask import current_app
from sqlalchemy import func, select

from app.errors import NotFound
from app.inquiries import rules
from app.inquiries.errors import InquiryMoved, InquiryRejected, StaleForm
from app.inquiries.models import Inquiry, InquiryMessage, InquiryTray
from app.inquiries.queries import Reader, count_asked, get_inquiry
from app.mail.outbox import put_letter
from app.team.models import Agent
from tenants import audit
from tenants.audit import Actor
from tenants.database import current_tenant_id, db, public_id
from tenants.models import Tenant
from tenants.writing import writing

__all__ = ["answer", "close", "lock_company", "mark_read", "open_inquiry", "reply"]

#: After so long the letter of an answer is not worth sending.
LETTER_LASTS: Final = timedelta(days=7)


def open_inquiry(
    subject: str, text: str, *, form: str, reader: Reader, language: str, by: Actor, now: datetime
) -> str:
    """Ask the operator something; return the inquiry's public id. Raises InquiryRejected, StaleForm."""
    subject, text = rules.clean_subject(subject), rules.clean_text(text)
    _refuse(rules.problem_with_words(subject, text))
    with writing():
        lock_company()
        sent = _find_sent(form, reader)
        if sent is not None:
            return sent.public_id
        counted = count_asked(reader.agent_id, now)
        _refuse(rules.problem_with_new(counted, is_admin=reader.is_admin))
        row = Inquiry(
            public_id=public_id(), agent_id=reader.agent_id, subject=subject, language=language, opened_at=now
        )
        db.session.add(row)
        db.session.flush()
        _add(row, text, form=form, side="tenant", agent_id=reader.agent_id, by=by, now=now)
        audit.record("inquiry.opened", f"inquiry:{row.public_id}", by=by, at=now)
    return row.public_id


def reply(inquiry: str, text: str, *, form: str, reader: Reader, by: Actor, now: datetime) -> None:
    """Write one more message, which opens what was answered or closed. Raises as above, NotFound."""
    text = _checked(text)
    with writing():
        lock_company()
        row = get_inquiry(inquiry, reader, lock=True)
        if _is_sent_to(row, form):
            return
        today = count_asked(reader.agent_id, now).messages_today
        _refuse(rules.problem_with_reply(row.messages, today))
        _add(row, text, form=form, side="tenant", agent_id=reader.agent_id, by=by, now=now)
        audit.record("inquiry.replied", f"inquiry:{inquiry}", by=by, at=now)


def answer(inquiry: str, text: str, *, form: str, seen: int, by: Actor, now: datetime) -> bool:
    """Answer as the operator, who has seen so many messages; the asker gets a letter. Whether it is new.

    Raises InquiryRejected, NotFound, InquiryMoved: somebody wrote meanwhile.
    """
    text = _checked(text)
    with writing():
        lock_company()
        row = get_inquiry(inquiry, None, lock=True)
        if _is_sent_to(row, form):
            return False
        if row.messages != seen:
            raise InquiryMoved
        _refuse(rules.problem_with_reply(row.messages, 0))
        _add(row, text, form=form, side="operator", agent_id=None, by=by, now=now)
        _write_letter(row, now)
        audit.record("inquiry.answered", f"inquiry:{inquiry}", by=by, at=now)
    return True


def close(inquiry: str, *, reader: Reader | None, by: Actor, now: datetime) -> bool:
    """Close it (`reader` None = the operator); whether it was not yet. Raises NotFound, InquiryMoved."""
    side = "operator" if reader is None else "tenant"
    with writing():
        lock_company()
        row = get_inquiry(inquiry, reader, lock=True)
        if row.state == "closed":
            return False
        if not rules.may_close(row.state, side):
            raise InquiryMoved
        row.state = "closed"
        _count_tray()
        audit.record("inquiry.closed", f"inquiry:{inquiry}", by=by, at=now)
    return True


def mark_read(inquiry: str, seen: int, *, reader: Reader | None) -> None:
    """Note that the asker, or (None) the operator, has so many messages before them; nothing is logged."""
    row = get_inquiry(inquiry, reader)
    if reader is not None and row.agent_id != reader.agent_id:
        return
    side = "operator_read" if reader is None else "asker_read"
    if getattr(row, side) >= seen:
        return
    with writing():
        row = get_inquiry(inquiry, reader, lock=True)
        setattr(row, side, max(getattr(row, side), min(seen, row.messages)))


def lock_company() -> None:
    """One writer a company at a time: the bounds and a form sent twice are looked at under this lock.

    It leaves the company's key alone, which everybody's log entries point at: they must not wait for it while
    they hold the end of the log, for which this deed waits in the end.
    """
    db.session.get(Tenant, current_tenant_id(), with_for_update={"key_share": True})


def _checked(text: str) -> str:
    text = rules.clean_text(text)
    _refuse(rules.problem_with_words(None, text))
    return text


def _refuse(problem: rules.Problem | None) -> None:
    if problem is not None:
        raise InquiryRejected(problem)


def _find_sent(form: str, reader: Reader) -> Inquiry | None:
    """The inquiry that this very form has made. Raises StaleForm: no such form was ours, or not theirs."""
    if not rules.is_form_id(form):
        raise StaleForm
    found = db.session.execute(
        select(Inquiry, InquiryMessage.agent_id)
        .join(InquiryMessage, InquiryMessage.inquiry_id == Inquiry.id)
        .where(InquiryMessage.public_id == form)
    ).first()
    if found is None:
        return None
    if found[1] != reader.agent_id:
        raise StaleForm
    inquiry: Inquiry = found[0]
    return inquiry


def _is_sent_to(row: Inquiry, form: str) -> bool:
    if not rules.is_form_id(form):
        raise StaleForm
    statement = select(InquiryMessage.inquiry_id).where(InquiryMessage.public_id == form)
    sent_to = db.session.scalar(statement)
    if sent_to not in (None, row.id):
        raise StaleForm
    return sent_to is not None


def _add(
    row: Inquiry, text: str, *, form: str, side: str, agent_id: int | None, by: Actor, now: datetime
) -> None:
    row.messages += 1
    row.state, row.last_at = rules.state_after(side), now
    if side == "operator":
        row.last_answer = row.operator_read = row.messages
    db.session.add(
        InquiryMessage(
            public_id=form,
            inquiry_id=row.id,
            n=row.messages,
            side=side,
            agent_id=agent_id,
            author=by.name,
            text=text,
            at=now,
        )
    )
    _count_tray()


def _count_tray() -> None:
    """Counted anew each time, under the company's lock: a number that is added to would drift one day."""
    db.session.flush()
    waiting = db.session.scalar(select(func.count()).select_from(Inquiry).where(Inquiry.state == "open")) or 0
    tray = db.session.get(InquiryTray, current_tenant_id())
    if tray is None:
        db.session.add(InquiryTray(tenant_id=current_tenant_id(), waiting=waiting))
    else:
        tray.waiting = waiting
    db.session.flush()


def _write_letter(row: Inquiry, now: datetime) -> None:
    """To who asked, or to the company's contact when they have no address or are gone; it brings no words."""
    tenant = db.session.get(Tenant, current_tenant_id())
    agent = db.session.get(Agent, row.agent_id)
    if tenant is None or agent is None:
        raise NotFound
    is_asker = agent.may_work and bool(agent.email)
    recipient = agent.email if is_asker else tenant.contact_email
    if not recipient:
        return
    values = {
        "name": agent.name if is_asker else tenant.contact_name or tenant.title,
        "company": tenant.title,
        "subject": row.subject,
        "link": f"{current_app.extensions['settings'].public_url}/manage/inquiries/{row.public_id}",
    }
    put_letter(
        recipient, "inquiry_answered", values, language=row.language, now=now, expires_at=now + LETTER_LASTS
    )
