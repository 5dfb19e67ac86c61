"""What went wrong with the line, in one sentence of the reader's language, for both programs."""

from __future__ import annotations

from importlib import resources

from desktop import words
from desktop.proxy import PROXY_LOGIN, PROXY_REFUSED
from desktop.tls import CERTIFICATE_REFUSED
from desktop.words import t

__all__ = ["line_sentence", "way_words"]

words.add_table(resources.files("desktop") / "locale" / "desktop.en.json")


def line_sentence(code: str) -> str | None:
    """Return the sentence for a failure of the line, None for a code that is not the line's."""
    return {
        PROXY_LOGIN: t("회사의 프록시가 이름과 비밀번호를 묻습니다. 프록시 설정에 적어 주십시오."),
        PROXY_REFUSED: t("프록시를 지나갈 수 없습니다. 프록시 설정을 확인해 주십시오."),
        CERTIFICATE_REFUSED: t(
            "서버의 인증서를 믿을 수 없어 연결하지 않았습니다. PC의 시계를 확인하고 담당자에게 문의하십시오."
        ),
    }.get(code)


def way_words(way: str) -> str:
    """Return how the two ends are connected: "direct" or "relay"."""
    return t("직접 연결") if way == "direct" else t("중계")
