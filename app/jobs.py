"""The jobs process: `python -m app.jobs`. Time's own deeds, and housekeeping through huey.

Two clocks. Every two seconds a thread does what is due now (codes, arrivals, resume windows, dead sockets),
because huey's own schedule knows minutes only. Huey does what may wait and what other domains will queue
(mail, documents): its file is `jobs.sqlite3` in the storage folder, or Redis where there is one. One such
process a deployment; a second one does no harm, because every deed looks again under its lock.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

import structlog
from flask import Flask
from huey import Huey, crontab
from sqlalchemy import select

from app.accounts import housekeeping
from app.documents.making import forget_old
from app.mail.postman import Postman
from app.operator.anchors import anchor_head
from app.queue import add_tasks_to, make_huey
from app.support import orders, relays
from app.support.actions import expiry
from config.settings import SettingsError, load
from tenants.anchors import anchor_heads
from tenants.database import db, now_utc, operator_scope, tenant_scope
from tenants.models import Tenant

log = structlog.get_logger()

TICK_S = 2.0
RELAYS_EVERY_S = 2.0
FIGURES_EVERY_S = 60.0


def add_tasks(huey: Huey, app: Flask) -> None:
    """Register what huey does by itself, and what the web half may ask for."""
    add_tasks_to(huey, app)

    @huey.periodic_task(crontab(minute="*/10"))  # type: ignore[untyped-decorator]
    def forget_old_messages() -> None:
        """Delete signal messages, answers and tickets that nobody will ask for."""
        for_each_tenant(app, expiry.forget_old)

    @huey.periodic_task(crontab(minute="7"))  # type: ignore[untyped-decorator]
    def close_abandoned_slots() -> None:
        """Close the slots of agents who have been away for half a day."""
        for_each_tenant(app, expiry.close_abandoned_slots)

    @huey.periodic_task(crontab(minute="27"))  # type: ignore[untyped-decorator]
    def forget_old_links() -> None:
        """Delete awaited codes, mailed links and letters that are over."""
        for_each_tenant(app, housekeeping.forget_old)

    @huey.periodic_task(crontab(minute="42"))  # type: ignore[untyped-decorator]
    def anchor_audit_heads() -> None:
        """Write the heads of the usage logs down outside the database."""
        with app.app_context():
            anchor_heads(app.extensions["settings"].storage_dir, now_utc())
            anchor_head(app.extensions["settings"].storage_dir, now_utc())

    @huey.periodic_task(crontab(minute="23"))  # type: ignore[untyped-decorator]
    def forget_old_documents() -> None:
        """Delete exports and uploads whose time is over."""
        for_each_tenant(app, forget_old)


def for_each_tenant(app: Flask, deed: Any, tenant_ids: Sequence[int] | None = None) -> int:
    """Run `deed(now)` in the scope of these tenants, or of all, and return the sum; one tenant's trouble is
    not another's.
    """
    total = 0
    with app.app_context():
        if tenant_ids is None:
            tenant_ids = db.session.scalars(select(Tenant.id)).all()
            db.session.rollback()
        for tenant_id in tenant_ids:
            try:
                with tenant_scope(tenant_id):
                    total += int(deed(now_utc()))
            except Exception as error:  # an edge: the others' turn comes all the same
                log.warning("job_failed", tenant_id=tenant_id, reason=type(error).__name__, exc_info=error)
    return total


def due_tenants(app: Flask) -> list[int]:
    """Return the tenants that have something due now: one look, however many tenants there are."""
    with app.app_context(), operator_scope("looking for what is due", is_routine=True):
        return expiry.due_tenants(now_utc())


class Ticker(threading.Thread):
    """Does what is due, every two seconds, and asks the relays how they are."""

    def __init__(self, app: Flask) -> None:
        super().__init__(name="ticker", daemon=True)
        self._app = app
        self._stopped = threading.Event()
        self._relays_due = self._figures_due = 0.0

    def run(self) -> None:
        """Tick until stopped."""
        while not self._stopped.wait(TICK_S):
            try:
                self.tick()
            except Exception as error:  # an edge: the database may be away for a minute
                log.warning("tick_failed", reason=type(error).__name__)

    def tick(self) -> None:
        """Do once what is due."""
        for_each_tenant(self._app, expiry.run_due, due_tenants(self._app))
        now = time.monotonic()
        with self._app.app_context():
            if now >= self._relays_due:
                self._relays_due = now + RELAYS_EVERY_S
                relays.note_health(orders.desk(), now=now_utc())
            if now >= self._figures_due:
                self._figures_due = now + FIGURES_EVERY_S
                relays.note_figures(orders.desk())

    def stop(self) -> None:
        """End after the present tick."""
        self._stopped.set()


def main() -> int:
    """Run until SIGTERM or Ctrl-C."""
    from app import create_app
    from config import logging

    try:
        settings = load(os.environ)
    except SettingsError as error:
        print(f"BaroHelp's jobs cannot start: {error}.", file=sys.stderr)
        return 2
    logging.configure(settings)
    app = create_app(settings)
    huey = make_huey(settings)
    add_tasks(huey, app)
    ticker, postman = Ticker(app), Postman(app)
    ticker.start()
    postman.start()
    consumer = huey.create_consumer(workers=1, periodic=True, initial_delay=0.1, max_delay=2.0)
    log.info("jobs_started", database="sqlite" if settings.is_sqlite else "postgresql")
    consumer.run()
    ticker.stop()
    postman.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
