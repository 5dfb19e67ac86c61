"""Files between two people with the real programs: sent, asked for, looked for, and noted in the timeline."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.displays import wait_for
from tests.flows.people import Agent, Customer, connect
from tests.flows.stack import Stack

pytestmark = [pytest.mark.flow, pytest.mark.display, pytest.mark.timeout(180)]
RECEIVED = Path("BaroHelp") / "Received Files"


def noted(stack: Stack) -> list[dict[str, object]]:
    """What the timelines say of files."""
    query = "SELECT data FROM session_event WHERE kind = 'files' ORDER BY n"
    with closing(sqlite3.connect(f"file:{stack.places.database}?mode=ro", uri=True)) as database:
        return [json.loads(row[0]) for row in database.execute(query)]


def test_it_sends_a_file_over_a_dying_relay_and_gets_one_from_the_customer(
    stack: Stack, agent: Agent, customer: Customer, tmp_path: Path
) -> None:
    """The agent chooses a file in the dialog; the relay is killed while it goes; then the customer gives."""
    large = tmp_path / "large.bin"
    data = random.Random(5).randbytes(14_000_000)
    large.write_bytes(data)
    wanted = tmp_path / "wanted.txt"
    wanted.write_text("직접 고른 파일")
    connect(agent, customer)
    agent.screen.click("remote", "files")
    agent.screen.click("files", "send")
    time.sleep(1.0)  # the system's dialog
    agent.screen.type(str(large))
    agent.screen.key("Return")
    customer.layouts.wait("customer-files", "folder")
    stack.kill("relay")
    stack.start("relay")
    stored = tmp_path / RECEIVED / "large.bin"
    wait_for(stored.exists, what="the file at the customer's", deadline_s=40, every_s=0.1)
    assert stored.read_bytes() == data
    agent.screen.click("files", "want")
    customer.click("customer-files", "want-yes")
    time.sleep(1.0)  # the system's dialog
    customer.display.xdotool("type", str(wanted))
    customer.display.xdotool("key", "Return")
    home = Path(agent.log.name).parent
    wait_for((home / RECEIVED / "wanted.txt").exists, what="the file at the agent's", every_s=0.1)
    assert (home / RECEIVED / "wanted.txt").read_text() == "직접 고른 파일"
    wait_for(lambda: len(noted(stack)) >= 2, what="both in the timeline")
    assert [(one["way"], one["result"]) for one in noted(stack)] == [
        ("to_customer", "done"),
        ("to_agent", "done"),
    ]
    agent.screen.key("Escape")
    agent.end()
    customer.layouts.wait_gone("panel")
