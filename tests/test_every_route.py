"""Every address × every kind of credential × foreign ids, built from the URL map: nobody gets in by accident.

A new route is in the matrix the moment it exists. One with an id in its address must say in FOREIGN which of
Maru's ids to try from Nuri; one that takes ids in its body, in FOREIGN_BODIES. A missing entry fails here.
Around every request that must come to nothing all tables are compared (tests/checksums.py), and the same ids
asked for by Maru's own people are the positive control. On SQLite always, on PostgreSQL among the heavy ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.accounts.own import list_open_log_ins
from app.api.keys import create_key
from app.documents.making import path_of
from app.documents.models import Document
from app.manage.roster.upload import keep_upload
from app.routes import Caller, callers, declared_callers, refuse_undeclared
from app.support.actions import arrivals
from app.team.actions import create_agent
from app.team.departments import create_department
from app.team.issue_types import create_issue_type
from app.team.queries import list_departments
from tenants.audit import SYSTEM
from tenants.database import db, now_utc, tenant_scope
from tenants.writing import writing
from tests.cast import PASSWORD, Cast, Person
from tests.checksums import nothing_changes
from tests.conftest import Walled
from tests.factories.accounts import make_reset_link
from tests.factories.inquiries import ask
from tests.factories.support import Waiting, admit, close, connect, make_slot, open_stream

REFUSED = {401, 403, 404}
#: What a good request would need beyond its address; the gate must have refused before it is looked at.
BODY: dict[str, Any] = {"json": {}}


@dataclass(frozen=True)
class Scene:
    """Maru with a customer on the way, and a caller of every kind."""

    app: Flask
    cast: Cast
    waiting: Waiting
    #: The id of a support of Bora's that has ended.
    ended: str
    join_secret: str
    callers: dict[str, FlaskClient]
    #: Public id of a department of Maru's.
    department: str
    #: And of an issue type.
    issue_type: str
    #: A link for another password that Bora was mailed, and the name of one of her log-ins.
    reset_link: str
    log_in_name: str
    #: An API key, and two documents of Hana's: a list that is ready, and an upload.
    api_key: str
    document: str
    upload: str
    #: A question of Bora's to the operator.
    inquiry: str
    #: Nuri's people: Chul, and the administrator whom they have only here.
    chul: FlaskClient
    nuri_admin: FlaskClient
    nuri_program: FlaskClient
    nuri_key: FlaskClient
    #: The id of a support of Chul's that has ended.
    chuls_ended: str


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
    "manage.my_record": lambda scene: {"session": scene.ended},
    "console.words": lambda _scene: {"language_code": "xx"},
    "manage.api_key_revoke": lambda scene: {"key": scene.api_key},
    **dict.fromkeys(("manage.inquiry", "manage.inquiry_write"), lambda scene: {"inquiry": scene.inquiry}),
    "manage.roster_upload": lambda _scene: {"what": "everything"},
    "manage.download_file": lambda _scene: {"name": "BaroHelp-none"},
    "manage.export_csv": lambda _scene: {"what": "everything"},
    "manage.export_excel": lambda _scene: {"what": "everything"},
    "manage.log_export": lambda _scene: {"form": "everything"},
    "api.get_agent": lambda scene: {"agent": scene.cast.bora.login_id},
    "api.get_session": lambda scene: {"session": scene.waiting.session},
    **dict.fromkeys(
        ("manage.document_page", "manage.document_file"), lambda scene: {"document": scene.document}
    ),
    **dict.fromkeys(
        ("manage.roster_preview", "manage.roster_problems"),
        lambda scene: {"what": "agents", "document": scene.upload},
    ),
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
    "manage.my_record": {"session": "0" * 26},
    "console.words": {"language_code": "yy"},
    "manage.api_key_revoke": {"key": "0" * 26},
    **dict.fromkeys(("manage.inquiry", "manage.inquiry_write"), {"inquiry": "0" * 26}),
    "manage.roster_upload": {"what": "nothing"},
    "manage.download_file": {"name": "BaroHelp-other"},
    "manage.export_csv": {"what": "nothing"},
    "manage.export_excel": {"what": "nothing"},
    "manage.log_export": {"form": "nothing"},
    "api.get_agent": {"agent": "nobody"},
    "api.get_session": {"session": "0" * 26},
    **dict.fromkeys(("manage.document_page", "manage.document_file"), {"document": "0" * 26}),
    **dict.fromkeys(
        ("manage.roster_preview", "manage.roster_problems"), {"what": "agents", "document": "0" * 26}
    ),
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
    "manage.my_record": lambda scene: {"data": {"issue_type": scene.issue_type}},
    "manage.agent_new": lambda scene: {"data": {**NEW_AGENT, "department": scene.department}},
    "manage.agent_edit": lambda scene: {"data": {**NEW_AGENT, "department": scene.department}},
    "manage.option_apply": lambda scene: {
        "data": {"step": "apply", "o.drawing": "off", "department": scene.department}
    },
    "manage.department_delete": lambda scene: {"data": {"move_to": scene.department}},
}
#: By endpoint: Maru's own ids where the request of another company has to be bent towards it.
OWN: dict[str, Callable[[Scene], dict[str, Any]]] = {
    "accounts.reset": lambda scene: {"token": scene.reset_link},
}
#: Words of an address that belong to nobody: there is no own one as a positive control.
NOBODYS = {
    "team.download_viewer",
    "console.words",
    "manage.download_file",
    "portal.download",  # a program that has not been built here; tests/app/portal downloads one
    "manage.roster_upload",
    "manage.export_csv",
    "manage.export_excel",
    "manage.log_export",
}
#: What these do leaves nothing for others to find, so they come last.
ENDS = re.compile(r"/(delete|revoke|state|log-ins)\b|<log_in>")
#: By endpoint: tables that are written to even when nothing comes of the request, because that is recorded.
RECORDED = {
    "accounts.log_in": {"audit_entry", "audit_head"},
    "accounts.log_program_in": {"audit_entry", "audit_head"},
    "portal.redeem": {"audit_entry", "audit_head"},
    "support.join": {"audit_entry", "audit_head"},
}
#: Nothing in their bodies names a row.
NO_IDS_IN_BODY = {
    "accounts.log_in_code",
    "manage.account",
    "manage.agent_two_step",
    "manage.log_in_addresses",
    "manage.log_in_rules",
    "manage.api_key_revoke",
    "manage.export_excel",
    "manage.inquiry_new",
    "manage.inquiry_write",
    "manage.list_api_keys",
    "manage.log_export",
    "manage.roster_preview",
    "manage.roster_upload",
    "manage.settings",
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
def scene(databases: Walled) -> Scene:
    app, cast = databases.app, databases.cast
    with app.app_context(), tenant_scope(cast.maru.id):
        waiting = make_slot(cast.bora)
        secret = arrivals.join_secret_of(admit(waiting).token)
        ended = make_ended(cast.bora)
        department = create_department("영업", by=cast.hana.actor).public_id
        issue_type = create_issue_type("프린터", by=cast.hana.actor).public_id
        reset_link = make_reset_link(cast.bora)
        documents = [make_document(cast.hana, kind) for kind in ("excel.agents", "upload.agents")]
        api_key, key_secret = create_key("통계", ["agents", "sessions"], days=30, by=SYSTEM, now=now_utc())
        api_key_id = api_key.public_id
        inquiry = ask(cast.bora)
    with app.app_context(), tenant_scope(cast.nuri.id):
        duri = create_agent(login_id="admin", name="두리", password=PASSWORD, by=SYSTEM)
        create_department("본사", by=SYSTEM)
        chuls_ended = make_ended(cast.chul)
        _key, nuri_secret = create_key("통계", ["agents", "sessions"], days=30, by=SYSTEM, now=now_utc())
        admin = Person(duri.id, "admin", "두리", "nuri")
    customer = app.test_client()
    answer = customer.post("/programs/join", json={"tenant": "maru", "join_token": secret, "program": {}})
    assert answer.status_code == 200, answer.text
    return Scene(
        app,
        cast,
        waiting,
        ended,
        secret,
        {
            "nobody": app.test_client(),
            "customer": customer_page(app, cast),
            Caller.ADMIN: browser_of(app, cast.hana),
            Caller.AGENT: browser_of(app, cast.bora),
            Caller.AGENT_PROGRAM: program_of(app, cast.bora),
            Caller.CUSTOMER_PROGRAM: bearer(app, answer.json["credential"]),
            Caller.API_KEY: bearer(app, key_secret),
            Caller.OPERATOR: operator_of(app),
        },
        department,
        issue_type,
        reset_link,
        name_of_log_in(app, cast),
        api_key_id,
        *documents,
        inquiry,
        browser_of(app, cast.chul),
        browser_of(app, admin),
        program_of(app, cast.chul),
        bearer(app, nuri_secret),
        chuls_ended,
    )


def make_ended(person: Person) -> str:
    """The id of a support that this agent gave."""
    waiting = make_slot(person)
    connect(person, waiting, open_stream(person, present=False))
    close(person, waiting)
    return waiting.session


def bearer(app: Flask, secret: str) -> FlaskClient:
    """A program that brings this secret."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


