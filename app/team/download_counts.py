"""How often each file was fetched by the people of a company.

A download is the request that begins it: one that goes on where it broke off, or only asks for the headers,
counts nothing. Counting never stands in a download's way.
"""

from __future__ import annotations

import structlog
from flask import request
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.team.models import DownloadCount
from tenants.database import db
from tenants.errors import DatabaseBusy
from tenants.writing import writing

__all__ = ["count_download", "read_counts"]

log = structlog.get_logger()


def read_counts() -> dict[str, int]:
    """By file name; a file that nobody fetched is not in it."""
    rows = db.session.execute(select(DownloadCount.name, DownloadCount.count))
    return {row[0]: row[1] for row in rows}


def count_download(name: str) -> None:
    """Count the running request as one download of this file."""
    if request.method != "GET" or "Range" in request.headers:
        return
    try:
        try:
            _add_one(name)
        except IntegrityError:  # somebody else's first download of it came in between
            _add_one(name)
    except DatabaseBusy:
        log.warning("download_not_counted", file=name)


def _add_one(name: str) -> None:
    with writing():
        found = db.session.execute(
            update(DownloadCount)
            .where(DownloadCount.name == name)
            .values(count=DownloadCount.count + 1)
            .returning(DownloadCount.count)
            .execution_options(synchronize_session=False)
        ).first()
        if found is None:
            db.session.add(DownloadCount(name=name, count=1))
