"""The addresses under /api/v1: agents, departments, support sessions, to read; and their description.

Every list answers {"items": […], "next_cursor": text or null}; every error is application/problem+json. A key
sees its own company: another one's ids are unknown ones.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.api import queries
from app.api.document import describe
from app.api.keys import count_use
from app.api.queries import SessionsAsked
from app.api.rules import REQUESTS_PER_MINUTE, make_cursor, read_cursor, read_limit, read_moment
from app.api.shapes import agent_shape, department_shape, session_shape
from app.errors import BadRequest, NotFound, Refused
from app.remote import caller_address
from app.routes import Caller, callers, public
from config.settings import Settings
from tenants.database import current_tenant_id, db, now_utc

__all__ = ["blueprint"]

blueprint = Blueprint("api", __name__, template_folder="templates", url_prefix="/api/v1")

View = TypeVar("View", bound=Callable[..., Any])
STATES = ("offline", "online", "connected", "expired")


def reads(scope: str) -> Callable[[View], View]:
    """Declare what a key must be allowed to read; the use of the key is counted before the view runs."""

    def declare(view: View) -> View:
        @wraps(view)
        def counted(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            left = count_use(g.api_key_id, ip=caller_address(), now=now_utc())
            if scope not in g.api_scopes:
                raise Refused(_l("이 키로는 읽을 수 없습니다. 관리자에게 문의해 주십시오."))
            answer: Response = view(*args, **kwargs)
            answer.headers["RateLimit-Limit"] = str(REQUESTS_PER_MINUTE)
            answer.headers["RateLimit-Remaining"] = str(left)
            answer.headers["Cache-Control"] = "no-store"
            return answer

        callers(Caller.API_KEY)(counted)
        counted.__scope__ = scope  # type: ignore[attr-defined]
        return counted  # type: ignore[return-value]

    return declare


@blueprint.get("/agents")
@reads("agents")
def list_agents() -> Response:
    """The company's agents, by id."""
    limit, after = _page(str)
    rows = queries.list_agents(after[0] if after else None, limit + 1)
    return _list([agent_shape(row[0], row[1]) for row in rows], limit, [(row[0].login_key,) for row in rows])


@blueprint.get("/agents/<agent>")
@reads("agents")
def get_agent(agent: str) -> Response:
    """One agent."""
    row = queries.find_agent(agent)
    if row is None:
        raise NotFound
    return jsonify(agent_shape(row[0], row[1]))


@blueprint.get("/departments")
@reads("agents")
def list_departments() -> Response:
    """The company's departments, by name."""
    limit, after = _page(str)
    rows = queries.list_departments(after[0] if after else None, limit + 1)
    return _list([department_shape(row) for row in rows], limit, [(row.name_key,) for row in rows])


@blueprint.get("/sessions")
@reads("sessions")
def list_sessions() -> Response:
    """The company's support sessions, the newest first."""
    limit, after = _page(int, int)
    state = request.args.get("state", "")
    if state and state not in STATES:
        raise BadRequest(_l("state 값을 알 수 없습니다."))
    asked = SessionsAsked(request.args.get("agent", "")[:64], state, _moment("from"), _moment("to"))
    place = (datetime.fromtimestamp(after[0] / 1e6, UTC), after[1]) if after else None
    rows = queries.list_sessions(asked, place, limit + 1)
    places = [(_microseconds(row[0].created_at), row[0].id) for row in rows]
    return _list([session_shape(row[0], row[1], row[2]) for row in rows], limit, places)


@blueprint.get("/sessions/<session>")
@reads("sessions")
def get_session(session: str) -> Response:
    """One support session."""
    row = queries.find_session(session)
    if row is None:
        raise NotFound
    return jsonify(session_shape(row[0], row[1], row[2]))


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """The description of all this, for programs."""
    return jsonify(describe(_settings().public_url))


@blueprint.get("/docs")
@public
def docs() -> ResponseReturnValue:
    """The description of all this, for people."""
    return render_template("api/docs.html", document=describe(_settings().public_url))


def _page(*kinds: type) -> tuple[int, list[Any] | None]:
    """The page that is asked for: how many rows, and the place after which it begins."""
    limit = read_limit(request.args.get("limit"))
    if limit is None:
        raise BadRequest(_l("limit는 1에서 200까지의 수입니다."))
    text = request.args.get("cursor")
    if text is None:
        return limit, None
    place = read_cursor(text, key=_cursor_key())
    if place is None or [type(one) for one in place] != list(kinds):
        raise BadRequest(_l("cursor를 읽을 수 없습니다. 앞 답의 next_cursor를 그대로 보내 주십시오."))
    return limit, place


def _list(items: list[dict[str, Any]], limit: int, places: list[tuple[Any, ...]]) -> Response:
    """`limit` rows were asked for and one more was read, to see whether the list goes on."""
    db.session.rollback()
    has_more = len(items) > limit
    cursor = make_cursor(places[limit - 1], key=_cursor_key()) if has_more else None
    return jsonify(items=items[:limit], next_cursor=cursor)


def _cursor_key() -> bytes:
    """A cursor is good for the address and the company that it was made for."""
    return f"{_settings().secret_key}:{current_tenant_id()}:{request.endpoint}".encode()


def _moment(name: str) -> datetime | None:
    text = request.args.get(name)
    if text is None:
        return None
    moment = read_moment(text)
    if moment is None:
        raise BadRequest(_l("시각은 2026-11-20T09:00:00+09:00처럼 시간대와 함께 적어 주십시오."))
    return moment


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