def browser_of(app: Flask, person: Person) -> FlaskClient:
    """A browser in which the person is logged in, with the CSRF token as a header."""
    browser = app.test_client()
    form = {"tenant": person.tenant, "login_id": person.login_id, "password": person.password}
    assert browser.post("/manage/login", data=form).status_code == 302
    return with_csrf(browser, "/manage")


def with_csrf(browser: FlaskClient, page: str) -> FlaskClient:
    """The browser, with the token of that page as a header."""
    text = browser.get(page).get_data(as_text=True)
    token = text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
    browser.environ_base["HTTP_X_CSRF_TOKEN"] = token
    return browser


def program_of(app: Flask, person: Person) -> FlaskClient:
    """The person's waiting program."""
    answer = app.test_client().post("/programs/login", json=person.credentials)
    assert answer.status_code == 200, answer.text
    return bearer(app, answer.json["token"])


def customer_page(app: Flask, cast: Cast) -> FlaskClient:
    """A customer's browser, on the way with another of Bora's numbers."""
    with app.app_context(), tenant_scope(cast.maru.id):
        other = make_slot(cast.bora)
    browser = app.test_client()
    assert browser.post("/maru/code", data={"code": other.code}).status_code in (302, 303)
    return browser


def operator_of(app: Flask) -> FlaskClient:
    """Oper's browser."""
    browser = app.test_client()
    if "operator.log_in" in app.view_functions:
        from app.operator.staff import create_operator

        with app.app_context():
            create_operator(login_id="oper", name="오퍼", password=PASSWORD, by=SYSTEM)
        form = {"login_id": "oper", "password": PASSWORD}
        assert browser.post("/operator/login", data=form).status_code == 302
        with_csrf(browser, "/operator")
    return browser


