"""Somebody at a page: a served web half, a browser logged in by its form, and what went wrong meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from tests.cast import Cast, Person
from tests.factories.operators import OPER_PASSWORD, make_operator
from tests.pages.checks import overheard
from tests.pages.conftest import LANGUAGES, served

__all__ = ["Desk", "Play", "play"]


@dataclass(frozen=True, slots=True)
class Desk:
    """One person's tab, and the web half's address."""

    url: str
    tab: Tab

    def go(self, path: str) -> None:
        """Open a page."""
        self.tab.goto(self.url + path, wait_until="load")

    def see(self, selector: str, text: str = "") -> str:
        """Wait until this is seen (with the text in it) and return what it says."""
        found = self.tab.locator(selector).filter(has_text=text).first
        found.wait_for(state="visible")
        return found.inner_text()

    def press(self, selector: str) -> None:
        """Press a button and wait for the page that comes."""
        with self.tab.expect_navigation(wait_until="load"):
            self.tab.locator(selector).first.click()

    def fill(self, **fields: str) -> None:
        """Type into fields by their ids."""
        for name, text in fields.items():
            self.tab.locator(f"#{name}").fill(text)

    def log_in(self, path: str, fields: dict[str, str]) -> None:
        """Log in as people do."""
        self.go(path)
        self.fill(**fields)
        self.press("form.bh-form .btn-primary")


class Play:
    """Opens desks for people; every one is closed, and asked what went wrong, at the end."""

    def __init__(self, app: Flask, url: str, chromium: Browser, stack: ExitStack) -> None:
        self._app, self.url, self._chromium, self._stack = app, url, chromium, stack
        self.language = "ko"

    def desk(self) -> Desk:
        """A browser of its own that is logged in nowhere."""
        context = self._chromium.new_context(
            locale=LANGUAGES[self.language], viewport={"width": 1280, "height": 900}
        )
        self._stack.callback(context.close)
        tab = context.new_page()
        tab.set_default_timeout(10_000)
        self._stack.enter_context(_nothing_wrong(tab))
        return Desk(self.url, tab)

    def at_manage(self, person: Person) -> Desk:
        """A company's person at their console."""
        desk = self.desk()
        fields = {"tenant": person.tenant, "login_id": person.login_id, "password": person.password}
        desk.log_in("/manage/login", fields)
        return desk

    def at_operator(self) -> Desk:
        """Our own staff at theirs."""
        make_operator(self._app)
        desk = self.desk()
        desk.log_in("/operator/login", {"login_id": "oper", "password": OPER_PASSWORD})
        return desk


class _nothing_wrong:  # noqa: N801  # reads as a context manager
    """Fails at the end when a script failed, or the policy refused something; a refusal of ours is a page."""

    def __init__(self, tab: Tab) -> None:
        self._heard = overheard(tab)

    def __enter__(self) -> None:
        self._words = self._heard.__enter__()

    def __exit__(self, kind: object, *_others: object) -> None:
        told = [word for word in self._words if " /" not in word and "Failed to load" not in word]
        assert kind is not None or told == []


@pytest.fixture
def play(app: Flask, cast: Cast, chromium: Browser) -> Iterator[Play]:
    """A served web half with the cast in it."""
    with served(app) as url, ExitStack() as stack:
        yield Play(app, url, chromium, stack)
