"""What letters say, in both languages: a subject and plain text each. Pure.

Plain text only: it is read everywhere, and nothing in it can be clicked that is not what it says. Names come
from people, so line breaks are taken out of them before they stand in a subject.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["LANGUAGES", "LETTERS", "Letter", "Written", "write"]

LANGUAGES: Final = ("ko", "en")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """One kind of letter: subject and text, with the values that it is given in {braces}."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """A letter ready to be sent."""

    subject: str
    text: str


LETTERS: Final[Mapping[str, Mapping[str, Letter]]] = {
    "password_reset": {
        "ko": Letter(
            "[바로헬프] {company} 비밀번호를 새로 정해 주십시오",
            """{name} 님, 안녕하십니까.

{company}의 {login_id} 계정에서 비밀번호를 새로 정하겠다는 요청을 받았습니다.
아래 주소를 열어 {minutes}분 안에 새 비밀번호를 정해 주십시오. 한 번만 쓸 수 있습니다.

{link}

직접 요청하지 않으셨다면 이 편지를 지우시면 됩니다. 비밀번호는 그대로입니다.
누구에게도 이 주소를 알려 주지 마십시오. 바로헬프는 비밀번호를 묻지 않습니다.

바로헬프
""",
        ),
        "en": Letter(
            "[BaroHelp] Choose a new password for {company}",
            """Hello {name},

somebody asked for a new password for the account {login_id} of {company}.
Open this address within {minutes} minutes and choose one. It works once.

{link}

If it was not you, delete this letter; your password stays as it is.
Give the address to nobody. BaroHelp never asks for your password.

BaroHelp
""",
        ),
    },
    "invitation": {
        "ko": Letter(
            "[바로헬프] {company} 상담원으로 초대합니다",
            """{name} 님, 안녕하십니까.

{company}에서 상담원 계정 {login_id}을(를) 만들었습니다.
아래 주소를 열어 {days}일 안에 비밀번호를 정해 주십시오. 한 번만 쓸 수 있습니다.

{link}

누구에게도 이 주소를 알려 주지 마십시오. 모르는 회사라면 이 편지를 지우시면 됩니다.

바로헬프
""",
        ),
        "en": Letter(
            "[BaroHelp] {company} invites you as an agent",
            """Hello {name},

{company} has made the agent account {login_id} for you.
Open this address within {days} days and choose a password. It works once.

{link}

Give the address to nobody. If you do not know this company, delete this letter.

BaroHelp
""",
        ),
    },
    "password_changed": {
        "ko": Letter(
            "[바로헬프] {company} 비밀번호가 바뀌었습니다",
            """{name} 님, 안녕하십니까.

{company}의 {login_id} 계정 비밀번호가 {when}에 바뀌었습니다. (접속 주소 {address})
직접 바꾸지 않으셨다면 회사의 관리자에게 바로 알려 주십시오.

바로헬프
""",
        ),
        "en": Letter(
            "[BaroHelp] The password for {company} was changed",
            """Hello {name},

the password of the account {login_id} of {company} was changed at {when} (from {address}).
If it was not you, tell your company's administrator at once.

BaroHelp
""",
        ),
    },
    "email_changed": {
        "ko": Letter(
            "[바로헬프] {company} 계정의 이메일이 바뀌었습니다",
            """{name} 님, 안녕하십니까.

{company}의 {login_id} 계정에 등록된 이메일이 {when}에 이 주소가 아닌 다른 주소로 바뀌었습니다.
(접속 주소 {address}) 직접 바꾸지 않으셨다면 회사의 관리자에게 바로 알려 주십시오.

바로헬프
""",
        ),
        "en": Letter(
            "[BaroHelp] The e-mail address of your {company} account was changed",
            """Hello {name},

the account {login_id} of {company} has another e-mail address than this one since {when}
(changed from {address}). If it was not you, tell your company's administrator at once.

BaroHelp
""",
        ),
    },
    "inquiry_answered": {
        "ko": Letter(
            "[바로헬프] 문의에 답을 드렸습니다: {subject}",
            """{name} 님, 안녕하십니까.

{company}에서 보내신 문의 '{subject}'에 운영자가 답을 적었습니다.
아래 주소에서 로그인해 읽고, 더 물으실 것이 있으면 이어서 적어 주십시오.

{link}

이 편지에 답장하셔도 운영자가 받지 못합니다. 바로헬프는 비밀번호를 묻지 않습니다.

바로헬프
""",
        ),
        "en": Letter(
            "[BaroHelp] Your inquiry was answered: {subject}",
            """Hello {name},

the operator has answered the inquiry '{subject}' of {company}.
Log in at this address to read it, and write again if something is left open.

{link}

Replies to this letter reach nobody. BaroHelp never asks for your password.

BaroHelp
""",
        ),
    },
}


def write(letter: str, language: str, values: Mapping[str, object]) -> Written:
    """The letter in a language, Korean where we do not have it. Raises KeyError: no such letter or value."""
    kinds = LETTERS[letter]
    chosen = kinds[language if language in kinds else "ko"]
    tidy = {name: _CONTROL.sub(" ", str(value)) for name, value in values.items()}
    return Written(chosen.subject.format_map(tidy), chosen.text.format_map(tidy))
