"""Log-ins at once, and the counting of wrong tries; on both databases."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.accounts import events
from app.accounts.actions import (
    LoggedIn,
    Visit,
    count_attempt,
    end_log_in,
    forgive_attempts,
    log_in,
    renew_log_in,
)
from app.accounts.models import LoginSession
from app.accounts.queries import blocked_seconds
from app.accounts.rules import CODE_BY_SOURCE, LOGIN_BY_SOURCE
from app.errors import AppError, LogInNeeded
from tenants.database import db, tenant_scope
from tenants.writing import writing
from tests.cast import Cast
from tests.conftest import Walled

NOW = datetime(2026, 11, 20, 5, 0, 30, tzinfo=UTC)


def at_once(count: int, deed: Callable[[int], object]) -> list[object]:
    """Do it `count` times in threads that start together; what came back, or the error's class."""
    gate, results = threading.Barrier(count), [None] * count

    def run(n: int) -> None:
        gate.wait(10)
        try:
            results[n] = deed(n)
        except AppError as error:
            results[n] = type(error).__name__

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def try_log_in(walled: Walled, password: str, ip: str = "203.0.113.7") -> LoggedIn:
    with walled.app.app_context():
        return log_in(slug="maru", login_id="bora", password=password, kind="program", visit=Visit(ip, ip))


def live(walled: Walled) -> list[LoginSession]:
    with walled.app.app_context(), tenant_scope(walled.cast.maru.id):
        return list(db.session.scalars(select(LoginSession).where(LoginSession.ended_at.is_(None))))


def test_of_many_at_once_exactly_one_stays(databases: Walled) -> None:
    results = at_once(30, lambda _n: try_log_in(databases, databases.cast.bora.password))
    assert [type(result) for result in results] == [LoggedIn] * 30
    assert len(live(databases)) == 1


def test_of_many_guesses_at_once_five_are_answered(databases: Walled) -> None:
    """The right password among them is worth nothing once five were wrong."""
    results = at_once(25, lambda n: try_log_in(databases, f"guess-{n}"))
    assert Counter(results) == {"LogInRefused": 5, "TooManyAttempts": 20}
    with pytest.raises(AppError, match="B-42"):
        try_log_in(databases, databases.cast.bora.password)
    assert live(databases) == []


def test_counting_rolls_and_forgets(databases: Walled) -> None:
    with databases.app.app_context():
        with writing():
            for minute in range(5):
                count_attempt(CODE_BY_SOURCE, "ip", 1, now=NOW + timedelta(minutes=minute))
        later = NOW + timedelta(minutes=4)
        assert blocked_seconds(CODE_BY_SOURCE, "ip", 1, later) > 0
        assert blocked_seconds(CODE_BY_SOURCE, "ip", 2, later) == 0
        assert blocked_seconds(CODE_BY_SOURCE, "other", 1, later) == 0
        assert blocked_seconds(LOGIN_BY_SOURCE, "ip", 1, later) == 0
        assert blocked_seconds(CODE_BY_SOURCE, "ip", 1, NOW + timedelta(minutes=12)) == 0
        with writing():
            forgive_attempts(CODE_BY_SOURCE, "ip", 1)
        assert blocked_seconds(CODE_BY_SOURCE, "ip", 1, later) == 0


def test_listeners_hear_of_an_end_after_it_is_stored(app, cast: Cast) -> None:
    heard = []

    def listen(kind: str, **facts: object) -> None:
        with app.app_context(), tenant_scope(cast.maru.id):
            row = db.session.get(LoginSession, facts["login_session_id"])
            heard.append((kind, facts["reason"], row.end_reason))

    with events.login_ended.connected_to(listen):
        walled = Walled(app, cast, is_postgres=False)
        try_log_in(walled, cast.bora.password)
        granted = try_log_in(walled, cast.bora.password)
        with app.app_context(), tenant_scope(cast.maru.id):
            end_log_in(granted.login_session_id, "operator")
            end_log_in(granted.login_session_id, "operator")
    assert heard == [("program", "elsewhere", "elsewhere"), ("program", "operator", "operator")]


def test_a_live_log_in_is_renewed_and_an_ended_one_is_not(app, cast: Cast) -> None:
    granted = try_log_in(Walled(app, cast, is_postgres=False), cast.bora.password)
    with app.app_context(), tenant_scope(cast.maru.id):
        assert renew_log_in(granted.login_session_id) == 12 * 3600
        end_log_in(granted.login_session_id, "logout")
        with pytest.raises(LogInNeeded):
            renew_log_in(granted.login_session_id)
    with app.app_context(), tenant_scope(cast.nuri.id), pytest.raises(LogInNeeded):
        renew_log_in(granted.login_session_id)


def test_no_secret_is_shown_by_accident(app, cast: Cast) -> None:
    granted = try_log_in(Walled(app, cast, is_postgres=False), cast.bora.password)
    assert granted.token not in repr(granted)
    with app.app_context(), tenant_scope(cast.maru.id):
        assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 1
