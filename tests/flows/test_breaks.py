"""What breaks, heals: both sides say so and go on in the same support session, without a new question."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.displays import wait_for
from tests.flows.people import Agent, Customer, alarming_pixels, connect, open_notebook
from tests.flows.stack import Stack, open_sessions

pytestmark = [pytest.mark.flow, pytest.mark.display, pytest.mark.timeout(180)]
SAY_SO_S = 8.0
BACK_S = 10.0
AN_ALARM_PX = 40  # a short sentence in the colours of "waiting" or "danger" has some hundreds


def test_it_comes_back_after_the_relay_was_killed(
    stack: Stack, agent: Agent, customer: Customer, tmp_path: Path
) -> None:
    written = open_notebook(customer, tmp_path)
    connect(agent, customer)
    session = open_sessions(stack)
    screens = (agent.screen.environment, customer.display.env)
    calm = [alarming_pixels(screen) for screen in screens]

    def troubled() -> list[bool]:
        return [alarming_pixels(s) > c + AN_ALARM_PX for s, c in zip(screens, calm, strict=True)]

    stack.kill("relay")
    wait_for(lambda: all(troubled()), what="both screens to say so", deadline_s=SAY_SO_S, every_s=0.2)
    stack.start("relay")
    wait_for(lambda: not any(troubled()), what="calm screens", deadline_s=BACK_S, every_s=0.2)
    assert not customer.layouts.windows("consent")
    assert open_sessions(stack) == session
    agent.write_on_desktop("after")
    wait_for(lambda: written.read_text() == "after\n", what="the word after the break")
    agent.end()
    customer.layouts.wait_gone("panel")


def test_it_goes_on_while_the_web_half_is_away(
    stack: Stack, agent: Agent, customer: Customer, tmp_path: Path
) -> None:
    """The channels need it only to begin; what ends afterwards ends at both sides and on the page."""
    written = open_notebook(customer, tmp_path)
    connect(agent, customer)
    session = open_sessions(stack)
    stack.kill("web")
    agent.write_on_desktop("during")
    wait_for(lambda: written.read_text() == "during\n", what="the word")
    stack.start("web")
    stack.wait_until_ready()
    assert not customer.layouts.windows("consent")
    assert open_sessions(stack) == session
    agent.write_on_desktop("after")
    wait_for(lambda: written.read_text() == "during\nafter\n", what="the word after the break")
    agent.end()
    customer.layouts.wait_gone("panel")
    wait_for(lambda: 'id="survey"' in customer.page(), what="the customer's question")


def test_it_asks_anew_after_the_customer_program_was_killed(
    agent: Agent, customer: Customer, tmp_path: Path
) -> None:
    """Consent lives in the program's memory and ends with it; the support session does not."""
    written = open_notebook(customer, tmp_path)
    program = connect(agent, customer)
    os.kill(program.pid, signal.SIGKILL)
    program.wait(5)
    customer.start_program()
    customer.allow()
    customer.layouts.wait("panel", "end")
    agent.wait_until_it_steers(customer.display)
    agent.write_on_desktop("again")
    wait_for(lambda: written.read_text() == "again\n", what="the word", deadline_s=20)
    agent.end()
    customer.layouts.wait_gone("panel")
