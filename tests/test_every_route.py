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

from app.accounts.own import list_open_log_ins
from app.routes import Caller, callers, declared_callers, refuse_undeclared
from app.support.actions import arrivals
from app.team.actions import create_agent
from app.team.departments import create_department
from app.team.issue_types import create_issue_type
from app.team.queries import list_departments
from tenants.audit import SYSTEM
from tenants.database import now_utc, tenant_scope
from tests.cast import PASSWORD, Cast, Person
from tests.factories.accounts import make_reset_link
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
    #: Public id of a department of Maru's.
    department: str
    #: And of an issue type.
    issue_type: str
    #: A link for another password that Bora was mailed, and the name of one of her log-ins.
    reset_link: str
    log_in_name: str
    #: Nuri's people: Chul, and the administrator whom they have only here.
    chul: FlaskClient
    nuri_admin: FlaskClient


#: By endpoint: Maru's ids for the address. The request goes to Nuri's address or comes from Nuri's people.
FOREIGN: dict[str, Callable[[Scene], dict[str, Any]]] = {
    "team.download_viewer": lambda _scene: {"name": "BaroHelp-Viewer-none"},
    "manage.issue_type_change": lambda scene: {"issue_type": scene.issue_type},
    "portal.take_number": lambda scene: {"number": scene.waiting.number},
    "portal.download": lambda scene: {"token": scene.join_secret},
    "accounts.reset": lambda scene: {"token": scene.reset_link.replace("reset.maru.", "reset.nuri.")},
    "manage.own_log_in_end": lambda scene: {"log_in": scene.log_in_name},
    "manage.agent_two_step": lambda scene: {"login_id": scene.cast.bora.login_id},
    "console.view": lambda scene: {"session": scene.waiting.session},
    "console.words": lambda _scene: {"language_code": "xx"},
    **dict.fromkeys(
        ("manage.agent_edit", "manage.agent_state", "manage.agent_delete", "manage.option_agent"),
        lambda scene: {"login_id": scene.cast.bora.login_id},
    ),
    **dict.fromkeys(
        ("manage.department_edit", "manage.department_delete", "manage.option_department"),
        lambda scene: {"department": scene.department},
    ),
}
#: By endpoint: ids of the same shape that nobody has. Foreign ones must be answered in the same words.
UNKNOWN: dict[str, dict[str, Any]] = {
    "team.download_viewer": {"name": "BaroHelp-Viewer-other"},
    "manage.issue_type_change": {"issue_type": "0" * 26},
    "portal.take_number": {"number": 987},
    "portal.download": {"token": "0" * 26},
    "accounts.reset": {"token": "reset.nuri." + "a" * 43},
    "manage.own_log_in_end": {"log_in": "0" * 20},
    "manage.agent_two_step": {"login_id": "nobody"},
    "console.view": {"session": "0" * 26},
    "console.words": {"language_code": "yy"},
    **dict.fromkeys(
        ("manage.agent_edit", "manage.agent_state", "manage.agent_delete", "manage.option_agent"),
        {"login_id": "nobody"},
    ),
    **dict.fromkeys(
        ("manage.department_edit", "manage.department_delete", "manage.option_department"),
        {"department": "0" * 26},
    ),
}
#: A good form, but for the department that it names.
NEW_AGENT = {
    "login_id": "duri",
    "name": "두리",
    "password": PASSWORD,
    "password_again": PASSWORD,
    "seat": "pc",
    "version": "1",
}
#: By endpoint: a request of Nuri's that names something of Maru's in its body.
FOREIGN_BODIES: dict[str, Callable[[Scene], dict[str, Any]]] = {
    "accounts.reset": lambda scene: {"data": {"password": PASSWORD, "password_again": PASSWORD}},
    "accounts.ask_reset": lambda scene: {"data": {"tenant": "maru"}},
    "accounts.log_program_in": lambda scene: {"json": scene.cast.bora.credentials | {"tenant": "nuri"}},
    "accounts.log_in": lambda scene: {
        "data": {"tenant": "nuri", "login_id": "bora", "password": scene.cast.bora.password}
    },
    "support.signal_ticket": lambda scene: {"json": {"page": scene.waiting.session}},
    "support.join": lambda scene: {"json": {"tenant": "nuri", "code": scene.waiting.code, "program": {}}},
    "portal.redeem": lambda scene: {"data": {"code": scene.waiting.code}},
    "manage.agent_new": lambda scene: {"data": {**NEW_AGENT, "department": scene.department}},
    "manage.agent_edit": lambda scene: {"data": {**NEW_AGENT, "department": scene.department}},
    "manage.option_apply": lambda scene: {
        "data": {"step": "apply", "o.drawing": "off", "department": scene.department}
    },
    "manage.department_delete": lambda scene: {"data": {"move_to": scene.department}},
}
#: Nothing in their bodies names a row.
NO_IDS_IN_BODY = {
    "accounts.log_in_code",
    "manage.account",
    "manage.agent_two_step",
    "manage.log_in_addresses",
    "manage.log_in_rules",
    "manage.own",
    "manage.own_log_in_end",
    "manage.own_password",
    "manage.own_two_step",
    "accounts.log_out",
    "accounts.log_program_out",
    "manage.agent_delete",
    "manage.agent_state",
    "manage.department_edit",
    "manage.issue_type_change",
    "manage.list_departments",
    "manage.list_issue_types",
    "manage.list_options",
    "manage.option_agent",
    "manage.option_department",
    "pages.choose_language",
    "portal.answer_survey",
    "portal.leave",
    "portal.take_number",
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
        department = create_department("영업", by=cast.hana.actor).public_id
        issue_type = create_issue_type("프린터", by=cast.hana.actor).public_id
        reset_link = make_reset_link(cast.bora)
    with app.app_context(), tenant_scope(cast.nuri.id):
        duri = create_agent(login_id="admin", name="두리", password=PASSWORD, by=SYSTEM)
        create_department("본사", by=SYSTEM)
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
        department,
        issue_type,
        reset_link,
        name_of_log_in(app, cast),
        log_in(cast.chul),
        log_in(Person(duri.id, "admin", "두리", "nuri")),
    )


