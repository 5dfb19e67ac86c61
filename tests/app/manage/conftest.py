"""What the tests of the administration pages share."""

from __future__ import annotations

import pytest

from app.team.departments import create_department
from app.team.models import Agent
from tenants.database import db, tenant_scope
from tenants.writing import writing
from tests.cast import Cast


@pytest.fixture
def sales(app, cast: Cast) -> str:
    """A department with Bora in it; its public id."""
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        department = create_department("영업", by=cast.hana.actor)
        db.session.get(Agent, cast.bora.id).department_id = department.id
        return department.public_id
