"""Every form that there is, found by walking the pages: hostile text in each of its fields breaks nothing.

Nothing here names a form. Each page of the URL map is opened by each of its callers, and each field that
takes text gets the strings of test_hostile_text.py one after the other, alone, beside good values. Whatever
is answered, no page, letter, list or API answer has a tag that is not ours. Choices and hidden fields get
one of them as well, which no browser sends: refused, never an error of ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.api.keys import create_key
from app.inquiries.models import Inquiry
from app.mail import outbox
from app.mail.models import OutboxMail
from app.routes import Caller, declared_callers
from app.team.departments import create_department
from app.team.issue_types import create_issue_type
from tenants.audit import SYSTEM
from tenants.database import db, now_utc, operator_scope, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import PASSWORD, Cast
from tests.factories.inquiries import ask
from tests.factories.operators import OPER_PASSWORD, log_operator_in, make_operator
from tests.factories.support import make_slot
from tests.test_hostile_text import HOSTILE, dangers_of
from tests.web_forms import Form, forms_of

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(500)]

#: An attribute's end with a tag, and a template: for the normal run.
SOME = (HOSTILE[3], HOSTILE[16])
#: What a field needs while another one holds the text; by name, wherever it stands.
GOOD = {"email": "a@example.com", "contact_email": "a@example.com", "reason": "점검합니다", "seats_pc": "5"}
GOOD |= {"title": "두리", "company": "두리", "text_ko": "점검", "text_en": "Maintenance", "name": "두리"}
GOOD |= {"subject": "화면이 검게 보입니다", "text": "어제부터입니다."}
#: These end what the walk needs: a log-in, a company, an agent.
ENDS = ("/logout", "/delete", "/state", "/leave")
WHO = (Caller.PUBLIC, Caller.ADMIN, Caller.AGENT, Caller.OPERATOR)


class Walk:
    """Everybody's browsers, the pages they may open, and what was found to be wrong."""

    def __init__(
        self, app: Flask, clients: dict[Caller, FlaskClient], names: dict[str, object], key: str
    ) -> None:
        self.app, self.clients, self.names, self.key = app, clients, names, key
        self.wrong: list[str] = []
        self.fields: set[str] = set()
        self._serial = 0

    def pages(self) -> Iterator[tuple[Caller, str]]:
        """Each page, by each of its callers."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: rule.rule):
            allowed = declared_callers(self.app, rule.endpoint) or frozenset()
            if "GET" not in (rule.methods or ()) or not rule.arguments <= self.names.keys():
                continue
            if rule.endpoint == "static" or rule.rule.endswith(("live", ".csv", "/signal")):
                continue
            built = rule.build({name: self.names[name] for name in rule.arguments})
            for who in WHO:
                if who in allowed and built is not None:
                    yield who, built[1]

    def look(self, who: Caller, path: str) -> list[Form]:
        """Open a page; note what is wrong with it."""
        answer = self.clients[who].get(path, headers={"Accept": "text/html"})
        self._judge(answer, f"{who} {path}")
        return forms_of(answer.text, path) if answer.mimetype == "text/html" else []

    def send(self, who: Caller, form: Form, values: dict[str, str]) -> int:
        client, to = self.clients[who], urlsplit(form.action)
        path = to.path + (f"?{to.query}" if to.query else "")
        if form.method == "get":
            answer = client.get(to.path, query_string=values)
        else:
            answer = client.post(path, data=values)
        self._judge(answer, f"{who} {form.method} {path} {values}")
        return answer.status_code

    def _judge(self, answer, what: str) -> None:  # type: ignore[no-untyped-def]  # werkzeug's answer
        if answer.status_code >= 500:
            self.wrong.append(f"{answer.status_code} {what}")
        if answer.mimetype == "text/html":
            self.wrong += [f"{found} in {what}" for found in dangers_of(answer.text)]
        answer.close()

    def good(self, who: Caller, form: Form) -> dict[str, str]:
        """Values with which the form is likely to be taken."""
        self._serial += 1
        password = OPER_PASSWORD if who is Caller.OPERATOR else PASSWORD
        own = {"login_id": f"evil{self._serial}", "slug": f"evil{self._serial}"}
        known = {name: (GOOD | own)[name] for name in form.texts if name in GOOD | own}
        kept = {name: value for name, value in form.values.items() if value or name not in known}
        return known | dict.fromkeys(form.passwords, password) | kept

    def fill(self, texts: tuple[str, ...], *, is_choice: bool = False) -> None:
        """Put each text into each field of each form, the page opened anew each time as a person would."""
        done: set[tuple[object, ...]] = set()
        for who, path in list(self.pages()):
            for form in self.look(who, path):
                names = sorted(form.choices | (form.values.keys() - form.texts) if is_choice else form.texts)
                visible = form.texts | form.choices
                known = (who, self._endpoint(form), form.key)
                if not visible or known in done or any(end in form.action for end in ENDS):
                    continue
                done.add(known)
                for name in _each_kind(names):
                    for n, text in enumerate(texts):
                        self._one(who, self._again(who, path, form), {name: text}, n)

    def _endpoint(self, form: Form) -> str:
        """Where it goes, whatever row it stands in."""
        path = urlsplit(form.action).path
        return str(self.app.url_map.bind("localhost").match(path, method=form.method)[0])

    def _again(self, who: Caller, path: str, form: Form) -> Form:
        """The form as it stands on the page now; what was sent before may have changed it."""
        same = [one for one in self.look(who, path) if one.key == form.key]
        near = [one for one in same if self._endpoint(one) == self._endpoint(form)]
        return near[0] if near else form

    def _one(self, who: Caller, form: Form, typed: dict[str, str], n: int) -> None:
        self.fields |= {f"{form.action} {name}" for name in typed}
        pressed = [form.buttons[n % len(form.buttons)]] if form.buttons else []
        self.send(who, form, self.good(who, form) | dict(pressed) | typed)


def _each_kind(names: list[str]) -> list[str]:
    """Of the options, which are fields by the dozen, the first."""
    options = [name for name in names if name.startswith("o.")]
    return [name for name in names if name not in options[1:]]


@pytest.fixture
def walk(app: Flask, cast: Cast, log_in: Callable[..., FlaskClient]) -> Walk:
    with app.app_context():
        with writing():
            for company in (cast.maru.id, cast.nuri.id):
                db.session.get_one(Tenant, company).seats_pc = 400
        with tenant_scope(cast.maru.id):
            department = create_department("영업", by=cast.hana.actor).public_id
            issue_type = create_issue_type("프린터", by=cast.hana.actor).public_id
            make_slot(cast.bora)
            _row, key = create_key("검사", ["agents", "sessions"], days=30, by=SYSTEM, now=now_utc())
            inquiry = ask(cast.hana)
        with tenant_scope(cast.nuri.id):
            ask(cast.chul)
        with operator_scope("one name for both"), writing():
            db.session.execute(update(Inquiry).values(public_id=inquiry))
    make_operator(app)
    clients = {Caller.PUBLIC: app.test_client(), Caller.ADMIN: log_in(cast.hana)}
    clients |= {Caller.AGENT: log_in(cast.bora), Caller.OPERATOR: log_operator_in(app)}
    names = {
        "inquiry": inquiry,
        "slug": "maru",
        "company": "nuri",
        "login_id": "nari",
        "department": department,
    }
    return Walk(
        app, clients, names | {"issue_type": issue_type, "what": "agents", "language_code": "ko"}, key
    )


def look_everywhere(walk: Walk, cast: Cast) -> None:
    """Every page in both languages, what the API says, and every letter that was written."""
    for language in ("ko", "en"):
        for who, path in list(walk.pages()):
            walk.clients[who].set_cookie("barohelp_language", language)
            walk.look(who, path)
    with walk.app.app_context(), tenant_scope(cast.maru.id):
        for row in db.session.query(OutboxMail):
            letter = outbox.read_letter(row)
            assert letter is None or not set("\r\n") & set(letter.subject)
    client = walk.app.test_client()
    for path in ("agents", "departments", "sessions"):
        answer = client.get(f"/api/v1/{path}?limit=200", headers={"Authorization": f"Bearer {walk.key}"})
        assert answer.mimetype == "application/json"
        json.loads(answer.text)


def stored_texts(walk: Walk) -> set[str]:
    """Which of the strings stand in the database now: the walk must not have been refused everywhere."""
    with walk.app.app_context():
        connection = db.session.connection()
        tables = ("agent", "department", "issue_type", "company_settings", "notice", "api_key", "tenant")
        rows = [row for table in tables for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
    cells = "\n".join(str(cell) for row in rows for cell in row)
    return {text for text in HOSTILE if text in cells}


def test_the_reader_finds_forms() -> None:
    page = (
        '<form method="post"><input name="a" value="1"><textarea name="b">x</textarea>'
        '<select name="c"><option value="1"><option value="2" selected></select>'
        '<button name="d" value="3"></form><input form="f" name="e"><form id="f" action="/x"></form>'
    )
    first, second = forms_of(page, "/here")
    assert (first.action, first.method, first.values) == ("/here", "post", {"a": "1", "b": "x", "c": "2"})
    assert (first.texts, first.choices, first.buttons) == ({"a", "b"}, {"c"}, [("d", "3")])
    assert (second.action, second.texts) == ("/x", {"e"})


def test_text_in_any_field_stays_text(walk: Walk, cast: Cast) -> None:
    walk.fill(SOME)
    look_everywhere(walk, cast)
    assert walk.wrong == []
    assert len(walk.fields) >= 30, sorted(walk.fields)
    assert stored_texts(walk) == set(SOME)


def test_nonsense_in_choices_and_hidden_fields_is_no_error(walk: Walk, cast: Cast) -> None:
    walk.fill((HOSTILE[3],), is_choice=True)
    look_everywhere(walk, cast)
    assert walk.wrong == []
    assert len(walk.fields) >= 60, sorted(walk.fields)


@pytest.mark.slow
def test_all_thirty_in_any_field_stay_text(walk: Walk, cast: Cast) -> None:
    walk.fill(HOSTILE)
    look_everywhere(walk, cast)
    assert walk.wrong == []
    assert stored_texts(walk) == set(HOSTILE)
