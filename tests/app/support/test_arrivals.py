"""The customer's way in by code or number, as actions on the database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.support import queries, rules
from app.support.actions import arrivals
from app.support.actions.arrivals import Visitor
from app.support.errors import CodeNotAccepted, NumberTaken, TenantStopped, TooManyGuesses
from app.support.models import AccessCode, Arrival, JoinToken, SupportSession
from tenants.audit import AuditEntry
from tenants.database import db, now_utc
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import Cast
from tests.factories import support as make

pytestmark = pytest.mark.usefixtures("in_maru")


def redeem(code: str, *, ip: str = "203.0.113.7", number: int | None = None, minutes: float = 0):
    return arrivals.redeem_code(
        code, number=number, visitor=Visitor(ip), now=now_utc() + timedelta(minutes=minutes)
    )


def wrong_code(right: str) -> str:
    return f"{(int(right) + 1) % 10**6:06d}"


def change_tenant(cast: Cast, **values: object) -> None:
    with writing():
        tenant = db.session.get(Tenant, cast.maru.id)
        for name, value in values.items():
            setattr(tenant, name, value)


def test_it_admits_the_customer_with_the_right_code(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    admitted = redeem(f" {waiting.code[:3]} {waiting.code[3:]} ")
    session = db.session.get(SupportSession, waiting.session_id, populate_existing=True)
    assert (admitted.session_id, session.arrival_step, session.ip_browser) == (
        waiting.session_id,
        "page",
        "203.0.113.7",
    )
    assert db.session.query(AuditEntry).filter_by(action="arrival.admitted").count() == 1


def test_it_wipes_the_code_when_it_is_used(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    redeem(waiting.code)
    row = db.session.query(AccessCode).one()
    assert row.used_at is not None
    assert (row.code_hmac, row.code_sealed) == (None, None)


def test_it_keeps_only_hashes_of_what_the_browser_holds(cast: Cast) -> None:
    admitted = redeem(make.make_slot(cast.bora).code)
    secret = arrivals.join_secret_of(admitted.token)
    assert db.session.query(Arrival).one().token_hash != admitted.token
    assert secret not in db.session.query(JoinToken).one().token_hash


def test_it_says_the_same_of_wrong_used_and_expired_codes(cast: Cast) -> None:
    used, expired = make.make_slot(cast.bora), make.make_slot(cast.bora)
    redeem(used.code)
    sentences = set()
    for code, minutes in ((wrong_code(expired.code), 0), (used.code, 0), (expired.code, 10.1), ("x", 0)):
        with pytest.raises(CodeNotAccepted) as refused:
            redeem(code, ip=f"203.0.113.{len(sentences) + len(code)}", minutes=minutes)
        sentences.add((str(refused.value.for_reader), refused.value.code, refused.value.status))
    assert len(sentences) == 1


def test_it_wants_the_code_of_the_number_that_was_clicked(cast: Cast) -> None:
    first, second = make.make_slot(cast.bora), make.make_slot(cast.bora)
    with pytest.raises(CodeNotAccepted):
        redeem(second.code, number=first.number)
    assert redeem(first.code, number=first.number).session_id == first.session_id


def test_it_refuses_even_the_right_code_after_five_wrong_ones(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    for _ in range(5):
        with pytest.raises(CodeNotAccepted):
            redeem(wrong_code(waiting.code))
    with pytest.raises(TooManyGuesses):
        redeem(waiting.code)
    assert redeem(waiting.code, ip="198.51.100.4").session_id == waiting.session_id


def test_it_counts_a_whole_ipv6_household_as_one(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    for host in range(5):
        with pytest.raises(CodeNotAccepted):
            redeem(wrong_code(waiting.code), ip=f"2001:db8:1:2::{host + 1:x}")
    with pytest.raises(TooManyGuesses):
        redeem(waiting.code, ip="2001:db8:1:2:ffff::1")
    assert redeem(waiting.code, ip="2001:db8:1:3::1")


def test_it_lets_a_source_try_again_after_ten_minutes(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    for _ in range(5):
        with pytest.raises(CodeNotAccepted):
            redeem(wrong_code(waiting.code))
    with pytest.raises(CodeNotAccepted):
        redeem(wrong_code(waiting.code), minutes=11.1)


def test_it_draws_nine_digits_everywhere_after_ten_wrong_codes(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    stream = make.open_stream(cast.bora)
    for guess in range(10):
        with pytest.raises(CodeNotAccepted):
            redeem(wrong_code(waiting.code), ip=f"198.51.100.{guess}")
    assert len(make.code_of(waiting.session_id)) == rules.MAX_DIGITS
    assert db.session.get(Tenant, cast.maru.id).code_alarm_until > now_utc() + timedelta(days=6)
    told = make.messages_of(stream)[-1]
    assert (told["t"], told["reason"], len(told["code"])) == ("slot.code", "alarm", 9)
    assert db.session.query(AuditEntry).filter_by(action="code_alarm.raised").count() == 1


def test_it_tells_the_agent_that_the_page_is_open(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    stream = make.open_stream(cast.bora)
    redeem(waiting.code)
    told = make.messages_of(stream)[-1]
    assert (told["t"], told["session"], told["step"]) == ("arrival", waiting.session, "page")
    assert told["detail"] == {"ip": "203.0.113.7"}


def test_it_admits_a_click_on_a_number_where_no_code_is_wanted(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.open_stream(cast.bora)
    admitted = arrivals.take_number(waiting.number, visitor=Visitor("203.0.113.7"), now=now_utc())
    assert admitted.session_id == waiting.session_id
    with pytest.raises(CodeNotAccepted):
        redeem(waiting.code)


def test_it_lets_no_address_hold_all_the_numbers(cast: Cast) -> None:
    waiting = [make.make_slot(cast.bora) for _ in range(rules.MAX_UNSTARTED_PER_SOURCE)]
    sixth = make.make_slot(cast.hana)
    make.open_stream(cast.bora)
    make.open_stream(cast.hana)
    for one in waiting:
        arrivals.take_number(one.number, visitor=Visitor("203.0.113.7"), now=now_utc())
    with pytest.raises(NumberTaken):
        arrivals.take_number(sixth.number, visitor=Visitor("203.0.113.7"), now=now_utc())
    neighbour = arrivals.take_number(sixth.number, visitor=Visitor("203.0.113.8"), now=now_utc())
    assert neighbour.session_id == sixth.session_id


def test_it_never_admits_a_click_where_a_code_is_wanted(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.open_stream(cast.bora)
    change_tenant(cast, code_required=True)
    with pytest.raises(CodeNotAccepted):
        arrivals.take_number(waiting.number, visitor=Visitor("203.0.113.7"), now=now_utc())


def test_it_refuses_the_number_of_an_agent_who_is_away(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.open_stream(cast.bora, present=False)
    with pytest.raises(NumberTaken):
        arrivals.take_number(waiting.number, visitor=Visitor("203.0.113.7"), now=now_utc())


@pytest.mark.parametrize("change", [{"state": "suspended"}, {"expires_at": now_utc() - timedelta(days=1)}])
def test_it_begins_nothing_at_a_stopped_company(cast: Cast, change: dict[str, object]) -> None:
    waiting = make.make_slot(cast.bora)
    change_tenant(cast, **change)
    with pytest.raises(TenantStopped):
        redeem(waiting.code)
    assert db.session.query(Arrival).count() == 0


def test_it_never_lets_a_late_download_undo_the_start(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.join(make.admit(waiting))
    assert arrivals.note_step(waiting.session_id, "downloaded", now=now_utc()) is False
    session = db.session.get(SupportSession, waiting.session_id, populate_existing=True)
    assert session.arrival_step == "started"


def test_it_gives_the_slot_back_when_the_customer_leaves(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    admitted = make.admit(waiting)
    arrival = db.session.get(Arrival, admitted.arrival_id)
    arrivals.leave(arrival, now=now_utc())
    session = db.session.get(SupportSession, waiting.session_id, populate_existing=True)
    assert rules.may_be_taken(session.state, session.arrival_step)
    assert make.code_of(waiting.session_id) != waiting.code
    assert queries.find_live_arrival(waiting.session_id) is None


def test_it_chains_the_timeline(cast: Cast) -> None:
    from app.support.models import SessionEvent
    from app.support.timeline import first_broken_line

    waiting = make.make_slot(cast.bora)
    make.go_online(waiting)
    kinds = [row.kind for row in db.session.query(SessionEvent).order_by(SessionEvent.n)]
    assert kinds[:2] == ["opened", "arrival.page"]
    assert kinds[-1] == "online"
    assert first_broken_line(waiting.session_id) is None
