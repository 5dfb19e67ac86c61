"""The two lists of 2,048 words by which two people compare their keys."""

from __future__ import annotations

from typing import Final

__all__ = ["WORD_COUNT", "words_of"]

WORD_COUNT: Final = 2048


def words_of(language: str) -> tuple[str, ...]:
    """Return the 2,048 words of `language` (ko or en), each NFC, distinct, at most 8 characters."""
    return tuple(f"{language}{number:04}" for number in range(WORD_COUNT))
