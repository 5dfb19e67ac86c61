"""Options that change while programs run: the ones concerned are told, with what holds at that moment."""

from __future__ import annotations

import json
import time

import pytest

from app.support.signal import outgoing, streams
from app.team.actions import AgentDetails, change_agent
from app.team.departments import create_department, delete_department
from app.team.option_settings import apply_to_all, set_options
from tenants.database import db
from tests.cast import Cast
from tests.factories import support as make

pytestmark = pytest.mark.usefixtures("in_maru")


def told(stream: int, side: str) -> list[dict[str, object]]:
    """The option messages that a program would be sent now."""
    db.session.rollback()
    texts = [
        outgoing.text_of(row, side, now=time.time())  # type: ignore[arg-type]
        for row in streams.list_messages(stream, after=0)
    ]
    return [body for body in map(json.loads, texts) if body["t"] == "options"]


def test_both_ends_of_a_support_session_are_told(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    make.connect(cast.bora, waiting, stream)
    set_options({"view_only": True}, by=cast.hana.actor, agent_id=cast.bora.id)
    (agent,) = told(stream, "agent")
    (customer,) = told(make.customer_stream(waiting.session_id), "customer")
    assert agent["options"]["view_only"] == [True, "agent"]  # type: ignore[index]
    assert customer["options"]["view_only"] is True  # type: ignore[index]


def test_only_those_concerned_are_told(cast: Cast) -> None:
    bora, nari = make.open_stream(cast.bora), make.open_stream(cast.nari)
    set_options({"drawing": False}, by=cast.hana.actor, agent_id=cast.bora.id)
    assert (len(told(bora, "agent")), len(told(nari, "agent"))) == (1, 0)
    apply_to_all({"drawing": True}, department_id=None, also_own=True, by=cast.hana.actor)
    assert (len(told(bora, "agent")), len(told(nari, "agent"))) == (2, 1)


def test_another_department_brings_its_options(cast: Cast) -> None:
    bora, sales = make.open_stream(cast.bora), create_department("영업", by=cast.hana.actor)
    set_options({"drawing": False}, by=cast.hana.actor, department_id=sales.id)
    change_agent(cast.bora.id, AgentDetails("보라", department_id=sales.id), version=1, by=cast.hana.actor)
    assert told(bora, "agent")[-1]["options"]["drawing"] == [False, "department"]  # type: ignore[index]
    delete_department(sales.public_id, move_to="", by=cast.hana.actor)
    assert told(bora, "agent")[-1]["options"]["drawing"] == [True, "default"]  # type: ignore[index]


def test_what_does_not_change_is_not_told(cast: Cast) -> None:
    bora = make.open_stream(cast.bora)
    set_options({"drawing": None}, by=cast.hana.actor, agent_id=cast.bora.id)
    assert told(bora, "agent") == []


def test_each_message_tells_the_newest(cast: Cast) -> None:
    bora = make.open_stream(cast.bora)
    for value in (False, True):
        set_options({"drawing": value}, by=cast.hana.actor)
    assert [body["options"]["drawing"][0] for body in told(bora, "agent")] == [True, True]  # type: ignore[index]
    assert [body["n"] for body in told(bora, "agent")] == [1, 2]


def test_a_waiting_socket_is_woken(app, cast: Cast) -> None:
    bora, woken = make.open_stream(cast.bora), []
    hub = app.extensions["support.hub"]
    forget = hub.subscribe(f"stream:{bora}", lambda: woken.append(1))
    set_options({"drawing": False}, by=cast.hana.actor)
    forget()
    assert woken == [1]
