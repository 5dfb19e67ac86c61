"""Thirty scripts, templates and formulas in every text field, then every page, letter and export: harmless.

FORMS names the fields. A page is harmless when no tag of ours is missing and none of theirs is there: it is
parsed, and the only scripts in it are our own files. A template that were run would show PRODUCT.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html.parser import HTMLParser
from string import Formatter
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from openpyxl import load_workbook

from app.mail.letters import LANGUAGES, LETTERS, write
from app.routes import Caller, declared_callers
from app.sheets import read_csv
from tenants.database import db
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.heavy  # some fifteen seconds of rendering

PRODUCT: Final = "60481729"  # 7777 * 7777: what a template that is run makes of it
HOSTILE: Final = (
    "<script>alert(1)</script>",
    "</title><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    '"><svg onload=alert(4)>',
    "'><b onmouseover=alert(5)>",
    '" autofocus onfocus=alert(6) x="',
    "</textarea><script>7</script>",
    "</option></select><script>8</script>",
    "<!--<script>9",
    "<iframe src=//evil.example>",
    "<a href=javascript:alert(10)>x</a>",
    "<base href=//evil.example>",
    "<style>*{display:none}</style>",
    "<form action=//evil.example>",
    "<math><mi xlink:href=data:x>",
    "&lt;script&gt;alert(11)&lt;/script&gt;",
    "{{7777*7777}}",
    "{% print(7777*7777) %}",
    "${7777*7777}",
    "#{7777*7777}",
    "<%= 7777*7777 %>",
    "{{config}}{{self}}",
    "%(name)s %s %d %%",
    "{0} {name} {0.__class__}",
    "=7777*7777",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\u202egpj.exe\u202c 가",
    "a'b\"c`d\\e;--",
)
#: All of it as holidays, today's first: the customer's page names it.
HOLIDAYS: Final = "\n".join(
    f"{datetime.now(ZoneInfo('Asia/Seoul')).date() + timedelta(days=n)} {text}"
    for n, text in enumerate(HOSTILE)
)
#: By address: the text fields that an administrator fills in there, and what else the form needs.
FORMS: Final[dict[str, tuple[tuple[str, ...], dict[str, str]]]] = {
    "/manage/departments": (("name",), {}),
    "/manage/issue-types": (("name",), {}),
    "/manage/api-keys": (("name",), {"scope": "agents", "days": "30"}),
    "/manage/settings": (("hours", "absence"), {"holidays": HOLIDAYS}),
    "/manage/agents/new": (("name",), {"password": PASSWORD, "password_again": PASSWORD, "seat": "pc"}),
}
SAFE_SOURCES: Final = ("/static/",)


class Page(HTMLParser):
    """What a browser would find: scripts, handlers, and where things come from."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag in ("iframe", "base", "style", "math"):
            self.found.append(tag)
        if tag == "script" and not (given.get("src") or "").startswith(SAFE_SOURCES):
            self.found.append(f"script {given}")
        self.found += [f"{tag} {name}" for name in given if name.startswith("on")]
        for name in ("href", "action", "src", "formaction"):
            if (given.get(name) or "").strip().lower().startswith(("javascript:", "//", "data:text")):
                self.found.append(f"{tag} {name}={given[name]}")


def dangers_of(text: str) -> list[str]:
    page = Page()
    page.feed(text)
    return page.found + ([PRODUCT] if PRODUCT in text else [])


@pytest.fixture
def hana(app: Flask, cast: Cast, log_in: Callable[..., FlaskClient]) -> FlaskClient:
    """Hana, after she (or somebody with her password) has filled in every form with all of it."""
    with app.app_context(), writing():
        db.session.get_one(Tenant, cast.maru.id).seats_pc = 100
    browser = log_in(cast.hana)
    for address, (names, others) in FORMS.items():
        for n, text in enumerate(HOSTILE):
            base = {"login_id": f"evil{n:02}", "department": "", "version": "0"}
            form = base | others | dict.fromkeys(names, text)
            answer = browser.post(address, data=form)
            # Twenty keys at the most; of the settings the first text stays, for the others come too late.
            expected = {"/manage/api-keys": (200, 422), "/manage/settings": (302, 409)}.get(address, (302,))
            assert answer.status_code in expected, (address, text, answer.status_code)
    return browser


