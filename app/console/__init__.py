"""The agent's work in a browser: the list of slots, and the web viewer of one support session.

The pages do what the waiting program and the viewer do, by the same signal commands and through the same
sealed channels; what a command means is decided in support.

Source: docs/decisions/0064-pages-are-programs.md.
"""

from __future__ import annotations

from flask import Flask

from app.console import views
from app.console.scripts import script_address

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(views.blueprint)
    app.jinja_env.globals["script_address"] = script_address
