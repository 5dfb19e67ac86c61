"""The libraries that belong to the whole app: database, migrations, languages."""

from __future__ import annotations

from flask import Flask, g, request
from flask_babel import Babel
from flask_migrate import Migrate

from config.settings import ROOT, Settings
from tenants import sqlite
from tenants.database import db

__all__ = ["LANGUAGES", "LANGUAGE_COOKIE", "init_app", "language", "theme", "theme_is_chosen"]

LANGUAGES = ("ko", "en")
LANGUAGE_COOKIE = "barohelp_language"
THEMES = ("light", "dark")
THEME_COOKIE = "barohelp_theme"  # written by app/static/js/barohelp.js

babel = Babel()
migrate = Migrate(render_as_batch=True, compare_type=True, directory=str(ROOT / "migrations"))


def init_app(app: Flask, settings: Settings) -> None:
    """Connect the libraries to the app."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(settings)
    db.init_app(app)
    with app.app_context():
        sqlite.prepare(db.engine, durable=settings.environment != "test")
    migrate.init_app(app, db)
    app.config["BABEL_DEFAULT_LOCALE"] = "ko"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Seoul"
    babel.init_app(app, locale_selector=language)
    app.jinja_env.globals.update(language=language, theme=theme, theme_is_chosen=theme_is_chosen)


def language() -> str:
    """The reader's language: their choice on this computer, else the browser's wish, else Korean."""
    if not request:
        return "ko"
    if "language" not in g:
        chosen = request.cookies.get(LANGUAGE_COOKIE)
        g.language = chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES, "ko")
    return str(g.language)


def theme() -> str:
    """The page's theme: chosen on this computer, else light, which theme.js turns into the system's."""
    return request.cookies[THEME_COOKIE] if theme_is_chosen() else "light"


def theme_is_chosen() -> bool:
    """Whether this computer's reader has chosen a theme."""
    return bool(request) and request.cookies.get(THEME_COOKIE) in THEMES


def _engine_options(settings: Settings) -> dict[str, object]:
    """Pools that wait rather than grow; on PostgreSQL every query has a deadline (security rule 11).

    Values are kept out of error messages, which end in logs: they may be hashes, names, addresses.
    """
    if settings.is_sqlite:
        return {"hide_parameters": True, "pool_size": 8, "max_overflow": 8, "pool_timeout": 10}
    return {
        "hide_parameters": True,
        "pool_size": 10,
        "max_overflow": 10,
        "pool_timeout": 10,
        "pool_pre_ping": True,
        "connect_args": {
            "connect_timeout": 5,
            "options": "-c statement_timeout=10000 -c lock_timeout=5000"
            " -c idle_in_transaction_session_timeout=30000",
        },
    }
