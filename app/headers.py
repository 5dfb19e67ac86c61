"""Security headers of every answer: what a page may load, who may frame it, what may be kept.

Decides the policy once; a view relaxes it only through `g.frame_ancestors` (the embed) or its own
Cache-Control. Scripts and styles run from our own files or with this answer's nonce, never inline.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

from config.settings import Settings

__all__ = ["csp_nonce", "init_app"]

YEAR_S = 365 * 86_400
#: After these the browser drops what it kept of our pages, also for the way back.
_LOG_OUTS = {"accounts.log_out", "operator.log_out"}


def csp_nonce() -> str:
    """This answer's nonce for the few inline scripts and styles of our own templates."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def init_app(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    socket_origin = settings.public_url.replace("http", "ws", 1)
    connect = " ".join(["'self'", socket_origin, *(url for relay in settings.relays for url in relay.urls)])

    def add_headers(response: Response) -> Response:
        nonce = g.pop("csp_nonce", None)
        own = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
        policy = {
            "default-src": "'self'",
            "script-src": own,
            "style-src": own,
            "img-src": "'self' data: blob:",
            "font-src": "'self'",
            "connect-src": connect,
            "object-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": g.get("frame_ancestors", "'none'"),
        }
        headers = response.headers
        headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        if "frame_ancestors" not in g:
            headers["X-Frame-Options"] = "DENY"
        if settings.uses_tls:
            headers["Strict-Transport-Security"] = f"max-age={YEAR_S}; includeSubDomains"
        if g.get("identity") is not None or (
            response.mimetype == "text/html" and not headers.get("Cache-Control")
        ):
            headers["Cache-Control"] = "no-store"
        if request.endpoint in _LOG_OUTS:
            headers["Clear-Site-Data"] = '"cache"'
        if request.endpoint == "static" and request.args.get("v"):
            headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        return response

    app.after_request(add_headers)
