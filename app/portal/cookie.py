"""The customer's cookie: the token of their arrival, one cookie for each company. It opens nothing else."""

from __future__ import annotations

from datetime import datetime

from flask import Response, current_app, request

from app.support import queries, rules
from app.support.models import Arrival
from config.settings import Settings
from tenants.bearer import parse_bearer


def cookie_name(slug: str) -> str:
    """Return the name of a company's cookie; with TLS no other site of the domain can set it."""
    prefix = "__Host-" if _settings().uses_tls else ""
    return f"{prefix}barohelp-arrival-{slug}"


def read_token(slug: str) -> str | None:
    """Return the arrival token that the browser keeps for this company, when it has the right shape."""
    text = request.cookies.get(cookie_name(slug))
    bearer = parse_bearer(text, "arrival")
    return text if bearer is not None and bearer.slug == slug else None


def find_arrival(slug: str, now: datetime) -> Arrival | None:
    """Return the arrival of this browser at this company; a day after its end it is forgotten."""
    bearer = parse_bearer(read_token(slug), "arrival")
    arrival = queries.find_arrival(bearer.hash) if bearer else None
    if arrival is None:
        return None
    if arrival.ended_at is not None and now - arrival.ended_at > rules.ARRIVAL_MEMORY:
        return None
    return arrival


def set_cookie(response: Response, slug: str, token: str) -> None:
    """Let the browser keep its arrival."""
    response.set_cookie(
        cookie_name(slug),
        token,
        max_age=int(rules.ARRIVAL_MEMORY.total_seconds()),
        httponly=True,
        secure=_settings().uses_tls,
        samesite="Lax",
        path="/",
    )


def forget_cookie(response: Response, slug: str) -> None:
    """Let the browser forget its arrival."""
    response.delete_cookie(
        cookie_name(slug), httponly=True, secure=_settings().uses_tls, samesite="Lax", path="/"
    )


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
