"""/manage: the company at a glance."""

from __future__ import annotations

from dataclasses import replace

from tests.cast import Cast


def test_it_works(log_in, cast: Cast) -> None:
    page = log_in(cast.hana).get("/manage").text
    assert "마루 상담실" in page
    assert "http://127.0.0.1:8000/maru" in page
    assert "하나님, 안녕하십니까?" in page


def test_it_has_a_card_for_each_page_that_may_be_opened(log_in, cast: Cast) -> None:
    page = log_in(cast.hana).get("/manage").text
    assert page.count('href="/manage/agents"') == 2  # the menu and the card
    assert 'href="/manage/agents"' not in log_in(cast.bora).get("/manage").text


def test_an_agent_sees_it_too(log_in, cast: Cast) -> None:
    assert log_in(cast.bora).get("/manage").status_code == 200


def test_it_rejects_post(log_in, cast: Cast) -> None:
    assert log_in(cast.hana).post("/manage").status_code == 405


def test_it_hides_other_tenants(log_in, cast: Cast) -> None:
    page = log_in(cast.chul).get("/manage").text
    assert "누리 고객센터" in page
    assert not any(name in page for name in ("마루", "하나", "보라", "maru"))


def test_it_speaks_english(log_in, cast: Cast) -> None:
    page = log_in(cast.hana).get("/manage", headers={"Accept-Language": "en"}).text
    assert "Customer page" in page
    assert "Hello, 하나." in page


def test_it_offers_installers_that_lie_in_the_download_folder(app, log_in, cast: Cast, tmp_path) -> None:
    (tmp_path / "BaroHelp-Viewer-0.1.0.exe").write_bytes(b"program")
    (tmp_path / "secrets.env").write_text("x")
    settings = app.extensions["settings"]
    app.extensions["settings"] = replace(settings, download_dir=tmp_path)
    try:
        browser = log_in(cast.bora)
        assert "BaroHelp-Viewer-0.1.0.exe" in browser.get("/manage").text
        with browser.get("/manage/programs/BaroHelp-Viewer-0.1.0.exe") as file:
            assert file.data == b"program"
            assert "attachment" in file.headers["Content-Disposition"]
        for name in ("secrets.env", "..%2Fsecrets.env", "BaroHelp-Viewer-9"):
            assert browser.get(f"/manage/programs/{name}").status_code == 404
    finally:
        app.extensions["settings"] = settings
