"""A company whose agent waits, and a customer's browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tenants.database import db, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import Cast
from tests.factories import support as make

KOREAN = {"HTTP_ACCEPT_LANGUAGE": "ko", "REMOTE_ADDR": "203.0.113.7", "HTTP_USER_AGENT": "X11; Linux x86_64"}


@pytest.fixture
def dain(app: Flask) -> FlaskClient:
    """Dain's browser."""
    browser = app.test_client()
    browser.environ_base.update(KOREAN)
    return browser


@pytest.fixture
def waiting(app: Flask, cast: Cast) -> make.Waiting:
    """Bora's slot, with her program there."""
    with app.app_context(), tenant_scope(cast.maru.id):
        make.open_stream(cast.bora)
        return make.make_slot(cast.bora)


@pytest.fixture
def in_maru_now(app: Flask, cast: Cast) -> Callable[[Callable[[], object]], object]:
    """`in_maru_now(call)` runs `call` in Maru's scope, between two requests."""

    def run(call: Callable[[], object]) -> object:
        with app.app_context(), tenant_scope(cast.maru.id):
            return call()

    return run


@pytest.fixture
def change_maru(app: Flask, cast: Cast) -> Callable[..., None]:
    """`change_maru(code_required=True)` changes the company's row."""

    def change(**values: object) -> None:
        with app.app_context(), writing():
            tenant = db.session.get(Tenant, cast.maru.id)
            for name, value in values.items():
                setattr(tenant, name, value)

    return change


@pytest.fixture
def built_program(app: Flask, tmp_path: Path) -> Iterator[bytes]:
    """A program in the download folder, for Linux and Windows."""
    content = b"\x7fELF program"
    for name in ("BaroHelp-linux-x86_64", "BaroHelp-windows-amd64.exe"):
        (tmp_path / name).write_bytes(content)
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, download_dir=tmp_path)
    yield content
    app.extensions["settings"] = before
