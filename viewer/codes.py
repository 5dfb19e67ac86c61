"""Words for what comes as a code: docs/codes.md's codes in one sentence, satisfaction grades in one word."""

from __future__ import annotations

from desktop.words import t

__all__ = ["grade_words", "sentence"]


def sentence(code: str) -> str:
    """The sentence with its code at the end; an unknown code gets a general one."""
    known = {
        "B-10": t("서버에 연결할 수 없습니다. 인터넷 연결과 서버 주소를 확인하십시오."),
        "B-16": t("고객 쪽의 화면 자료를 읽을 수 없어 연결을 끊었습니다."),
        "B-23": t("그 사이에 다른 사람이 먼저 연결했습니다."),
        "B-24": t("접속대기는 다섯 개까지 만들 수 있습니다."),
        "B-25": t("지원 중인 접속대기입니다. 먼저 지원을 끝내십시오."),
        "B-27": t("기다리는 고객이 없습니다. 고객이 나갔을 수 있습니다."),
        "B-28": t("고객사의 서비스가 멈추었습니다. 관리자에게 문의하십시오."),
        "B-29": t("중계 서버가 없습니다. 관리자에게 문의하십시오."),
        "B-31": t("상대를 확인할 수 없어 연결을 끊었습니다. 고객에게 전화로 확인하십시오."),
        "B-32": t("상대를 확인할 수 없어 연결을 끊었습니다. 고객에게 전화로 확인하십시오."),
        "B-34": t("이미 끝난 지원입니다."),
        "B-35": t("고객의 프로그램이 이미 실행 중입니다."),
        "B-44": t("찾을 수 없습니다. 이미 지워졌을 수 있습니다."),
        "B-53": t("서버가 바쁩니다. 잠시 뒤 다시 시도해 주십시오."),
        "B-70": t("고객이 복사한 글이 10 MB보다 커서 받지 못했습니다."),
        "unknown": t("서버가 이 기능을 모릅니다. 프로그램을 새로 받으십시오."),
        "busy": t("서버와 연결이 끊겨 기다리는 중입니다. 잠시 뒤 다시 시도해 주십시오."),
    }
    text = known.get(code, t("요청을 처리하지 못했습니다. 잠시 뒤 다시 시도해 주십시오."))
    return f"{text} ({code})"


def grade_words(grade: str) -> str:
    """A satisfaction grade for the agent."""
    return {
        "satisfied": t("만족"),
        "neutral": t("보통"),
        "dissatisfied": t("불만족"),
    }.get(grade, grade)
