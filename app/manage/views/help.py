"""Help: what people ask most, and where each page's own explanation is (A16)."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.inquiries.queries import count_news
from app.manage.views import blueprint
from app.routes import agent_only, current_identity

__all__: list[str] = []

QUESTIONS = (
    (
        _l("고객은 어떻게 들어옵니까?"),
        _l(
            "접속 페이지 주소를 알려 주고 상담원의 번호를 누르거나 코드를 넣게 하십시오. "
            "고객은 아무것도 설치하지 않으며, 받은 프로그램은 지원이 끝나면 지워집니다."
        ),
    ),
    (
        _l("상담원이 쓸 수 없는 기능이 있습니다. 왜 그렇습니까?"),
        _l(
            "옵션 관리에서 그 상담원을 고르고 '정한 곳'을 누르면 서비스 운영, 회사, 부서, 상담원 가운데 "
            "누가 껐는지 보입니다. 켜져 있어도 고객이 허용하지 않으면 쓸 수 없습니다."
        ),
    ),
    (
        _l("상담원을 한꺼번에 만들 수 있습니까?"),
        _l(
            "상담원 관리의 '파일로 올리기'에서 CSV 파일을 올리십시오. 무엇이 달라지는지 먼저 보여 드리고, "
            "고칠 것이 하나라도 있으면 아무것도 저장하지 않습니다."
        ),
    ),
    (
        _l("상담원이 비밀번호를 잊었습니다."),
        _l(
            "로그인 화면의 '비밀번호를 잊으셨습니까?'에서 등록된 이메일로 링크를 받을 수 있습니다. "
            "관리자가 상담원 관리에서 새로 정해 줄 수도 있습니다."
        ),
    ),
    (
        _l("상담원을 지우면 지원 기록도 지워집니까?"),
        _l("아닙니다. 기록에는 그 상담원의 이름이 그대로 남습니다."),
    ),
    (
        _l("누가 무엇을 바꾸었는지 알 수 있습니까?"),
        _l(
            "사용 기록에 모든 로그인과 관리 작업이 IP와 함께 남습니다. 아무도 고치거나 지울 수 없고, "
            "CSV나 엑셀로 받을 수 있습니다."
        ),
    ),
    (
        _l("화면에 B-12 같은 코드가 보입니다."),
        _l("무슨 일이 있었는지 알려 주는 짧은 코드입니다. 운영자에게 문의할 때 이 코드를 말씀해 주십시오."),
    ),
)


@blueprint.get("/manage/help")
@agent_only
def help_page() -> ResponseReturnValue:
    """Questions and answers."""
    news = count_news(current_identity().agent_id or 0)
    return render_template("manage/help.html", questions=QUESTIONS, news=news)
