"""The uploaded file between looking at it and taking it over: sealed on disk, for its uploader, for a day.

It may hold passwords, so it is never stored in the clear; the key is the deployment's, the seal is bound to
company and document.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from app.documents.making import get_document, path_of
from app.documents.models import Document
from app.errors import NotFound
from app.manage.roster.queries import department_names, known_agents, room_left
from app.manage.roster.rules import Plan, plan_agents, plan_departments
from app.sheets import read_csv
from config.settings import Settings
from tenants.database import current_tenant_id, db, public_id
from tenants.writing import writing

__all__ = ["KINDS", "keep_upload", "plan_of", "plan_upload", "read_upload"]

KINDS = ("agents", "departments")
_NONCE = 12


def keep_upload(what: str, data: bytes, *, agent_id: int, file_name: str) -> Document:
    """Store a readable file and return its row. Raises SheetRejected."""
    read_csv(data)
    with writing():
        document = Document(
            public_id=public_id(),
            agent_id=agent_id,
            kind=f"upload.{what}",
            state="ready",
            file_name=file_name[:120],
            size_bytes=len(data),
        )
        db.session.add(document)
        db.session.flush()
        path = path_of(document)
        path.parent.mkdir(parents=True, exist_ok=True)
        nonce = secrets.token_bytes(_NONCE)
        path.write_bytes(nonce + AESGCM(_key()).encrypt(nonce, data, _bound_to(document.public_id)))
    return document


def read_upload(what: str, document: str, *, agent_id: int) -> bytes:
    """The bytes of the agent's own upload. Raises NotFound."""
    row = get_document(document, agent_id=agent_id)
    if row.kind != f"upload.{what}":
        raise NotFound
    try:
        sealed = path_of(row).read_bytes()
        return AESGCM(_key()).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(row.public_id))
    except (FileNotFoundError, InvalidTag):
        raise NotFound from None


def plan_upload(what: str, document: str, *, agent_id: int) -> Plan:
    """What taking over this upload would do now. Raises NotFound, SheetRejected."""
    return plan_of(what, read_upload(what, document, agent_id=agent_id))


def plan_of(what: str, data: bytes) -> Plan:
    """What a file would do now."""
    rows = read_csv(data)
    if what == "departments":
        return plan_departments(rows, department_names())
    return plan_agents(rows, known_agents(), department_names(), room_left())


def _key() -> bytes:
    settings: Settings = current_app.extensions["settings"]
    return HKDF(SHA256(), 32, salt=None, info=b"barohelp upload").derive(settings.code_seal_key)


def _bound_to(document: str) -> bytes:
    return f"{current_tenant_id()}:{document}".encode()
