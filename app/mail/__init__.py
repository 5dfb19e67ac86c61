"""Letters: kept in the outbox with the deed that causes them, sent by the jobs process."""

from __future__ import annotations

from flask import Flask

from app.mail import cli, models

__all__ = ["init_app", "models"]


def init_app(app: Flask) -> None:
    """Add the commands."""
    cli.init_app(app)
