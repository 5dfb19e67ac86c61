"""Received files on a real disk: names, links, full disks; nothing overwritten and nothing half-left."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.files.store import Store, StoreError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "Received Files")
    made.check_room(0)
    return made


def receive(store: Store, path: str, data: bytes = b"new", *, file: int = 3, job: int = 1) -> str:
    store.begin(file, job, tuple(path.split("/")))
    store.write(file, 0, data)
    return store.finish(file)


def names(store: Store) -> list[str]:
    return sorted(str(path.relative_to(store.folder)) for path in store.folder.rglob("*"))


def test_it_keeps_a_temporary_name_until_the_file_is_whole(store: Store) -> None:
    store.begin(3, 1, ("보고서.pdf",))
    store.write(3, 0, b"half")
    assert names(store) == ["보고서.pdf.part"]
    assert store.finish(3) == "보고서.pdf"
    assert names(store) == ["보고서.pdf"]
    assert (store.folder / "보고서.pdf").stat().st_mode & 0o111 == 0, "nothing received can be run"


def test_it_never_overwrites(store: Store) -> None:
    (store.folder / "a.txt").write_bytes(b"old")
    assert receive(store, "a.txt") == "a (1).txt"
    assert receive(store, "a.txt") == "a (2).txt"
    assert (store.folder / "a.txt").read_bytes() == b"old"


def test_it_does_not_overwrite_what_appears_while_it_comes(store: Store) -> None:
    store.begin(3, 1, ("a.txt",))
    store.write(3, 0, b"new")
    (store.folder / "a.txt").write_bytes(b"old")
    assert store.finish(3) == "a (1).txt"
    assert (store.folder / "a.txt").read_bytes() == b"old"


def test_it_gives_each_folder_a_place_of_its_own(store: Store) -> None:
    (store.folder / "사진").mkdir()
    assert receive(store, "사진/안/1.jpg") == "사진 (1)/안/1.jpg"
    assert receive(store, "사진/2.jpg") == "사진 (1)/2.jpg"
    assert store.make_folder(1, ("사진", "빈 폴더")) == "사진 (1)/빈 폴더"
    assert receive(store, "사진/1.jpg", job=5) == "사진 (2)/1.jpg"


def test_it_leaves_nothing_of_what_did_not_come(store: Store) -> None:
    store.begin(3, 1, ("a",))
    store.write(3, 0, b"half")
    store.begin(5, 1, ("b",))
    store.discard(3)
    store.close()
    assert names(store) == []


@pytest.mark.parametrize("name", ["a.txt.part", "a.txt"])
def test_it_follows_no_link(store: Store, tmp_path: Path, name: str) -> None:
    """A link in the way, to a file outside: it stays as it is."""
    outside = tmp_path / "outside"
    outside.write_bytes(b"precious")
    (store.folder / name).symlink_to(outside)
    receive(store, "a.txt")
    assert outside.read_bytes() == b"precious"


def test_it_does_not_leave_its_folder_through_a_linked_folder(store: Store, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    receive(store, "사진/a")
    (store.folder / "사진" / "b").symlink_to(outside)
    with pytest.raises(StoreError, match="name"):
        store.begin(5, 1, ("사진", "b", "c"))
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(("sent", "stored"), [("CON", "_CON"), ("a:b.txt", "a_b.txt"), ("끝. ", "끝")])
def test_it_stores_reserved_names_harmlessly(store: Store, sent: str, stored: str) -> None:
    assert receive(store, sent) == stored


def test_it_stores_a_long_korean_name(store: Store) -> None:
    stored = receive(store, "가" * 120 + ".hwp")
    assert stored.endswith(".hwp")
    assert receive(store, "가" * 120 + ".hwp").endswith(" (1).hwp")


def test_it_says_that_a_file_stands_where_a_folder_must(store: Store) -> None:
    receive(store, "사진/a")
    with pytest.raises(StoreError, match="name"):
        store.begin(5, 1, ("사진", "a", "b"))


def test_it_refuses_what_does_not_fit(store: Store) -> None:
    with pytest.raises(StoreError, match="disk_full"):
        store.check_room(2**60)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
class TestSmallDisk:
    @pytest.fixture
    def disk(self, tmp_path: Path) -> Iterator[Path]:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("no tmpfs here")
        yield tmp_path
        subprocess.run(["umount", str(tmp_path)], check=True)

    def test_it_says_that_the_disk_is_full_and_leaves_nothing(self, disk: Path) -> None:
        store = Store(disk / "in")
        store.check_room(0)
        store.begin(3, 1, ("a",))
        with pytest.raises(StoreError, match="disk_full"):
            store.write(3, 0, bytes(2 * 1024 * 1024))
        store.discard(3)
        assert names(store) == []
        assert receive(store, "small") == "small"

    def test_it_says_that_the_folder_is_read_only(self, disk: Path) -> None:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(StoreError, match="read_only"):
            Store(disk / "in").check_room(0)
