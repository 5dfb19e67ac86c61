"""How support sessions end, what is left of them, and sockets that come and go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.errors import NotFound
from app.support import queries
from app.support.actions import sessions, slots
from app.support.errors import NotWaiting
from app.support.models import Arrival, Participant, SupportSession, SurveyAnswer
from app.support.signal.models import SignalStream
from tenants.audit import AuditEntry
from tenants.database import db, now_utc
from tests.cast import Cast
from tests.factories import support as make

pytestmark = pytest.mark.usefixtures("in_maru")


def session_of(waiting: make.Waiting) -> SupportSession:
    session = db.session.get(SupportSession, waiting.session_id, populate_existing=True)
    assert session is not None
    return session


def arrival_of(waiting: make.Waiting) -> Arrival:
    return db.session.query(Arrival).filter_by(support_session_id=waiting.session_id).one()


def end_by_agent(cast: Cast, waiting: make.Waiting) -> None:
    sessions.end_by_agent(waiting.session, "", agent=make.agent_row(cast.bora), now=now_utc())


@pytest.fixture
def connected(cast: Cast, in_maru: None) -> tuple[make.Waiting, int]:
    """A slot of Bora's whose customer is connected, and her program's stream."""
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    make.connect(cast.bora, waiting, stream)
    return waiting, stream


def test_it_keeps_the_whole_record(cast: Cast, connected: tuple[make.Waiting, int]) -> None:
    waiting, _ = connected
    end_by_agent(cast, waiting)
    row = session_of(waiting)
    assert (row.agent_id, row.ip_browser, row.ip_program, row.pc_name, row.os) == (
        cast.bora.id,
        "203.0.113.7",
        "203.0.113.7",
        "DAIN-PC",
        "Debian 12",
    )
    assert row.connected_at is not None
    assert (row.state, row.ended_by, row.ended_at is None) == ("expired", "agent", False)


def test_it_tells_both_programs_of_the_end(cast: Cast, connected: tuple[make.Waiting, int]) -> None:
    waiting, stream = connected
    customer = make.customer_stream(waiting.session_id)
    sessions.end_by_customer(waiting.session_id, "done", now=now_utc())
    for told in (make.messages_of(stream)[-1], make.messages_of(customer)[-1]):
        assert (told["t"], told["by"], told["survey"]) == ("ended", "customer", True)


def test_it_lets_everybody_leave_at_the_end(cast: Cast, connected: tuple[make.Waiting, int]) -> None:
    waiting, _ = connected
    end_by_agent(cast, waiting)
    row = db.session.query(Participant).one()
    assert row.left_at is not None
    assert (row.key_agent, row.key_customer) == (None, None)
    assert queries.find_live_credential(waiting.session_id) is None
    assert db.session.query(AuditEntry).filter_by(action="session.ended").count() == 1


def test_it_ends_once_however_often_it_is_asked(cast: Cast, connected: tuple[make.Waiting, int]) -> None:
    waiting, stream = connected
    end_by_agent(cast, waiting)
    sessions.end_by_customer(waiting.session_id, "", now=now_utc())
    end_by_agent(cast, waiting)
    assert session_of(waiting).ended_by == "agent"
    assert [one["t"] for one in make.messages_of(stream)].count("ended") == 1


def test_it_opens_the_next_support_session_where_the_option_says_so(cast: Cast) -> None:
    from app.team.actions import set_option

    set_option("auto_new_session", True, by=cast.hana.actor)
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    make.connect(cast.bora, waiting, stream)
    end_by_agent(cast, waiting)
    live = make.live_session(queries.get_slot(waiting.slot, agent_id=cast.bora.id))
    assert live.public_id != waiting.session
    assert make.messages_of(stream)[-1]["session"] == live.public_id


def test_it_hides_support_sessions_of_other_agents(cast: Cast, connected: tuple[make.Waiting, int]) -> None:
    waiting, _ = connected
    with pytest.raises(NotFound):
        sessions.end_by_agent(waiting.session, "", agent=make.agent_row(cast.nari), now=now_utc())
    assert session_of(waiting).state == "connected"


def test_it_releases_a_customer_who_did_not_start(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    make.admit(waiting)
    sessions.release(waiting.session, agent=make.agent_row(cast.bora), now=now_utc())
    assert (session_of(waiting).arrival_step, arrival_of(waiting).end_reason) == ("none", "released")
    told = [one for one in make.messages_of(stream) if one["t"] in ("arrival", "slot.code")]
    assert (told[-2]["step"], told[-1]["code"]) == ("none", make.code_of(waiting.session_id))


def test_it_has_nobody_to_release_in_a_free_slot(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    with pytest.raises(NotWaiting):
        sessions.release(waiting.session, agent=make.agent_row(cast.bora), now=now_utc())


def test_it_tells_the_released_program_that_it_is_over(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.join(make.admit(waiting))
    customer = make.customer_stream(waiting.session_id)
    sessions.release(waiting.session, agent=make.agent_row(cast.bora), now=now_utc())
    assert make.messages_of(customer)[-1]["by"] == "agent"


def test_it_keeps_one_grade_and_tells_the_agent(cast: Cast, connected: tuple[make.Waiting, int]) -> None:
    waiting, stream = connected
    end_by_agent(cast, waiting)
    assert sessions.answer_survey(arrival_of(waiting), "satisfied", now=now_utc())
    assert not sessions.answer_survey(arrival_of(waiting), "dissatisfied", now=now_utc())
    assert db.session.query(SurveyAnswer).one().grade == "satisfied"
    assert make.messages_of(stream)[-1] == {"t": "survey", "session": waiting.session, "grade": "satisfied"}


def test_it_asks_nothing_where_the_survey_is_off(cast: Cast, connected: tuple[make.Waiting, int]) -> None:
    from app.team.actions import set_option

    waiting, stream = connected
    set_option("survey", False, by=cast.hana.actor)
    end_by_agent(cast, waiting)
    told = next(message for message in make.messages_of(stream) if message["t"] == "ended")
    assert told["survey"] is False
    assert not sessions.answer_survey(arrival_of(waiting), "satisfied", now=now_utc())
    assert db.session.query(SurveyAnswer).count() == 0


def test_it_adds_a_comment_once(cast: Cast, connected: tuple[make.Waiting, int]) -> None:
    waiting, _ = connected
    end_by_agent(cast, waiting)
    sessions.answer_survey(arrival_of(waiting), "neutral", now=now_utc())
    assert sessions.answer_survey(arrival_of(waiting), "neutral", "친절했습니다", now=now_utc())
    assert not sessions.answer_survey(arrival_of(waiting), "neutral", "더", now=now_utc())
    assert db.session.query(SurveyAnswer).one().comment == "친절했습니다"


def test_it_takes_no_grade_for_help_that_was_not_given(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.admit(waiting)
    with pytest.raises(NotWaiting):
        sessions.answer_survey(arrival_of(waiting), "satisfied", now=now_utc())
    with pytest.raises(ValueError, match="grade"):
        sessions.answer_survey(arrival_of(waiting), "great", now=now_utc())


def test_it_begins_the_resume_window_when_the_program_is_gone(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.go_online(waiting)
    stream = make.customer_stream(waiting.session_id)
    sessions.open_customer_socket(stream, "socket-1", waiting.session_id, now=now_utc())
    sessions.close_socket(stream, "socket-1", session_id=waiting.session_id, now=now_utc())
    assert (session_of(waiting).link, session_of(waiting).resume_until is None) == ("lost", False)
    sessions.open_customer_socket(stream, "socket-2", waiting.session_id, now=now_utc())
    assert (session_of(waiting).link, session_of(waiting).resume_until) == ("ok", None)


def test_it_lets_a_replaced_socket_go_without_a_word(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.go_online(waiting)
    stream = make.customer_stream(waiting.session_id)
    sessions.open_customer_socket(stream, "socket-2", waiting.session_id, now=now_utc())
    sessions.close_socket(stream, "socket-1", session_id=waiting.session_id, now=now_utc())
    assert session_of(waiting).link == "ok"
    assert db.session.get(SignalStream, stream, populate_existing=True).socket_id == "socket-2"


def test_it_gives_an_agent_who_comes_their_first_slot(cast: Cast) -> None:
    stream = make.open_stream(cast.bora, present=False)
    sessions.open_agent_socket(stream, "socket-1", make.agent_row(cast.bora), now=now_utc())
    sessions.open_agent_socket(stream, "socket-2", make.agent_row(cast.bora), now=now_utc())
    assert len(queries.list_slots(cast.bora.id)) == 1


def test_it_puts_a_new_code_into_ended_slots_at_the_next_log_in(
    cast: Cast, connected: tuple[make.Waiting, int]
) -> None:
    waiting, stream = connected
    end_by_agent(cast, waiting)
    sessions.open_agent_socket(stream, "socket-2", make.agent_row(cast.bora), now=now_utc())
    slot = queries.get_slot(waiting.slot, agent_id=cast.bora.id)
    assert queries.find_live_session(slot.id) is None
    later = make.open_stream(cast.bora, present=False)
    sessions.open_agent_socket(later, "socket-3", make.agent_row(cast.bora), now=now_utc())
    assert make.code_of(make.live_session(slot).id)


def test_it_shows_numbers_only_of_agents_who_are_there(cast: Cast) -> None:
    mine, other = make.make_slot(cast.bora), make.make_slot(cast.nari)
    stream = make.open_stream(cast.bora)
    now = now_utc()
    assert [one.number for one in queries.list_waiting(now)] == [mine.number]
    assert queries.list_waiting(now + timedelta(seconds=46)) == []
    sessions.set_agent_state(stream, "away", now=now)
    assert queries.list_waiting(now) == []
    assert other.number == 2


def test_it_hides_a_number_while_its_customer_comes(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.open_stream(cast.bora)
    make.admit(waiting)
    assert queries.list_waiting(now_utc()) == []
    sessions.release(waiting.session, agent=make.agent_row(cast.bora), now=now_utc())
    assert len(queries.list_waiting(now_utc())) == 1


def test_it_removes_an_ended_slot(cast: Cast, connected: tuple[make.Waiting, int]) -> None:
    waiting, _ = connected
    end_by_agent(cast, waiting)
    slots.remove_slot(waiting.slot, agent_id=cast.bora.id, by=cast.bora.actor, now=now_utc())
    assert queries.list_slots(cast.bora.id) == []
