"""The web half: pages, JSON for the programs, signal sockets. `create_app` reads as the list of its parts.

A domain is a folder with a line in DOMAINS; it exports `init_app(app)`, which registers its blueprint, tells
the gate how its callers are recognised and adds its commands.
"""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from app import assets, cli, errors, extensions, formats, headers, pages, queue, routes, start_checks
from config.settings import Settings

__all__ = ["DOMAINS", "create_app"]

#: Each may use the ones before it. Portal is last, because it owns `/<slug>`.
DOMAINS = (
    "team",
    "documents",
    "mail",
    "accounts",
    "support",
    "api",
    "inquiries",
    "manage",
    "console",
    "operator",
    "portal",
)


def create_app(settings: Settings) -> Flask:
    """The web application for these settings. Raises RuntimeError when a view is silent about its callers."""
    app = Flask(__name__)
    _configure(app, settings)
    extensions.init_app(app, settings)
    assets.init_app(app)
    formats.init_app(app)
    queue.init_app(app)
    routes.init_app(app)
    headers.init_app(app, settings)
    errors.init_app(app)
    pages.init_app(app)
    for domain in DOMAINS:
        import_module(f"app.{domain}").init_app(app)
    cli.init_app(app)
    start_checks.init_app(app)
    routes.refuse_undeclared(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.extensions["settings"] = settings
    app.testing = settings.environment == "test"
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_request_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_request_bytes,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME="__Host-barohelp_notes" if settings.uses_tls else "barohelp_notes",
        SESSION_COOKIE_SECURE=settings.uses_tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_ENABLED=False,  # The gate checks one token for every form (docs/decisions/0027-the-gate.md).
        TEMPLATES_AUTO_RELOAD=settings.environment == "dev",
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
