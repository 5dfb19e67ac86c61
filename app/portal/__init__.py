"""The customer page of a company: waiting numbers, code, program, live steps, satisfaction."""

from __future__ import annotations

from flask import Flask

from app.portal import live, views

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    """Register the pages. Last of all domains, because `/<slug>` takes what nobody else does."""
    app.extensions["portal.live"] = live.Live(app, app.extensions["support.hub"])
    app.register_blueprint(views.blueprint)
