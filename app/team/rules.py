"""What an agent's id, password and details look like. Pure. Source: spec A2.

Common passwords are known by their core: letters only, without case, with the usual stand-ins read back
("P@ssw0rd1!" is "password"). A list of whole passwords would miss the next year's "Password2027".
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "MAX_NAME",
    "is_common_password",
    "is_strong_password",
    "is_valid_email",
    "is_valid_login_id",
    "is_valid_phone",
    "login_key",
    "missing_in_password",
]

_LOGIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{4,12}")
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()-]{5,28}")
MAX_NAME: Final = 40
MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 128


def login_key(login_id: str) -> str:
    """The form in which ids are compared: without case and without blanks at the ends."""
    return login_id.strip().casefold()


def is_valid_login_id(login_id: str) -> bool:
    """Whether a new agent may have this id: 4 to 12 letters, digits, - or _."""
    return _LOGIN_ID.fullmatch(login_id) is not None


def is_strong_password(password: str) -> bool:
    """Whether a new password has 8 to 128 characters: small and capital letters and a digit."""
    return not missing_in_password(password)


def missing_in_password(password: str) -> list[str]:
    """What a new password lacks: any of length, lower, upper, digit."""
    tests = {"lower": str.islower, "upper": str.isupper, "digit": str.isdigit}
    missing = [] if MIN_PASSWORD <= len(password) <= MAX_PASSWORD else ["length"]
    return missing + [name for name, test in tests.items() if not any(test(c) for c in password)]


def is_common_password(password: str, login_id: str = "") -> bool:
    """Whether a guesser would try it early: a known word or key row, decorated, or with the id in it."""
    folded = password.casefold()
    own = login_key(login_id)
    if own and own in folded:
        return True
    core = re.sub(r"[^a-z]", "", folded.translate(_STAND_INS).strip("i"))
    plain = re.sub(r"[^a-z]", "", folded)
    return any(word in _COMMON_CORES or _is_one_repeated(word) for word in (core, plain))


def is_valid_phone(phone: str) -> bool:
    """Whether it can be dialled: 6 to 29 digits, blanks, hyphens and brackets, or empty."""
    return phone == "" or _PHONE.fullmatch(phone) is not None


def is_valid_email(email: str) -> bool:
    """Whether mail could go there, or empty; whether it arrives is another question."""
    return email == "" or (len(email) <= 254 and _EMAIL.fullmatch(email) is not None)


def _is_one_repeated(word: str) -> bool:
    return any(word == word[:size] * (len(word) // size) for size in (1, 2, 3) if len(word) > size)


_STAND_INS: Final = str.maketrans(
    {"@": "a", "4": "a", "0": "o", "1": "i", "!": "i", "3": "e", "$": "s", "5": "s", "7": "t"}
)
#: Cores seen at the top of published lists of leaked passwords, those of Korean key habits included.
_COMMON_CORES: Final = frozenset(
    """
    a aa ab abc abcd abcde abcdef abcdefg abcdefgh ac access account ad admin administrator
    adobe alex alexander amanda amour andrew angel anthony apple as asd asdasd asdf asdfg asdfgh asdfghj
    asdfghjk asdfghjkl asdfjkl ashley asdfqwer asdqwe austin azerty baby babygirl baek bailey barcelona
    baseball basketball batman buster butterfly cambiami changeme charlie cheese chelsea chocolate choi
    chris christian company computer cookie daniel daum dbsk default demo diamond dkssud dragon eagle
    family flower football freedom friend friends fuckyou ginger google guest hannah harley hello
    helloworld help heslo hottie hunter hyundai iloveyou internet jennifer jessica jordan joshua justin
    kakao kang killer kim kimchi korea lee letmein liverpool london love lovely lovelove loveme maggie
    manager mario master matrix matthew michael michelle minecraft monkey monster mother mustang mynoob
    mypass mypassword naver newpassword nicole ninja nothing office oracle orange park pass passpass
    passw passwd passwo passwor password passwords peanut pepper pokemon princess purple q qa qaz qazqaz
    qazwsx qazwsxedc qq qw qwe qweasd qweasdzxc qweqwe qwer qwerasdf qwerqwer qwert qwerty qwertyu
    qwertyui qwertyuiop qwertz qwezxc raksu root samsung secret seoul server service shadow soccer
    sophie spring star starwars student summer sunshine super superman support sysadmin system temp
    teamviewer temporary test tester testing testtest thomas tiger tigger trustno trustnoi user
    welcome welcomeback whatever william winter qlalfqjsgh whdgkfk tkfkdgo dkdltbdb dudgml gkdl gksrnr
    x xx z zaq zaqxsw zaqwsx zx zxc zxcv zxcvb zxcvbn zxcvbnm aq aqwsx wsx edc rfv
    """.split()  # noqa: SIM905  # a list of words reads as words
)
