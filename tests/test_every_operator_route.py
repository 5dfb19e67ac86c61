"""The operators' addresses: ids that nobody has, or of another kind, and whom a deed at one company touches.

An operator may open every company, so a foreign id is one that leads to none: another kind's, a made-up one,
a number of the database. Each address with an id says in ASKED how it is asked; the same questions with a
real id are the positive control, and they write no row of any other company. On both databases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.operator import notices
from app.routes import Caller, declared_callers
from tenants.audit import SYSTEM
from tenants.database import db, now_utc
from tenants.models import Tenant
from tests.checksums import company_checksums, nothing_changes
from tests.test_every_route import Scene, address, is_refused, methods_of, rules_of, scene

__all__ = ["scene"]

REASON = "사기 신고가 들어옴"


@dataclass(frozen=True)
class Ask:
    """One question: where the id stands (in the address, the query or the form), and what comes with it."""

    place: str
    name: str
    data: dict[str, str] | None = None
    values: dict[str, str] = field(default_factory=dict)

    def send(self, scene: Scene, client: FlaskClient, endpoint: str, asked: str, version: str = "1") -> Any:
        """Ask with this id, as a browser would."""
        rule = next(one for one in rules_of(scene.app) if one.endpoint == endpoint)
        data = None if self.data is None else {"version": version, "reason": REASON, **self.data}
        if self.place == "form":
            data = {**(data or {}), self.name: asked}
        inquiry = {"inquiry": scene.inquiry}
        path = address(rule, inquiry | ({self.name: asked} if self.place == "address" else {}))
        query = {self.name: asked} if self.place == "query" else None
        return client.open(path, method="GET" if data is None else "POST", data=data, query_string=query)


ANSWER = {"deed": "answer", "text": "다시 켜 주십시오.", "seen": "1", "form": "0" * 26}
NOTICE = {"text_ko": "점검합니다.", "text_en": "Maintenance.", "kind": "info", "days": "2"}
DEEDS: dict[str, dict[str, str]] = {
    "extend": {"days": "3"},
    "seats": {"seats_pc": "3", "seats_mobile": "1"},
    "rename": {"company": "마루 주식회사"},
    "stop": {},
    "state": {"state": "suspended"},
}
#: By endpoint: how a company or a notice is asked for.
ASKED: dict[str, list[Ask]] = {
    "operator.company": [Ask("address", "company")],
    "operator.company_change": [Ask("address", "company", {"deed": deed, **DEEDS[deed]}) for deed in DEEDS],
    "operator.inquiry": [Ask("address", "company")],
    "operator.inquiry_write": [
        Ask("address", "company", ANSWER),
        Ask("address", "company", {"deed": "close"}),
    ],
    "operator.list_letters": [Ask("query", "company")],
    "operator.list_options": [
        Ask("form", "company", {"key": "drawing"}),
        Ask("form", "company", {"key": "drawing", "deed": "release"}),
    ],
    "operator.list_notices": [Ask("form", "company", NOTICE)],
    "operator.notice_withdraw": [Ask("address", "notice", {})],
}
#: No id in the address or the body: the log filters by any text, a new company's id is the form's own.
NO_IDS = {
    "operator.list_companies",
    "operator.list_inquiries",
    "operator.list_log",
    "operator.company_new",
    "operator.own",
    "operator.log_in",
    "operator.log_in_code",
    "operator.log_out",
}
#: Ids that lead to no company and to no notice.
MADE_UP = ("nobody", "0" * 26, "1", "2", "MARU;--", "../maru", "%00", "마루")


@pytest.fixture
def notice(scene: Scene) -> str:
    """A notice to everybody."""
    with scene.app.app_context():
        return notices.put_notice(**NOTICE | {"days": 2}, tenant=None, by=SYSTEM, now=now_utc()).public_id  # type: ignore[arg-type]


def real_id(ask: Ask, notice: str) -> str:
    return notice if ask.name == "notice" else "maru"


def version_of(scene: Scene) -> str:
    with scene.app.app_context():
        return str(db.session.get_one(Tenant, scene.cast.maru.id).version)


def test_every_operator_route_says_how_it_is_asked(scene: Scene) -> None:
    operators = {
        rule.endpoint
        for rule in rules_of(scene.app)
        if declared_callers(scene.app, rule.endpoint) == {Caller.OPERATOR}
        or rule.endpoint.startswith("operator.")
    }
    assert operators == set(ASKED) | NO_IDS, "add the address to ASKED, or to NO_IDS"


def test_every_deed_of_the_page_is_tried(scene: Scene) -> None:
    page = scene.callers[Caller.OPERATOR].get("/operator/companies/maru").text
    assert set(re.findall(r'name="deed" value="(\w+)"', page)) - {"force", "release"} == set(DEEDS)


def test_ids_of_nobody_and_of_another_kind_are_not_found(scene: Scene, notice: str) -> None:
    """404 in the same words, and not a row is written, not even in the operators' log."""
    oper = scene.callers[Caller.OPERATOR]
    for endpoint, asks in ASKED.items():
        for ask in asks:
            other_kind = "maru" if ask.name == "notice" else notice
            ids = (*MADE_UP, other_kind, scene.department, scene.waiting.session, scene.cast.bora.login_id)
            with nothing_changes(scene.app, what=(endpoint, ask)):
                answers = [ask.send(scene, oper, endpoint, one) for one in ids]
            assert {answer.status_code for answer in answers} == {404}, (endpoint, ask)
            said = {answer.text.split("<h1>", 1)[1].split("</p>", 1)[0] for answer in answers}
            assert len(said) == 1, (endpoint, ask)