def addresses(app: Flask, values: dict[str, Any]) -> Iterator[str]:
    """Every page that an administrator can open."""
    for rule in app.url_map.iter_rules():
        allowed = declared_callers(app, rule.endpoint) or frozenset()
        is_page = "GET" in (rule.methods or ()) and rule.endpoint.startswith(("manage.", "team.", "api."))
        if is_page and Caller.ADMIN in allowed and rule.arguments <= values.keys():
            yield rule.build({name: values[name] for name in rule.arguments})[1]  # type: ignore[index]


def test_there_are_thirty() -> None:
    assert len(set(HOSTILE)) == 30
    assert all(len(text) <= 40 for text in HOSTILE)


def test_the_reader_sees_dangers() -> None:
    assert dangers_of("<p>&lt;script&gt;</p>") == []
    for text in ("<script>1</script>", "<b onclick=x>", "<a href='javascript:x'>", PRODUCT, "<base href=x>"):
        assert dangers_of(f"<p>{text}</p>"), text


@pytest.mark.slow  # test_hostile_forms.py looks at the same pages with two of the strings
def test_every_page_shows_it_as_text(app: Flask, cast: Cast, hana: FlaskClient) -> None:
    seen = 0
    for number in (0, 16, 29):
        for path in addresses(app, {"login_id": f"evil{number:02}", "what": "agents"}):
            if "/programs/" in path or "/export/" in path:
                continue
            for language in ("ko", "en"):
                hana.set_cookie("barohelp_language", language)
                answer = hana.get(path)
                assert answer.status_code in (200, 302), path
                assert dangers_of(answer.text) == [], path
                seen += 1
    assert seen > 60


def test_lists_searches_and_the_customers_page_show_all_of_it(hana: FlaskClient, client: FlaskClient) -> None:
    page = client.get("/maru").text
    assert "(&lt;script&gt;alert(1)&lt;/script&gt;)." in page  # the name of today's holiday
    assert dangers_of(page) == []
    departments = hana.get("/manage/departments").text
    for text in HOSTILE:
        assert str(escape(text)) in departments, text
        for path in ("/manage/agents", "/manage/log", "/manage/options"):
            answer = hana.get(path, query_string=dict.fromkeys(("q", "who", "department", "sort"), text))
            assert answer.status_code == 200, (path, text)
            assert dangers_of(answer.text) == [], (path, text)


def test_every_export_is_text(hana: FlaskClient) -> None:
    """The lists as CSV and Excel, and the usage log, which names all of it as well."""
    for what in ("agents", "departments"):
        file = hana.get(f"/manage/export/{what}.csv")
        assert set(HOSTILE) <= {cell for row in read_csv(file.data) for cell in row}
        assert not any(line.startswith(("=", "+", "-", "@")) for line in file.text.splitlines())
        assert has_no_formula(hana, f"/manage/export/{what}/excel")
    assert has_no_formula(hana, "/manage/log/export/excel")


def has_no_formula(hana: FlaskClient, path: str) -> bool:
    """Whether the Excel file made there has rows, and text and numbers only."""
    page = hana.post(path, follow_redirects=True)
    file = hana.get(f"{page.request.path}/file")
    rows = list(load_workbook(io.BytesIO(file.data)).active.iter_rows())  # type: ignore[union-attr]
    file.close()
    return len(rows) > 30 and all(cell.data_type != "f" for row in rows for cell in row)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", sorted(LETTERS))
def test_every_letter_says_it_as_text(letter: str, language: str) -> None:
    """Letters are plain text; a name in a subject stays in its line."""
    said = LETTERS[letter][language]
    names = {name for _, name, _, _ in Formatter().parse(said.subject + said.text) if name}
    for text in (*HOSTILE, "a\r\nBcc: evil@example.com"):
        written = write(letter, language, dict.fromkeys(names, text))
        assert PRODUCT not in written.subject + written.text
        assert not set("\r\n\u202e") & set(written.subject)
