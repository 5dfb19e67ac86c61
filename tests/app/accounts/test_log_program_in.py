"""POST /programs/login: the waiting program's door."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.models import LoginSession
from tenants.database import db, tenant_scope
from tests.cast import Cast


def test_it_works(app, client, cast: Cast) -> None:
    answer = client.post("/programs/login", json=cast.bora.credentials)
    assert answer.status_code == 200
    assert answer.json["expires_s"] == 12 * 3600
    assert answer.json["token"].startswith("program.maru.")
    with app.app_context(), tenant_scope(cast.maru.id):
        row = db.session.scalars(select(LoginSession)).one()
    assert (row.agent_id, row.kind, row.ended_at) == (cast.bora.id, "program", None)
    assert answer.json["token"] not in repr(vars(row))


def test_it_knows_the_program_again(client, program_of, log_in, cast: Cast) -> None:
    program = program_of(cast.bora)
    assert program.post("/programs/logout").status_code == 200
    assert program.post("/programs/logout").status_code == 401
    assert log_in(cast.hana).get("/manage").status_code == 200
