"""What every answer carries, and what is never kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import create_app
from tests.conftest import make_settings


@pytest.mark.parametrize(
    "path", ["/", "/manage/login", "/no/such/page", "/health", "/static/css/barohelp.css"]
)
def test_every_answer_is_guarded(client, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert "ws://127.0.0.1:8001" in policy["connect-src"].split()
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "Strict-Transport-Security" not in headers


def test_pages_are_not_kept_and_files_are(client, log_in, cast) -> None:
    assert client.get("/manage/login").headers["Cache-Control"] == "no-store"
    assert log_in(cast.hana).get("/manage").headers["Cache-Control"] == "no-store"
    address = re.search(r'href="(/static/css/barohelp[^"]+)"', client.get("/").text)
    assert address
    with client.get(address[1]) as file:
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_log_out_clears_what_the_browser_kept(log_in, cast) -> None:
    assert log_in(cast.hana).post("/manage/logout").headers["Clear-Site-Data"] == '"cache"'


def test_with_tls_cookies_and_transport_are_stricter(tmp_path: Path) -> None:
    web = create_app(make_settings(tmp_path, PUBLIC_URL="https://help.example.com"))
    answer = web.test_client().post("/language", data={"language": "en"})
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert web.config["SESSION_COOKIE_NAME"].startswith("__Host-")
    with web.test_request_context():
        from app.accounts.identity import cookie_name

        assert cookie_name() == "__Host-barohelp"
