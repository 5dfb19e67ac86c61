"""What a code means to the customer, in one kind sentence; the code stands at its end, to be read out."""

from __future__ import annotations

from desktop.line_words import line_sentence
from desktop.words import t

__all__ = ["problem_sentence", "screen_sentence"]


def problem_sentence(code: str, text: str = "") -> str:
    """The sentence for `code`; `text` is what the web half said in the reader's language, and wins."""
    known = {
        "B-10": t("서버에 연결할 수 없습니다. 인터넷 연결을 확인하고 다시 눌러 주십시오."),
        "B-12": t("연결이 끊겼습니다. 다시 연결하고 있습니다."),
        "B-26": t("이 프로그램은 더 쓸 수 없습니다. 고객 페이지에서 다시 받아 주십시오."),
        "B-28": t("지금은 이 회사의 원격지원을 이용할 수 없습니다. 회사에 문의해 주십시오."),
        "B-31": t("상대를 확인할 수 없어 연결을 끊었습니다. 상담원에게 전화로 확인해 주십시오."),
        "B-32": t("상대를 확인할 수 없어 연결을 끊었습니다. 상담원에게 전화로 확인해 주십시오."),
        "B-34": t("이미 끝난 원격지원입니다."),
    }
    unknown = t("연결하지 못했습니다. 상담원에게 코드를 알려 주십시오.")
    sentence = text or line_sentence(code) or known.get(code, unknown)
    return f"{sentence} ({code})" if code and code not in sentence else sentence


def screen_sentence(lacking: str) -> str:
    """Why the screen cannot be shared; `lacking` is the name of an Unsupported."""
    if lacking == "Wayland":
        return t(
            "이 데스크톱(Wayland)은 화면을 나누지 못하게 합니다.\n"
            "로그아웃한 뒤 로그인 화면에서 Xorg 또는 X11을 골라 주십시오."
        )
    return t("이 PC에서는 화면을 나눌 수 없습니다.")
