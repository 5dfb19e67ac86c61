"""Making companies and agents, and the demo company, from the command line."""

from __future__ import annotations

from flask import Flask

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    """Add the command groups."""
