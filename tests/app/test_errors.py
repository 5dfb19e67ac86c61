"""Errors in the caller's form and language; bugs keep their details to themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.errors import TooManyAttempts
from app.routes import public


@pytest.fixture
def failing(app: Flask) -> Iterator[dict[str, Exception]]:
    """`failing["now"] = error` makes the front page fail with it, as in production."""
    error: dict[str, Exception] = {}

    @public
    def fail() -> str:
        raise error["now"]

    view, app.view_functions["pages.front"] = app.view_functions["pages.front"], fail
    app.testing = False
    yield error
    app.testing = True
    app.view_functions["pages.front"] = view


def test_a_page_speaks_the_readers_language(client) -> None:
    korean = client.get("/no/such/page", headers={"Accept-Language": "ko"})
    english = client.get("/no/such/page", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert (korean.status_code, english.status_code) == (404, 404)
    assert "페이지를 찾을 수 없습니다" in korean.text
    assert "(B-44)" in korean.text
    assert "This page was not found" in english.text


@pytest.mark.parametrize(
    ("language", "text"), [("ko", "로그인이 끝났습니다"), ("en", "Your log-in has ended"), ("fr", "로그인이")]
)
def test_a_program_gets_json(client, language: str, text: str) -> None:
    answer = client.post("/programs/logout", headers={"Accept-Language": language})
    assert answer.status_code == 401
    assert (answer.json["ok"], answer.json["code"]) == (False, "B-41")
    assert answer.json["text"].startswith(text)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_wrong_method_is_named(client) -> None:
    answer = client.get("/programs/login")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.json["ok"] is False


def test_a_bug_shows_nothing_of_itself(client, failing) -> None:
    failing["now"] = ValueError("s3cret detail")
    answer = client.get("/")
    assert answer.status_code == 500
    assert "s3cret" not in answer.text
    assert "(B-50)" in answer.text


def test_a_database_that_is_away_means_later(client, failing) -> None:
    failing["now"] = OperationalError("SELECT", {}, Exception("connection refused"))
    answer = client.get("/", headers={"Accept": "application/json"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json["code"] == "B-53"


def test_too_many_tries_say_when(client, failing) -> None:
    failing["now"] = TooManyAttempts("잠시만요.", retry_after_s=17)
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "17")


def test_a_body_that_is_too_large_is_refused(client) -> None:
    answer = client.post("/programs/login", json={"tenant": "x" * 20_000})
    assert (answer.status_code, answer.json["ok"]) == (413, False)
    assert client.post("/manage/login", data={"tenant": "x" * 3_000_000}).status_code == 413
