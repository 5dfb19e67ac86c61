"""The administration under /manage: departments, agents, options, and the menu of the console.

It comes after support, because deleting an agent looks at support sessions; what is stored stands in team
and accounts. Source: docs/decisions/0050-administration-is-a-domain.md.
"""

from __future__ import annotations

from flask import Flask

from app.manage import exports, menu, views

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    """Register the pages, and give the layout its menu."""
    app.register_blueprint(views.blueprint)
    menu.init_app(app)
    exports.init_app(app)
