"""Two at once: exactly one wins, a hundred rounds, by threads on SQLite. By workers: test_two_workers.py."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.errors import AppError
from app.support import queries
from app.support.actions import arrivals, channels, slots
from app.support.actions.arrivals import Visitor
from app.support.models import Arrival, Participant, ProgramCredential, Slot
from tenants.database import db, now_utc, tenant_scope
from tests.cast import Cast
from tests.factories import support as make

pytestmark = pytest.mark.heavy

ROUNDS = 100


def at_once(app: Flask, tenant_id: int, *deeds: Callable[[], Any]) -> list[Any]:
    """Do the deeds in threads that start together; what each returned, or its AppError."""
    start, results = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(place: int, deed: Callable[[], Any]) -> None:
        with app.app_context(), tenant_scope(tenant_id):
            start.wait(10)
            try:
                results[place] = deed()
            except AppError as error:
                results[place] = error
            db.session.remove()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def winners(results: list[Any]) -> int:
    return sum(not isinstance(one, AppError) for one in results)


def test_it_admits_one_of_two_customers_on_one_code(app: Flask, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        waiting = make.make_slot(cast.bora)
    for round_no in range(ROUNDS):
        results = at_once(
            app,
            cast.maru.id,
            *(
                lambda ip=f"198.{n + 18}.{round_no}.1", code=waiting.code: arrivals.redeem_code(
                    code, visitor=Visitor(ip), now=now_utc()
                )
                for n in range(2)
            ),
        )
        assert winners(results) == 1, results
        with app.app_context(), tenant_scope(cast.maru.id):
            assert db.session.query(Arrival).filter_by(ended_at=None).count() == 1
            waiting = make.renewed(waiting)


def test_it_admits_one_of_two_customers_on_one_number(app: Flask, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        waiting = make.make_slot(cast.bora)
        make.open_stream(cast.bora)

    def deed() -> object:
        return arrivals.take_number(waiting.number, visitor=Visitor("203.0.113.9"), now=now_utc())

    for _ in range(ROUNDS):
        assert winners(at_once(app, cast.maru.id, deed, deed)) == 1
        with app.app_context(), tenant_scope(cast.maru.id):
            assert db.session.query(Arrival).filter_by(ended_at=None).count() == 1
            make.renewed(waiting)


def test_it_leaves_one_of_two_programs_with_a_credential(app: Flask, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        waiting = make.make_slot(cast.bora)
        admitted = make.admit(waiting)
    for _ in range(ROUNDS):
        results = at_once(app, cast.maru.id, *[lambda: make.join(admitted)] * 2)
        assert winners(results) == 2
        with app.app_context(), tenant_scope(cast.maru.id):
            live = db.session.query(ProgramCredential).filter_by(revoked_at=None).all()
            assert len(live) == 1
            assert live[0].generation == db.session.query(ProgramCredential).count()


def test_it_connects_once_when_two_programs_of_one_agent_accept(app: Flask, cast: Cast) -> None:
    for _ in range(10):
        with app.app_context(), tenant_scope(cast.maru.id):
            waiting = make.make_slot(cast.bora)
            streams = [make.open_stream(cast.bora) for _ in range(2)]
            make.go_online(waiting)
        results = at_once(
            app,
            cast.maru.id,
            *(
                lambda stream=stream, session=waiting.session: (
                    channels.accept(
                        session, agent=make.agent_row(cast.bora), stream_id=stream, now=now_utc()
                    ).public_id
                )
                for stream in streams
            ),
        )
        assert len(set(results)) == 1, results
        with app.app_context(), tenant_scope(cast.maru.id):
            assert db.session.query(Participant).filter_by(support_session_id=waiting.session_id).count() == 1
            make.close(cast.bora, waiting)


def test_it_never_gives_one_number_to_two_agents(app: Flask, cast: Cast) -> None:
    for _ in range(5):
        deeds = [
            lambda who=who: slots.add_slot(who.id, by=who.actor, now=now_utc()).number
            for who in (cast.bora, cast.nari)
        ]
        assert len(set(at_once(app, cast.maru.id, *deeds))) == 2
    with app.app_context(), tenant_scope(cast.maru.id):
        numbers = [slot.number for slot in db.session.query(Slot)]
        assert sorted(numbers) == list(range(1, 11))


def test_it_opens_no_sixth_slot_when_two_are_asked_for_at_once(app: Flask, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        for _ in range(4):
            make.make_slot(cast.bora)
    deed = lambda: slots.add_slot(cast.bora.id, by=cast.bora.actor, now=now_utc())  # noqa: E731
    assert winners(at_once(app, cast.maru.id, deed, deed)) == 1
    with app.app_context(), tenant_scope(cast.maru.id):
        assert len(queries.list_slots(cast.bora.id)) == 5


def test_it_tells_only_five_of_many_guesses_sent_at_once(app: Flask, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        waiting = make.make_slot(cast.bora)
    guesses = [f"{(int(waiting.code) + n + 1) % 10**6:06d}" for n in range(20)]
    results = at_once(
        app,
        cast.maru.id,
        *(
            lambda code=code: arrivals.redeem_code(code, visitor=Visitor("203.0.113.9"), now=now_utc())
            for code in guesses
        ),
    )
    assert sorted(one.code for one in results) == ["B-21"] * 5 + ["B-22"] * 15
