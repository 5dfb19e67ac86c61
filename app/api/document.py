"""The OpenAPI document of the REST interface, as a value; a test compares it with the addresses there are."""

from __future__ import annotations

from typing import Any, Final

from app.api.rules import DEFAULT_LIMIT, MAX_LIMIT

__all__ = ["describe"]

_TEXT: Final = {"type": "string"}
_MAYBE_TEXT: Final = {"type": ["string", "null"]}
_MOMENT: Final = {"type": "string", "format": "date-time"}
_MAYBE_MOMENT: Final = {"type": ["string", "null"], "format": "date-time"}


def describe(public_url: str) -> dict[str, Any]:
    """The whole document, for the interface at this address."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "BaroHelp REST API",
            "version": "1",
            "description": "What a company's own programs may read. Keys are made in the console under "
            "API keys. Times are RFC 3339 in UTC. Lists are read by cursor: send next_cursor back until it "
            "is null. 120 requests a minute for each key.",
        },
        "servers": [{"url": public_url}],
        "security": [{"key": []}],
        "paths": {
            "/api/v1/agents": _list("Agents, by id", "agents", "Agent"),
            "/api/v1/agents/{agent}": _one("One agent", "agents", "Agent", "agent", "The agent's id."),
            "/api/v1/departments": _list("Departments, by name", "agents", "Department"),
            "/api/v1/sessions": _list(
                "Support sessions, the newest first", "sessions", "Session", *_SESSION_FILTERS
            ),
            "/api/v1/sessions/{session}": _one(
                "One support session", "sessions", "Session", "session", "The support session's id."
            ),
        },
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "apikey.<company>.<secret>"}
            },
            "schemas": _SCHEMAS,
        },
    }


def _query(name: str, schema: dict[str, Any], words: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": words}


_PAGE: Final = (
    _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "How many rows at the most.",
    ),
    _query("cursor", _TEXT, "next_cursor of the answer before."),
)
_SESSION_FILTERS: Final = (
    _query("agent", _TEXT, "Only this agent's, by id."),
    _query("state", {"enum": ["offline", "online", "connected", "expired"]}, "Only those in this state."),
    _query("from", _MOMENT, "Made at this moment or later."),
    _query("to", _MOMENT, "Made before this moment."),
)


def _list(summary: str, scope: str, shape: str, *filters: dict[str, Any]) -> dict[str, Any]:
    body = {
        "type": "object",
        "required": ["items", "next_cursor"],
        "properties": {
            "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{shape}"}},
            "next_cursor": _MAYBE_TEXT,
        },
    }
    return _get(summary, scope, body, [*filters, *_PAGE], problems=(400, 401, 403, 429, 503))


def _one(summary: str, scope: str, shape: str, name: str, words: str) -> dict[str, Any]:
    parameter = {"name": name, "in": "path", "required": True, "schema": _TEXT, "description": words}
    body = {"$ref": f"#/components/schemas/{shape}"}
    return _get(summary, scope, body, [parameter], problems=(401, 403, 404, 429, 503))


def _get(
    summary: str, scope: str, body: dict[str, Any], parameters: list[Any], *, problems: tuple[int, ...]
) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers: dict[str, Any] = {
        str(status): {"description": _PROBLEMS[status], "content": problem} for status in problems
    }
    answers["200"] = {"description": summary, "content": {"application/json": {"schema": body}}}
    return {
        "get": {"summary": summary, "tags": [scope], "parameters": parameters, "responses": answers},
    }


_PROBLEMS: Final = {
    400: "The request cannot be understood.",
    401: "No key, or one that opens nothing.",
    403: "The key may not read this.",
    404: "There is no such thing.",
    429: "Too many requests in this minute; see Retry-After.",
    503: "Try again in a moment; see Retry-After.",
}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


_DEPARTMENT: Final = _object(id=_TEXT, name=_TEXT)
_SCHEMAS: Final[dict[str, Any]] = {
    "Agent": _object(
        id=_TEXT,
        name=_TEXT,
        role={"enum": ["admin", "agent"]},
        seat={"enum": ["pc", "pc_mobile"]},
        state={"enum": ["active", "disabled"]},
        department={"oneOf": [_DEPARTMENT, {"type": "null"}]},
        phone=_MAYBE_TEXT,
        email=_MAYBE_TEXT,
        created_at=_MOMENT,
        last_access_at=_MAYBE_MOMENT,
    ),
    "Department": _DEPARTMENT,
    "Session": _object(
        id=_TEXT,
        number={"type": "integer"},
        state={"enum": ["offline", "online", "connected", "expired"]},
        agent=_object(id=_TEXT, name=_TEXT),
        customer=_object(
            name=_MAYBE_TEXT, email=_MAYBE_TEXT, phone=_MAYBE_TEXT, pc=_MAYBE_TEXT, os=_MAYBE_TEXT
        ),
        issue_type=_MAYBE_TEXT,
        content=_MAYBE_TEXT,
        result={"enum": ["solved", "hold", "visit", "unchecked"]},
        satisfaction={"enum": ["satisfied", "neutral", "dissatisfied", None]},
        comment=_MAYBE_TEXT,
        created_at=_MOMENT,
        connected_at=_MAYBE_MOMENT,
        ended_at=_MAYBE_MOMENT,
    ),
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "code": {"type": "string", "description": "A short code to read out; docs/codes.md."},
        },
    },
}
