"""The web viewer in Chromium on a real customer's desktop: picture, hands, Hangul, clipboard, breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.displays import require_programs, wait_for
from tests.flows.people import Customer, copied, copy, open_notebook
from tests.flows.stack import Stack
from tests.flows.web_agent import WebAgent

pytestmark = [pytest.mark.flow, pytest.mark.display, pytest.mark.timeout(180)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WORDS = "Hello, 한글 가나다 ~漢字😀"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    require_programs("chromium", "mousepad", "xclip")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def web(stack: Stack, browser: Any, request: pytest.FixtureRequest) -> Iterator[WebAgent]:
    """An agent at a browser; on a phone where the test says so."""
    person = WebAgent(stack, browser, **getattr(request, "param", {}))
    yield person
    person.close()


def words_of(web: WebAgent) -> list[str]:
    """The six words, once they are there."""
    words = web.desktop.locator("#cv-words-list li")
    wait_for(lambda: words.count() == 6, what="the six words")
    return list(words.all_text_contents())


def test_it_shows_and_controls_the_customers_desktop(
    web: WebAgent, customer: Customer, tmp_path: Path
) -> None:
    """Mouse, keys and composed Hangul arrive byte for byte; locked, nothing does; the end is told to both."""
    written = open_notebook(customer, tmp_path)
    web.connect(customer)
    wait_for(lambda: web.sees(customer, tmp_path / "screen.png"), what="the same picture", every_s=0.3)
    assert len(set(words_of(web))) > 1
    web.click(300, 400)
    web.desktop.keyboard.type("Hello, ", delay=15)
    web.compose("ㅎ", "하", "한")
    web.compose("ㄱ", "그", "글")
    web.insert(" 가나다 ~漢字😀")
    web.save()
    wait_for(lambda: written.read_text() == f"{WORDS}\n", what="the words in the file")
    web.desktop.keyboard.press("Control+Alt+k")
    web.desktop.locator("#cv-sheet-special").wait_for()
    web.desktop.keyboard.press("Escape")
    web.desktop.click("#cv-control")
    web.click(300, 300)
    web.desktop.keyboard.type("never")
    web.desktop.click("#cv-control")
    web.click(300, 400)
    web.desktop.keyboard.type("again")
    web.save()
    wait_for(lambda: written.read_text() == f"{WORDS}\nagain\n", what="only what was typed in control")
    web.end()
    customer.layouts.wait_gone("panel")
    web.board.locator("[data-kind=expired]").wait_for()
    assert web.said == []


@pytest.mark.slow
def test_it_carries_copied_text_both_ways(web: WebAgent, customer: Customer, tmp_path: Path) -> None:
    open_notebook(customer, tmp_path)
    web.connect(customer)
    theirs = web.desktop.locator("#cv-clip-theirs")

    def copy_again() -> bool:
        """The first look at what a PC has copied tells nothing; the next copy is told."""
        copy(customer.display.env, WORDS)
        web.desktop.wait_for_timeout(400)
        return bool(theirs.input_value() == WORDS)

    wait_for(copy_again, what="the customer's words in the panel", every_s=0.2)
    web.desktop.click("#cv-clipboard")
    web.desktop.fill("#cv-clip-ours", "답장\nreply")
    web.desktop.click("#cv-clip-send")
    wait_for(lambda: copied(customer.display.env) == "답장\nreply", what="the agent's words", every_s=0.2)
    web.desktop.click("label:has(#cv-clip-on)")
    copy(customer.display.env, "private")
    web.desktop.wait_for_timeout(800)
    assert theirs.input_value() == WORDS
    web.end()
    customer.layouts.wait_gone("panel")


def test_it_comes_back_after_breaks_and_after_being_loaded_again(
    stack: Stack, web: WebAgent, customer: Customer, tmp_path: Path
) -> None:
    """The relay dies and returns: same page, same words. The page is loaded again: same support session."""
    written = open_notebook(customer, tmp_path)
    web.lose_once("**/console/board.js*")
    web.connect(customer)
    words = words_of(web)
    stack.kill("relay")
    web.wait_trouble()
    assert web.desktop.locator("canvas.cv-last").count() == 1
    stack.start("relay")
    web.wait_calm()
    assert words_of(web) == words
    web.click(300, 400)
    web.desktop.keyboard.type("one")
    web.save()
    wait_for(lambda: written.read_text() == "one\n", what="the word after the break")
    web.desktop.on("dialog", lambda dialog: dialog.accept())
    web.desktop.reload()
    web.wait_calm()
    assert words_of(web) != words
    assert not customer.layouts.windows("consent")
    web.click(300, 400)
    web.desktop.keyboard.type("two")
    web.save()
    wait_for(lambda: written.read_text() == "one\ntwo\n", what="the word after loading again")
    customer.click("panel", "end")
    customer.click("panel", "end-yes")
    web.desktop.locator("#cv-ended").wait_for()
    assert re.search("고객이", str(web.desktop.text_content("#cv-ended-text")))
    web.desktop.click("#cv-report")
    web.desktop.select_option("#result", "solved")
    web.desktop.click("#report button")
    web.desktop.get_by_text("상담 기록을 저장했습니다.").wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("web", [PHONE], indirect=True)
def test_it_works_with_fingers_on_a_phone(web: WebAgent, customer: Customer, tmp_path: Path) -> None:
    """A tap is a click; the keyboard comes when it is asked for; the picture can be enlarged and moved."""
    written = open_notebook(customer, tmp_path)
    web.connect(customer)
    page = web.desktop
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.activeElement.id") != "cv-keys"
    page.touchscreen.tap(*web.place(300, 400))
    page.click("#cv-keyboard")
    assert page.evaluate("document.activeElement.id") == "cv-keys"
    web.compose("ㅎ", "하", "한")
    web.insert("글")
    page.click("#cv-special")
    page.click("[data-key=enter]")
    page.click("#cv-keyboard")
    page.keyboard.press("Control+s")
    wait_for(lambda: written.read_text() == "한글\n", what="the word in the file")
    page.click("#cv-scale")
    page.click("[data-scale='1']")
    page.click("#cv-pan")
    swipe(web, (300, 500), (100, 350))
    wait_for(lambda: page.evaluate("document.getElementById('cv-stage').scrollLeft") > 50, what="the pan")
    assert written.read_text() == "한글\n"
    web.end()
    customer.layouts.wait_gone("panel")


def swipe(web: WebAgent, start: tuple[int, int], end: tuple[int, int]) -> None:
    """One finger from here to there."""
    hand = web.context.new_cdp_session(web.desktop)
    distance = {"xDistance": end[0] - start[0], "yDistance": end[1] - start[1]}
    hand.send("Input.synthesizeScrollGesture", {"x": start[0], "y": start[1], **distance, "speed": 1200})
    hand.detach()
