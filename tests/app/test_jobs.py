"""The jobs process: what is due is done for every company, and one company's trouble is not another's."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask

from app import jobs
from tenants.database import current_tenant_id, tenant_scope
from tenants.writing import writing
from tests.cast import Cast
from tests.factories import support as make


def test_it_does_what_is_due_at_every_company(app: Flask, cast: Cast) -> None:
    waitings = {}
    for company, person in ((cast.maru, cast.bora), (cast.nuri, cast.chul)):
        with app.app_context(), tenant_scope(company.id):
            waitings[company.id] = make.make_slot(person)
            with writing():
                code = make.queries.find_live_code(waitings[company.id].session_id)
                code.expires_at -= timedelta(minutes=10)
    jobs.Ticker(app).tick()
    for tenant_id, waiting in waitings.items():
        with app.app_context(), tenant_scope(tenant_id):
            assert make.code_of(waiting.session_id) != waiting.code


def test_it_goes_on_when_one_company_fails(app: Flask, cast: Cast) -> None:
    done: list[int] = []

    def deed(_now: datetime) -> int:
        if current_tenant_id() == cast.maru.id:
            raise RuntimeError("trouble at Maru")
        done.append(current_tenant_id())
        return 1

    assert jobs.for_each_tenant(app, deed) == 1
    assert done == [cast.nuri.id]


def test_it_registers_its_housekeeping(app: Flask) -> None:
    huey = jobs.make_huey(app.extensions["settings"])
    jobs.add_tasks(huey, app)
    names = {task.__name__ for task in huey._registry._registry.values()}
    assert names >= {"forget_old_messages", "close_abandoned_slots"}
    huey.storage.close()


def test_it_names_what_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.jobs"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "STORAGE_DIR": "/nonexistent"},
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.returncode == 2
    assert "SECRET_KEY is missing" in done.stderr
