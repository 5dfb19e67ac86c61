"""Our own staff: Oper, and a browser in which they are logged in."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from app.operator.models import Operator
from app.operator.staff import create_operator
from tenants.audit import SYSTEM

__all__ = ["OPER_PASSWORD", "log_operator_in", "make_operator"]

OPER_PASSWORD = "Baro2026Watch"


def make_operator(app: Flask, login_id: str = "oper", name: str = "오퍼") -> Operator:
    """Make one of our staff, as the command line does."""
    with app.app_context():
        return create_operator(login_id=login_id, name=name, password=OPER_PASSWORD, by=SYSTEM)


def log_operator_in(app: Flask, login_id: str = "oper") -> FlaskClient:
    """A browser in which an operator is logged in, with the CSRF token as a header."""
    browser = app.test_client()
    form = {"login_id": login_id, "password": OPER_PASSWORD}
    answer = browser.post("/operator/login", data=form)
    assert (answer.status_code, answer.location) == (302, "/operator"), answer.text
    page = browser.get("/operator").get_data(as_text=True)
    token = page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
    browser.environ_base["HTTP_X_CSRF_TOKEN"] = token
    return browser
