"""The menu of the operator's console, in the shape that the layout of all consoles draws."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, g
from flask_babel import lazy_gettext as _l

from app.inquiries.queries import count_waiting
from app.manage.menu import Group, Item
from app.operator.doer import my_row

__all__ = ["init_app"]

_MENU: Final = [
    Group(
        _l("고객사"),
        (
            Item("operator.list_companies", _l("고객사 관리"), "", "users", "operator.company"),
            Item("operator.list_options", _l("옵션 막기"), "", "sliders"),
            Item("operator.list_inquiries", _l("1:1 문의"), "", "mail", "operator.inquiry", count_waiting),
            Item("operator.list_notices", _l("공지"), "", "alert"),
            Item("operator.list_letters", _l("편지"), "", "list"),
        ),
    ),
    Group(
        _l("운영자"),
        (
            Item("operator.list_log", _l("운영 기록"), "", "list"),
            Item("operator.own", _l("내 정보"), "", "person"),
        ),
    ),
]


def init_app(app: Flask) -> None:
    """Let the layout's `console_menu()` draw ours for operators; everybody else's stays as it is."""
    others: Any = app.jinja_env.globals["console_menu"]

    def menu() -> Any:
        return _MENU if g.get("identity") is not None and g.identity.operator_id else others()

    app.jinja_env.globals.update(console_menu=menu, my_operator=my_row)
