"""What the OpenAPI document promises, asked by schemathesis with the keys of two companies.

No answer is a server's error, each fits its schema, and none holds a word of the other company's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from app.api import keys
from app.team.actions import create_agent
from app.team.departments import create_department
from tenants.audit import SYSTEM
from tenants.database import tenant_scope
from tests.cast import PASSWORD, Cast
from tests.factories import support as make

QUIET = settings(
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
#: Words that stand in every row of one company's, and nowhere else.
MARKS = {"maru": "마루만의", "nuri": "누리만의"}


@pytest.fixture
def marked(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both companies have agents, departments and support sessions with their own word in them."""
    monkeypatch.setattr(keys, "REQUESTS_PER_MINUTE", 10**9)
    for company in (cast.maru, cast.nuri):
        with app.app_context(), tenant_scope(company.id):
            create_department(f"{MARKS[company.slug]} 부서", by=SYSTEM)
            agent = create_agent(
                login_id="same-id", name=f"{MARKS[company.slug]} 이", password=PASSWORD, by=SYSTEM
            )
            person = type(cast.bora)(agent.id, "same-id", agent.name, company.slug)
            make.make_slot(person)


def ask_everything(app: Flask, cast: Cast, key_of: Callable[..., FlaskClient], examples: int) -> int:
    """Ask every address with both companies' keys; return how often."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    asked = 0
    for company, foreign in ((cast.maru, MARKS["nuri"]), (cast.nuri, MARKS["maru"])):
        headers = {"Authorization": key_of(company).environ_base["HTTP_AUTHORIZATION"]}
        for result in schema.get_all_operations():
            assert isinstance(result, Ok)
            asked += ask(result.ok(), headers, foreign, examples)
    return asked


def ask(operation: Any, headers: dict[str, str], foreign: str, examples: int) -> int:
    """Ask one address in many ways; return how often."""
    asked = 0

    def holds(case: schemathesis.Case) -> None:
        nonlocal asked
        answer = case.call(headers=headers)
        asked += 1
        assert answer.status_code < 500, answer.text
        assert foreign not in answer.text
        case.operation.validate_response(answer)

    given(case=operation.as_strategy())(settings(QUIET, max_examples=examples)(holds))()
    return asked


@pytest.mark.usefixtures("marked")
def test_it_keeps_what_the_document_promises(app: Flask, cast: Cast, key_of) -> None:
    assert ask_everything(app, cast, key_of, examples=6) >= 40


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("marked")
def test_it_keeps_it_for_thousands_of_requests(app: Flask, cast: Cast, key_of) -> None:
    assert ask_everything(app, cast, key_of, examples=400) >= 2_000
