"""Rules of support sessions, as plain calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.support import rules

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "to", "allowed"),
    [
        ("offline", "online", True),
        ("offline", "connected", False),
        ("offline", "expired", True),
        ("online", "offline", True),
        ("online", "connected", True),
        ("connected", "online", False),
        ("connected", "offline", False),
        ("connected", "expired", True),
        ("expired", "offline", False),
        ("expired", "expired", False),
    ],
)
def test_it_allows_only_the_moves_of_the_table(state: str, to: str, allowed: bool) -> None:
    assert rules.may_move(state, to) is allowed


def test_it_never_takes_a_step_back() -> None:
    assert rules.is_step_forward("page", "downloaded")
    assert rules.is_step_forward("page", "started")
    assert not rules.is_step_forward("started", "downloaded")
    assert not rules.is_step_forward("allowed", "allowed")


@pytest.mark.parametrize("step", ["page", "downloaded", "started", "asked", "allowed"])
def test_it_keeps_a_second_customer_away_while_the_first_is_coming(step: str) -> None:
    assert not rules.may_be_taken("offline", step)


@pytest.mark.parametrize("step", ["none", "denied", "timeout"])
def test_it_lets_a_customer_take_a_free_slot(step: str) -> None:
    assert rules.may_be_taken("offline", step)
    assert not rules.may_be_taken("online", step)


@pytest.mark.parametrize(
    ("live", "digits"), [(1, 6), (20, 6), (21, 7), (200, 7), (201, 8), (2000, 8), (2001, 9), (10**6, 9)]
)
def test_it_grows_codes_with_the_number_of_live_codes(live: int, digits: int) -> None:
    assert rules.code_digits(live, alarm=False) == digits


def test_it_draws_nine_digits_in_alarm() -> None:
    assert rules.code_digits(1, alarm=True) == 9
    assert rules.is_alarmed(NOON + timedelta(seconds=1), NOON)
    assert not rules.is_alarmed(NOON, NOON)
    assert not rules.is_alarmed(None, NOON)


def test_it_keeps_leading_zeros() -> None:
    assert rules.draw_code(6, lambda below: 42) == "000042"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("482913", "482913"),
        (" 482 913 ", "482913"),
        ("482-913", "482913"),
        ("482\u00a0913", "482913"),
        ("４８２９１３", "482913"),
        ("48291", None),
        ("4829137550", None),
        ("48291a", None),
        ("٤٨٢٩١٣", None),
        ("", None),
        ("1" * 10_000, None),
    ],
)
def test_it_reads_a_code_as_people_type_it(typed: str, code: str | None) -> None:
    assert rules.normalise_code(typed) == code


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=200))
def test_it_reads_any_text_without_falling_over(text: str) -> None:
    code = rules.normalise_code(text)
    assert code is None or (code.isascii() and code.isdigit() and 6 <= len(code) <= 9)


@pytest.mark.parametrize(
    ("code", "shown"),
    [("482913", "482 913"), ("4829137", "482 9137"), ("48291375", "4829 1375"), ("482913755", "482 913 755")],
)
def test_it_groups_codes_for_reading_out(code: str, shown: str) -> None:
    assert rules.group_code(code) == shown


def test_it_gives_the_lowest_free_place_and_no_sixth() -> None:
    assert rules.next_position({1, 3}) == 2
    assert rules.next_position({1, 2, 3, 4, 5}) is None
    assert rules.next_number({1, 2, 4}) == 3


def test_it_asks_to_see_and_to_control_by_default() -> None:
    question = rules.consent_question({})
    assert question.ask == ("view", "mouse", "keyboard")
    assert question.wanted == ("view", "mouse", "keyboard")


def test_it_never_asks_for_control_in_view_only() -> None:
    question = rules.consent_question({"view_only": True, "auto_control": True})
    assert question.ask == ("view",)
    assert question.wanted == ("view",)


def test_it_leaves_a_start_button_when_nothing_is_asked() -> None:
    question = rules.consent_question({"consent_to_connect": False, "consent_to_control": False})
    assert question.ask == ()
    assert question.start_button_only


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ({"view": "allowed", "mouse": "denied"}, "allowed"),
        ({"view": "denied", "mouse": "allowed"}, "denied"),
        ({"view": "timeout"}, "timeout"),
        ({"mouse": "allowed"}, "denied"),
        ({}, "denied"),
    ],
)
def test_it_needs_the_right_to_see(answers: dict[str, str], verdict: str) -> None:
    assert rules.verdict(answers) == verdict


def test_it_gives_work_to_the_least_loaded_relay_that_answers() -> None:
    relays = ["a:1", "b:1", "c:1"]
    assert rules.choose_relay(relays, load={"a:1": 3, "b:1": 1, "c:1": 0}, down={"c:1"}) == "b:1"
    assert rules.choose_relay(relays, load={}, down=set()) == "a:1"
    assert rules.choose_relay(["a:1"], load={}, down={"a:1"}) == "a:1"
    assert rules.choose_relay([], load={}, down=set()) is None


@pytest.mark.parametrize(
    ("after", "first_kept", "last", "resumes"),
    [(0, 1, 5, False), (3, 1, 5, True), (5, 6, 5, True), (6, 1, 5, False), (3, 5, 9, False), (4, 5, 9, True)],
)
def test_it_resumes_only_without_a_gap(after: int, first_kept: int, last: int, resumes: bool) -> None:
    assert rules.can_resume(after, first_kept=first_kept, last=last) is resumes


def test_it_forgets_a_program_whose_worker_died() -> None:
    assert rules.is_present("s1", NOON, NOON + timedelta(seconds=44))
    assert not rules.is_present("s1", NOON, NOON + timedelta(seconds=46))
    assert not rules.is_present(None, NOON, NOON)
