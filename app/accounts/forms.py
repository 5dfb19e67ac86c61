"""The shape of what the log-in page sends."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

__all__ = ["LogInForm"]


class LogInForm(FlaskForm):  # type: ignore[misc]  # the library has no types
    """Company, id, password."""

    tenant = StringField(
        _l("고객사 아이디"), [InputRequired(_l("고객사 아이디를 적어 주십시오.")), Length(max=31)]
    )
    login_id = StringField(_l("아이디"), [InputRequired(_l("아이디를 적어 주십시오.")), Length(max=64)])
    password = PasswordField(
        _l("비밀번호"), [InputRequired(_l("비밀번호를 적어 주십시오.")), Length(max=128)]
    )
