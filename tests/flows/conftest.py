"""One server's side and one agent for a file of stories; a new customer for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.displays import require_programs
from tests.flows.people import Agent, Customer
from tests.flows.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    require_programs("Xvfb", "Xvnc", "openbox", "xdotool", "setpriv")
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="module")
def agent(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    person = Agent(stack, tmp_path_factory.mktemp("agent"))
    yield person
    person.close()


@pytest.fixture
def customer(stack: Stack, tmp_path: Path) -> Iterator[Customer]:
    person = Customer(stack, tmp_path)
    yield person
    person.close()
