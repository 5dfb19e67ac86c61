"""What a row looks like from outside: public ids, moments of RFC 3339 in UTC, None where there is nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.support.models import SupportSession, SurveyAnswer
from app.team.models import Agent, Department

__all__ = ["agent_shape", "department_shape", "session_shape"]


def agent_shape(agent: Agent, department: Department | None) -> dict[str, Any]:
    """An agent. `id` is the log-in id, which never changes."""
    return {
        "id": agent.login_id,
        "name": agent.name,
        "role": agent.role,
        "seat": agent.seat,
        "state": agent.state,
        "department": department_shape(department) if department else None,
        "phone": agent.phone or None,
        "email": agent.email or None,
        "created_at": _moment(agent.created_at),
        "last_access_at": _moment(agent.last_access_at),
    }


def department_shape(department: Department) -> dict[str, Any]:
    """A department."""
    return {"id": department.public_id, "name": department.name}


def session_shape(session: SupportSession, agent: Agent, answer: SurveyAnswer | None) -> dict[str, Any]:
    """A support session with its report."""
    return {
        "id": session.public_id,
        "number": session.number,
        "state": session.state,
        "agent": {"id": agent.login_id, "name": agent.name},
        "customer": {
            "name": session.customer_name or None,
            "email": session.customer_email or None,
            "phone": session.customer_phone or None,
            "pc": session.pc_name or None,
            "os": session.os or None,
        },
        "issue_type": session.issue_type_name or None,
        "content": session.content or None,
        "result": session.result,
        "satisfaction": answer.grade if answer else None,
        "comment": (answer.comment or None) if answer else None,
        "created_at": _moment(session.created_at),
        "connected_at": _moment(session.connected_at),
        "ended_at": _moment(session.ended_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
