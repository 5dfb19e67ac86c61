"""flask tenant create, flask agent create."""

from __future__ import annotations

import pytest

from tenants.resolve import find_tenant
from tests.cast import PASSWORD, Cast


@pytest.fixture
def run(app):  # type: ignore[no-untyped-def]
    runner = app.test_cli_runner()
    return lambda *words, typed="": runner.invoke(args=list(words), input=typed)


def test_it_makes_a_company_and_its_admin(app, client, run, cast: Cast) -> None:
    made = run(
        "tenant", "create", "shop", "--title", "상점", "--company", "상점 주식회사", "--until", "2099-12-31"
    )
    assert made.exit_code == 0, made.output
    assert run("agent", "create", "shop", "admin", "--name", "사장", typed=f"{PASSWORD}\n").exit_code == 0
    body = {"tenant": "shop", "id": "admin", "password": PASSWORD}
    assert client.post("/programs/login", json=body).status_code == 200
    with app.app_context():
        assert f"{find_tenant('shop').expires_at:%Y-%m-%d}" == "2100-01-01"


@pytest.mark.parametrize("slug", ["maru", "MARU", "manage", "a", "static"])
def test_it_refuses_addresses_that_cannot_be(run, cast: Cast, slug: str) -> None:
    result = run("tenant", "create", slug, "--title", "x", "--company", "x")
    assert result.exit_code == 1
    assert "Error:" in result.output


def test_it_says_what_is_wrong_with_an_agent(run, cast: Cast) -> None:
    assert "no company" in run("agent", "create", "nobody", "sora", "--name", "x", typed="x\n").output
    assert "비밀번호" in run("agent", "create", "maru", "sora", "--name", "x", typed="weak\n").output
