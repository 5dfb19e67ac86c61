"""The word lists: 2,048 different words a language, short, normalised, and never in another order."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import pytest

from wire.words import WORD_COUNT, words_of


@pytest.mark.parametrize(("language", "form"), [("ko", "[가-힣]{2,4}"), ("en", "[a-z]{3,8}")])
def test_it_has_2048_unique_short_words(language: str, form: str) -> None:
    words = words_of(language)
    assert len(words) == len(set(words)) == WORD_COUNT == 2048
    assert all(re.fullmatch(form, word) for word in words)
    assert all(unicodedata.is_normalized("NFC", word) for word in words)


@pytest.mark.parametrize(
    ("language", "digest"),
    [
        ("ko", "5b5c67828e6d295affd79c8a56af9463799942b9e21f90ef226adea476f16a8f"),
        ("en", "d4b567153f741a504c1a5bdfbda600c9db262229075ef6ae4512f135f42b2a76"),
    ],
)
def test_it_never_changes_their_order(language: str, digest: str) -> None:
    """Two programs of different versions must show the same words."""
    assert hashlib.sha256("\n".join(words_of(language)).encode()).hexdigest() == digest


def letters(word: str) -> tuple[int, ...]:
    """The initial, vowel and final of each syllable."""
    numbers = [ord(syllable) - 0xAC00 for syllable in word]
    return tuple(part for n in numbers for part in (n // 588, n % 588 // 28 + 100, n % 28 + 200))


def test_it_tells_korean_words_apart_by_more_than_one_letter() -> None:
    seen: dict[tuple[object, ...], str] = {}
    for word in words_of("ko"):
        parts = letters(word)
        for at in range(len(parts)):
            key = (len(word), at, *parts[:at], *parts[at + 1 :])
            assert seen.setdefault(key, word) == word


def test_it_knows_two_languages() -> None:
    with pytest.raises(ValueError, match="'ja'"):
        words_of("ja")
