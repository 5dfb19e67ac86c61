"""Log-in, log-out, wrong tries. Later: two-step, allowed addresses, API keys."""

from __future__ import annotations

from flask import Flask

from app.accounts import cli, identity, models, views

__all__ = ["init_app", "models"]


def init_app(app: Flask) -> None:
    """Register the pages and tell the gate how agents are recognised."""
    app.register_blueprint(views.blueprint)
    identity.init_app(app)
    cli.init_app(app)
