"""Every page there is, found in the URL map: who opens it, and under which address.

A page is a GET that answers 200 with HTML. An address with a name in it takes it from `names`; a new one must
get its value in conftest.py, or `every_page` fails and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.routes import Caller, declared_callers

#: Whom a page is opened by, the first who may.
WHO = (Caller.PUBLIC, Caller.ADMIN, Caller.AGENT, Caller.OPERATOR)


@dataclass(frozen=True, slots=True)
class Page:
    """One page as one caller opens it."""

    name: str
    path: str
    who: Caller


def every_page(app: Flask, callers: dict[Caller, FlaskClient], names: dict[str, Any]) -> list[Page]:
    """Every page that opens for its caller, ordered by address."""
    found = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        who = _caller_of(app, rule)
        if who is None or who not in callers or "GET" not in (rule.methods or set()):
            continue
        if rule.endpoint == "static" or rule.endpoint.endswith(".static"):
            continue
        unknown = rule.arguments - set(names)
        assert not unknown, f"{rule.rule}: give {sorted(unknown)} a value in tests/pages/conftest.py"
        path = _path(rule, names)
        answer = callers[who].get(path, headers={"Accept": "text/html"})
        is_page = answer.status_code == 200 and answer.mimetype == "text/html"
        is_page = is_page and answer.text.lstrip().lower().startswith(
            "<!doctype"
        )  # else a piece of one, for htmx
        answer.close()
        if is_page:
            found.append(Page(rule.endpoint, path, who))
    return found


def _caller_of(app: Flask, rule: Rule) -> Caller | None:
    allowed = declared_callers(app, rule.endpoint) or frozenset()
    return next((who for who in WHO if who in allowed), None)


def _path(rule: Rule, names: dict[str, Any]) -> str:
    built = rule.build({name: names[name] for name in rule.arguments})
    assert built is not None
    return built[1]
