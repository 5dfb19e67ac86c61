"""Companies' programs: `key_of(cast.maru)` gives a client that brings a key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.api.keys import create_key
from app.api.rules import SCOPES
from tenants.audit import SYSTEM
from tenants.database import now_utc, tenant_scope
from tests.cast import Company


@pytest.fixture
def key_of(app: Flask) -> Callable[..., FlaskClient]:
    """A program of the company with a key for these scopes (all of them)."""

    def program(company: Company, *scopes: str) -> FlaskClient:
        with app.app_context(), tenant_scope(company.id):
            _key, secret = create_key("통계", scopes or list(SCOPES), days=30, by=SYSTEM, now=now_utc())
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        return client

    return program
