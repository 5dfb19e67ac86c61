"""Questions to the operator, and answers. In the company's open scope."""

from __future__ import annotations

from datetime import timedelta

from app.inquiries import actions
from app.inquiries.models import Inquiry
from app.inquiries.queries import Reader
from tenants.audit import Actor
from tenants.database import db, now_utc, public_id
from tests.cast import OPER, Person

__all__ = ["answer", "ask", "reader_of"]


def reader_of(person: Person) -> Reader:
    """The person as somebody who reads inquiries."""
    return Reader(person.id, person.login_id == "admin")


def ask(
    person: Person,
    subject: str = "화면이 검게 보입니다",
    text: str = "어제부터입니다.",
    *,
    at_once: bool = False,
) -> str:
    """Ask something and return the inquiry's public id; `at_once`: the day's bounds do not matter."""
    now = now_utc()
    if at_once:  # each on a day of its own
        count = db.session.query(Inquiry).count()
        now -= timedelta(days=1000 - 2 * count)
    return actions.open_inquiry(
        subject, text, form=public_id(), reader=reader_of(person), language="ko", by=person.actor, now=now
    )


def answer(inquiry: str, text: str = "드라이버를 새로 설치해 주십시오.", *, by: Actor = OPER) -> None:
    """Answer as the operator, having seen everything."""
    seen = db.session.query(Inquiry).filter_by(public_id=inquiry).one().messages
    actions.answer(inquiry, text, form=public_id(), seen=seen, by=by, now=now_utc())
