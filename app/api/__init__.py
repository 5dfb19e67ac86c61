"""The REST interface under /api/v1, and the keys that open it."""

from __future__ import annotations

from flask import Flask

from app.api import models

__all__ = ["init_app", "models"]


def init_app(app: Flask) -> None:
    """Register what the interface needs."""
    del app
