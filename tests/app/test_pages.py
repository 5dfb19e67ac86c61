"""The front door, the language switch, health, and files."""

from __future__ import annotations

import pytest

from app.pages import local_path


def test_the_front_door_leads_to_the_company(client, cast) -> None:
    assert "고객사 아이디" in client.get("/").text
    answer = client.get("/?tenant=%20MARU%20")
    assert (answer.status_code, answer.location) == (302, "/maru")


def test_the_front_door_is_kind_to_unknown_ids(client) -> None:
    page = client.get("/?tenant=<script>alert(1)</script>")
    assert "찾을 수 없습니다" in page.text
    assert "<script>alert" not in page.text


def test_the_language_stays_chosen(client) -> None:
    answer = client.post("/language", data={"language": "en", "next": "/manage/login?tenant=maru"})
    assert (answer.status_code, answer.location) == (302, "/manage/login?tenant=maru")
    assert '<html lang="en"' in client.get("/", headers={"Accept-Language": "ko"}).text
    client.post("/language", data={"language": "xx"})
    assert '<html lang="en"' in client.get("/").text


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "", "/a\nb"])
def test_the_switch_never_leads_away(client, target: str) -> None:
    assert local_path(target) is None
    assert client.post("/language", data={"language": "en", "next": target}).location == "/"


def test_a_chosen_theme_is_drawn_by_the_server(client) -> None:
    assert "data-follow-system" in client.get("/").text
    client.set_cookie("barohelp_theme", "dark")
    page = client.get("/").text
    assert 'data-bs-theme="dark"' in page
    assert "data-follow-system" not in page
    client.set_cookie("barohelp_theme", '"><script>')
    assert 'data-bs-theme="light"' in client.get("/").text


def test_health_asks_the_database(client) -> None:
    assert client.get("/health").text == "ok\n"


def test_crawlers_stay_out_of_customer_pages(client) -> None:
    assert "Disallow: /" in client.get("/robots.txt").text


def test_large_files_travel_compressed(app, client, tmp_path, monkeypatch) -> None:
    (tmp_path / "big.css").write_text("body{}")
    (tmp_path / "big.css.gz").write_bytes(b"packed")
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    with client.get("/static/big.css", headers={"Accept-Encoding": "gzip, br"}) as packed:
        assert (packed.data, packed.headers["Content-Encoding"]) == (b"packed", "gzip")
        assert packed.mimetype == "text/css"
    with client.get("/static/big.css", headers={"Accept-Encoding": "identity"}) as plain:
        assert (plain.data, plain.headers.get("Content-Encoding")) == (b"body{}", None)
        assert plain.headers["Vary"] == "Accept-Encoding"


def test_files_stay_inside_their_folder(client) -> None:
    assert client.get("/static/../__init__.py").status_code == 404
    assert client.get("/static/%2e%2e/__init__.py").status_code == 404
