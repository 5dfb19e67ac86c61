"""One server's side and one agent for a file of stories; a new customer for each."""

from __future__ import annotations

import subprocess
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ops.places import ROOT
from tests.displays import require_programs
from tests.flows.people import Agent, Customer
from tests.flows.stack import Stack, running_stack
from tests.flows.web_agent import WebAgent


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep pictures of both displays and the programs' words of a story that failed, in var/flows/."""
    report = yield
    if report.when == "call" and report.failed:
        people = getattr(item, "funcargs", {})
        folder = ROOT / "var" / "flows" / item.name.replace("/", "-")
        folder.mkdir(parents=True, exist_ok=True)
        for name, kind in (("agent", Agent), ("customer", Customer), ("web", WebAgent)):
            person = people.get(name)
            if isinstance(person, kind):
                with suppress(OSError, subprocess.SubprocessError):
                    person.keep_evidence(folder)
    return report
