"""Recognising an operator: by a cookie of its own, from the networks that the settings allow."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from flask import Flask, current_app, request

from app.accounts.identity import cookie_name
from app.errors import NotFound
from app.operator import doors
from app.remote import caller_address
from app.routes import Caller, Identity, add_identifier
from config.settings import Settings
from tenants.database import now_utc

__all__ = ["COOKIE", "init_app", "refuse_far_networks"]

COOKIE = "operator"
SEEN_EVERY = timedelta(seconds=60)


def init_app(app: Flask) -> None:
    """Tell the gate how operators are recognised."""
    add_identifier(app, Caller.OPERATOR, identify)


def identify() -> Identity | None:
    """The operator behind the cookie, or None; also notes that the log-in is in use."""
    refuse_far_networks()
    token = request.cookies.get(cookie_name(COOKIE), "")
    now = now_utc()
    found = doors.find_log_in(token, now) if token else None
    if found is None:
        return None
    log_in, operator = found
    identity = Identity(
        caller=Caller.OPERATOR,
        tenant_id=0,
        login_session_id=log_in.id,
        csrf_secret=log_in.csrf_secret,
        operator_id=operator.id,
        idle_s=int(doors.IDLE.total_seconds()),
    )
    if now - log_in.seen_at > SEEN_EVERY:
        doors.mark_seen(log_in.id, now=now)
    return identity


def refuse_far_networks() -> None:
    """From outside OPERATOR_NETWORKS there is no such page."""
    settings: Settings = current_app.extensions["settings"]
    networks = settings.operator_networks
    if not networks:
        return
    address = ipaddress.ip_address(caller_address())
    if not any(address.version == net.version and address in net for net in networks):
        raise NotFound
