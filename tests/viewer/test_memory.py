"""What a PC remembers: never the password, and only for its owner."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from viewer.waiting.memory import FileSecrets, Memory, Remembered

BORA = Remembered("https://help.example", "maru", "bora", True)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path, FileSecrets(tmp_path / "refresh.json"))


def test_it_remembers(memory: Memory) -> None:
    memory.keep(BORA)
    memory.keep_refresh_token(BORA, "refresh.maru.secret")
    assert memory.load() == BORA
    assert memory.refresh_token(BORA) == "refresh.maru.secret"


def test_it_keeps_tokens_of_accounts_apart(memory: Memory) -> None:
    chul = Remembered("https://help.example", "nuri", "chul", True)
    memory.keep_refresh_token(BORA, "b")
    memory.keep_refresh_token(chul, "c")
    memory.keep_refresh_token(BORA, None)
    assert memory.refresh_token(BORA) is None
    assert memory.refresh_token(chul) == "c"


def test_it_gives_no_token_to_who_does_not_want_to_be_remembered(memory: Memory) -> None:
    memory.keep_refresh_token(BORA, "b")
    assert memory.refresh_token(Remembered("https://help.example", "maru", "bora", False)) is None


def test_it_writes_files_for_the_owner_only(memory: Memory, tmp_path: Path) -> None:
    memory.keep(BORA)
    memory.keep_refresh_token(BORA, "b")
    for name in ("waiting.json", "refresh.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "[]", "{", '{"server": 7, "unknown": 1}', "null"])
def test_it_starts_with_a_broken_file(memory: Memory, tmp_path: Path, content: str) -> None:
    (tmp_path / "waiting.json").write_text(content)
    (tmp_path / "refresh.json").write_text(content)
    assert memory.load().tenant == ""
    assert memory.refresh_token(BORA) is None


def test_it_ignores_fields_of_another_version(memory: Memory, tmp_path: Path) -> None:
    (tmp_path / "waiting.json").write_text(json.dumps({"tenant": "maru", "colour": "blue"}))
    assert memory.load() == Remembered(tenant="maru")


def test_it_lives_with_a_folder_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "sub", FileSecrets(tmp_path / "file" / "sub" / "refresh.json"))
    memory.keep(BORA)
    memory.keep_refresh_token(BORA, "b")
    assert memory.load() == Remembered()
