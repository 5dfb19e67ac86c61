"""The operator's console: our own staff's pages over all companies, apart from every company's people."""

from __future__ import annotations

from flask import Flask

from app.operator import models, notices

__all__ = ["init_app", "models"]


def init_app(app: Flask) -> None:
    """Give the consoles their notices."""
    notices.init_app(app)
