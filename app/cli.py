"""Commands of the whole app. Each domain adds its own group; set-up runs from the command line only."""

from __future__ import annotations

from flask import Flask

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    """Register the commands that belong to no domain."""
