"""The shape of what the agent pages send. What may be stored is decided in app/team."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import EqualTo, InputRequired, Length

from app.team.queries import list_departments
from app.team.rules import MAX_NAME

__all__ = ["AgentForm", "NewAgentForm"]

SEATS = [SelectChoice("pc", _l("PC")), SelectChoice("pc_mobile", _l("PC + 모바일"))]


class AgentForm(FlaskForm):  # type: ignore[misc]  # the library has no types
    """What may be changed of an agent; an empty password stays as it is."""

    name = StringField(_l("이름"), [InputRequired(_l("이름을 적어 주십시오.")), Length(max=MAX_NAME)])
    password = PasswordField(_l("비밀번호"), [Length(max=128)])
    password_again = PasswordField(
        _l("비밀번호 다시"), [EqualTo("password", _l("두 비밀번호가 서로 다릅니다."))]
    )
    department = SelectField(_l("부서"), validate_choice=True)
    seat = SelectField(_l("이용"), choices=SEATS)
    phone = StringField(_l("전화번호"), [Length(max=30)])
    email = StringField(_l("이메일"), [Length(max=254)])
    version = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        departments = [row for row, _count in list_departments()]
        self.ids = {row.public_id: row.id for row in departments}
        self.department.choices = [
            SelectChoice("", _l("부서 없음")),
            *(SelectChoice(row.public_id, row.name) for row in departments),
        ]

    @property
    def department_id(self) -> int | None:
        """The chosen department's database id."""
        return self.ids.get(self.department.data or "")

    @property
    def version_number(self) -> int:
        """The version that the page showed; -1, which never fits, when somebody wrote something else."""
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


class NewAgentForm(AgentForm):
    """An agent to be made: with an id, which never changes, and a password."""

    login_id = StringField(_l("아이디"), [InputRequired(_l("아이디를 적어 주십시오.")), Length(max=64)])
    password = PasswordField(
        _l("비밀번호"), [InputRequired(_l("비밀번호를 적어 주십시오.")), Length(max=128)]
    )
