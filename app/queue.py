"""Handing work to the jobs process: `enqueue("make_document", 7, 12)`. Domains name the deeds (`add_task`).

The queue is a file beside the database, or Redis where there is one. A test does the work at once, in the
caller, so that what it asserts has happened. Only ids travel; the worker reads the rows itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app
from huey import Huey, RedisHuey, SqliteHuey

from config.settings import Settings

__all__ = ["add_task", "add_tasks_to", "enqueue", "init_app", "make_huey"]


def make_huey(settings: Settings) -> Huey:
    """Return the queue of this deployment: a file, or Redis where there is one."""
    if settings.redis_url is not None:
        return RedisHuey("barohelp", url=settings.redis_url)
    settings.storage_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("barohelp", filename=str(settings.storage_dir / "jobs.sqlite3"), fsync=False)


def init_app(app: Flask) -> None:
    """Give the app its table of tasks."""
    app.extensions["queue.tasks"] = {}


def add_task(app: Flask, name: str, deed: Callable[..., object]) -> None:
    """Name a deed that the jobs process can be asked to do; it runs inside an application context."""
    app.extensions["queue.tasks"][name] = deed


def enqueue(name: str, *ids: int) -> None:
    """Have the deed done by the jobs process. Call it after the commit, or the row is not there yet."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    settings: Settings = app.extensions["settings"]
    if settings.environment == "test":
        app.extensions["queue.tasks"][name](*ids)
        return
    if "queue.huey" not in app.extensions:
        huey = app.extensions["queue.huey"] = make_huey(settings)
        add_tasks_to(huey, app)
    app.extensions["queue.entries"][name](*ids)


def add_tasks_to(huey: Huey, app: Flask) -> None:
    """Register every named deed with the queue, on both sides of it."""
    app.extensions["queue.entries"] = {
        name: huey.task(name=name)(_inside(app, deed)) for name, deed in app.extensions["queue.tasks"].items()
    }


def _inside(app: Flask, deed: Callable[..., object]) -> Callable[..., None]:
    def run(*ids: Any) -> None:
        with app.app_context():
            deed(*ids)

    return run
