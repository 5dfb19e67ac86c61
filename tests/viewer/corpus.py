"""What an agent types: Hangul, Hanja, emoji, all printable ASCII, marks and letters of others."""

from __future__ import annotations

from typing import Final

__all__ = ["ASCII", "SHORT", "WHOLE", "keysyms_of_line"]

ASCII: Final = "".join(chr(code) for code in range(0x20, 0x7F))
JAMO: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ ㅋㅋㅋ ㅠㅠ"
SENTENCES: Final = (
    "안녕하세요, 바로헬프입니다. 무엇을 도와드릴까요?",
    "값을 읽고 닭을 볶아 얹은 넓은 밭을 밟고 훑어 꿇었다.",
    "뷁쀍쒧휔궯 똠방각하 펲시콜라 됬됐돼되",
    "동해물과 백두산이 마르고 닳도록 하느님이 보우하사",
)
# Every first consonant with every vowel, and every final consonant once.
SYLLABLES: Final = tuple(
    "".join(chr(0xAC00 + (first * 21 + vowel) * 28) for vowel in range(21)) for first in range(19)
) + ("".join(chr(0xAC00 + final) for final in range(28)),)
HANJA: Final = "大韓民國 漢字 入力 試驗 顧客 支援 龍 龜 鬱 \u9f98"
EMOJI: Final = "😀👍🎉🚀🇰🇷👨‍👩‍👧❤️🥲"
OTHERS: Final = "äöüßÀÉñçøå €£¥₩ Жуковский αβγδω 日本語カタカナ ½×÷±§¶ “따옴표” … — •"

SHORT: Final = "\n".join((ASCII, SENTENCES[0], SENTENCES[1][:20], HANJA[:7], EMOJI[:3], OTHERS[:13]))
WHOLE: Final = "\n".join((ASCII, JAMO, *SENTENCES, *SYLLABLES, HANJA, EMOJI, OTHERS))


def keysyms_of_line(text: str) -> list[int]:
    """The key symbols that a keyboard would give for the text."""
    from customer_agent.input.keys import keysyms_of

    return list(keysyms_of(text))