def name_of_log_in(app: Flask, cast: Cast) -> str:
    """What one of Bora's log-ins is called in addresses."""
    with app.app_context(), tenant_scope(cast.maru.id):
        return list_open_log_ins(cast.bora.id, now_utc())[0].name


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


def nuris_caller(scene: Scene, rule: Rule) -> FlaskClient:
    """Chul, or Nuri's administrator where only administrators may ask at all."""
    allowed = declared_callers(scene.app, rule.endpoint) or frozenset()
    return scene.nuri_admin if allowed == {Caller.ADMIN} else scene.chul


def test_foreign_ids_in_the_address_are_as_unknown_ones(scene: Scene) -> None:
    for rule in rules_of(scene.app):
        if rule.endpoint == "static" or not set(rule.arguments) - {"slug"}:
            continue
        assert rule.endpoint in FOREIGN, f"{rule.rule}: add an entry to FOREIGN"
        values, caller = {"slug": "nuri"} | FOREIGN[rule.endpoint](scene), nuris_caller(scene, rule)
        for method in methods_of(rule):
            answer = caller.open(address(rule, values), method=method)
            unknown = caller.open(address(rule, {"slug": "nuri"} | UNKNOWN[rule.endpoint]), method=method)
            assert answer.status_code in {404, 409}, (method, rule.rule, answer.status_code)
            assert answer.status_code == unknown.status_code, rule.rule
            assert words_of(answer) == words_of(unknown), rule.rule


def test_foreign_ids_in_the_body_are_refused(scene: Scene) -> None:
    for rule in rules_of(scene.app):
        if not set(methods_of(rule)) - {"GET"} or rule.endpoint in NO_IDS_IN_BODY:
            continue
        assert rule.endpoint in FOREIGN_BODIES, f"{rule.rule}: add an entry to FOREIGN_BODIES"
        request = FOREIGN_BODIES[rule.endpoint](scene)
        allowed = declared_callers(scene.app, rule.endpoint) or frozenset()
        caller = scene.app.test_client() if Caller.PUBLIC in allowed else nuris_caller(scene, rule)
        own = {"slug": "nuri", "login_id": "chul", "department": _own_department(scene)}
        answer = caller.post(address(rule, own), **request)
        assert answer.status_code in REFUSED | {409, 410, 422}, (rule.rule, answer.status_code)
        assert not answer.headers.getlist("Set-Cookie")


def _own_department(scene: Scene) -> str:
    with scene.app.app_context(), tenant_scope(scene.cast.nuri.id):
        return list_departments()[0][0].public_id


def test_unknown_companies_are_not_found(scene: Scene) -> None:
    for rule in rules_of(scene.app):
        if "slug" not in rule.arguments:
            continue
        for method in methods_of(rule):
            for slug in ("nobody", "NOBODY", "a", "maru%00", "x" * 300):
                path = address(rule, {"slug": "SLUG"}).replace("SLUG", slug)
                answer = scene.callers["nobody"].open(path, method=method)
                assert answer.status_code == 404, (method, path, answer.status_code)
