"""Asking and answering on both databases: one change, one entry, one letter, and the number that waits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.errors import NotFound
from app.inquiries import actions, queries, rules
from app.inquiries.errors import InquiryMoved, InquiryRejected, StaleForm
from app.inquiries.models import Inquiry, InquiryMessage
from app.mail import outbox
from app.team.models import Agent
from tenants import audit
from tenants.audit import AuditEntry, first_broken_entry
from tenants.database import db, now_utc, public_id, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import OPER, Cast, Person
from tests.conftest import Walled
from tests.factories.inquiries import answer, ask, reader_of


def state_of(inquiry: str) -> str:
    return db.session.scalars(
        select(Inquiry.state).where(Inquiry.public_id == inquiry).execution_options(populate_existing=True)
    ).one()


def deeds() -> list[str]:
    statement = (
        select(AuditEntry.action).where(AuditEntry.action.startswith("inquiry.")).order_by(AuditEntry.n)
    )
    return list(db.session.scalars(statement))


def reply(inquiry: str, person: Person, text: str = "아직 그렇습니다.", **more: object) -> None:
    given = {"form": public_id(), "reader": reader_of(person), "by": person.actor, "now": now_utc()} | more
    actions.reply(inquiry, text, **given)  # type: ignore[arg-type]


def test_a_whole_story_on_both_databases(databases: Walled) -> None:
    cast = databases.cast
    with databases.app.app_context():
        with tenant_scope(cast.maru.id):
            inquiry = ask(cast.bora)
            assert state_of(inquiry) == "open"
            answer(inquiry)
            assert (state_of(inquiry), queries.count_news(cast.bora.id)) == ("answered", 1)
            actions.mark_read(inquiry, 2, reader=reader_of(cast.bora))
            assert queries.count_news(cast.bora.id) == 0
            actions.close(inquiry, reader=reader_of(cast.bora), by=cast.bora.actor, now=now_utc())
            reply(inquiry, cast.hana)
            assert state_of(inquiry) == "open"
            said = queries.read_thread(inquiry, reader_of(cast.bora)).said
            assert [(one.side, one.author) for one in said] == [
                ("tenant", "보라"),
                ("operator", "오퍼"),
                ("tenant", "하나"),
            ]
            assert deeds() == [f"inquiry.{deed}" for deed in ("opened", "answered", "closed", "replied")]
            assert first_broken_entry() is None
        assert queries.count_waiting() == 1
        with tenant_scope(cast.nuri.id):
            ask(cast.chul)
            for reader in (None, reader_of(cast.chul)):
                with pytest.raises(NotFound):
                    queries.read_thread(inquiry, reader)
            assert len(db.session.scalars(select(InquiryMessage)).all()) == 1
        assert queries.count_waiting() == 2


def test_the_companys_other_deeds_do_not_wait_for_an_inquiry(postgres_app: Flask, postgres_template) -> None:  # type: ignore[no-untyped-def]
    """Each ends with the log, whose rows point at the company: a stronger lock on it would be a deadlock."""
    cast = postgres_template[1]

    def other_deed() -> int:
        with postgres_app.app_context(), tenant_scope(cast.maru.id), writing():
            return audit.record("option.set", "tenant", by=cast.hana.actor).n

    with postgres_app.app_context(), tenant_scope(cast.maru.id), ThreadPoolExecutor(1) as pool:
        with writing():
            ask_first = ask(cast.bora)
        with writing():
            actions.lock_company()
            assert pool.submit(other_deed).result(4) > 0
            reply(ask_first, cast.bora)
        assert first_broken_entry() is None


@pytest.mark.usefixtures("in_maru")
class TestInMaru:
    """With Maru's scope open."""

    def test_agents_see_their_own_and_the_admin_all(self, cast: Cast) -> None:
        theirs, ours = ask(cast.nari), ask(cast.hana)
        with pytest.raises(NotFound):
            queries.read_thread(theirs, reader_of(cast.bora))
        with pytest.raises(NotFound):
            reply(ours, cast.bora)
        with pytest.raises(NotFound):
            actions.close(theirs, reader=reader_of(cast.bora), by=cast.bora.actor, now=now_utc())
        assert queries.find_inquiries(reader_of(cast.bora), 1).total == 0
        assert queries.find_inquiries(reader_of(cast.hana), 1).total == 2

    def test_a_form_sent_twice_is_stored_once(self, cast: Cast) -> None:
        form, now = public_id(), now_utc()
        send = {"form": form, "reader": reader_of(cast.bora), "by": cast.bora.actor, "now": now}
        made = {actions.open_inquiry("가", "나", language="ko", **send) for _ in range(2)}
        again = send | {"form": public_id()}
        for _ in range(2):
            actions.reply(made.copy().pop(), "다", **again)
        replies = [
            actions.answer(made.copy().pop(), "라", form="0" * 26, seen=2, by=OPER, now=now) for _ in range(2)
        ]
        assert (len(made), replies) == (1, [True, False])
        assert db.session.query(InquiryMessage).count() == 3
        assert deeds() == ["inquiry.opened", "inquiry.replied", "inquiry.answered"]

    @pytest.mark.parametrize("form", ["", "x", "0" * 27, "' OR 1=1 --"])
    def test_a_form_without_its_id_is_asked_for_again(self, cast: Cast, form: str) -> None:
        inquiry = ask(cast.bora)
        for person in (cast.bora, cast.hana):
            with pytest.raises(StaleForm):
                reply(inquiry, person, form=form)
        assert db.session.query(InquiryMessage).count() == 1

    def test_a_form_of_somebody_elses_tells_nothing(self, cast: Cast) -> None:
        inquiry, mine = ask(cast.nari), ask(cast.bora)
        form = db.session.scalars(select(InquiryMessage.public_id).order_by(InquiryMessage.id)).first()
        assert form is not None
        reader, by = reader_of(cast.bora), cast.bora.actor
        with pytest.raises(StaleForm):
            actions.open_inquiry("가", "나", form=form, reader=reader, language="ko", by=by, now=now_utc())
        with pytest.raises(StaleForm):
            reply(mine, cast.bora, form=form)
        assert state_of(inquiry) == "open"

    def test_the_operator_who_has_not_seen_the_last_word_is_told(self, cast: Cast) -> None:
        inquiry = ask(cast.bora)
        reply(inquiry, cast.bora, "고쳐졌습니다.")
        with pytest.raises(InquiryMoved):
            actions.answer(inquiry, "다시 켜 보십시오.", form=public_id(), seen=1, by=OPER, now=now_utc())
        assert state_of(inquiry) == "open"

    def test_the_operator_closes_only_what_is_answered(self, cast: Cast) -> None:
        inquiry = ask(cast.bora)
        with pytest.raises(InquiryMoved):
            actions.close(inquiry, reader=None, by=OPER, now=now_utc())
        answer(inquiry)
        assert actions.close(inquiry, reader=None, by=OPER, now=now_utc()) is True
        assert actions.close(inquiry, reader=None, by=OPER, now=now_utc()) is False
        assert (state_of(inquiry), deeds().count("inquiry.closed")) == ("closed", 1)

    def test_an_agent_has_five_that_wait(self, cast: Cast) -> None:
        made = [ask(cast.bora) for _ in range(rules.MAX_OPEN_EACH)]
        with pytest.raises(InquiryRejected):
            ask(cast.bora)
        ask(cast.hana)
        answer(made[0])
        ask(cast.bora)
        assert db.session.query(Inquiry).count() == 7

    def test_a_company_has_ten_new_ones_a_day(self, cast: Cast) -> None:
        for _ in range(rules.MAX_NEW_A_DAY):
            ask(cast.hana)
        for person in (cast.hana, cast.bora):
            with pytest.raises(InquiryRejected):
                ask(person)
        with writing():
            for message in db.session.scalars(select(InquiryMessage)):
                message.at -= timedelta(days=1)
        ask(cast.bora)

    def test_only_the_asker_has_read_an_answer(self, cast: Cast) -> None:
        inquiry = ask(cast.bora)
        answer(inquiry)
        actions.mark_read(inquiry, 2, reader=reader_of(cast.hana))
        assert queries.count_news(cast.bora.id) == 1
        actions.mark_read(inquiry, 1, reader=reader_of(cast.bora))
        assert queries.count_news(cast.bora.id) == 1, "the answer came after the page was made"
        actions.mark_read(inquiry, 99, reader=reader_of(cast.bora))
        assert queries.read_thread(inquiry, None).said[1].is_read

    @pytest.mark.parametrize(
        ("agent", "contact", "told"),
        [
            (("bora@example.com", "active"), "", [("bora@example.com", "보라")]),
            (("bora@example.com", "active"), "boss@example.com", [("bora@example.com", "보라")]),
            (("", "active"), "boss@example.com", [("boss@example.com", "마루 상담실")]),
            (("bora@example.com", "disabled"), "boss@example.com", [("boss@example.com", "마루 상담실")]),
            (("", "active"), "", []),
        ],
    )
    def test_an_answer_is_told_by_letter(
        self, cast: Cast, agent: tuple[str, str], contact: str, told: list[tuple[str, str]]
    ) -> None:
        inquiry = ask(cast.bora, "비밀 이야기", "속마음")
        with writing():
            row = db.session.get_one(Agent, cast.bora.id)
            row.email, row.state = agent
            db.session.get_one(Tenant, cast.maru.id).contact_email = contact
        answer(inquiry, "비밀 답")
        letters = outbox.list_letters()
        assert [letter.recipient for letter in letters] == [recipient for recipient, _ in told]
        for letter, (_, name) in zip(letters, told, strict=True):
            written = outbox.read_letter(letter)
            assert written is not None
            assert written.subject.endswith("비밀 이야기")
            assert f"{name} 님" in written.text
            assert f"/manage/inquiries/{inquiry}" in written.text
            assert "비밀 답" not in written.text
