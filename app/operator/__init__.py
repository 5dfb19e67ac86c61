"""The operator's console: our own staff's pages over all companies, apart from every company's people."""

from __future__ import annotations

from flask import Flask

from app.operator import cli, identity, menu, models, notices, views

__all__ = ["init_app", "models"]


def init_app(app: Flask) -> None:
    """Register the pages, tell the gate how operators are recognised, give the consoles their notices."""
    app.register_blueprint(views.blueprint)
    identity.init_app(app)
    menu.init_app(app)
    notices.init_app(app)
    cli.init_app(app)
