"""JSON with the programs: reading a body with bounds, answering in one form.

Answers are {"ok": true, …}; errors {"ok": false, "code", "text"} are made by app/errors.py.
"""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.errors import BadRequest

__all__ = ["MAX_BODY", "answer", "bearer_text", "read_json", "text_field"]

MAX_BODY = 16 * 1024


def read_json() -> dict[str, Any]:
    """The request's JSON object, 16 KiB at most (413 above). Raises BadRequest for anything else."""
    if len(request.get_data()) > MAX_BODY:
        raise RequestEntityTooLarge
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest
    return body


def text_field(body: dict[str, Any], name: str, *, max_length: int = 200, needed: bool = True) -> str:
    """A text of the body, stripped; "" when it is absent and not `needed`. Raises BadRequest."""
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > max_length or "\x00" in value:
        raise BadRequest
    text = value.strip()
    if needed and not text:
        raise BadRequest
    return text


def bearer_text() -> str | None:
    """The secret of an `Authorization: Bearer …` header, or None."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


def answer(**fields: Any) -> Response:
    """A good answer, which nobody may keep."""
    response = jsonify(ok=True, **fields)
    response.headers["Cache-Control"] = "no-store"
    return response
