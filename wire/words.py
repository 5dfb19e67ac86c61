"""The two lists of 2,048 words by which two people compare their keys over the phone.

Decides which word stands for which 11 bits, in Korean and in English; the two people may read in different
languages only if both choose the same one for the comparison. Leaves which bits to wire/seal.py. The lists
are ours.
"""

from __future__ import annotations

from typing import Final

__all__ = ["WORD_COUNT", "words_of"]

WORD_COUNT: Final = 2048


def words_of(language: str) -> tuple[str, ...]:
    """Return the 2,048 words of `language` (ko or en) in their order; raises ValueError for another
    language.
    """
    if language == "ko":
        from wire.words_ko import WORDS
    elif language == "en":
        from wire.words_en import WORDS
    else:
        raise ValueError(f"there are no words in {language!r}")
    return WORDS
