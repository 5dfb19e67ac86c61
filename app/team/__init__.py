"""Departments, agents, options, and the page that an administrator starts from."""

from __future__ import annotations

from flask import Flask

from app.team import cli, models, option_places, views

__all__ = ["init_app", "models"]


def init_app(app: Flask) -> None:
    """Register the pages and the commands."""
    app.register_blueprint(views.blueprint)
    option_places.init_app(app)
    cli.init_app(app)
