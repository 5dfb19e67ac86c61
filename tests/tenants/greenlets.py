"""Run by test_greenlets.py in a process of its own, patched by gevent: many writers, a clock beside them.

Prints one JSON object: the longest time in ms that the clock was kept waiting, and what the writers wrote.
Usage: python -m tests.tenants.greenlets FOLDER
"""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
import sqlite3  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402
from sqlalchemy import func, select  # noqa: E402

from app import create_app  # noqa: E402
from app.team.models import Department  # noqa: E402
from tenants.database import db, tenant_scope  # noqa: E402
from tenants.writing import writing  # noqa: E402
from tests.cast import make_cast  # noqa: E402
from tests.conftest import make_settings  # noqa: E402

WRITERS = 40
HELD_S = 1.0

app = create_app(make_settings(Path(sys.argv[1])))
with app.app_context():
    db.create_all()
    cast = make_cast()
    path = db.engine.url.database


def write(n: int) -> None:
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        db.session.add(Department(name=f"d{n}", name_key=f"d{n}"))
        db.session.flush()
        gevent.sleep(0.001)  # others run while this one holds the lock


def watch(gaps: list[float]) -> None:
    before = time.monotonic()
    while True:
        gevent.sleep(0.005)
        gaps.append(time.monotonic() - before)
        before = time.monotonic()


gaps: list[float] = []
clock = gevent.spawn(watch, gaps)
# Another process's writer, which SQLite cannot see past: a second connection holds the file for a second.
other = sqlite3.connect(path, isolation_level=None)
other.execute("BEGIN IMMEDIATE")
gevent.spawn_later(HELD_S, lambda: other.execute("ROLLBACK"))
gevent.joinall([gevent.spawn(write, n) for n in range(WRITERS)], raise_error=True)
clock.kill()
with app.app_context(), tenant_scope(cast.maru.id):
    written = db.session.scalar(select(func.count()).select_from(Department))
print(json.dumps({"longest_ms": max(gaps) * 1000, "written": written}))