def test_real_ids_are_found_and_touch_one_company_only(scene: Scene, notice: str) -> None:
    """The positive control; whatever is done at Maru, no row of Nuri's is another one afterwards."""
    oper = scene.callers[Caller.OPERATOR]
    nuri = company_checksums(scene.app, scene.cast.nuri.id)
    maru = company_checksums(scene.app, scene.cast.maru.id)
    for endpoint, asks in ASKED.items():
        for ask in asks:
            answer = ask.send(scene, oper, endpoint, real_id(ask, notice), version_of(scene))
            assert answer.status_code in (200, 302), (endpoint, ask, answer.status_code)
            assert company_checksums(scene.app, scene.cast.nuri.id) == nuri, (endpoint, ask)
    assert company_checksums(scene.app, scene.cast.maru.id) != maru


def test_nobody_else_does_it_with_a_real_id(scene: Scene, notice: str) -> None:
    """The same good requests from everybody who is no operator."""
    for kind, client in scene.callers.items():
        if kind == Caller.OPERATOR:
            continue
        with nothing_changes(scene.app, what=kind):
            for endpoint, asks in ASKED.items():
                for ask in asks:
                    answer = ask.send(scene, client, endpoint, real_id(ask, notice), version_of(scene))
                    to_door = answer.status_code == 302 and answer.location.startswith("/operator/login")
                    assert is_refused(answer) or to_door, (kind, endpoint, answer.status_code)


def test_an_operator_is_refused_everything_of_a_companys(scene: Scene) -> None:
    """With real ids, in a request that would do for the company's own people."""
    oper, tried = scene.callers[Caller.OPERATOR], 0
    values = {
        "login_id": scene.cast.bora.login_id,
        "department": scene.department,
        "issue_type": scene.issue_type,
        "session": scene.waiting.session,
        "document": scene.document,
        "inquiry": scene.inquiry,
        "key": scene.api_key,
        "agent": scene.cast.bora.login_id,
    }
    with nothing_changes(scene.app):
        for rule in rules_of(scene.app):
            allowed = declared_callers(scene.app, rule.endpoint) or frozenset()
            if allowed & {Caller.PUBLIC, Caller.OPERATOR}:
                continue
            for method in methods_of(rule):
                answer = oper.open(address(rule, values), method=method, data={"name": "x", "version": "1"})
                assert is_refused(answer), (method, rule.rule, answer.status_code)
                tried += 1
    assert tried > 60


def test_a_forged_token_of_an_operators_does_nothing(scene: Scene, notice: str) -> None:
    """Without a token, with a cut one, and with that of a company's administrator."""
    oper = scene.callers[Caller.OPERATOR]
    hanas = scene.callers[Caller.ADMIN].environ_base["HTTP_X_CSRF_TOKEN"]
    own = oper.environ_base.pop("HTTP_X_CSRF_TOKEN")
    with nothing_changes(scene.app):
        for token in ("", own[:-1], hanas):
            oper.environ_base["HTTP_X_CSRF_TOKEN"] = token
            for endpoint, asks in ASKED.items():
                for ask in asks:
                    if ask.data is not None:
                        answer = ask.send(scene, oper, endpoint, real_id(ask, notice), version_of(scene))
                        assert answer.status_code == 403, (endpoint, token)


def test_an_inquiry_is_found_at_its_own_company_only(scene: Scene) -> None:
    """Both names in the address are real, but they do not belong together."""
    oper = scene.callers[Caller.OPERATOR]
    with nothing_changes(scene.app, but=frozenset({"operator_audit", "operator_audit_head"})):
        for method in ("GET", "POST"):
            form = {"deed": "answer", "text": "x", "form": "0" * 26, "seen": "1"}
            path = f"/operator/inquiries/nuri/{scene.inquiry}"
            assert oper.open(path, method=method, data=form).status_code == 404, method
