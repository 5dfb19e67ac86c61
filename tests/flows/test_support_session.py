"""A customer joins, is seen and controlled, and either side ends; all parts real."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.displays import wait_for
from tests.flows.people import Agent, Customer

pytestmark = [pytest.mark.flow, pytest.mark.display, pytest.mark.timeout(180)]
WORDS = "hello 가나다 안녕하세요"


def open_notebook(customer: Customer, folder: Path) -> Path:
    """A terminal that fills the customer's screen and writes every line to a file."""
    target = folder / "written.txt"
    command = ["xterm", "-u8", "-geometry", "150x50+0+0", "-e", "sh", "-c", f"cat > {target}"]
    customer.display.start(*command, env={"LC_ALL": "C.UTF-8"})
    customer.display.find_window("--class", "xterm")
    return target


def connect(agent: Agent, customer: Customer) -> None:
    customer.enter(agent.code())
    customer.start_program()
    customer.allow()
    agent.connect()
    customer.layouts.wait("panel", "end")
    time.sleep(1.0)  # the first whole picture


def test_it_shows_and_controls_the_customers_screen(agent: Agent, customer: Customer, tmp_path: Path) -> None:
    written = open_notebook(customer, tmp_path)
    connect(agent, customer)
    agent.click_on_desktop(300, 600)
    agent.screen.type(WORDS)
    agent.screen.key("Return")
    wait_for(lambda: written.is_file() and written.read_text() == f"{WORDS}\n", what="the words in the file")
    agent.end()
    customer.layouts.wait_gone("panel")
    wait_for(lambda: 'id="survey"' in customer.page(), what="the customer's question")
