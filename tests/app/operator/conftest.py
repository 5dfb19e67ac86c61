"""Oper is our own staff; `oper` is a browser in which Oper is logged in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.operators import log_operator_in, make_operator


@pytest.fixture
def oper(app: Flask) -> FlaskClient:
    """A browser in which Oper is logged in, with the CSRF token as a header."""
    make_operator(app)
    return log_operator_in(app)


@pytest.fixture
def change(oper: FlaskClient) -> Callable[..., object]:
    """`change("maru", "state", state="suspended")` presses a button on a company's page."""

    def press(slug: str, deed: str, **form: str):  # type: ignore[no-untyped-def]
        page = oper.get(f"/operator/companies/{slug}").text
        version = page.split('name="version" value="', 1)[1].split('"', 1)[0]
        data = {"deed": deed, "version": version, "reason": "사기 신고가 들어옴"} | form
        return oper.post(f"/operator/companies/{slug}", data=data)

    return press
