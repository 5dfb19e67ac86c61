"""What the usage log's ids are called: each entry's object in words, for a whole page at once.

The log keeps ids, which never change their meaning; people read names. A thing that is gone is told by the
name that its own entry noted, else by its kind.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.sql.elements import ColumnElement

from app.inquiries.models import Inquiry
from app.support.models import Slot, SupportSession
from app.team.models import Agent, Department, IssueType
from tenants.audit import AuditEntry
from tenants.database import current_tenant_id, db
from tenants.resolve import get_tenant

__all__ = ["name_objects"]

_KINDS: Final = {
    "tenant": _l("회사 전체"),
    "agent": _l("상담원"),
    "agents": _l("상담원 여러 명"),
    "department": _l("부서"),
    "issue_type": _l("상담 유형"),
    "slot": _l("대기 번호"),
    "session": _l("원격지원"),
    "api_key": _l("API 키"),
    "inquiry": _l("1:1 문의"),
}


def name_objects(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """From each entry's `kind:id` to words, in at most one statement for each kind on the page."""
    entries = list(entries)
    wanted: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        kind, _, key = entry.object.partition(":")
        wanted[kind].add(key)
    names: dict[str, str] = {}
    for kind, keys in wanted.items():
        names |= {f"{kind}:{key}": name for key, name in _find(kind, keys).items()}
    for entry in entries:
        if entry.object and entry.object not in names:
            names[entry.object] = _as_noted(entry)
    return names


def _find(kind: str, keys: set[str]) -> dict[str, str]:
    if kind == "agent":
        ids = {int(key) for key in keys if key.isdecimal()}
        rows = db.session.execute(select(Agent.id, Agent.name, Agent.login_id).where(Agent.id.in_(ids)))
        return {str(key): f"{name} ({login_id})" for key, name, login_id in rows}
    if kind == "department":
        ids = {int(key) for key in keys if key.isdecimal() and len(key) < 19}
        by_id = _pairs(Department.id, Department.name, ids) if ids else {}
        return by_id | _pairs(Department.public_id, Department.name, keys)
    if kind == "issue_type":
        return _pairs(IssueType.public_id, IssueType.name, keys)
    if kind == "inquiry":
        return _pairs(Inquiry.public_id, Inquiry.subject, keys)
    if kind in ("slot", "session"):
        table = Slot if kind == "slot" else SupportSession
        return _numbers(_pairs(table.public_id, table.number, keys))
    return dict.fromkeys(keys, get_tenant(current_tenant_id()).title) if kind == "tenant" else {}


def _pairs(key: Any, name: Any, wanted: Iterable[Any]) -> dict[str, str]:
    is_wanted: ColumnElement[bool] = key.in_(list(wanted))
    return {str(one): str(two) for one, two in db.session.execute(select(key, name).where(is_wanted))}


def _numbers(found: dict[str, str]) -> dict[str, str]:
    return {key: str(_l("%(number)s번", number=number)) for key, number in found.items()}


def _as_noted(entry: AuditEntry) -> str:
    kind = entry.object.partition(":")[0]
    try:
        noted = json.loads(entry.data)
    except ValueError:
        noted = {}
    name = noted.get("name") or noted.get("login_id") if isinstance(noted, dict) else ""
    return str(name) if isinstance(name, str) and name else str(_KINDS.get(kind, kind))
