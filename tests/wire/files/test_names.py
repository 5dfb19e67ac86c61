"""Names from other systems on this disk, and names of this disk on the wire."""

from __future__ import annotations

import unicodedata

import pytest

from wire.files.names import disk_name, numbered, parts_of, wire_name


@pytest.mark.parametrize(
    ("name", "on_disk"),
    [
        ("보고서.pdf", "보고서.pdf"),
        (unicodedata.normalize("NFD", "한글 이름.hwp"), "한글 이름.hwp"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("NUL .txt", "_NUL .txt"),
        ("COM¹.log", "_COM¹.log"),
        ("console.txt", "console.txt"),
        ("a:b", "a_b"),
        ("file:stream", "file_stream"),
        ("C:evil", "C_evil"),
        ("a\\b/c", "a_b_c"),
        ('<>:"|?*', "_______"),
        ("trailing. . ", "trailing"),
        ("...", "_"),
        ("", "_"),
        (" ", "_"),
        ("\u202egpj.exe", "gpj.exe"),
        ("zero\u200bwidth", "zerowidth"),
        ("tab\tand\x7f", "tab_and_"),
        (".bashrc", ".bashrc"),
    ],
)
def test_it_makes_names_harmless(name: str, on_disk: str) -> None:
    assert disk_name(name) == on_disk
    assert disk_name(on_disk) == on_disk


def test_it_cuts_a_long_korean_name_between_letters_and_keeps_its_ending() -> None:
    name = disk_name("가" * 200 + ".hwpx")
    assert name.endswith("가.hwpx")
    assert 245 < len(f"{name}.part".encode()) <= 255


def test_it_numbers_before_the_ending_within_the_limit() -> None:
    assert numbered("a.txt", 0) == "a.txt"
    assert numbered("a.txt", 2) == "a (2).txt"
    assert numbered("no ending", 1) == "no ending (1)"
    assert numbered(".bashrc", 1) == ".bashrc (1)"
    assert len(f"{numbered(disk_name('나' * 100 + '.txt'), 99)}.part".encode()) <= 255


def test_it_offers_names_that_the_wire_carries() -> None:
    assert wire_name(unicodedata.normalize("NFD", "각")) == "각"
    assert wire_name("a\nb\udcff") == "a_b_"
    assert parts_of("a/b c/다.txt") == ("a", "b c", "다.txt")
