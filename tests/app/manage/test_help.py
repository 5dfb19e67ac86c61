"""/manage/help: for admins and agents, in both languages."""

from __future__ import annotations

from tests.cast import Cast


def test_it_works(log_in, cast: Cast) -> None:
    for person in (cast.hana, cast.bora):
        page = log_in(person).get("/manage/help").text
        assert page.count("bh-question") == 7
        assert 'href="/manage/help"' in page


def test_it_speaks_english(log_in, cast: Cast) -> None:
    browser = log_in(cast.bora)
    browser.set_cookie("barohelp_language", "en")
    assert "How does a customer come in?" in browser.get("/manage/help").text
