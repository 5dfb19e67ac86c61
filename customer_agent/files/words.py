"""What the customer reads about a job of files: one short sentence, and a code where something went wrong."""

from __future__ import annotations

from desktop.files.elide import size_words
from desktop.files.views import JobView
from desktop.words import duration, t

__all__ = ["failure_words", "heading_words", "state_words"]


def heading_words(view: JobView) -> str:
    """What happens, from the customer's side."""
    if view.way == "in":
        return t("상담원이 보낸 파일")
    return t("상담원에게 보내는 파일")


def state_words(view: JobView) -> str:
    """How it stands."""
    size = size_words(view.size)
    if view.state == "running" and view.remaining_s is not None:
        return t(
            "%(done)s / %(size)s · 남은 시간 %(left)s",
            done=size_words(view.done),
            size=size,
            left=duration(view.remaining_s + 0.5),
        )
    if view.state in ("failed", "refused"):
        return failure_words(view.code)
    words = {
        "waiting": t("기다리는 중입니다."),
        "asked": t("기다리는 중입니다."),
        "running": t("옮기는 중입니다."),
        "paused": t("멈추었습니다."),
        "paused_there": t("상담원이 멈추었습니다."),
        "broken": t("연결을 기다리고 있습니다. 이어서 옮깁니다."),
        "done": t("다 옮겼습니다. (%(size)s)", size=size),
        "partly": t("일부를 옮기지 못했습니다."),
    }
    return words[view.state]


def failure_words(code: str) -> str:
    """Why it did not come, in one sentence."""
    known = {
        "cancelled": t("취소되었습니다."),
        "over": t("원격지원이 끝나 멈추었습니다."),
        "refused": t("상담원이 받지 않았습니다."),
        "disk_full": t("저장할 공간이 모자랍니다. (B-61)"),
        "read_only": t("저장할 폴더에 쓸 수 없습니다. (B-62)"),
        "changed": t("보내는 동안 파일이 바뀌었습니다. (B-63)"),
        "unreadable": t("파일을 읽을 수 없습니다. (B-64)"),
        "missing": t("파일이 없습니다. (B-64)"),
        "not_a_file": t("보낼 수 있는 파일이 아닙니다. (B-64)"),
        "name": t("파일 이름을 저장할 수 없습니다. (B-65)"),
        "too_big": t("너무 큽니다. 나누어 보내 주십시오. (B-65)"),
        "too_many": t("파일이 너무 많습니다. 압축해서 보내 주십시오. (B-65)"),
        "hash": t("파일이 손상되어 버렸습니다. (B-66)"),
        "not_allowed": t("허용하지 않은 파일이라 막았습니다. (B-67)"),
        "paused": t("일시 정지 중이라 막았습니다. (B-67)"),
        "option": t("회사에서 꺼 둔 기능이라 막았습니다. (B-60)"),
        "protocol": t("상대 프로그램이 약속을 어겨 파일 전송을 멈추었습니다. (B-68)"),
    }
    return known.get(code, t("옮기지 못했습니다. (B-69)"))
