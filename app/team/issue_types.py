"""The kinds of trouble that agents choose from when a support session ends: at most 30, in an order.

A deleted type keeps its row, because records name it; it only leaves the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.errors import NotFound
from app.team.errors import ChangedElsewhere, IssueTypeRejected
from app.team.models import ISSUE_TYPE_PARKING, IssueType
from app.team.rules import MAX_NAME
from tenants import audit
from tenants.audit import Actor
from tenants.database import current_tenant_id, db, now_utc
from tenants.models import Tenant
from tenants.writing import writing

__all__ = [
    "MAX_ISSUE_TYPES",
    "create_issue_type",
    "delete_issue_type",
    "get_issue_type",
    "list_issue_types",
    "move_issue_type",
    "place_issue_type",
    "rename_issue_type",
    "restore_issue_type",
]

MAX_ISSUE_TYPES: Final = 30


def list_issue_types() -> Sequence[IssueType]:
    """The types to choose from, in their order."""
    statement = select(IssueType).where(IssueType.archived_at.is_(None)).order_by(IssueType.position)
    return db.session.scalars(statement).all()


def get_issue_type(issue_type: str) -> IssueType:
    """The type with this public id. Raises NotFound, also for a deleted one."""
    row = db.session.scalar(
        select(IssueType).where(IssueType.public_id == issue_type, IssueType.archived_at.is_(None))
    )
    if row is None:
        raise NotFound
    return row


def create_issue_type(name: str, *, by: Actor) -> IssueType:
    """Add a type at the end of the list. Raises IssueTypeRejected: name empty or taken, 30 there already."""
    name = _checked_name(name)
    with writing():
        rows = _locked_list()
        _refuse_taken(name, rows)
        if len(rows) >= MAX_ISSUE_TYPES:
            raise _too_many()
        row = IssueType(name=name, position=len(rows) + 1)
        db.session.add(row)
        db.session.flush()
        audit.record("issue_type.created", _named(row), {"name": name}, by=by)
    return row


def rename_issue_type(issue_type: str, name: str, *, by: Actor) -> None:
    """Give a type another name; records keep the name they were written with. Raises as create, NotFound."""
    name = _checked_name(name)
    with writing():
        rows = _locked_list()
        row = get_issue_type(issue_type)
        if row.name == name:
            return
        _refuse_taken(name, [other for other in rows if other is not row])
        before, row.name = row.name, name
        audit.record("issue_type.renamed", _named(row), {"from": before, "to": name}, by=by)


def move_issue_type(issue_type: str, direction: Literal["up", "down"], *, by: Actor) -> None:
    """Change places with the neighbour; the first stays first and the last stays last. Raises NotFound."""
    try:
        with writing():
            rows = list(_locked_list())
            row = get_issue_type(issue_type)
            place = rows.index(row)
            other = place + (1 if direction == "down" else -1)
            if not 0 <= other < len(rows):
                return
            _swap(row, rows[other])
            audit.record("issue_type.moved", _named(row), {"name": row.name, "to": row.position}, by=by)
    except IntegrityError as error:
        raise ChangedElsewhere from error


def place_issue_type(issue_type: str, position: int, *, by: Actor) -> None:
    """Put a type at a place of the list, from 1; beyond an end is at that end. Raises NotFound."""
    try:
        with writing():
            rows = list(_locked_list())
            row = get_issue_type(issue_type)
            if _walk(rows, row, position):
                audit.record("issue_type.moved", _named(row), {"name": row.name, "to": row.position}, by=by)
    except IntegrityError as error:
        raise ChangedElsewhere from error


def restore_issue_type(issue_type: str, position: int, *, by: Actor) -> str:
    """Take a deletion back: the type stands where it stood; return its name. Raises as create, NotFound."""
    with writing():
        rows = list(_locked_list())
        row = db.session.scalar(
            select(IssueType).where(IssueType.public_id == issue_type, IssueType.archived_at.is_not(None))
        )
        if row is None:
            raise NotFound
        _refuse_taken(row.name, rows)
        if len(rows) >= MAX_ISSUE_TYPES:
            raise _too_many()
        row.archived_at, row.position = None, len(rows) + 1
        db.session.flush()
        _walk([*rows, row], row, position)
        audit.record("issue_type.created", _named(row), {"name": row.name}, by=by)
    return row.name


def _walk(rows: list[IssueType], row: IssueType, position: int) -> bool:
    """Change places with one neighbour after the other until the place is reached; whether it moved."""
    place, target = rows.index(row), min(max(position, 1), len(rows)) - 1
    step = 1 if target > place else -1
    for other in range(place + step, target + step, step) if target != place else ():
        _swap(row, rows[other])
    return target != place


def delete_issue_type(issue_type: str, *, by: Actor) -> str:
    """Take a type off the list and close the gap; return its name. Raises NotFound."""
    with writing():
        rows = list(_locked_list())
        row = get_issue_type(issue_type)
        later = rows[rows.index(row) + 1 :]
        row.archived_at, row.position = now_utc(), None
        db.session.flush()
        for follower in later:  # one after the other, for each place must be free first
            assert follower.position is not None
            follower.position -= 1
            db.session.flush()
        audit.record("issue_type.deleted", _named(row), {"name": row.name}, by=by)
    return row.name


def _swap(one: IssueType, other: IssueType) -> None:
    """No two types may stand in one place at any moment, so one waits beside the list."""
    places = one.position, other.position
    one.position = ISSUE_TYPE_PARKING
    db.session.flush()
    other.position = places[0]
    db.session.flush()
    one.position = places[1]
    db.session.flush()


def _locked_list() -> Sequence[IssueType]:
    """The list, with the company's row locked: two admins order it one after the other."""
    db.session.get(Tenant, current_tenant_id(), with_for_update={"key_share": True})
    return list_issue_types()


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME:
        raise IssueTypeRejected(_l("유형 이름을 1~40자로 적어 주십시오."))
    return name


def _refuse_taken(name: str, rows: Sequence[IssueType]) -> None:
    if any(row.name.casefold() == name.casefold() for row in rows):
        raise IssueTypeRejected(_l("같은 이름의 유형이 있습니다. 다른 이름을 써 주십시오."))


def _too_many() -> IssueTypeRejected:
    return IssueTypeRejected(
        _l("상담 유형은 30개까지 만들 수 있습니다. 쓰지 않는 유형을 먼저 지워 주십시오.")
    )


def _named(row: IssueType) -> str:
    return f"issue_type:{row.public_id}"
