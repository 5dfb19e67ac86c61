"""Which setting wins, and that the catalogue is whole."""

from __future__ import annotations

from collections import Counter

import pytest

from app.team.errors import OptionUnknown
from app.team.models import OptionForceOff
from app.team.option_settings import set_option
from app.team.options import OPTIONS, Effective, effective_at, explain
from app.team.queries import effective_options, get_agent
from tenants.database import db
from tenants.writing import writing
from tests.cast import Cast


def of(key: str, **levels: dict[str, bool]) -> Effective:
    return effective_at(levels, seat="pc")[key]


def test_the_catalogue_has_the_three_tables() -> None:
    """20 feature options, 17 setting options and 14 of ours, 7 mobile options."""
    assert Counter(option.group for option in OPTIONS.values()) == {"feature": 20, "setting": 31, "mobile": 7}


def test_the_nearest_setting_wins() -> None:
    assert of("drawing") == Effective(True, "default")
    assert of("drawing", tenant={"drawing": False}) == Effective(False, "tenant")
    both = {"tenant": {"drawing": False}, "department": {"drawing": True}}
    assert of("drawing", **both) == Effective(True, "department")
    assert of("drawing", **both, agent={"drawing": False}) == Effective(False, "agent")


def test_the_platform_has_the_last_word() -> None:
    levels = {"platform": {"drawing": False}, "agent": {"drawing": True}}
    assert of("drawing", **levels) == Effective(False, "platform")
    why = explain("drawing", seat="pc", levels=levels)
    assert [step.origin for step in why.steps if step.decides] == ["platform"]
    assert "운영자가 막아" in str(why.rule)


@pytest.mark.usefixtures("in_maru")
def test_the_operator_switches_off_for_one_company_or_for_all(cast: Cast) -> None:
    with writing():
        db.session.add(OptionForceOff(tenant_id=cast.maru.id, key="drawing", reason="신고"))
        db.session.add(OptionForceOff(tenant_id=cast.nuri.id, key="recording", reason="신고"))
        db.session.add(OptionForceOff(key="remote_sound"))
    set_option("drawing", True, by=cast.hana.actor, agent_id=cast.bora.id)
    holds = effective_options(get_agent(cast.bora.id))
    assert [holds[key].value for key in ("drawing", "remote_sound", "recording")] == [False, False, True]
    assert holds["drawing"].origin == "platform"


def test_the_customers_word_stands_after_all_levels() -> None:
    assert "고객이 파일 전송을 허용해야" in str(explain("send_file", seat="pc", levels={}).consent)
    assert not explain("force_login", seat="pc", levels={}).consent


def test_view_only_wins_over_auto_control() -> None:
    levels = {"agent": {"view_only": True, "auto_control": True}}
    assert of("auto_control", **levels) == Effective(False, "agent")


def test_recording_is_always_asked() -> None:
    assert of("consent_to_record", tenant={"consent_to_record": False}).value is True


@pytest.mark.parametrize(("seat", "value"), [("pc", False), ("pc_mobile", True)])
def test_mobile_follows_the_seat(seat: str, value: bool) -> None:
    assert effective_at({}, seat=seat)["mobile_support"].value is value


@pytest.mark.usefixtures("in_maru")
def test_it_is_set_for_the_company_and_for_one_agent(cast: Cast) -> None:
    set_option("drawing", False, by=cast.hana.actor)
    set_option("drawing", True, by=cast.hana.actor, agent_id=cast.bora.id)
    set_option("drawing", False, by=cast.hana.actor)
    assert effective_options(get_agent(cast.bora.id))["drawing"] == Effective(True, "agent")
    assert effective_options(get_agent(cast.nari.id))["drawing"] == Effective(False, "tenant")


@pytest.mark.usefixtures("in_maru")
def test_unknown_options_are_refused(cast: Cast) -> None:
    with pytest.raises(OptionUnknown):
        set_option("fly", True, by=cast.hana.actor)
