"""Inquiries: what a company's people ask us, the operator, and what we answer.

The pages stand in manage (who asks) and operator (who answers); the domain brings tables, rules and deeds.
Source: docs/decisions/0084-inquiries.md.
"""

from __future__ import annotations

from flask import Flask

from app.inquiries import models

__all__ = ["init_app", "models"]


def init_app(_app: Flask) -> None:
    """Nothing to register: the pages are manage's and the operator's."""
