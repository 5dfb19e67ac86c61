"""The shape of what the log-in pages send."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

__all__ = ["AskResetForm", "CodeForm", "LogInForm", "NewPasswordForm"]


class LogInForm(FlaskForm):  # type: ignore[misc]  # the library has no types
    """Company, id, password."""

    tenant = StringField(
        _l("고객사 아이디"), [InputRequired(_l("고객사 아이디를 적어 주십시오.")), Length(max=31)]
    )
    login_id = StringField(_l("아이디"), [InputRequired(_l("아이디를 적어 주십시오.")), Length(max=64)])
    password = PasswordField(
        _l("비밀번호"), [InputRequired(_l("비밀번호를 적어 주십시오.")), Length(max=128)]
    )


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The second step's code, or a recovery code."""

    code = StringField(_l("인증 번호"), [InputRequired(_l("인증 번호를 적어 주십시오.")), Length(max=40)])


class AskResetForm(FlaskForm):  # type: ignore[misc]
    """Whose password was forgotten."""

    tenant = StringField(
        _l("고객사 아이디"), [InputRequired(_l("고객사 아이디를 적어 주십시오.")), Length(max=31)]
    )
    login_id = StringField(_l("아이디"), [InputRequired(_l("아이디를 적어 주십시오.")), Length(max=64)])


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password, twice."""

    password = PasswordField(
        _l("새 비밀번호"), [InputRequired(_l("새 비밀번호를 적어 주십시오.")), Length(max=128)]
    )
    password_again = PasswordField(
        _l("새 비밀번호 다시"), [EqualTo("password", _l("두 비밀번호가 서로 다릅니다."))]
    )
