"""flask demo create: what `make run` calls."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from app.team.models import Agent
from tenants.database import db, tenant_scope
from tenants.resolve import find_tenant
from tests.cast import Cast


@pytest.fixture
def create_demo(app, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Run the command; returns the log-ins in the file."""
    path = tmp_path / "var" / "demo-logins.txt"

    def run() -> list[list[str]]:
        result = app.test_cli_runner().invoke(args=["demo", "create", "--logins-file", str(path)])
        assert result.exit_code == 0, result.output
        return [line.split() for line in path.read_text().splitlines() if not line.startswith("#")]

    run.path = path  # type: ignore[attr-defined]
    return run


def test_it_works(app, client, create_demo, cast: Cast) -> None:
    log_ins = create_demo()
    assert [words[:2] for words in log_ins] == [["demo", "admin"], ["demo", "agent1"], ["demo", "agent2"]]
    for tenant, login_id, password in log_ins:
        body = {"tenant": tenant, "id": login_id, "password": password}
        assert client.post("/programs/login", json=body).status_code == 200
    with app.app_context():
        tenant = find_tenant("demo")
        assert (tenant.title, tenant.state) == ("바로헬프 데모", "active")
        with tenant_scope(tenant.id):
            names = set(db.session.scalars(select(Agent.name)))
    assert names == {"데모 관리자", "데모 상담원 1", "데모 상담원 2"}


def test_the_file_is_for_its_owner_only(create_demo, cast: Cast) -> None:
    create_demo()
    assert create_demo.path.stat().st_mode & 0o777 == 0o600


def test_it_draws_again_where_only_a_common_word_would_be_left(
    create_demo, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight digits in a row left "demo" alone, which the rules refuse: one first start in twenty failed."""
    drawn = iter(["12345678", "abcdefab", "a1b2c3d4", "b1b2c3d4", "c1b2c3d4"])
    monkeypatch.setattr("app.accounts.cli.secrets.token_hex", lambda _size: next(drawn))
    assert [words[2] for words in create_demo()] == ["Demo-a1b2c3d4", "Demo-b1b2c3d4", "Demo-c1b2c3d4"]


def test_a_repeat_changes_nothing(create_demo, cast: Cast) -> None:
    assert create_demo() == create_demo()


def test_a_lost_file_means_new_passwords(client, create_demo, cast: Cast) -> None:
    old = create_demo()
    create_demo.path.unlink()
    new = create_demo()
    assert [words[:2] for words in new] == [words[:2] for words in old]
    for (_t, _i, password), expected in ((old[1], 401), (new[1], 200)):
        body = {"tenant": "demo", "id": "agent1", "password": password}
        assert client.post("/programs/login", json=body).status_code == expected
