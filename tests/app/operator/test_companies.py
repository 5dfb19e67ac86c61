"""/operator: companies found, made, stopped and lengthened; every look and deed written down."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.models import LoginSession
from app.operator import audit, companies
from app.operator.deeds import DEEDS, REASONS
from app.operator.models import OperatorAudit
from app.support.models import Slot, SupportSession
from app.team.errors import ChangedElsewhere
from tenants.audit import AuditEntry, first_broken_entry
from tenants.database import db, now_utc, tenant_scope
from tenants.resolve import find_tenant
from tests.app.accounts.test_log_in import form_of
from tests.cast import OPER, Cast
from tests.conftest import ROOT, Walled
from tests.factories.support import connect, make_slot, open_stream
from tests.factories.team import make_tenant

NEW = {
    "slug": "gana",
    "title": "가나 도우미",
    "company": "주식회사 가나",
    "kind": "active",
    "days": "365",
    "seats_pc": "5",
    "seats_mobile": "2",
}


def tenant_of(app, slug: str = "maru"):
    with app.app_context():
        return find_tenant(slug)


def latest(app) -> OperatorAudit:
    with app.app_context():
        return db.session.scalars(select(OperatorAudit).order_by(OperatorAudit.n.desc())).first()


def in_maru(app, cast: Cast, statement):
    with app.app_context(), tenant_scope(cast.maru.id):
        return db.session.scalars(statement).all()


def test_it_lists_what_companies_use(oper, app, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        connect(cast.bora, make_slot(cast.bora), open_stream(cast.bora))
    page = oper.get("/operator").text
    line = page.split('companies/maru">', 1)[1].split("</tr>", 1)[0]
    assert all(word in line for word in ("마루 상담실", "주식회사 마루", "사용 중", "2 / 3", ">1<", "1건"))
    assert (latest(app).action, latest(app).reason) == ("wall.crossed", "usage")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=maru", {"maru"}),
        ("q=누리상사", {"nuri"}),
        ("q=%25", set()),
        ("q=_", set()),
        ("state=suspended", set()),
        ("state=active", {"maru", "nuri"}),
        ("state=soon", set()),
        ("page=99999999999&q=m", {"maru"}),
        ("page=-1&state=<script>", {"maru", "nuri"}),
    ],
)
def test_it_finds(oper, cast: Cast, asked: str, found: set[str]) -> None:
    page = oper.get(f"/operator?{asked}").text
    assert {slug for slug in ("maru", "nuri") if f"companies/{slug}" in page} == found


def test_the_list_costs_the_same_with_many(oper, app) -> None:
    with app.app_context():
        for _ in range(25):
            make_tenant()
    page = oper.get("/operator").text
    assert page.count("/operator/companies/company-") + 2 >= 18
    assert 'rel="next"' in page


def test_it_makes_a_company(oper, app) -> None:
    answer = oper.post("/operator/companies/new", data=NEW)
    assert answer.location == "/operator/companies/gana"
    made = tenant_of(app, "gana")
    assert (made.state, made.seats_pc, made.company) == ("active", 5, "주식회사 가나")
    assert (latest(app).action, latest(app).company) == ("tenant.created", "gana")
    with app.app_context(), tenant_scope(made.id):
        entry = db.session.scalars(select(AuditEntry)).one()
        assert (entry.actor_kind, entry.actor_name) == ("operator", "오퍼")


def test_a_trial_is_short_and_small(oper, app) -> None:
    oper.post("/operator/companies/new", data=NEW | {"kind": "trial", "days": "999", "seats_pc": "99"})
    made = tenant_of(app, "gana")
    assert (made.state, made.seats_pc) == ("trial", 2)
    assert made.expires_at < now_utc() + timedelta(days=15)


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "maru"},
        {"slug": "operator"},
        {"slug": "../x"},
        {"slug": ""},
        {"title": ""},
        {"title": "가" * 15},
        {"company": " "},
        {"days": "0"},
        {"days": "x"},
        {"days": "99999"},
        {"seats_pc": "-1"},
        {"seats_pc": "99999999"},
        {"seats_mobile": "6"},
    ],
)
def test_nonsense_makes_nothing(oper, app, wrong: dict[str, str]) -> None:
    assert oper.post("/operator/companies/new", data=NEW | wrong).status_code == 422
    assert tenant_of(app, "gana") is None


def test_suspending_ends_everything(app, client, log_in, change, cast: Cast) -> None:
    browser = log_in(cast.hana)
    with app.app_context(), tenant_scope(cast.maru.id):
        connect(cast.bora, make_slot(cast.bora), open_stream(cast.bora))
    assert change("maru", "state", state="suspended").status_code == 302
    assert tenant_of(app).state == "suspended"
    assert browser.get("/manage").status_code == 302
    assert {row.state for row in in_maru(app, cast, select(SupportSession))} == {"expired"}
    assert all(row.closed_at for row in in_maru(app, cast, select(Slot)))
    assert all(row.end_reason == "operator" for row in in_maru(app, cast, select(LoginSession)))
    assert tenant_of(app).tickets_void_before is not None
    refused = client.post("/manage/login", data=form_of(cast.hana))
    assert (refused.status_code, "멈추어 있습니다" in refused.text) == (403, True)
    page = client.get("/maru")
    assert (page.status_code, "지금은 원격지원을 이용할 수 없습니다" in page.text) == (403, True)


def test_the_companys_own_log_says_who_and_why(oper, app, change, log_in, cast: Cast) -> None:
    change("maru", "state", state="suspended")
    change("maru", "state", state="active")
    page = log_in(cast.hana).get("/manage/log").text
    assert "오퍼" in page
    assert "사기 신고가 들어옴" in page
    with app.app_context(), tenant_scope(cast.maru.id):
        assert first_broken_entry() is None
    with app.app_context():
        assert audit.first_broken_entry() is None


def test_it_goes_on_as_before_when_resumed(client, change, cast: Cast) -> None:
    change("maru", "state", state="suspended")
    assert change("maru", "state", state="active").status_code == 302
    assert client.post("/manage/login", data=form_of(cast.bora)).status_code == 302
    assert client.get("/maru").status_code == 200


def test_stopping_leaves_the_company_at_work(app, client, change, log_in, cast: Cast) -> None:
    browser, other = log_in(cast.bora), log_in(cast.chul)
    with app.app_context(), tenant_scope(cast.maru.id):
        make_slot(cast.bora)
    assert change("maru", "stop").status_code == 302
    assert browser.get("/manage").status_code == 302
    assert other.get("/manage").status_code == 200, "Nuri's people notice nothing"
    assert client.post("/manage/login", data=form_of(cast.bora)).status_code == 302
    assert (latest(app).action, latest(app).reason) == ("tenant.stopped", "사기 신고가 들어옴")
    assert in_maru(app, cast, select(AuditEntry.data).where(AuditEntry.action == "tenant.stopped")) == [
        '{"log_ins":1,"reason":"사기 신고가 들어옴","sessions":1}'
    ]


def test_relays_are_told_to_close_the_whole_company(app, change, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, object]] = []
    monkeypatch.setattr(app.extensions["support.orders"], "close", lambda **order: told.append(order))
    change("maru", "stop")
    assert told[-1] == {"relay_id": None, "tenant": "maru"}


@pytest.mark.parametrize("deed", ["state", "stop", "rename"])
@pytest.mark.parametrize("reason", ["", "  x ", "가" * 201])
def test_grave_deeds_need_a_reason(app, change, deed: str, reason: str) -> None:
    answer = change("maru", deed, reason=reason, state="suspended", company="누구")
    assert answer.status_code == 422
    assert (tenant_of(app).state, tenant_of(app).company) == ("active", "주식회사 마루")


def test_the_term_grows_from_its_end_or_from_today(app, change, cast: Cast) -> None:
    before = tenant_of(app).expires_at
    assert change("maru", "extend", days="30").status_code == 302
    assert tenant_of(app).expires_at == before + timedelta(days=30)
    assert change("maru", "extend", days="4000").status_code == 422
    assert change("maru", "extend", days="١٢").status_code == 422


def test_seats_and_the_registered_name(app, change, cast: Cast) -> None:
    assert change("maru", "seats", seats_pc="9", seats_mobile="4").status_code == 302
    assert change("maru", "seats", seats_pc="1", seats_mobile="4").status_code == 422
    assert change("maru", "rename", company="마루 주식회사").status_code == 302
    tenant = tenant_of(app)
    assert (tenant.seats_pc, tenant.seats_mobile, tenant.company) == (9, 4, "마루 주식회사")
    assert latest(app).action == "tenant.changed"


def test_a_trial_becomes_regular_and_not_back(app, oper, change) -> None:
    oper.post("/operator/companies/new", data=NEW | {"kind": "trial"})
    assert change("gana", "seats", seats_pc="3", seats_mobile="0").status_code == 422
    assert change("gana", "state", state="active").status_code == 302
    assert change("gana", "state", state="trial").status_code == 422
    assert change("gana", "seats", seats_pc="3", seats_mobile="0").status_code == 302


def test_the_second_of_two_operators_is_told(app, cast: Cast) -> None:
    with app.app_context():
        version, now = find_tenant("maru").version, now_utc()
        companies.extend_term("maru", 10, version=version, by=OPER, now=now)
        with pytest.raises(ChangedElsewhere):
            companies.set_state("maru", "suspended", reason="zzz", version=version, by=OPER, now=now)
        assert find_tenant("maru").state == "active"


def test_unknown_companies_and_deeds_are_not_found(oper) -> None:
    assert oper.get("/operator/companies/nobody").status_code == 404
    assert oper.post("/operator/companies/nobody", data={"deed": "stop"}).status_code == 404
    assert oper.post("/operator/companies/maru", data={"deed": "delete"}).status_code == 404


def test_it_works_on_both_databases(databases: Walled) -> None:
    """The operator's role reads all companies; the deed itself runs in the company's own scope."""
    from app.operator.queries import find_companies, usage_of

    with databases.app.app_context():
        now = now_utc()
        found = find_companies("", "", 1, now)
        used = usage_of([row.id for row in found.rows], by=OPER, now=now, why="test")
        assert {row.slug: used[row.id].agents for row in found.rows} == {"maru": 2, "nuri": 1}
        version = find_tenant("maru").version
        companies.set_state("maru", "suspended", reason="zzz", version=version, by=OPER, now=now)
        assert find_tenant("maru").state == "suspended"
        assert audit.first_broken_entry() is None


def test_every_deed_has_its_words() -> None:
    call = re.compile(r'(?<!company_)(?:audit\.record|_note)\(\s*(?:tenant, )?"([a-z_.]+)"')
    texts = [path.read_text("utf-8") for path in (ROOT / "app/operator").rglob("*.py")]
    used = {match for text in texts for match in call.findall(text)}
    assert len(used) > 12
    assert used - DEEDS.keys() == set()
    crossing = re.compile(r'(?:crossing\(|at_company\(\w+, |why=)"([a-z ]+)"')
    assert {match for text in texts for match in crossing.findall(text)} == set(REASONS)


def test_the_log_is_read_by_pages(oper, change) -> None:
    for _ in range(12):
        change("maru", "extend", days="1")
    page = oper.get("/operator/log").text
    assert "사용 기간 바꾸기" in page
    assert 'rel="next"' in page
    assert oper.get("/operator/log?company=maru&before=5").status_code == 200
    assert oper.get("/operator/log?before=999999999999999999&company=%00").status_code == 200


def test_nobody_but_operators(client, log_in, cast: Cast) -> None:
    for browser in (client, log_in(cast.hana)):
        assert browser.post("/operator/companies/nuri", data={"deed": "stop"}).status_code == 401
