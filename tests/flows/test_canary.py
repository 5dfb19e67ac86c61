"""The relay cannot read what it carries: nothing of a support session's content stands in its memory."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.displays import wait_for
from tests.flows.people import Agent, Customer, connect, copied, copy, open_notebook
from tests.flows.stack import Stack, open_sessions

pytestmark = [pytest.mark.flow, pytest.mark.display, pytest.mark.timeout(180)]
TYPED = "qjzxwvkq7391"
COPIED = "카나리아 canary-5d0b7f62"


def memory_of(pid: int) -> bytes:
    """Everything a process, a child of ours, could have written to: heap, stacks, buffers."""
    found = []
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if place is None:
                continue
            start, end = int(place[1], 16), int(place[2], 16)
            memory.seek(start)
            found.append(memory.read(end - start))
    return b"".join(found)


def forms_of(text: str) -> list[bytes]:
    """A text as programs keep it, and as the key presses of RFB that type it."""
    presses = b"".join(b"\x04\x01\0\0" + ord(letter).to_bytes(4, "big") for letter in text)
    return [*(text.encode(code) for code in ("utf-8", "utf-16-le", "utf-32-le", "utf-32-be")), presses]


def test_it_keeps_what_it_carries_out_of_its_memory(
    stack: Stack, agent: Agent, customer: Customer, tmp_path: Path
) -> None:
    written = open_notebook(customer, tmp_path)
    program = connect(agent, customer)
    agent.write_on_desktop(TYPED)
    wait_for(lambda: written.read_text() == f"{TYPED}\n", what="the typed words")
    time.sleep(1.0)  # the clipboard's first look, which tells nothing
    copy(customer.display.env, COPIED)
    wait_for(lambda: copied(agent.screen.environment) == COPIED, what="the copied words", every_s=0.2)
    relay = memory_of(stack.process("relay").pid)
    assert not [form for text in (TYPED, COPIED) for form in forms_of(text) if form in relay]
    # The same search finds what is there: the name of the support session, and the words at their end.
    assert open_sessions(stack)[0].encode() in relay
    assert any(form in memory_of(program.pid) for form in forms_of(COPIED))
    agent.end()
    customer.layouts.wait_gone("panel")
