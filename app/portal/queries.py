"""Reads of the customer page: who waits, how far an arrival is. Nothing here writes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.portal import rules
from app.support import queries
from app.support.models import Arrival, SupportSession
from app.team.models import Agent
from app.team.opening import rules as opening
from app.team.settings import Settings
from tenants.database import db


@dataclass(frozen=True, slots=True)
class ArrivalView:
    """How far a customer is, and who helps them; ids and words only."""

    page: rules.Page
    farewell: rules.Farewell
    step: str
    number: int
    agent_name: str
    session_id: int
    has_comment: bool

    def as_json(self) -> dict[str, object]:
        """Return what the browser needs to follow along."""
        return {"page": self.page, "step": self.step, "done": list(rules.done_steps(self.step))}


@dataclass(frozen=True, slots=True)
class Closure:
    """The company is closed: today's holiday, if it is one, and when it opens next, in its own time."""

    holiday: str
    opens: datetime | None
    days_ahead: int | None


def view_arrival(arrival: Arrival) -> ArrivalView:
    """Return how an arrival stands now, read anew."""
    db.session.refresh(arrival)
    session = db.session.get(SupportSession, arrival.support_session_id, populate_existing=True)
    assert session is not None, "an arrival has its support session"
    answer = queries.find_survey(session.id)
    page = rules.page_of(
        state=session.state,
        arrival_step=session.arrival_step,
        arrival_ended=arrival.ended_at is not None,
        end_reason=arrival.end_reason,
        was_connected=session.connected_at is not None,
        asks_survey=queries.options_of(session.agent_id)["survey"],
        has_answered=answer is not None,
    )
    agent = db.session.get(Agent, session.agent_id)
    return ArrivalView(
        page=page,
        farewell=rules.farewell_of(arrival.end_reason),
        step=rules.shown_step(session.state, session.arrival_step),
        number=session.number,
        agent_name=agent.name if agent else "",
        session_id=session.id,
        has_comment=bool(answer and answer.comment),
    )


def waiting_numbers(now: datetime) -> list[int]:
    """Return the numbers that wait at the open tenant, in order."""
    return [waiting.number for waiting in queries.list_waiting(now)]


def find_closure(settings: Settings, now: datetime) -> Closure | None:
    """Return why the open tenant is closed now and until when; None where it is open."""
    week, holidays = opening.read_week(settings.week), opening.read_holidays(settings.holidays)
    if opening.is_open(week, holidays, now):
        return None
    today = now.astimezone(opening.zone_of(opening.ZONE)).date()
    opens = opening.next_opening(week, holidays, now)
    return Closure(holidays.get(today, ""), opens, (opens.date() - today).days if opens else None)


def etag_of(numbers: list[int]) -> str:
    """Return the ETag of a list of numbers."""
    return hashlib.sha256(json.dumps(numbers).encode()).hexdigest()[:16]


def find_program(download_dir: Path, platform: rules.Platform) -> Path | None:
    """Return the built program for a platform, or None when this deployment has none."""
    for name in rules.PROGRAMS[platform]:
        path = download_dir / name
        if path.is_file():
            return path
    return None
