"""Pages of a browser as streams, and the console's scripts as text."""

from __future__ import annotations

from pathlib import Path

from app.accounts.models import LoginSession
from app.support.signal.models import SignalStream
from tenants.bearer import make_bearer
from tenants.database import db, now_utc
from tenants.writing import writing
from tests.cast import Person

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
        if log_in is None:
            log_in = LoginSession(
                kind="web",
                agent_id=person.id,
                handle_hash=make_bearer("web", person.tenant)[1],
                csrf_secret="x",
                exclusive=False,
                expires_at=now.replace(year=now.year + 1),
            )
            db.session.add(log_in)
            db.session.flush()
        stream = SignalStream(
            owner_kind="agent",
            login_session_id=log_in.id,
            page=page,
            socket_id="socket" if present else None,
            seen_at=now if present else None,
        )
        db.session.add(stream)
        db.session.flush()
        return stream.id
