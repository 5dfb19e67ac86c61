"""The REST interface under /api/v1, and the keys that open it."""

from __future__ import annotations

from flask import Flask

from app.api import identity, models, views

__all__ = ["init_app", "models"]


def init_app(app: Flask) -> None:
    """Register the addresses and tell the gate how keys are recognised."""
    app.register_blueprint(views.blueprint)
    identity.init_app(app)
