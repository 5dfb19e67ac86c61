"""Ends of a support session that people choose, the survey, and a program's socket coming and going."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from app.accounts.actors import agent_actor, customer_actor
from app.support import queries, rules
from app.support.actions.channels import accept_waiting, set_link
from app.support.actions.ending import end, let_go, resume_deadline
from app.support.actions.slots import welcome
from app.support.deed import deed
from app.support.errors import NotWaiting
from app.support.models import Arrival, SurveyAnswer
from app.support.signal import streams
from app.support.signal.hub import stream_topic
from app.support.signal.models import WAITING_PAGES, SignalStream
from app.team.models import Agent
from tenants.audit import SYSTEM
from tenants.database import db
from tenants.writing import writing
from wire.signal.messages import LoginEnded, Survey

#: What the program is told, by the reason that the log-in's row has.
_LOGIN_END_WORDS = {
    "elsewhere": "elsewhere",
    "disabled": "disabled",
    "password": "expired",
    "expired": "expired",
    "rules": "expired",
    "operator": "operator",
}


def release(session_id: str, *, agent: Agent, now: datetime) -> None:
    """Let a customer go who has not connected; the slot draws a new code. Raises NotFound, NotWaiting."""
    with deed(by=agent_actor(agent), now=now) as done:
        session = queries.get_session(session_id, agent_id=agent.id, lock=True)
        if session.state not in ("offline", "online") or session.arrival_step in rules.FREE_STEPS:
            raise NotWaiting
        let_go(done, session, step="none", reason="released", by_side="agent")
        done.audit("arrival.released", f"session:{session.public_id}")


def end_by_agent(session_id: str, reason: str, *, agent: Agent, now: datetime) -> None:
    """End the agent's support session; ending it again is harmless. Raises NotFound."""
    with deed(by=agent_actor(agent), now=now) as done:
        session = queries.get_session(session_id, agent_id=agent.id, lock=True)
        if session.state == "connected":
            end(done, session, by_side="agent", reason=reason or "ended")
        elif session.state != "expired" and session.arrival_step not in rules.FREE_STEPS:
            let_go(done, session, step="none", reason="released", by_side="agent")


def end_by_customer(session_id: int, reason: str, *, now: datetime) -> None:
    """End the support session from the customer's side; before it connected, give the slot back."""
    with deed(by=customer_actor(""), now=now) as done:
        session = queries.lock_session(session_id)
        if session.state == "connected":
            end(done, session, by_side="customer", reason=reason or "ended")
        elif session.state != "expired":
            let_go(done, session, step="none", reason="customer left", by_side="customer")


def answer_survey(arrival: Arrival, grade: str, comment: str = "", *, now: datetime) -> bool:
    """Keep the customer's grade, once; a second answer may only add the comment. False when nothing changed.

    Raises ValueError for an unknown grade, NotWaiting when this customer was never connected.
    """
    if grade not in rules.GRADES:
        raise ValueError(f"grade {grade!r}")
    try:
        with deed(by=customer_actor(""), now=now) as done:
            session = queries.lock_session(arrival.support_session_id)
            if session.connected_at is None or arrival.end_reason not in (None, "ended"):
                raise NotWaiting
            if not queries.options_of(session.agent_id)["survey"]:
                return False
            answer = queries.find_survey(session.id)
            if answer is not None:
                return _add_comment(answer, comment)
            db.session.add(
                SurveyAnswer(
                    support_session_id=session.id, grade=grade, comment=comment[: rules.MAX_COMMENT], at=now
                )
            )
            db.session.flush()
            done.tell_agent(session.agent_id, Survey(session=session.public_id, grade=grade))  # type: ignore[arg-type]
            done.note(session, "survey", grade=grade)
    except IntegrityError:  # two taps at once: the first one counts
        return False
    return True


def set_agent_state(stream_id: int, state: str, *, now: datetime) -> None:
    """Keep the agent's own choice of presence; only "online" shows their numbers."""
    with deed(by=SYSTEM, now=now) as done:
        stream = db.session.get(SignalStream, stream_id)
        if stream is not None and stream.agent_state != state:
            stream.agent_state = state
            done.wake_waiting()


def open_agent_socket(stream_id: int, socket_id: str, agent: Agent, *, now: datetime) -> None:
    """Make this socket the one of the agent's program, which gets its first slot and who waited for it.

    A page that shows one support session waits for nobody.
    """
    stream = db.session.get(SignalStream, stream_id)
    waits = stream is not None and stream.page in WAITING_PAGES
    with deed(by=agent_actor(agent), now=now) as done:
        is_new = streams.claim(stream_id, socket_id, now=now)
        done.wake(stream_topic(stream_id))
        done.wake_waiting()
    if not waits:
        return
    if is_new:
        welcome(agent.id, by=agent_actor(agent), now=now)
    accept_waiting(agent, stream_id=stream_id, now=now)


def open_customer_socket(stream_id: int, socket_id: str, session_id: int, *, now: datetime) -> None:
    """Make this socket the one of the customer program; a support session that had lost it goes on."""
    with deed(by=customer_actor(""), now=now) as done:
        session = queries.lock_session(session_id)
        streams.claim(stream_id, socket_id, now=now)
        done.wake(stream_topic(stream_id))
        if session.state in ("online", "connected") and session.arrival_step == "allowed":
            set_link(done, session, "ok")


def close_socket(stream_id: int, socket_id: str, *, session_id: int | None, now: datetime) -> None:
    """Note that a program's socket is gone. Without the customer's, the resume window begins."""
    with deed(by=SYSTEM, now=now) as done:
        session = queries.lock_session(session_id) if session_id is not None else None
        if not streams.let_go(stream_id, socket_id, now=now):
            return
        done.wake_waiting()
        if session is None or session.state not in ("online", "connected"):
            return
        if queries.find_live_credential(session.id) is None:
            return
        # The channels may live on without the signal socket: "lost" is theirs to say.
        link = "lost" if session.state == "online" or session.link == "lost" else "unstable"
        set_link(done, session, link, stays_until=resume_deadline(now))


def acknowledge(stream_id: int, n: int, *, now: datetime) -> None:
    """Note that a program has every message up to `n`."""
    with writing():
        streams.acknowledge(stream_id, n, now=now)


def tell_login_ended(login_session_id: int, reason: str, *, now: datetime) -> None:
    """Tell an agent's program why its log-in ended, as its last message, and let its socket close.

    A log-out of its own, or a renewal, needs no words.
    """
    told = streams.list_of_login(login_session_id)
    if not told:
        return
    with deed(by=SYSTEM, now=now) as done:
        why = _LOGIN_END_WORDS.get(reason)
        for stream in told:
            if why is not None:
                done.tell(stream.id, LoginEnded(reason=why))  # type: ignore[arg-type]
            done.wake(stream_topic(stream.id))
        done.wake_waiting()


def is_told(reason: str | None) -> bool:
    """Whether the program of an ended log-in is told why, or knows it by itself."""
    return reason in _LOGIN_END_WORDS


def _add_comment(answer: SurveyAnswer, comment: str) -> bool:
    if answer.comment or not comment:
        return False
    answer.comment = comment[: rules.MAX_COMMENT]
    db.session.flush()
    return True
