"""A customer joins, is seen and controlled, and either side ends; all parts real."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from customer_agent.screen.capture import Area
from tests.customer_agent.sharing_x11 import SECRET, painting
from tests.displays import wait_for
from tests.flows.people import (
    Agent,
    Customer,
    alarming_pixels,
    connect,
    copied,
    copy,
    count_pixels,
    open_notebook,
)

pytestmark = [pytest.mark.flow, pytest.mark.display, pytest.mark.timeout(180)]
WORDS = "hello 가나다 안녕하세요"


def test_it_shows_and_controls_the_customers_screen(agent: Agent, customer: Customer, tmp_path: Path) -> None:
    """Until the agent ends: the program goes, and the customer's page asks how it was."""
    written = open_notebook(customer, tmp_path)
    program = connect(agent, customer)
    agent.write_on_desktop(WORDS)
    wait_for(lambda: written.read_bytes() == f"{WORDS}\n".encode(), what="the words in the file")
    agent.end()
    customer.layouts.wait_gone("panel")
    wait_for(lambda: 'id="survey"' in customer.page(), what="the customer's question")
    customer.leave_the_ended_window()
    assert program.wait(15) == 0


def test_it_carries_copied_text_both_ways(agent: Agent, customer: Customer, tmp_path: Path) -> None:
    """What either copies while connected, the other can paste; what was copied before stays private."""
    open_notebook(customer, tmp_path)
    copy(customer.display.env, "before")
    connect(agent, customer)
    time.sleep(1.0)  # for the rights to be known at both ends
    assert copied(agent.screen.environment) != "before"
    copy(customer.display.env, WORDS)
    wait_for(lambda: copied(agent.screen.environment) == WORDS, what="the customer's words", every_s=0.2)
    agent.turn_to_waiting_window()
    copy(agent.screen.environment, "답장 reply")
    agent.click_on_desktop(300, 400)
    wait_for(lambda: copied(customer.display.env) == "답장 reply", what="the agent's words", every_s=0.2)
    large = "십 메가바이트 😀\n" * 400_000
    assert len(large.encode()) > 9_800_000
    copy(customer.display.env, large)
    wait_for(
        lambda: copied(agent.screen.environment) == large, what="ten megabytes", deadline_s=40, every_s=0.5
    )
    agent.turn_to_waiting_window()
    copy(agent.screen.environment, large[1:])
    agent.click_on_desktop(300, 400)
    wait_for(
        lambda: copied(customer.display.env) == large[1:],
        what="ten megabytes back",
        deadline_s=40,
        every_s=0.5,
    )
    agent.end()
    customer.layouts.wait_gone("panel")


def test_it_ends_from_the_customers_side(agent: Agent, customer: Customer) -> None:
    connect(agent, customer)
    customer.click("panel", "end")
    customer.click("panel", "end-yes")
    agent.layouts.wait("remote", "ended-close")
    wait_for(lambda: 'id="survey"' in customer.page(), what="the customer's question")
    agent.screen.click("remote", "ended-close")
    agent.layouts.wait_gone("remote")


def test_it_does_nothing_when_the_customer_denies(agent: Agent, customer: Customer) -> None:
    agent.take_the_next()
    code = agent.code()
    customer.enter(code)
    program = customer.start_program()
    customer.answer("deny")
    customer.leave_the_ended_window()
    assert program.wait(15) == 0
    wait_for(lambda: agent.code() != code, what="a new code for the next customer", every_s=0.5)
    assert not agent.layouts.windows("remote")


def test_it_lets_the_customers_own_mouse_win(agent: Agent, customer: Customer, tmp_path: Path) -> None:
    """What the agent types just after is refused; three seconds of stillness later it is not."""
    written = open_notebook(customer, tmp_path)
    connect(agent, customer)
    agent.write_on_desktop("one")
    wait_for(lambda: written.read_text() == "one\n", what="the first word")
    for step in range(20):
        customer.hand.move(600 + 10 * step, 500)
        time.sleep(0.02)
    agent.screen.type("two")
    agent.screen.key("Return", "ctrl+s")
    time.sleep(0.5)
    assert written.read_text() == "one\n"
    time.sleep(4.0)
    agent.write_on_desktop("three")
    wait_for(lambda: written.read_text() == "one\nthree\n", what="the word after the pause")
    agent.end()
    customer.layouts.wait_gone("panel")


@pytest.mark.slow
def test_it_shows_one_window_only_and_the_desktop_again(agent: Agent, customer: Customer) -> None:
    """What covers the shown window is the secret: the agent sees it before and after, but not between."""
    shown = 0x2B6F4D

    def sees(colour: int) -> int:
        return count_pixels(agent.screen.environment, colour)

    with painting(customer.display) as painter:
        secret = painter.window(Area(200, 200, 640, 480), SECRET, "비밀")
        window = painter.window(Area(60, 80, 640, 480), shown, "주문서")
        connect(agent, customer)
        wait_for(lambda: sees(SECRET), what="the whole desktop")
        customer.click("panel", "share")
        customer.click("share", "share-window")
        wait_for(lambda: sees(shown) and not sees(SECRET), what="the window alone", every_s=0.3)
        customer.display.xdotool("windowraise", str(secret.id))
        customer.layouts.wait("panel", "share-all")
        assert not sees(SECRET)
        customer.display.xdotool("windowminimize", str(window.id))
        wait_for(lambda: alarming_pixels(agent.screen.environment) > 500, what="the sentence", every_s=0.3)
        customer.display.xdotool("windowactivate", "--sync", str(window.id))

        def sees_it_again() -> int:
            painter.fill(window, Area(0, 0, 640, 480), shown + 9)
            return sees(shown + 9)

        wait_for(sees_it_again, what="the window after it was minimised", every_s=0.3)
        customer.click("panel", "share-all")
        wait_for(lambda: sees(SECRET), what="the whole desktop again", every_s=0.3)
    agent.end()
    customer.layouts.wait_gone("panel")
