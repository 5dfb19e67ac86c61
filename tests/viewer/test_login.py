"""Logging in: what is sent, and which sentence a failure becomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from desktop import words
from desktop.web import WebRefused
from viewer.waiting import login
from viewer.waiting.login import Credentials, LoggedIn, LogInFailed
from wire.errors import LinkLost

TYPED = Credentials("https://help.example", " Maru ", " bora ", " pass word ", True)


@pytest.fixture(autouse=True)
def _korean() -> None:
    words.set_language("ko")


def answering(
    answer: dict[str, Any] | Exception, asked: list[tuple[str, dict[str, Any]]]
) -> Callable[..., dict[str, Any]]:
    def post(url: str, body: dict[str, Any], **_: object) -> dict[str, Any]:
        asked.append((url, body))
        if isinstance(answer, Exception):
            raise answer
        return answer

    return post


def test_it_sends_what_was_typed_and_the_password_as_it_is() -> None:
    asked: list[tuple[str, dict[str, Any]]] = []
    answer = {"token": "program.maru.t", "refresh": "refresh.maru.r", "agent": {"name": "보라"}}
    granted = login.log_in(TYPED, post=answering(answer, asked))
    assert granted == LoggedIn("program.maru.t", "refresh.maru.r", "보라")
    url, body = asked[0]
    assert url == "https://help.example/programs/login"
    assert (body["tenant"], body["id"], body["password"]) == ("maru", "bora", " pass word ")
    assert body["remember"] is True


def test_it_sends_the_second_steps_code_when_there_is_one() -> None:
    asked: list[tuple[str, dict[str, Any]]] = []
    for otp in ("", "482913"):
        login.log_in(replace(TYPED, otp=otp), post=answering({"token": "t"}, asked))
    assert [body.get("otp") for _url, body in asked] == [None, "482913"]


def test_it_sends_a_refresh_token_alone() -> None:
    asked: list[tuple[str, dict[str, Any]]] = []
    login.log_in_again("https://help.example", "refresh.maru.r", post=answering({"token": "t"}, asked))
    assert set(asked[0][1]) == {"refresh", "device", "ip_local"}


@pytest.mark.parametrize(
    ("failure", "code", "is_final"),
    [
        (WebRefused(401, "B-41", "맞지 않습니다."), "B-41", True),
        (WebRefused(429, "B-42", "잠시 뒤"), "B-42", False),
        (WebRefused(503, "B-53", "바쁩니다."), "B-53", False),
        (LinkLost("refused"), "B-10", False),
    ],
)
def test_it_says_why_it_failed(failure: Exception, code: str, is_final: bool) -> None:
    with pytest.raises(LogInFailed) as caught:
        login.log_in(TYPED, post=answering(failure, []))
    assert (caught.value.code, caught.value.is_final) == (code, is_final)
    assert caught.value.text


@pytest.mark.parametrize("answer", [{}, {"token": 7}, {"ok": True}])
def test_it_does_not_trust_another_servers_answer(answer: dict[str, Any]) -> None:
    with pytest.raises(LogInFailed):
        login.log_in(TYPED, post=answering(answer, []))


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://help.example/", "https://help.example"),
        ("help.example", "https://help.example"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        (" http://10.0.0.5:8000 ", "http://10.0.0.5:8000"),
    ],
)
def test_it_completes_the_servers_address(typed: str, address: str) -> None:
    assert login.check_server(typed) == address


@pytest.mark.parametrize("typed", ["", "ftp://help.example", "http://", "file:///etc/passwd"])
def test_it_refuses_what_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        login.check_server(typed)
