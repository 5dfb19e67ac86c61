"""Every address × every kind of credential × foreign ids, built from the URL map: nobody gets in by accident.

A new route is in the matrix the moment it exists. One with an id in its address must say in FOREIGN which of
Maru's ids to try from Nuri; one that takes ids in its body, in FOREIGN_BODIES. A missing entry fails here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.routes import Caller, callers, declared_callers, refuse_undeclared
from app.support.actions import arrivals
from tenants.database import tenant_scope
from tests.cast import Cast
from tests.factories.support import Waiting, admit, make_slot

REFUSED = {401, 403, 404}
#: What a good request would need beyond its address; the gate must have refused before it is looked at.
BODY: dict[str, Any] = {"json": {}}


@dataclass(frozen=True)
class Scene:
    """Maru with a customer on the way, and a caller of every kind."""

    app: Flask
    cast: Cast
    waiting: Waiting
    join_secret: str
    callers: dict[str, FlaskClient]


#: By endpoint: Maru's ids for the address. The request goes to Nuri's address or comes from Nuri's people.
FOREIGN: dict[str, Callable[[Scene], dict[str, Any]]] = {
    "team.download_viewer": lambda _scene: {"name": "BaroHelp-Viewer-none"},
    "portal.take_number": lambda scene: {"number": scene.waiting.number},
    "portal.download": lambda scene: {"token": scene.join_secret},
}
#: By endpoint: ids of the same shape that nobody has. Foreign ones must be answered in the same words.
UNKNOWN: dict[str, dict[str, Any]] = {
    "team.download_viewer": {"name": "BaroHelp-Viewer-other"},
    "portal.take_number": {"number": 987},
    "portal.download": {"token": "0" * 26},
}
#: By endpoint: a request of Nuri's that names something of Maru's in its body.
FOREIGN_BODIES: dict[str, Callable[[Scene], dict[str, Any]]] = {
    "accounts.log_program_in": lambda scene: {"json": scene.cast.bora.credentials | {"tenant": "nuri"}},
    "accounts.log_in": lambda scene: {
        "data": {"tenant": "nuri", "login_id": "bora", "password": scene.cast.bora.password}
    },
    "support.join": lambda scene: {"json": {"tenant": "nuri", "code": scene.waiting.code, "program": {}}},
    "portal.redeem": lambda scene: {"data": {"code": scene.waiting.code}},
}
#: Nothing in their bodies names a row.
NO_IDS_IN_BODY = {
    "accounts.log_out",
    "accounts.log_program_out",
    "pages.choose_language",
    "portal.answer_survey",
    "portal.leave",
    "portal.take_number",
    "support.signal_ticket",
}


def rules_of(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)


def methods_of(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


@pytest.fixture
def scene(app: Flask, cast: Cast, log_in, program_of) -> Scene:
    with app.app_context(), tenant_scope(cast.maru.id):
        waiting = make_slot(cast.bora)
        secret = arrivals.join_secret_of(admit(waiting).token)
    customer = app.test_client()
    answer = customer.post("/programs/join", json={"tenant": "maru", "join_token": secret, "program": {}})
    assert answer.status_code == 200, answer.text
    customer.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {answer.json['credential']}"
    return Scene(
        app,
        cast,
        waiting,
        secret,
        {
            "nobody": app.test_client(),
            Caller.ADMIN: log_in(cast.hana),
            Caller.AGENT: log_in(cast.bora),
            Caller.AGENT_PROGRAM: program_of(cast.bora),
            Caller.CUSTOMER_PROGRAM: customer,
        },
    )


def address(rule: Rule, values: dict[str, Any]) -> str:
    fillers = dict.fromkeys(rule.arguments, "1") | {"slug": "maru"} | values
    built = rule.build({name: fillers[name] for name in rule.arguments})
    assert built is not None
    return built[1]


def is_refused(answer: TestResponse) -> bool:
    to_log_in = answer.status_code == 302 and answer.location.startswith("/manage/login")
    return answer.status_code in REFUSED or to_log_in


def words_of(answer: TestResponse) -> str:
    """The page without its own address, which the language switch repeats."""
    return answer.text.replace(answer.request.path, "")


def test_every_view_declares_its_callers(app: Flask) -> None:
    refuse_undeclared(app)
    for rule in rules_of(app):
        assert declared_callers(app, rule.endpoint), rule.rule


def test_the_start_fails_when_a_view_is_silent() -> None:
    web = Flask("silent")
    web.view_functions["static"] = callers(Caller.PUBLIC)(web.view_functions["static"])
    web.add_url_rule("/open", "open", lambda: "anything")
    with pytest.raises(RuntimeError, match="open"):
        refuse_undeclared(web)


def test_nobody_else_gets_in(scene: Scene) -> None:
    """Every guarded route × every credential that it does not name."""
    tried = 0
    for rule in rules_of(scene.app):
        allowed = declared_callers(scene.app, rule.endpoint)
        assert allowed is not None
        for kind, client in scene.callers.items():
            if Caller.PUBLIC in allowed or kind in allowed:
                continue
            for method in methods_of(rule):
                answer = client.open(address(rule, {}), method=method, **BODY)
                assert is_refused(answer), (kind, method, rule.rule, answer.status_code)
                tried += 1
    assert tried >= 15


def test_a_cookie_without_its_csrf_token_changes_nothing(scene: Scene) -> None:
    for kind in (Caller.ADMIN, Caller.AGENT):
        browser = scene.callers[kind]
        del browser.environ_base["HTTP_X_CSRF_TOKEN"]
        for rule in rules_of(scene.app):
            allowed = declared_callers(scene.app, rule.endpoint) or frozenset()
            if kind not in allowed:
                continue
            for method in set(methods_of(rule)) - {"GET"}:
                answer = browser.open(address(rule, {}), method=method, **BODY)
                assert answer.status_code == 403, (method, rule.rule)


def test_a_foreign_site_changes_nothing(scene: Scene) -> None:
    """A page elsewhere makes the browser send; it brings the cookie, but it also says where it comes from."""
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        for rule in rules_of(scene.app):
            for method in set(methods_of(rule)) - {"GET"}:
                for client in scene.callers.values():
                    answer = client.open(address(rule, {}), method=method, headers=headers)
                    assert answer.status_code == 403, (headers, method, rule.rule)


def test_foreign_ids_in_the_address_are_as_unknown_ones(scene: Scene, log_in) -> None:
    chul = log_in(scene.cast.chul)
    for rule in rules_of(scene.app):
        if rule.endpoint == "static" or not set(rule.arguments) - {"slug"}:
            continue
        assert rule.endpoint in FOREIGN, f"{rule.rule}: add an entry to FOREIGN"
        values = {"slug": "nuri"} | FOREIGN[rule.endpoint](scene)
        for method in methods_of(rule):
            answer = chul.open(address(rule, values), method=method)
            unknown = chul.open(address(rule, {"slug": "nuri"} | UNKNOWN[rule.endpoint]), method=method)
            assert answer.status_code in {404, 409}, (method, rule.rule, answer.status_code)
            assert answer.status_code == unknown.status_code, rule.rule
            assert words_of(answer) == words_of(unknown), rule.rule


def test_foreign_ids_in_the_body_are_refused(scene: Scene) -> None:
    for rule in rules_of(scene.app):
        if not set(methods_of(rule)) - {"GET"} or rule.endpoint in NO_IDS_IN_BODY:
            continue
        assert rule.endpoint in FOREIGN_BODIES, f"{rule.rule}: add an entry to FOREIGN_BODIES"
        request = FOREIGN_BODIES[rule.endpoint](scene)
        answer = scene.app.test_client().post(address(rule, {"slug": "nuri"}), **request)
        assert answer.status_code in REFUSED | {409, 410, 422}, (rule.rule, answer.status_code)
        assert not answer.headers.getlist("Set-Cookie")


def test_unknown_companies_are_not_found(scene: Scene) -> None:
    for rule in rules_of(scene.app):
        if "slug" not in rule.arguments:
            continue
        for method in methods_of(rule):
            for slug in ("nobody", "NOBODY", "a", "maru%00", "x" * 300):
                path = address(rule, {"slug": "SLUG"}).replace("SLUG", slug)
                answer = scene.callers["nobody"].open(path, method=method)
                assert answer.status_code == 404, (method, path, answer.status_code)
