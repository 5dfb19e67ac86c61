"""Indexes for what is looked for in all tenants at once: by its time, not by its tenant."""

from __future__ import annotations

from sqlalchemy import Index, text

__all__ = ["due_index"]


def due_index(name: str, column: str, live: str | None = None) -> Index:
    """Return the index of a time that comes due; `live` is the SQL condition of the rows that still wait."""
    if live is None:
        return Index(name, column)
    return Index(name, column, sqlite_where=text(live), postgresql_where=text(live))
