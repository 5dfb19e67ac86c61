"""The plot: what the agent and the customer do, step by step, and what must be so afterwards.

Everything is done by clicks and keys on the two displays; what is checked is what a person could see or a
file that the customer's own editor saved. The support record at the end is read from the database, by
reading only.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from ops.demo_pc.desktop import CELL_PX, ICON_PX, LEFT_PX
from ops.say import say
from ops.story.deeds import AgentAtWork
from ops.story.product import Product
from ops.story.screens import AgentScreen, CustomerScreen, Layouts
from ops.story.waiting import StoryFailed, wait_for

HANGUL: Final = "가나다 안녕하세요"
LOOKS: Final = 4
PROGRAM_ICON: Final = (LEFT_PX, 24 + 3 * CELL_PX + ICON_PX // 2)
EDITOR: Final = (300, 220)  # inside the editor's text, on the demo PC's screen


class Story:
    """One pass; every step leaves a picture with its number and name."""

    def __init__(
        self, product: Product, agent: AgentScreen, customer: CustomerScreen, layouts: Layouts, pictures: Path
    ) -> None:
        self._product, self._agent, self._customer, self._layouts = product, agent, customer, layouts
        self._deeds = AgentAtWork(agent, layouts)
        self._pictures = pictures
        self._pictures.mkdir(parents=True, exist_ok=True)
        self._number = 0

    def tell(self, *, short: bool) -> None:
        """Play it; `short` leaves out what needs to be seen in one language only."""
        self.agent_logs_in()
        self.agent_opens_slots(short=short)
        self.customer_sees_the_numbers(short=short)
        self.customer_types_the_code()
        self.customer_starts_the_program()
        self.customer_allows()
        self.agent_connects()
        self.agent_writes_korean()
        self.customer_takes_control_back()
        self.agent_ends()
        self.customer_answers()
        self.record_is_complete()

    # ------------------------------------------------------------------ pictures

    def _see(self, name: str, take: Callable[[Path], None], korean: str, english: str) -> None:
        self._number += 1
        path = self._pictures / f"{self._number:02}-{name}.png"
        before = b""
        for _ in range(LOOKS):  # a picture shows what a person sees once the windows have come to rest
            time.sleep(0.4)
            take(path)
            if path.read_bytes() == before:
                break
            before = path.read_bytes()
        say(f"{path.name}  {korean}", english)

    def _see_now(self, name: str, take: Callable[[Path], None], korean: str, english: str) -> None:
        """A picture of something that passes by itself."""
        time.sleep(0.4)
        self._number += 1
        path = self._pictures / f"{self._number:02}-{name}.png"
        take(path)
        say(f"{path.name}  {korean}", english)

    def pictures_of_failure(self) -> None:
        self._agent.picture(self._pictures / "failed-agent.png")
        self._customer.picture(self._pictures / "failed-customer.png")

    # ------------------------------------------------------------------ before the customer comes

    def agent_logs_in(self) -> None:
        self._deeds.fill_in(self._product.login())
        self._see("login", self._agent.picture, "상담원이 로그인합니다", "the agent logs in")
        self._deeds.log_in()

    def agent_opens_slots(self, *, short: bool) -> None:
        self._deeds.add_slots(2 if short else 5)
        self._see("slots", self._agent.picture, "번호와 코드로 기다립니다", "waiting with numbers and codes")
        if not short:
            self._deeds.new_code()

    # ------------------------------------------------------------------ the customer comes

    def customer_sees_the_numbers(self, *, short: bool) -> None:
        page = self._customer.page
        wanted = len(self._deeds.slots())
        page.evaluate("window.storyMark = 1")
        wait_for(lambda: page.locator(".slot-number").count() == wanted, f"{wanted} numbers on the page")
        self._see(
            "customer-page", self._customer.picture, "고객 화면의 번호", "the numbers on the customer's page"
        )
        if short:
            return
        self._agent.click("waiting", "slot2-remove")  # five seconds to undo, then it goes
        wait_for(lambda: page.locator(".slot-number").count() == wanted - 1, "the removed number to vanish")
        if page.evaluate("window.storyMark") != 1:
            raise StoryFailed("the page was loaded again to show a number vanish")

    def customer_types_the_code(self) -> None:
        page = self._customer.page
        self._customer.click_on_page(page.locator("#code-input"))
        self._customer.type("000000")
        self._customer.click_on_page(page.locator("#code-submit"))
        page.locator("#refusal").wait_for(state="visible")
        self._see("wrong-code", self._customer.picture, "틀린 코드에는 친절한 한 문장", "a wrong code")
        code = self._deeds.code()
        self._customer.click_on_page(page.locator("#code-input"))
        self._customer.press("Control+a")
        self._customer.type(code)
        self._customer.press("Enter")
        page.locator("#arrival-steps").wait_for(state="visible")
        self._see("program-offered", self._customer.picture, "프로그램을 권합니다", "the program is offered")

    def customer_starts_the_program(self) -> None:
        page = self._customer.page
        self._customer.click_on_page(page.locator("#download-program"))
        downloads = self._customer.home / "Downloads"
        wait_for(
            lambda: [p for p in downloads.glob("BaroHelp-*") if p.suffix != ".crdownload"], "the download"
        )
        time.sleep(0.8)  # the desktop looks into the folder twice a second
        begun = time.monotonic()
        self._customer.click_at(*PROGRAM_ICON)
        self._layouts.wait("consent", "allow", deadline_s=20)
        say(f"프로그램이 {time.monotonic() - begun:.1f}초 만에 물었습니다", "the program asks")
        self._see(
            "consent", self._customer.picture, "누가 무엇을 해도 되는지 묻습니다", "who asks, and for what"
        )
        self._see(
            "waiting-steps", self._agent.picture, "상담원은 단계마다 봅니다", "the agent sees each step"
        )

    def customer_allows(self) -> None:
        self._customer.click("consent", "allow")
        self._layouts.wait_gone("consent")
        self._layouts.wait("waiting", "slot1-accept")

    # ------------------------------------------------------------------ together

    def agent_connects(self) -> None:
        self._deeds.drag_to_the_right()
        self._deeds.connect()
        self._layouts.wait("panel", "end", deadline_s=30)
        time.sleep(1.5)  # the first whole picture of the desktop
        self._see(
            "viewer",
            self._agent.picture,
            "상담원이 고객 화면을 봅니다",
            "the agent sees the customer's screen",
        )
        self._see(
            "panel",
            self._customer.picture,
            "고객은 누가 보고 있는지 늘 압니다",
            "the customer always knows who looks",
        )

    def agent_writes_korean(self) -> None:
        self._deeds.click_on_desktop(*EDITOR)
        time.sleep(0.4)
        self._agent.type(HANGUL)
        time.sleep(0.8)
        self._see("korean-typed", self._agent.picture, "상담원이 한글을 씁니다", "the agent writes Korean")
        self._agent.key("ctrl+s")
        wait_for(lambda: self._customer.memo.read_bytes() == HANGUL.encode(), f"{HANGUL!r} in the saved file")

    def customer_takes_control_back(self) -> None:
        """The agent's next keys go nowhere, and both are told why."""
        for step in range(12):
            self._customer.move(500 + 25 * step, 380 + 8 * step)
        self._agent.type("xyz")
        self._agent.key("ctrl+s")
        self._see_now(
            "taken-back", self._agent.picture, "고객의 마우스가 먼저입니다", "the customer's mouse wins"
        )
        self._customer.move(640, 420)
        self._see_now(
            "control-back", self._customer.picture, "고객 쪽 안내창", "the customer's panel says so"
        )
        if self._customer.memo.read_bytes() != HANGUL.encode():
            raise StoryFailed("the agent could write while the customer moved the mouse")

    # ------------------------------------------------------------------ the end

    def agent_ends(self) -> None:
        time.sleep(3.5)  # control comes back after three seconds of stillness
        self._deeds.end()
        self._layouts.wait_gone("panel")
        downloads = self._customer.home / "Downloads"
        wait_for(lambda: not list(downloads.glob("BaroHelp-*")), "the program to remove itself")

    def customer_answers(self) -> None:
        page = self._customer.page
        page.locator("#survey").wait_for(state="visible")
        self._see("survey", self._customer.picture, "한 번 누르면 되는 만족도", "one tap of satisfaction")
        self._customer.click_on_page(page.locator("#survey [data-grade=satisfied]"))
        page.locator("#survey").wait_for(state="detached")
        self._see("thanks", self._customer.picture, "고맙습니다", "thanks")
        self._see("agent-after", self._agent.picture, "상담원에게 남는 것", "what stays with the agent")

    def record_is_complete(self) -> None:
        query = (
            "SELECT s.ip_browser, s.ip_program, s.pc_name, s.os, s.created_at, s.ended_at, a.name, v.grade "
            "FROM support_session s JOIN agent a ON a.id = s.agent_id "
            "JOIN survey_answer v ON v.support_session_id = s.id WHERE s.state = 'expired'"
        )
        with closing(sqlite3.connect(f"file:{self._product.places.database}?mode=ro", uri=True)) as database:
            rows = database.execute(query).fetchall()
        if len(rows) != 1 or not all(rows[0]):
            raise StoryFailed(f"the support record is not complete: {rows}")
        if rows[0][-1] != "satisfied":
            raise StoryFailed(f"the record says {rows[0][-1]}, the customer said satisfied")
