"""Folders of the customer's PC as they are listed, and the notes for the record."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from customer_agent.files.browse import BrowseError, list_folder
from customer_agent.files.record import FilesRecorder, notes_of
from desktop.files.views import FileFact, JobRecord
from wire.limits import MAX_FILE_RECORD
from wire.record import dump_object
from wire.signal.commands import FilesNote, dump_command


def test_it_lists_folders_first_and_only_what_can_be_had(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.txt").write_bytes(b"123")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dead").symlink_to("/nowhere")
    (tmp_path / "line\nbreak").touch()
    found = list_folder(5, str(tmp_path), 0)
    assert [(one.name, one.folder, one.size) for one in found.entries] == [
        ("b", True, 0),
        ("a.txt", False, 3),
    ]
    assert found.next is None


def test_it_lists_a_large_folder_page_by_page(tmp_path: Path) -> None:
    for n in range(250):
        (tmp_path / f"{'가' * 60}{n:03}").touch()
    seen: list[str] = []
    start: int | None = 0
    while start is not None:
        page = list_folder(5, str(tmp_path), start)
        assert len(dump_object(page.to_json(), MAX_FILE_RECORD)) > 0
        seen += [one.name for one in page.entries]
        start = page.next
    assert seen == sorted(os.listdir(tmp_path))


def test_it_begins_where_people_keep_their_things(tmp_path: Path) -> None:
    (tmp_path / "바탕화면").mkdir()
    names = [one.name for one in list_folder(5, "", 0, home=tmp_path).entries]
    assert names[:2] == [tmp_path.name, "바탕화면"]
    assert "/" in names


def test_it_says_why_it_lists_nothing() -> None:
    with pytest.raises(BrowseError, match="missing"):
        list_folder(5, "somewhere", 0)


def test_it_notes_a_large_job_little_by_little() -> None:
    facts = tuple(FileFact(f"폴더/{'나' * 200}/{n}", n, "0f" * 32, "stored") for n in range(100))
    record = JobRecord("in", "폴더", 4950, "done", facts)
    notes = list(notes_of("p1", record))
    assert [len(note.files) for note in notes] == [8] * 12 + [4]
    assert all(dump_command(note, id="c1") for note in notes)


def test_it_sends_one_note_after_the_other() -> None:
    sent: list[tuple[FilesNote, Callable[[], None]]] = []
    recorder = FilesRecorder("p1", lambda note, done: sent.append((note, done)))
    recorder.note(JobRecord("out", "a", 1, "failed", ()))
    recorder.note(JobRecord("out", "b", 1, "done", (FileFact("b", 1, "", "stored"),) * 9))
    assert [note.name for note, _ in sent] == ["a"]
    for _ in range(2):
        sent[-1][1]()
    assert [note.name for note, _ in sent] == ["a", "b", "b"]
