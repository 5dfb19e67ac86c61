"""The console's pages: who sees them, what they hold, and which page may ask for a signal ticket."""

from __future__ import annotations

import json
import re

import pytest

from app.support.actions.sessions import end_by_agent
from app.support.signal.models import SignalStream
from app.team.option_settings import set_option
from tenants.database import db, now_utc, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing
from tests.app.console.pages import script_of
from tests.cast import Cast
from tests.factories import support as make
from wire.words import words_of


@pytest.fixture
def browser(log_in, cast: Cast):
    return log_in(cast.bora)


@pytest.fixture
def waiting(app, cast: Cast) -> make.Waiting:
    with app.app_context(), tenant_scope(cast.maru.id):
        return make.make_slot(cast.bora)


def page_of(text: str) -> dict:
    """What the server wrote into the page for its scripts."""
    found = re.search(r"data-page='([^']*)'", text)
    assert found is not None
    return json.loads(found[1])


def test_it_shows_the_list_to_every_agent(browser, log_in, cast: Cast) -> None:
    for one in (browser, log_in(cast.hana)):
        answer = one.get("/console")
        assert answer.status_code == 200
        assert 'id="cb-slots"' in answer.text
    assert page_of(answer.text)["ticket_url"] == "/signal/ticket"


def test_it_shows_the_desktop_to_its_agent_only(browser, log_in, cast: Cast, waiting: make.Waiting) -> None:
    address = f"/console/view/{waiting.session}"
    page = page_of(browser.get(address).text)
    assert (page["session"], page["state"]) == (waiting.session, "offline")
    assert log_in(cast.nari).get(address).status_code == 404
    assert log_in(cast.hana).get(address).status_code == 404
    assert log_in(cast.chul).get(address).status_code == 404


def test_it_shows_no_desktop_where_the_option_is_off(app, browser, cast: Cast, waiting: make.Waiting) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        set_option("web_viewer", False, by=cast.hana.actor, agent_id=cast.bora.id)
    assert browser.get(f"/console/view/{waiting.session}").status_code == 403
    assert browser.post("/signal/ticket", json={"page": waiting.session}).status_code == 403
    assert browser.post("/signal/ticket", json={"page": "console"}).status_code == 200


def test_it_says_when_the_support_is_over(app, browser, cast: Cast, waiting: make.Waiting) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        make.connect(cast.bora, waiting, make.open_stream(cast.bora))
        end_by_agent(waiting.session, "", agent=make.agent_row(cast.bora), now=now_utc())
    assert page_of(browser.get(f"/console/view/{waiting.session}").text)["state"] == "expired"


def test_it_begins_nothing_after_the_companys_term(app, browser, log_in, cast: Cast) -> None:
    """Its administrator may still log in, to renew."""
    admin = log_in(cast.hana)
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        db.session.get(Tenant, cast.maru.id).expires_at = now_utc()
    assert admin.get("/manage").status_code == 200
    assert admin.get("/console").status_code == 403
    assert admin.post("/signal/ticket", json={"page": "console"}).status_code == 403


def test_it_gives_tickets_to_pages_that_exist(browser, waiting: make.Waiting) -> None:
    def status(page: object) -> int:
        return browser.post("/signal/ticket", json={"page": page}).status_code

    assert (status("console"), status(waiting.session)) == (200, 200)
    assert status("0" * 26) == 404
    assert [status(page) for page in ("", None, 7, "x" * 99)] == [400] * 4


def test_it_lets_no_program_be_a_page(app, program_of, cast: Cast) -> None:
    """A program has one stream, whatever it writes into the body."""
    assert program_of(cast.bora).post("/signal/ticket", json={"page": "console"}).status_code == 200
    with app.app_context(), tenant_scope(cast.maru.id):
        assert [stream.page for stream in db.session.query(SignalStream)] == [""]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_it_hands_out_the_words_in_their_order(client, language: str) -> None:
    answer = client.get(f"/console/words/{language}?v=1")
    assert tuple(answer.json) == words_of(language)
    assert "max-age" in answer.headers["Cache-Control"]
    assert client.get("/console/words/xx").status_code == 404


def test_it_notes_that_the_log_in_is_in_use(browser, client) -> None:
    assert browser.get("/console/alive").status_code == 204
    assert client.get("/console/alive", headers={"Accept": "application/json"}).status_code == 401


@pytest.mark.parametrize(
    ("scripts", "address"), [(("board",), "/console"), (("view", "model"), "/console/view/{session}")]
)
def test_its_scripts_say_nothing_that_the_page_does_not_bring(
    browser, waiting: make.Waiting, scripts: tuple[str, ...], address: str
) -> None:
    """Every key that a script asks for, or begins to spell, has its sentence in the page."""
    known = set(page_of(browser.get(address.format(session=waiting.session)).text)["sentences"])
    source = "".join(map(script_of, scripts))
    asked = set(re.findall(r"(?:\bt\(|key: |say\()\"(\w+)\"", source))
    begun = set(re.findall(r"`(\w+_)\$\{", source))
    assert begun
    assert asked <= known
    assert [start for start in begun if not any(key.startswith(start) for key in known)] == []
