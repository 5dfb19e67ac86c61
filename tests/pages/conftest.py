"""The web half on a port of its own with a company that is empty or full, and Chromium as everybody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from playwright.sync_api import Page as Tab
from werkzeug.serving import make_server

from app.routes import Caller
from app.support.actions import arrivals
from app.team.departments import create_department
from app.team.issue_types import create_issue_type
from tenants.database import tenant_scope
from tenants.resolve import get_tenant
from tenants.writing import writing
from tests.cast import Cast
from tests.displays import require_programs
from tests.factories.inquiries import answer, ask
from tests.factories.operators import log_operator_in, make_operator
from tests.factories.support import admit, connect, make_slot, open_stream
from tests.factories.team import make_agent
from tests.pages.places import Page, every_page

LONG = "가나다라마바사아자차카타파하 고객지원본부"
LANGUAGES = {"ko": "ko-KR", "en": "en-US"}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    require_programs("chromium")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Site:
    """A served web half, its pages, and the cookies of everybody who may open them."""

    url: str
    pages: list[Page]
    cookies: dict[Caller, list[dict[str, Any]]]
    chromium: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def tab(self, who: Caller, *, language: str = "ko", theme: str = "light", width: int = 1280) -> Tab:
        """A fresh tab of this caller's; it is closed with the site."""
        context = self.chromium.new_context(
            locale=LANGUAGES[language],
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": width, "height": 900},
        )
        context.add_cookies(self.cookies[who])  # type: ignore[arg-type]
        self.contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(15_000)
        return tab

    def open(self, tab: Tab, page: Page) -> None:
        """Go there; its scripts have run when this returns."""
        tab.goto(self.url + page.path, wait_until="load")


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The app on a free port for one block, which it takes for its public address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    settings = app.extensions["settings"]
    app.extensions["settings"] = replace(settings, public_url=f"http://127.0.0.1:{server.server_port}")
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        app.extensions["settings"] = settings
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture
def empty(app: Flask, cast: Cast, log_in: Callable[..., Any], chromium: Browser) -> Iterator[Site]:
    """A company on its first day: its administrator, an agent, and what every page needs to open at all."""
    yield from _site(app, cast, log_in, chromium)


@pytest.fixture
def full(app: Flask, cast: Cast, log_in: Callable[..., Any], chromium: Browser) -> Iterator[Site]:
    """A company with more than a page of everything, and long Korean names."""
    with app.app_context(), tenant_scope(cast.maru.id):
        with writing():
            get_tenant(cast.maru.id).seats_pc = 40
        departments = [create_department(f"{LONG} {n}", by=cast.hana.actor).id for n in range(12)]
        for n in range(28):
            make_agent(name=f"{LONG[:16]} {n}", department_id=departments[n % 12], by=cast.hana.actor)
        for n in range(24):
            create_issue_type(f"{LONG[:20]} {n}", by=cast.hana.actor)
        for n in range(24):
            inquiry = ask((cast.hana, cast.bora)[n % 2], f"{LONG} {n} " + "가" * 60, at_once=True)
            if n % 3:
                answer(inquiry, f"{LONG}\n\n" * 20)
    yield from _site(app, cast, log_in, chromium)


def _site(app: Flask, cast: Cast, log_in: Callable[..., Any], chromium: Browser) -> Iterator[Site]:
    callers = {Caller.PUBLIC: app.test_client(), Caller.ADMIN: log_in(cast.hana)}
    callers[Caller.AGENT] = log_in(cast.bora)
    make_operator(app)
    callers[Caller.OPERATOR] = log_operator_in(app)
    with served(app) as url:
        pages = every_page(app, callers, _names(app, cast))
        cookies = {
            who: [
                {"name": cookie.key, "value": cookie.value, "url": url} for cookie in client._cookies.values()
            ]
            for who, client in callers.items()
        }
        site = Site(url, pages, cookies, chromium)
        yield site
        for context in site.contexts:
            context.close()


def _names(app: Flask, cast: Cast) -> dict[str, Any]:
    """Something of Maru's for every name in an address."""
    with app.app_context(), tenant_scope(cast.maru.id):
        stream = open_stream(cast.bora)
        talking = make_slot(cast.bora)
        connect(cast.bora, talking, stream)
        waiting = make_slot(cast.bora)
        secret = arrivals.join_secret_of(admit(waiting).token)
        department = create_department("영업", by=cast.hana.actor).public_id
        issue_type = create_issue_type("프린터", by=cast.hana.actor).public_id
        inquiry = ask(cast.hana, "화면이 검게 보입니다", f"{LONG}\n" + "x" * 400, at_once=True)
        answer(inquiry, LONG)
    return {
        "slug": "maru",
        "company": "maru",
        "login_id": "bora",
        "department": department,
        "issue_type": issue_type,
        "inquiry": inquiry,
        "number": waiting.number,
        "session": talking.session,
        "token": secret,
        "name": "BaroHelp-none",
        "document": "0" * 26,
        "what": "agents",
        "language_code": "ko",
    }