def make_document(person: Person, kind: str) -> str:
    """A document of the person's that is ready."""
    document = Document(agent_id=person.id, kind=kind, state="ready", file_name="a")
    with writing():
        db.session.add(document)
        db.session.flush()
        if kind == "upload.agents":
            return keep_upload("agents", "아이디\n".encode(), agent_id=person.id, file_name="a.csv").public_id
        path_of(document).parent.mkdir(parents=True, exist_ok=True)
        path_of(document).write_bytes(b"x")
    return document.public_id


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
    """Every guarded route × every credential that it does not name: refused, and not a row is written."""
    tried = 0
    for kind, client in scene.callers.items():
        with nothing_changes(scene.app, what=kind):
            for rule in rules_of(scene.app):
                allowed = declared_callers(scene.app, rule.endpoint)
                assert allowed is not None
                if Caller.PUBLIC in allowed or kind in allowed:
                    continue
                values = FOREIGN.get(rule.endpoint, lambda _scene: {})(scene)
                for method in methods_of(rule):
                    answer = client.open(address(rule, values), method=method, **BODY)
                    assert is_refused(answer), (kind, method, rule.rule, answer.status_code)
                    tried += 1
    assert tried >= 300


def test_a_cookie_without_its_own_csrf_token_changes_nothing(scene: Scene) -> None:
    """Without a token, with one made up, and with one of somebody else's log-in."""
    for kind, other in ((Caller.ADMIN, scene.nuri_admin), (Caller.AGENT, scene.callers[Caller.ADMIN])):
        browser, theirs = scene.callers[kind], other.environ_base["HTTP_X_CSRF_TOKEN"]
        own = browser.environ_base.pop("HTTP_X_CSRF_TOKEN")
        with nothing_changes(scene.app, what=kind):
            for token in (None, "", "0" * 64, own[:-1], theirs):
                headers = {} if token is None else {"X-CSRF-Token": token}
                for rule in rules_of(scene.app):
                    if kind not in (declared_callers(scene.app, rule.endpoint) or ()):
                        continue
                    for method in set(methods_of(rule)) - {"GET"}:
                        answer = browser.open(address(rule, {}), method=method, headers=headers, **BODY)
                        assert answer.status_code == 403, (method, rule.rule, token)
        browser.environ_base["HTTP_X_CSRF_TOKEN"] = own


def test_a_foreign_site_changes_nothing(scene: Scene) -> None:
    """A page elsewhere makes the browser send; it brings the cookie, but it also says where it comes from."""
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        for rule in rules_of(scene.app):
            for method in set(methods_of(rule)) - {"GET"}:
                for client in scene.callers.values():
                    answer = client.open(address(rule, {}), method=method, headers=headers)
                    assert answer.status_code == 403, (headers, method, rule.rule)


