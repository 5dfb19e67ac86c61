"""Which operator does what the running request asks for."""

from __future__ import annotations

from flask import g

from app.errors import LogInNeeded
from app.operator.models import Operator
from app.operator.staff import actor_of
from app.routes import current_identity
from tenants.audit import Actor
from tenants.database import db

__all__ = ["doer", "my_row"]


def my_row() -> Operator:
    """The operator who is logged in. Asked for anew each time: a row does not outlive a change of scope."""
    row = db.session.get(Operator, current_identity().operator_id or 0)
    if row is None:
        raise LogInNeeded
    return row


def doer() -> Actor:
    """The operator who is logged in, with address and browser."""
    if "operator_actor" not in g:
        g.operator_actor = actor_of(my_row())
    actor: Actor = g.operator_actor
    return actor
