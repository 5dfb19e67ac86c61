"""What may be asked and how often."""

from __future__ import annotations

import pytest

from app.inquiries import rules
from app.inquiries.errors import InquiryRejected
from app.inquiries.rules import Counted, Problem
from tenants.database import public_id


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  두  줄\r\n제목 ", "두 줄 제목"),
        ("a\x00b\x1b[0m", "ab[0m"),
        ("\u202egpj.exe\u202c", "gpj.exe"),
        ("\u200d👩‍💻", "\u200d👩‍💻"),
        (" \t\n", ""),
    ],
)
def test_a_subject_is_one_line(typed: str, kept: str) -> None:
    assert rules.clean_subject(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("가\r\n\r\n나\r다\n", "가\n\n나\n다"),
        ("\n\n  첫 줄\n\t둘째 줄  \n", "첫 줄\n\t둘째 줄"),
        ("가\x00나\u2028다\u202e라", "가나다라"),
        ("\x00\x01 \u202e", ""),
    ],
)
def test_a_text_keeps_its_lines(typed: str, kept: str) -> None:
    assert rules.clean_text(typed) == kept


@pytest.mark.parametrize(
    ("subject", "text", "problem"),
    [
        ("가", "나", None),
        ("가" * 100, "나" * 5000, None),
        ("가" * 101, "나", Problem.SUBJECT),
        ("", "나", Problem.SUBJECT),
        ("가", "", Problem.TEXT),
        ("가", "나" * 5001, Problem.TEXT),
        (None, "나", None),
        (None, "", Problem.TEXT),
    ],
)
def test_words_have_bounds(subject: str | None, text: str, problem: Problem | None) -> None:
    assert rules.problem_with_words(subject, text) is problem


@pytest.mark.parametrize(
    ("counted", "is_admin", "problem"),
    [
        (Counted(19, 4, 9, 49), False, None),
        (Counted(open_all=20), True, Problem.OPEN),
        (Counted(open_own=5), False, Problem.OPEN_EACH),
        (Counted(open_own=5), True, None),
        (Counted(new_today=10), True, Problem.NEW_A_DAY),
        (Counted(messages_today=50), True, Problem.MESSAGES_A_DAY),
    ],
)
def test_nobody_floods_the_operator(counted: Counted, is_admin: bool, problem: Problem | None) -> None:
    assert rules.problem_with_new(counted, is_admin=is_admin) is problem


def test_an_inquiry_does_not_grow_for_ever() -> None:
    assert rules.problem_with_reply(59, 49) is None
    assert rules.problem_with_reply(60, 0) is Problem.MESSAGES
    assert rules.problem_with_reply(1, 50) is Problem.MESSAGES_A_DAY


def test_states_follow_from_who_wrote_last() -> None:
    assert {side: rules.state_after(side) for side in ("tenant", "operator")} == {
        "tenant": "open",
        "operator": "answered",
    }
    closable = {
        (s, side) for s in rules.STATES for side in ("tenant", "operator") if rules.may_close(s, side)
    }
    assert closable == {("open", "tenant"), ("answered", "tenant"), ("answered", "operator")}


def test_a_forms_id_is_one_of_ours() -> None:
    assert all(rules.is_form_id(public_id()) for _ in range(50))
    assert not any(
        rules.is_form_id(text) for text in ("", "0" * 25, "0" * 27, "i" * 26, "0" * 25 + "\n", "가" * 26)
    )


def test_every_problem_has_its_sentence(app) -> None:
    with app.test_request_context():
        sentences = {str(InquiryRejected(problem).for_reader) for problem in Problem}
    assert len(sentences) == len(Problem)
    assert "제목을 1~100자로 적어 주십시오." in sentences
