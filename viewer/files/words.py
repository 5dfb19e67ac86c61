"""What the agent reads about a job of files: state, speed, what went wrong and its code."""

from __future__ import annotations

from desktop.files.elide import size_words
from desktop.files.views import JobView
from desktop.words import duration, t

__all__ = [
    "failure_words",
    "progress_words",
    "refusal_words",
    "remaining_words",
    "speed_words",
    "state_words",
]


def state_words(view: JobView) -> str:
    """How the job stands, in a word or a short sentence."""
    if view.state in ("failed", "refused"):
        return failure_words(view.code)
    words = {
        "waiting": t("대기"),
        "asked": t("고객이 보냅니다. 받으시겠습니까?"),
        "running": t("받는 중") if view.way == "in" else t("보내는 중"),
        "paused": t("일시 정지"),
        "paused_there": t("고객이 멈춤"),
        "broken": t("연결을 기다리는 중"),
        "done": t("완료"),
        "partly": t("일부 실패"),
    }
    return words[view.state]


def progress_words(view: JobView) -> str:
    """How much is through: per cent, and files where there are several."""
    if view.state in ("asked", "refused"):
        return ""
    share = (
        100 if not view.size and view.state == "done" else 100 * view.done // view.size if view.size else 0
    )
    if view.files > 1:
        return t("%(share)d%% · %(done)d/%(all)d개", share=share, done=view.files_done, all=view.files)
    return f"{share}%"


def speed_words(view: JobView) -> str:
    """Bytes a second."""
    if view.state != "running" or view.bytes_per_s <= 0:
        return ""
    return t("초당 %(size)s", size=size_words(view.bytes_per_s))


def remaining_words(view: JobView) -> str:
    """How long it still takes."""
    if view.state != "running" or view.remaining_s is None:
        return ""
    return duration(view.remaining_s + 0.5)


def failure_words(code: str) -> str:
    """Why a file or job did not come, in one sentence."""
    known = {
        "cancelled": t("취소됨"),
        "over": t("지원이 끝나 멈춤"),
        "refused": t("받지 않음"),
        "disk_full": t("받는 쪽 공간이 모자랍니다. (B-61)"),
        "read_only": t("받는 폴더에 쓸 수 없습니다. (B-62)"),
        "changed": t("보내는 동안 파일이 바뀌었습니다. (B-63)"),
        "unreadable": t("파일을 읽을 수 없습니다. (B-64)"),
        "missing": t("파일이 없습니다. (B-64)"),
        "not_a_file": t("보낼 수 있는 파일이 아닙니다. (B-64)"),
        "name": t("이름이나 폴더 깊이를 저장할 수 없습니다. (B-65)"),
        "too_big": t("너무 큽니다. 나누어 보내십시오. (B-65)"),
        "too_many": t("파일이 너무 많습니다. 압축해서 보내십시오. (B-65)"),
        "hash": t("받은 파일이 원본과 달라 버렸습니다. (B-66)"),
        "not_allowed": t("고객이 허용하지 않았습니다. (B-67)"),
        "paused": t("고객이 일시 정지해 막혔습니다. (B-67)"),
        "option": t("관리자가 꺼 둔 기능입니다. (B-60)"),
        "protocol": t("상대 프로그램이 약속을 어겨 멈추었습니다. (B-68)"),
    }
    return known.get(code, t("옮기지 못했습니다. (B-69)"))


def refusal_words(code: str) -> str:
    """Why a request got nothing."""
    known = {
        "refused": t("고객이 파일을 보내지 않기로 했습니다."),
        "timeout": t("고객이 답하지 않았습니다."),
        "broken": t("연결이 끊겨 요청이 사라졌습니다. 다시 요청하십시오."),
        "busy": t("앞선 요청의 답을 기다리는 중입니다."),
    }
    return known.get(code) or failure_words(code)
