"""The customer page of a company: waiting numbers, code, program, live steps, satisfaction."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages."""
