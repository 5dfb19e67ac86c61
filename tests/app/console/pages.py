"""Pages of a browser as streams, and the console's scripts as text."""

from __future__ import annotations

from pathlib import Path

from app.accounts.models import LoginSession
from tenants.database import db, now_utc
from tenants.writing import writing
from tests.cast import Person
from tests.factories.support import add_log_in, add_stream

ROOT = Path(__file__).resolve().parent.parent.parent.parent
SCRIPTS = ROOT / "app/static/js/console"


def script_of(name: str) -> str:
    """The source of one of the console's scripts."""
    return (SCRIPTS / f"{name}.js").read_text("utf-8")


def open_page(person: Person, page: str, *, present: bool = True) -> int:
    """Give an agent's one web log-in a stream for this page and, unless told otherwise, a socket; its id."""
    now = now_utc()
    with writing():
        log_in = db.session.query(LoginSession).filter_by(agent_id=person.id, kind="web").first()
        log_in_id = add_log_in(person, "web", now=now) if log_in is None else log_in.id
        return add_stream(log_in_id, page, present=present, now=now)
