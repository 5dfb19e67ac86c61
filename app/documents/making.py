"""Asking for a document, making it, fetching it, forgetting it.

`ask_for` stores the wish and queues it after the commit; `make` runs in the jobs process (in tests at once).
A maker that raises leaves the document failed, with the sentence when it was an AppError; a jobs process that
dies in the middle leaves it "making", which the page calls failed after MAKING_TAKES_AT_MOST.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from flask import Flask, current_app
from flask_babel import force_locale
from sqlalchemy import delete, select, update

from app.documents.models import Document
from app.errors import AppError, NotFound
from app.extensions import language
from app.queue import enqueue
from config.settings import Settings
from tenants.database import current_tenant_id, db, now_utc, tenant_scope
from tenants.writing import after_commit, writing

__all__ = [
    "Maker",
    "add_maker",
    "ask_for",
    "folder_of_tenant",
    "forget_old",
    "get_document",
    "has_failed",
    "make",
    "path_of",
]

log = structlog.get_logger()

#: Called with the parameters and the path to write to; what it returns is kept as the result.
Maker = Callable[[Mapping[str, Any], Path], Mapping[str, Any]]
MAKING_TAKES_AT_MOST: Final = timedelta(minutes=30)


def add_maker(app: Flask, kind: str, maker: Maker) -> None:
    """Tell who makes documents of this kind; called by the domain that has the data."""
    app.extensions.setdefault("documents.makers", {})[kind] = maker


def ask_for(kind: str, params: Mapping[str, Any], *, agent_id: int, file_name: str) -> Document:
    """Store the wish for a document, inside or outside an action, and have it made after the commit."""
    with writing():
        document = Document(
            agent_id=agent_id,
            kind=kind,
            file_name=file_name,
            params=json.dumps({**params, "language": language()}, ensure_ascii=False, sort_keys=True),
        )
        db.session.add(document)
        db.session.flush()
        tenant_id, document_id = current_tenant_id(), document.id
        after_commit(lambda: enqueue("make_document", tenant_id, document_id))
    return document


def get_document(document: str, *, agent_id: int) -> Document:
    """The agent's own document that can still be fetched. Raises NotFound, also for anybody else's."""
    row = db.session.scalar(
        select(Document).where(
            Document.public_id == document, Document.agent_id == agent_id, Document.expires_at > now_utc()
        )
    )
    if row is None:
        raise NotFound
    return row


def has_failed(document: Document, now: datetime) -> bool:
    """Whether nothing will come of it any more."""
    is_late = now - document.created_at > MAKING_TAKES_AT_MOST
    return document.state == "failed" or (document.state != "ready" and is_late)


def make(tenant_id: int, document_id: int) -> None:
    """Make one document that waits. A second call for the same one does nothing."""
    with tenant_scope(tenant_id):
        if not _claim(document_id):
            return
        document = db.session.get_one(Document, document_id)
        maker: Maker = current_app.extensions["documents.makers"][document.kind]
        path, params = path_of(document), json.loads(document.params)
        db.session.rollback()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with force_locale(params["language"]):
                result = dict(maker(params, path))
        except AppError as error:
            _finish(document_id, "failed", {"sentence": str(error.for_reader)})
        except Exception as error:  # an edge: one document's trouble is not the queue's
            log.error("document_failed", tenant_id=tenant_id, document_id=document_id, exc_info=error)
            _finish(document_id, "failed", {})
            if current_app.testing:
                raise
        else:
            size = path.stat().st_size if path.exists() else 0
            _finish(document_id, "ready", result, size)


def path_of(document: Document) -> Path:
    """Where the document's bytes are; the company's id is part of it, the name is ours."""
    return folder_of_tenant() / "documents" / document.public_id


def folder_of_tenant() -> Path:
    """The open company's own folder."""
    settings: Settings = current_app.extensions["settings"]
    return settings.storage_dir / "tenants" / str(current_tenant_id())


def forget_old(now: datetime) -> int:
    """Delete the open company's documents whose time is over; return how many."""
    old = db.session.scalars(select(Document).where(Document.expires_at <= now)).all()
    if not old:
        return 0
    paths, ids = [path_of(document) for document in old], [document.id for document in old]
    with writing():
        db.session.execute(
            delete(Document).where(Document.id.in_(ids)), execution_options={"synchronize_session": False}
        )
    for path in paths:
        path.unlink(missing_ok=True)
    return len(ids)


def _claim(document_id: int) -> bool:
    with writing():
        result = db.session.execute(
            update(Document)
            .where(Document.id == document_id, Document.state == "waiting")
            .values(state="making"),
            execution_options={"synchronize_session": False},
        )
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]


def _finish(document_id: int, state: str, result: Mapping[str, Any], size_bytes: int = 0) -> None:
    with writing():
        document = db.session.get_one(Document, document_id)
        document.state, document.size_bytes = state, size_bytes
        document.result = json.dumps(dict(result), ensure_ascii=False)
