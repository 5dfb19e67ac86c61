"""What is sent, from a real disk: folders, links, pipes, files that change under the reader."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop.files import source as module
from desktop.files.source import SourceError, SourceFile, survey


def test_it_finds_everything_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "사진"
    (folder / "안" / "빈").mkdir(parents=True)
    (folder / "안" / "1.jpg").write_bytes(b"12345")
    found = survey([folder])
    assert [(one.offered, one.size, one.is_folder) for one in found.sources] == [
        ("사진", 0, True),
        ("사진/안", 0, True),
        ("사진/안/1.jpg", 5, False),
        ("사진/안/빈", 0, True),
    ]
    assert (found.name, found.files, found.folders, found.size) == ("사진", 1, 3, 5)


def test_it_tells_files_of_one_name_apart(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_bytes(b"x")
    found = survey([tmp_path / "a" / "x.txt", tmp_path / "b" / "x.txt"])
    assert [one.offered for one in found.sources] == ["x.txt", "x (1).txt"]


def test_it_skips_links_and_pipes_in_folders_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "good").write_bytes(b"x")
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    found = survey([folder])
    assert [one.offered for one in found.sources] == ["f", "f/good"]
    assert dict(found.skipped) == {"f/link": "not_a_file", "f/pipe": "not_a_file"}


@pytest.mark.parametrize(("path", "code"), [("/dev/null", "not_a_file"), ("/nowhere/at/all", "missing")])
def test_it_refuses_what_is_no_file(path: str, code: str) -> None:
    with pytest.raises(SourceError, match=code):
        survey([Path(path)])


def test_it_refuses_more_than_a_job_may_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_JOB_FILES", 3)
    for n in range(4):
        (tmp_path / f"{n}").touch()
    with pytest.raises(SourceError, match="too_many"):
        survey([tmp_path])


@pytest.mark.parametrize("change", ["grow", "cut", "same size"])
def test_it_notices_a_change_while_reading(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(100))
    file = SourceFile(survey([path]).sources[0])
    assert file.read(0, 50) == bytes(50)
    if change == "grow":
        path.write_bytes(bytes(104))
    elif change == "cut":
        os.truncate(path, 60)
    else:
        os.utime(path, ns=(1, 1))
    with pytest.raises(SourceError, match="changed"):
        file.read(50, 50)
    file.close()


def test_it_notices_a_file_that_was_replaced_by_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    found = survey([path]).sources[0]
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(SourceError, match="not_a_file"):
        SourceFile(found)
