"""Server-sent events of the customer page: news without a reload, seats, and no database connection held."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.portal import live
from app.support.actions import sessions
from tenants.database import db, now_utc, tenant_scope
from tests.cast import Cast
from tests.factories import support as make


def next_event(chunks: Iterator[bytes]) -> object:
    """The data of the next event; comments and retry lines are passed over."""
    for chunk in chunks:
        text = chunk.decode()
        if text.startswith("event:"):
            return json.loads(text.split("data: ", 1)[1])
    raise AssertionError("the stream ended")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look often, so that a test waits little; and leave no broadcaster of this test's database behind."""
    monkeypatch.setattr(live, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(live, "ALIVE_EVERY_S", 0.2)
    yield
    for thread in threading.enumerate():
        if thread.name == "waiting-numbers":
            thread.join(10)


def test_it_shows_numbers_that_come_and_go(
    app: Flask, dain: FlaskClient, waiting: make.Waiting, cast: Cast
) -> None:
    response = dain.get("/maru/live", buffered=False)
    assert response.mimetype == "text/event-stream"
    chunks = response.iter_encoded()
    assert next_event(chunks) == [1]
    with app.app_context(), tenant_scope(cast.maru.id):
        make.make_slot(cast.bora)
    assert next_event(chunks) == [1, 2]
    with app.app_context(), tenant_scope(cast.maru.id):
        make.admit(waiting)
    assert next_event(chunks) == [2]
    response.close()


def test_it_reads_once_for_many_pages(
    app: Flask, waiting: make.Waiting, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK_EVERY_S", 1.0)
    reads: list[int] = []
    real = live.queries.waiting_numbers
    monkeypatch.setattr(live.queries, "waiting_numbers", lambda now: reads.append(1) or real(now))
    streams = app.extensions["portal.live"]
    pages = [streams.numbers(cast.maru.id) for _ in range(20)]
    for page in pages:
        assert next(page) == "retry: 2000\n\n"
        assert next_event(one.encode() for one in page) == [1]
    assert len(reads) == 1
    for page in pages:
        page.close()


def test_it_shows_the_steps_of_one_arrival(
    app: Flask, dain: FlaskClient, waiting: make.Waiting, cast: Cast
) -> None:
    dain.post("/maru/code", data={"code": waiting.code})
    response = dain.get("/maru/arrival/live", buffered=False)
    chunks = response.iter_encoded()
    assert next_event(chunks)["step"] == "page"
    with app.app_context(), tenant_scope(cast.maru.id):
        from app.support.actions.arrivals import note_step

        note_step(waiting.session_id, "downloaded", now=now_utc())
    assert next_event(chunks)["step"] == "downloaded"
    with app.app_context(), tenant_scope(cast.maru.id):
        sessions.release(waiting.session, agent=make.agent_row(cast.bora), now=now_utc())
    assert next_event(chunks)["page"] == "gone"
    response.close()


def test_it_keeps_no_database_connection(app: Flask, dain: FlaskClient, waiting: make.Waiting) -> None:
    responses = [dain.get("/maru/live", buffered=False) for _ in range(10)]
    chunks = [response.iter_encoded() for response in responses]
    for one in chunks:
        next_event(one)
    with app.app_context():
        assert db.engine.pool.checkedout() == 0
    for response in responses:
        response.close()


def test_it_sends_a_sign_of_life(app: Flask, waiting: make.Waiting, cast: Cast) -> None:
    page = app.extensions["portal.live"].numbers(cast.maru.id)
    assert any(next(page) == ": alive\n\n" for _ in range(5))
    page.close()


def test_it_has_twenty_seats_for_each_source(app: Flask, dain: FlaskClient, waiting: make.Waiting) -> None:
    responses = [dain.get("/maru/live", buffered=False) for _ in range(21)]
    assert [response.status_code for response in responses] == [200] * 20 + [503]
    responses[0].close()
    again = dain.get("/maru/live", buffered=False)
    assert again.status_code == 200
    for response in [*responses, again]:
        response.close()


def test_it_gives_a_seat_back_once() -> None:
    seats = live.Seats(total=2, per_source=2)
    first, second = seats.take("a"), seats.take("a")
    assert first is not None
    assert second is not None
    assert seats.take("b") is None
    first()
    first()
    assert seats.take("b") is not None
    assert seats.take("b") is None


def test_it_ends_its_thread_when_the_last_page_has_gone(
    app: Flask, waiting: make.Waiting, cast: Cast
) -> None:
    page = app.extensions["portal.live"].numbers(cast.maru.id)
    next(page)
    mine = [one for one in threading.enumerate() if one.name == "waiting-numbers"]
    page.close()
    for thread in mine:
        thread.join(5)
    assert not any(thread.is_alive() for thread in mine)
