"""Plays the whole story and saves a picture of every step in var/story/; see the package's docstring.

A step that does not happen ends the story with one sentence, a picture of both displays and exit code 1.
STORY_LANG=ko or en plays one language (both by default, the English one shortened); PUBLISH=1 copies the
pictures to docs/pictures/. Usage: python -m ops.story
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import Final

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright

from ops.build_customer_program import build
from ops.places import ROOT, Places, check_folder
from ops.say import CannotStart, say, stop, title
from ops.story.plot import Story
from ops.story.product import Product
from ops.story.screens import AgentScreen, CustomerScreen, Layouts
from ops.story.waiting import StoryFailed

PICTURES: Final = ROOT / "var" / "story"
PUBLISHED: Final = ROOT / "docs" / "pictures"


def play(language: str, *, short: bool) -> None:
    """One pass of the story in one language. Raises StoryFailed."""
    begun = time.monotonic()
    title(f"이야기 ({language})", f"The story in {'Korean' if language == 'ko' else 'English'}")
    product = Product(ROOT / "var" / "story-run", language)
    product.clear()
    _build_program(product.places)
    layouts = Layouts(product.ui_map)
    agent = AgentScreen(product.places.var / "agent-home", layouts, language)
    try:
        product.start(**agent.environment)
        say(f"준비됨 ({time.monotonic() - begun:.0f}초)", "make run is ready")
        with sync_playwright() as playwright:
            customer = CustomerScreen(playwright, product.demo_pc(), product.cdp_port, layouts)
            story = Story(
                product, agent, customer, layouts, PICTURES / ("" if language == "ko" else language)
            )
            try:
                story.tell(short=short)
            except (StoryFailed, BrowserError, AssertionError):
                story.pictures_of_failure()
                raise
            finally:
                customer.close()
    finally:
        try:
            product.stop()
        finally:
            agent.stop()
    say(f"끝까지 됨 ({time.monotonic() - begun:.0f}초)", "The whole story was played.")


def _build_program(places: Places) -> None:
    """The one-file program, built once for the usual address; the story's own comes by environment."""
    usual = Places(ROOT / "var", 8000, 8001, 8002)
    program = build(usual)
    places.downloads.mkdir(parents=True, exist_ok=True)
    target = places.downloads / program.name
    if not target.exists() or target.stat().st_mtime < program.stat().st_mtime:
        shutil.copy2(program, target)


def publish() -> None:
    """Copy the pictures of a complete story to where the README shows them."""
    PUBLISHED.mkdir(parents=True, exist_ok=True)
    for old in PUBLISHED.rglob("*.png"):
        old.unlink()
    for picture in PICTURES.rglob("*.png"):
        target = PUBLISHED / picture.relative_to(PICTURES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, target)
    say(f"그림을 {PUBLISHED}에 두었습니다.", "The pictures are published.")


def main() -> int:
    missing = [
        name
        for name in ("Xvfb", "Xvnc", "openbox", "chromium", "xdotool", "import")
        if not shutil.which(name)
    ]
    if missing:
        raise CannotStart(f"없는 프로그램: {', '.join(missing)}", f"Missing programs: {', '.join(missing)}")
    check_folder(ROOT / "var")
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    chosen = os.environ.get("STORY_LANG", "")
    try:
        for language in (chosen,) if chosen else ("ko", "en"):
            play(language, short=not chosen and language == "en")
    except (StoryFailed, BrowserError, AssertionError) as problem:
        print(f"\n이야기가 멈췄습니다: {problem}\nThe story stopped: {problem}", file=sys.stderr)
        print(f"그림과 기록: {PICTURES}, {ROOT / 'var' / 'story-run' / 'log'}", file=sys.stderr)
        return 1
    if os.environ.get("PUBLISH") == "1":
        publish()
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except CannotStart as problem:
        stop(problem)
