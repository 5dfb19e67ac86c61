"""Errors that the person in front of the screen can do something about, and how they are shown.

    AppError                 text for the reader, an HTTP status, a code to read out over the phone
    ├── NotFound             404, the same for unknown and for foreign things
    ├── Refused              403
    ├── LogInNeeded          401
    ├── BadRequest           400, the request itself is malformed
    └── TooManyAttempts      429, with the seconds to wait

Decides the answer's form: JSON for programs and scripts, a page for browsers. The sentences belong to whoever
raises the error; the codes stand in docs/codes.md. Bugs stay bugs: a 500 is logged with its traceback.
"""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from tenants.errors import DatabaseBusy

__all__ = [
    "AppError",
    "BadRequest",
    "LogInNeeded",
    "NotFound",
    "Refused",
    "TooManyAttempts",
    "init_app",
    "wants_json",
]

log = structlog.get_logger()
RETRY_AFTER_S = 5


class AppError(Exception):
    """Something the reader can act on. `for_reader` is a whole (lazily translated) sentence."""

    status = 400
    code = "B-40"

    def __init__(self, for_reader: Any, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(str(code or self.code))
        self.for_reader = for_reader
        self.code = code or self.code
        self.status = status or self.status


class BadRequest(AppError):
    """The request is malformed: a program of another version, or somebody trying things."""

    def __init__(self, for_reader: Any = None, *, code: str | None = None) -> None:
        super().__init__(
            for_reader or _l("요청을 이해할 수 없습니다. 프로그램을 새로 받아 주십시오."), code=code
        )


class NotFound(AppError):
    """It does not exist, or it is another company's: nobody can tell which."""

    status = 404
    code = "B-44"

    def __init__(self, for_reader: Any = None, *, code: str | None = None) -> None:
        super().__init__(for_reader or _l("찾으시는 것이 없습니다. 주소를 다시 확인해 주십시오."), code=code)


class Refused(AppError):
    """The caller is known and may not do this."""

    status = 403
    code = "B-43"

    def __init__(self, for_reader: Any = None, *, code: str | None = None) -> None:
        super().__init__(
            for_reader or _l("이 일을 할 권한이 없습니다. 관리자에게 문의해 주십시오."), code=code
        )


class LogInNeeded(AppError):
    """Nobody is logged in, or the log-in has ended."""

    status = 401
    code = "B-41"

    def __init__(self, for_reader: Any = None, *, code: str | None = None) -> None:
        super().__init__(for_reader or _l("로그인이 끝났습니다. 다시 로그인해 주십시오."), code=code)


class TooManyAttempts(AppError):
    """Too many wrong tries from this source; `retry_after_s` says when the next one counts."""

    status = 429
    code = "B-42"

    def __init__(self, for_reader: Any, *, retry_after_s: int, code: str | None = None) -> None:
        super().__init__(for_reader, code=code)
        self.retry_after_s = retry_after_s


_TITLES = {
    400: _l("요청을 이해할 수 없습니다"),
    401: _l("로그인이 필요합니다"),
    403: _l("권한이 없습니다"),
    404: _l("페이지를 찾을 수 없습니다"),
    405: _l("요청을 이해할 수 없습니다"),
    413: _l("보내신 내용이 너무 큽니다"),
    429: _l("잠시 기다려 주십시오"),
    500: _l("서버에 문제가 생겼습니다"),
    503: _l("지금은 연결할 수 없습니다"),
}
_SENTENCES = {
    400: _l("보내신 내용을 읽을 수 없습니다. 페이지를 새로 고친 뒤 다시 시도해 주십시오."),
    404: _l("찾으시는 것이 없습니다. 주소를 다시 확인해 주십시오."),
    413: _l("더 작은 파일이나 더 짧은 내용으로 다시 시도해 주십시오."),
    500: _l("담당자가 확인하고 있습니다. 잠시 뒤에 다시 시도해 주십시오."),
    503: _l("잠시 뒤에 다시 시도해 주십시오. 진행 중인 원격지원은 그대로 이어집니다."),
}


def init_app(app: Flask) -> None:
    """Answer every error in the caller's form and language."""
    app.register_error_handler(AppError, _answer_app_error)
    app.register_error_handler(HTTPException, _answer_http)
    for kind in (DatabaseBusy, PoolTimeout, OperationalError, InterfaceError):
        app.register_error_handler(kind, _answer_unavailable)
    app.register_error_handler(Exception, _answer_bug)


def wants_json() -> bool:
    """Whether the caller is a program or a script, and not somebody looking at a page."""
    if request.path.startswith(("/programs/", "/signal", "/api/")):
        return True
    best = request.accept_mimetypes.best_match(("text/html", "application/json"), default="text/html")
    return best == "application/json" or request.is_json


def _answer_app_error(error: AppError) -> Response:
    headers = {}
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.retry_after_s)
    return _answer(error.status, error.code, str(error.for_reader), headers)


def _answer_http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:  # redirects, and answers made on purpose
        return error.get_response()  # type: ignore[return-value]
    sentence = _SENTENCES.get(status) or _SENTENCES[500 if status >= 500 else 400]
    headers = {"Allow": ", ".join(error.valid_methods or ())} if hasattr(error, "valid_methods") else {}
    return _answer(
        status, f"B-{'50' if status >= 500 else '44' if status == 404 else '40'}", str(sentence), headers
    )


def _answer_unavailable(error: Exception) -> Response:
    cause = getattr(error, "orig", None) or error
    log.warning("database_unavailable", error=type(error).__name__, cause=str(cause), path=request.path)
    return _answer(503, "B-53", str(_SENTENCES[503]), {"Retry-After": str(RETRY_AFTER_S)})


def _answer_bug(error: Exception) -> Response:
    log.error("request_failed", path=request.path, endpoint=request.endpoint, exc_info=error)
    if current_app.testing:
        raise error  # A test sees the bug itself, not its page.
    return _answer(500, "B-50", str(_SENTENCES[500]), {})


def _answer(status: int, code: str, sentence: str, headers: dict[str, str]) -> Response:
    if request.path.startswith("/api/"):  # RFC 9457
        title = str(_TITLES.get(status, _TITLES[400 if status < 500 else 500]))
        response = jsonify(type="about:blank", title=title, status=status, detail=sentence, code=code)
        response.mimetype = "application/problem+json"
    elif wants_json():
        response = jsonify(ok=False, code=code, text=sentence)
    else:
        title = _TITLES.get(status, _TITLES[400 if status < 500 else 500])
        response = make_response(
            render_template("error.html", status=status, code=code, title=title, sentence=sentence)
        )
    response.status_code = status
    response.headers.update(headers)
    response.headers["Cache-Control"] = "no-store"
    return response