def nuris_caller(scene: Scene, rule: Rule) -> FlaskClient:
    """Who of Nuri's may ask for this at all: Chul, their administrator, their program or their key."""
    return own_caller(scene, rule, scene.nuri_admin, scene.chul, scene.nuri_program, scene.nuri_key)


def marus_caller(scene: Scene, rule: Rule) -> FlaskClient:
    """The same of Maru's."""
    kinds = (Caller.ADMIN, Caller.AGENT, Caller.AGENT_PROGRAM, Caller.API_KEY)
    return own_caller(scene, rule, *(scene.callers[kind] for kind in kinds))


def own_caller(scene: Scene, rule: Rule, *clients: FlaskClient) -> FlaskClient:
    admin, agent, agents_program, key = clients
    allowed = declared_callers(scene.app, rule.endpoint) or frozenset()
    if Caller.API_KEY in allowed:
        return key
    if Caller.AGENT in allowed or Caller.PUBLIC in allowed:
        return agent
    return agents_program if Caller.AGENT_PROGRAM in allowed else admin


def routes_with_ids(scene: Scene) -> list[Rule]:
    """The routes whose address names something of a company's; the operator's name companies themselves."""
    found = []
    for rule in rules_of(scene.app):
        is_operators = declared_callers(scene.app, rule.endpoint) == {Caller.OPERATOR}
        if rule.endpoint == "static" or is_operators or not set(rule.arguments) - {"slug"}:
            continue
        assert rule.endpoint in FOREIGN, f"{rule.rule}: add an entry to FOREIGN"
        found.append(rule)
    return found


def test_foreign_ids_in_the_address_are_as_unknown_ones(scene: Scene) -> None:
    """Not found, in the same words as what nobody has; a way to the log-in page would be no such answer."""
    for rule in routes_with_ids(scene):
        values, caller = {"slug": "nuri"} | FOREIGN[rule.endpoint](scene), nuris_caller(scene, rule)
        for method in methods_of(rule):
            with nothing_changes(scene.app, what=(method, rule.rule)):
                answer = caller.open(address(rule, values), method=method)
                unknown = caller.open(address(rule, {"slug": "nuri"} | UNKNOWN[rule.endpoint]), method=method)
            assert answer.status_code in {404, 409}, (method, rule.rule, answer.status_code)
            assert answer.status_code == unknown.status_code, rule.rule
            assert words_of(answer) == words_of(unknown), rule.rule


def test_own_ids_in_the_address_are_found(scene: Scene) -> None:
    """The positive control: what Nuri did not find is there, for Maru's people, at the same addresses."""
    asked = sorted(
        ((method, rule) for rule in routes_with_ids(scene) for method in methods_of(rule)),
        key=lambda one: (one[0] != "GET", ENDS.search(one[1].rule) is not None, one[1].rule),
    )
    for method, rule in asked:
        if rule.endpoint in NOBODYS:
            continue
        values = {"slug": "maru"} | OWN.get(rule.endpoint, FOREIGN[rule.endpoint])(scene)
        answer = marus_caller(scene, rule).open(address(rule, values), method=method)
        answer.close()
        assert answer.status_code != 404, (method, rule.rule)
        to_log_in = answer.status_code == 302 and answer.location.startswith("/manage/login")
        assert not to_log_in or rule.endpoint.startswith("manage.own"), (method, rule.rule)


def test_foreign_ids_in_the_body_are_refused(scene: Scene) -> None:
    for rule in rules_of(scene.app):
        allowed = declared_callers(scene.app, rule.endpoint) or frozenset()
        is_operators = allowed == {Caller.OPERATOR} or rule.endpoint.startswith("operator.")
        if not set(methods_of(rule)) - {"GET"} or rule.endpoint in NO_IDS_IN_BODY or is_operators:
            continue
        assert rule.endpoint in FOREIGN_BODIES, f"{rule.rule}: add an entry to FOREIGN_BODIES"
        request = FOREIGN_BODIES[rule.endpoint](scene)
        caller = scene.app.test_client() if Caller.PUBLIC in allowed else nuris_caller(scene, rule)
        own = {
            "slug": "nuri",
            "login_id": "chul",
            "department": _own_department(scene),
            "session": scene.chuls_ended,
        }
        recorded = frozenset(RECORDED.get(rule.endpoint, ()))
        with nothing_changes(scene.app, but=recorded, what=rule.rule):
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
