"""The operator ends everything of one company: a running support session is over within five seconds."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from ops.places import ROOT
from tests.displays import wait_for
from tests.factories.operators import OPER_PASSWORD
from tests.flows.people import Agent, Customer, connect
from tests.flows.stack import Stack

pytestmark = [pytest.mark.flow, pytest.mark.display, pytest.mark.timeout(120)]
PROMISE_S = 5.0


@pytest.fixture
def oper(stack: Stack) -> Iterator[httpx.Client]:
    """Oper's browser; made on the command line, as operators are."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "operator", "create", "oper", "--name", "오퍼"]
    made = subprocess.run(
        command,
        input=f"{OPER_PASSWORD}\n",
        env=stack.places.environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    with httpx.Client(base_url=stack.places.public_url, trust_env=False) as browser:
        form = {"login_id": "oper", "password": OPER_PASSWORD}
        assert browser.post("/operator/login", data=form).status_code == 302
        yield browser


def test_it_ends_a_running_support_session(
    stack: Stack, agent: Agent, customer: Customer, oper: httpx.Client
) -> None:
    program = connect(agent, customer)
    page = oper.get("/operator/companies/demo").text
    token = re.findall(r'csrf-token" content="([0-9a-f]{64})"', page)[0]
    began = time.monotonic()
    answer = oper.post(
        "/operator/companies/demo", data={"deed": "stop", "reason": "사기 신고", "csrf_token": token}
    )
    assert answer.status_code == 302
    customer.layouts.wait_gone("panel")
    wait_for(
        lambda: agent.layouts.find("remote", "ended-close") or not agent.layouts.windows("remote"),
        what="the end of the agent's window",
    )
    took_s = time.monotonic() - began
    assert took_s < PROMISE_S, f"{took_s:.1f} s"
    assert agent.layouts.wait("login", "submit"), "the agent's program is logged out"
    customer.leave_the_ended_window()
    assert program.wait(15) == 0
