"""The words of the programs: two languages, codes and lengths of time as people read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop import words
from desktop.words import duration, grouped_code, set_language, t


@pytest.fixture(autouse=True)
def _own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_english", {})
    monkeypatch.setattr(words, "_language", None)
    monkeypatch.setattr(words, "_missing", set())


def test_it_speaks_korean_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert words.language() == "ko"
    assert t("연결 수락") == "연결 수락"


@pytest.mark.parametrize(("lang", "code"), [("en_US.UTF-8", "en"), ("ko_KR.UTF-8", "ko"), ("C", "ko")])
def test_it_asks_the_environment(monkeypatch: pytest.MonkeyPatch, lang: str, code: str) -> None:
    monkeypatch.setenv("LC_ALL", lang)
    assert words.language() == code


def test_it_translates_and_fills_names_in() -> None:
    words.add_table({"%(name)s 상담원": "Agent %(name)s"})
    set_language("en")
    assert t("%(name)s 상담원", name="김") == "Agent 김"


def test_it_reads_a_table_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "words.json"
    file.write_text(json.dumps({"복사": "Copy"}), encoding="utf-8")
    words.add_table(file)
    set_language("en")
    assert t("복사") == "Copy"


def test_it_falls_back_to_korean_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    set_language("en")
    assert [t("없는 문장"), t("없는 문장")] == ["없는 문장", "없는 문장"]
    assert [record.message for record in caplog.records] == ["sentence_without_english"]


def test_it_refuses_an_unknown_language() -> None:
    with pytest.raises(ValueError, match="'de'"):
        set_language("de")


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("482913", "482 913"),
        ("4829135", "482 9135"),
        ("48291356", "4829 1356"),
        ("482913567", "482 913 567"),
        ("", ""),
    ],
)
def test_it_groups_a_code(code: str, read: str) -> None:
    assert grouped_code(code) == read


@pytest.mark.parametrize(
    ("seconds", "korean", "english"),
    [
        (0, "0초", "0 s"),
        (59.9, "59초", "59 s"),
        (783, "13분 3초", "13 min 3 s"),
        (7384, "2시간 3분", "2 h 3 min"),
        (-5, "0초", "0 s"),
    ],
)
def test_it_writes_lengths_of_time(seconds: float, korean: str, english: str) -> None:
    set_language("ko")
    assert duration(seconds) == korean
    set_language("en")
    assert duration(seconds) == english
