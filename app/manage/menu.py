"""The menu at the left of every console page, in the order of the manuals. It shows only what exists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, current_app, g, request
from flask_babel import lazy_gettext as _l

from app.inquiries.queries import count_news
from app.routes import Caller, declared_callers
from app.team.models import Agent
from app.team.queries import get_agent

__all__ = ["Group", "Item", "init_app", "list_menu"]


@dataclass(frozen=True, slots=True)
class Item:
    """One page: its address, its words, what it is for (on the front page's card), its icon."""

    endpoint: str
    label: Any
    purpose: Any
    icon: str
    #: Endpoints that begin so belong to it too.
    prefix: str = ""
    #: How many things wait there to be looked at; drawn beside the words where there are some.
    count: Callable[[], int] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the page on the screen is this one or below it."""
        here = request.endpoint or ""
        return here == self.endpoint or bool(self.prefix and here.startswith(self.prefix))


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the menu with its pages."""

    label: Any
    items: tuple[Item, ...]


def _my_news() -> int:
    """Answers of the operator that the caller has not read; asked for once a page."""
    if "my_news" not in g:
        g.my_news = count_news(g.identity.agent_id)
    return int(g.my_news)


_MENU: Final = (
    Group(
        _l("원격지원관리"),
        (
            Item(
                "console.slots",
                _l("상담 콘솔"),
                _l("브라우저에서 고객을 기다리고, 고객의 화면을 보고 다룹니다."),
                "monitor",
            ),
            Item(
                "manage.list_departments",
                _l("부서 관리"),
                _l("부서를 만들고 이름을 바꾸고 지웁니다."),
                "folder",
                "manage.department_",
            ),
            Item(
                "manage.list_agents",
                _l("상담원 관리"),
                _l("상담원을 만들고 상태와 접속 기록을 봅니다."),
                "users",
                "manage.agent_",
            ),
            Item(
                "manage.list_options",
                _l("옵션 관리"),
                _l("상담원이 쓸 수 있는 기능을 회사, 부서, 상담원마다 정합니다."),
                "sliders",
                "manage.option_",
            ),
            Item(
                "manage.settings",
                _l("기본 설정"),
                _l("접속 코드, IP 보이기, 상담 시간과 안내문을 정합니다."),
                "sliders",
            ),
            Item(
                "manage.list_issue_types",
                _l("상담 유형 관리"),
                _l("지원을 마칠 때 고르는 유형을 만들고 순서를 정합니다."),
                "check",
                "manage.issue_type_",
            ),
        ),
    ),
    Group(
        _l("지원기록"),
        (
            Item(
                "manage.my_records",
                _l("내 지원 기록"),
                _l("내가 지원한 고객과 시간을 보고, 상담 유형과 결과를 적습니다."),
                "clipboard",
                "manage.my_record",
            ),
        ),
    ),
    Group(
        _l("통계"),
        (
            Item(
                "manage.my_statistics",
                _l("내 통계"),
                _l("내가 몇 번, 얼마나 오래 지원했는지 봅니다."),
                "clock",
            ),
        ),
    ),
    Group(
        _l("서비스"),
        (
            Item(
                "manage.downloads",
                _l("자료실"),
                _l("프로그램과 설명서를 받습니다."),
                "download",
            ),
            Item(
                "manage.help_page",
                _l("도움말"),
                _l("자주 묻는 것과 그 답을 봅니다."),
                "check-circle",
            ),
            Item(
                "manage.list_inquiries",
                _l("1:1 문의"),
                _l("서비스 운영자에게 묻고 답을 읽습니다."),
                "mail",
                "manage.inquiry",
                _my_news,
            ),
            Item(
                "manage.list_api_keys",
                _l("API 키"),
                _l("우리 회사의 다른 프로그램이 상담원과 지원 기록을 읽게 합니다."),
                "link",
                "manage.api_key_",
            ),
        ),
    ),
    Group(
        _l("관리자정보"),
        (
            Item(
                "manage.account",
                _l("계정 정보"),
                _l("회사와 담당자 정보를 보고 바꿉니다."),
                "home",
            ),
            Item(
                "manage.log_in_rules",
                _l("로그인 설정"),
                _l("허용 IP, 로그인 실패 횟수, 자동 로그아웃, 2단계 로그인을 정합니다."),
                "shield",
                "manage.log_in_",
            ),
            Item(
                "manage.list_log",
                _l("사용 기록"),
                _l("누가 언제 어디에서 무엇을 했는지 봅니다. 아무도 고칠 수 없습니다."),
                "list",
            ),
        ),
    ),
    Group(
        _l("내 정보"),
        (
            Item(
                "manage.own",
                _l("내 정보"),
                _l("연락처와 로그인한 곳을 보고 바꿉니다."),
                "person",
                "manage.own",
            ),
        ),
    ),
)


def list_menu() -> list[Group]:
    """The groups with what the caller may open; empty ones are left out."""
    if g.get("identity") is None:
        return []
    shown = [Group(group.label, tuple(i for i in group.items if _may_open(i))) for group in _MENU]
    return [group for group in shown if group.items]


def init_app(app: Flask) -> None:
    """Give the layout `console_menu()` and `me()`."""
    app.jinja_env.globals.update(console_menu=list_menu, me=_me)


def _may_open(item: Item) -> bool:
    caller: Caller = g.identity.caller
    allowed = declared_callers(current_app._get_current_object(), item.endpoint)  # type: ignore[attr-defined]
    return caller in (allowed or ())


def _me() -> Agent:
    """The agent who is logged in; asked for once a page."""
    if "me" not in g:
        g.me = get_agent(g.identity.agent_id)
    agent: Agent = g.me
    return agent
