"""Slots, access codes, support sessions, participants, tickets, and the signal socket that tells of them."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.accounts import events
from app.routes import Caller, add_identifier
from app.support import models, orders, views
from app.support.actions.sessions import tell_login_ended
from app.support.option_news import tell_programs
from app.support.signal import door
from app.support.signal import models as signal_models
from app.support.signal.hub import Hub, RedisHub
from app.support.signal.sweep import Sweep
from app.team.events import options_changed
from config.settings import Settings
from tenants.database import now_utc, tenant_scope

__all__ = ["init_app", "models", "signal_models"]


def init_app(app: Flask) -> None:
    """Register the programs' doors, and give the process its hub, its sweep and its order desk."""
    settings: Settings = app.extensions["settings"]
    app.register_blueprint(views.blueprint)
    app.config["SOCK_SERVER_OPTIONS"] = views.settings_of_sockets()
    add_identifier(app, Caller.CUSTOMER_PROGRAM, door.identify_customer_program)
    hub = app.extensions["support.hub"] = _make_hub(settings)
    app.extensions["support.sweep"] = Sweep(app, hub)
    orders.init_app(app, settings)
    events.login_ended.connect(_on_login_ended)
    options_changed.connect(_on_options_changed)


def _on_options_changed(_sender: object, *, department_id: int | None, agent_id: int | None) -> None:
    tell_programs(department_id=department_id, agent_id=agent_id, now=now_utc())


def _make_hub(settings: Settings) -> Hub:
    if settings.redis_url is None:
        return Hub()
    import redis

    connection = redis.Redis.from_url(
        settings.redis_url, socket_timeout=2.0, socket_connect_timeout=0.5, health_check_interval=15
    )
    return RedisHub(connection)


def _on_login_ended(_kind: str, *, tenant_id: int, login_session_id: int, reason: str, **_more: Any) -> None:
    with tenant_scope(tenant_id):
        tell_login_ended(login_session_id, reason, now=now_utc())
