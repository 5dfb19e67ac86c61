"""What somebody who asks or answers can do something about."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import lazy_gettext as _l

from app.errors import AppError
from app.inquiries import rules
from app.inquiries.rules import Problem

__all__ = ["InquiryMoved", "InquiryRejected", "StaleForm"]

_SENTENCES: Final[dict[Problem, Any]] = {
    Problem.SUBJECT: _l("제목을 1~%(most)d자로 적어 주십시오.", most=rules.MAX_SUBJECT),
    Problem.TEXT: _l("내용을 1~%(most)s자로 적어 주십시오.", most=f"{rules.MAX_TEXT:,}"),
    Problem.OPEN: _l(
        "답을 기다리는 문의가 %(most)d건입니다. 답을 받거나 필요 없는 문의를 닫은 뒤에 다시 보내 주십시오.",
        most=rules.MAX_OPEN,
    ),
    Problem.OPEN_EACH: _l(
        "답을 기다리는 내 문의가 %(most)d건입니다. 급한 일은 회사의 관리자에게 말씀해 주십시오.",
        most=rules.MAX_OPEN_EACH,
    ),
    Problem.NEW_A_DAY: _l(
        "우리 회사에서 하루에 문의를 %(most)d건까지 보낼 수 있습니다. 내일 다시 보내 주십시오.",
        most=rules.MAX_NEW_A_DAY,
    ),
    Problem.MESSAGES_A_DAY: _l(
        "우리 회사에서 하루에 글을 %(most)d개까지 보낼 수 있습니다. 내일 다시 보내 주십시오.",
        most=rules.MAX_MESSAGES_A_DAY,
    ),
    Problem.MESSAGES: _l(
        "이 문의에는 글이 %(most)d개나 있습니다. 새 문의로 보내 주십시오.", most=rules.MAX_MESSAGES
    ),
}


class InquiryRejected(AppError):
    """It cannot be sent so; `name` is the field at fault, "" when it is none."""

    status = 422
    code = "B-46"

    def __init__(self, problem: Problem) -> None:
        super().__init__(_SENTENCES[problem])
        self.name = str(problem) if problem in (Problem.SUBJECT, Problem.TEXT) else ""


class InquiryMoved(AppError):
    """Somebody wrote or closed it between this page's opening and its sending."""

    status = 409
    code = "B-46"

    def __init__(self) -> None:
        super().__init__(
            _l("그사이 이 문의가 바뀌었습니다. 새 글을 읽고 다시 보내 주십시오. 적은 글은 그대로 있습니다.")
        )


class StaleForm(AppError):
    """The page's form cannot be told from one that was sent before."""

    status = 409
    code = "B-46"

    def __init__(self) -> None:
        super().__init__(_l("페이지가 오래되었습니다. 적은 글은 그대로 있습니다. 한 번 더 보내 주십시오."))
