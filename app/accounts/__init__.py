"""Log-in and log-out, the second step, wrong tries, allowed addresses, passwords."""

from __future__ import annotations

from flask import Flask

from app.accounts import cli, identity, models, reset_views, views

__all__ = ["init_app", "models", "reset_views"]


def init_app(app: Flask) -> None:
    """Register the pages and tell the gate how agents are recognised."""
    app.register_blueprint(views.blueprint)
    identity.init_app(app)
    cli.init_app(app)
