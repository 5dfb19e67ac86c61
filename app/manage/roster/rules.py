"""What a roster file says and what it would change. Pure: the file's rows and what is there come in, a plan
goes out. Nothing is stored while a plan has problems, and what was carried out once plans nothing more.

An agent is known by the id. A column that is missing, or a cell that is empty, leaves what is there as it is;
a new agent needs a password in the file, or an e-mail address to be invited by.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from app.team.rules import (
    MAX_NAME,
    is_common_password,
    is_strong_password,
    is_valid_email,
    is_valid_login_id,
    is_valid_phone,
    login_key,
)

__all__ = [
    "AGENT_COLUMNS",
    "COLUMN_NAMES",
    "Changed",
    "Known",
    "New",
    "Plan",
    "Problem",
    "Room",
    "plan_agents",
    "plan_departments",
]

AGENT_COLUMNS: Final = ("login_id", "name", "department", "seat", "phone", "email", "password")
COLUMN_NAMES: Final[Mapping[str, Any]] = {
    "login_id": _l("아이디"),
    "name": _l("이름"),
    "department": _l("부서"),
    "seat": _l("이용"),
    "phone": _l("전화번호"),
    "email": _l("이메일"),
    "password": _l("비밀번호"),
}
#: What a header may be called, without case and blanks.
_HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "login_id": ("아이디", "id", "loginid", "login_id"),
    "name": ("이름", "성명", "name"),
    "department": ("부서", "부서명", "department"),
    "seat": ("이용", "seat"),
    "phone": ("전화번호", "전화", "phone"),
    "email": ("이메일", "e-mail", "email"),
    "password": ("비밀번호", "password"),
}
_SEATS: Final[Mapping[str, str]] = {
    "pc": "pc",
    "pc+모바일": "pc_mobile",
    "pc+mobile": "pc_mobile",
    "pc_mobile": "pc_mobile",
}


@dataclass(frozen=True, slots=True)
class Known:
    """An agent who is there already; `department` is its name, "" for none."""

    id: int
    version: int
    login_id: str
    name: str
    department: str
    seat: str
    phone: str
    email: str
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line of the file cannot be taken over. `line` counts from 1, the header included; 0: the file."""

    line: int
    column: str
    sentence: Any


@dataclass(frozen=True, slots=True)
class New:
    """An agent to be made; an empty password means an invitation by mail."""

    line: int
    login_id: str
    name: str
    department: str
    seat: str
    phone: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Changed:
    """What differs for an agent who is there; `values` by column, a password among them."""

    line: int
    known: Known
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Room:
    """How many agents may still be made, and how many of them with a mobile seat."""

    agents: int
    mobile: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a file would do."""

    new: tuple[New, ...] = ()
    changed: tuple[Changed, ...] = ()
    same: int = 0
    departments: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.new or self.changed or self.departments)

    @property
    def invited(self) -> int:
        """How many would get a letter."""
        return sum(1 for one in self.new if not one.password)

    def digest(self) -> str:
        """The same for the same deed: what was looked at is what is done."""
        said = [
            [(n.login_id, n.name, n.department, n.seat, n.phone, n.email, n.password) for n in self.new],
            [(c.known.id, c.known.version, sorted(c.values.items())) for c in self.changed],
            self.departments,
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def plan_agents(
    rows: Sequence[Sequence[str]],
    known: Mapping[str, Known],
    departments: Mapping[str, str],
    room: Room,
) -> Plan:
    """What the rows would do. `known` by id without case, `departments` from name without case to name."""
    columns, ignored, problems = _read_header(rows, needed=("login_id",))
    if problems:
        return Plan(problems=tuple(problems), ignored=ignored)
    new: list[New] = []
    changed: list[Changed] = []
    wanted: dict[str, str] = {}
    seen: dict[str, int] = {}
    same = 0
    for line, cells in _lines(rows, columns):
        key = login_key(cells["login_id"])
        found = list(_check(cells, known.get(key), columns))
        if key in seen:
            found.append(("login_id", _l("%(line)d번째 줄과 아이디가 같습니다.", line=seen[key])))
        seen.setdefault(key, line)
        problems += [Problem(line, column, sentence) for column, sentence in found]
        if found:
            continue
        name = _tidy(cells.get("department", ""))
        department = departments.get(name.casefold()) or wanted.get(name.casefold()) or name
        if department and department.casefold() not in departments:
            wanted.setdefault(department.casefold(), department)
        if key in known:
            values = dict(_differences(known[key], cells | {"department": department}))
            if values:
                changed.append(Changed(line, known[key], values))
            else:
                same += 1
        else:
            new.append(_new(line, cells, department))
    problems += _check_room(new, changed, room)
    problems.sort(key=lambda problem: problem.line)
    return Plan(tuple(new), tuple(changed), same, tuple(wanted.values()), tuple(problems), ignored)


def plan_departments(rows: Sequence[Sequence[str]], departments: Mapping[str, str]) -> Plan:
    """Which departments of the file are not there yet."""
    columns, ignored, problems = _read_header(rows, needed=("department",))
    wanted: dict[str, str] = {}
    same = 0
    for line, cells in _lines(rows, columns) if not problems else ():
        name = _tidy(cells["department"])
        if not 1 <= len(name) <= MAX_NAME:
            problems.append(Problem(line, "department", _l("부서 이름을 1~40자로 적어 주십시오.")))
        elif name.casefold() in departments or name.casefold() in wanted:
            same += 1
        else:
            wanted[name.casefold()] = name
    return Plan((), (), same, tuple(wanted.values()), tuple(problems), ignored)


def _read_header(
    rows: Sequence[Sequence[str]], *, needed: tuple[str, ...]
) -> tuple[dict[str, int], tuple[str, ...], list[Problem]]:
    names = {word: key for key, words in _HEADERS.items() for word in words}
    columns: dict[str, int] = {}
    ignored: list[str] = []
    for place, cell in enumerate(rows[0] if rows else ()):
        key = names.get(cell.casefold().replace(" ", ""))
        if key is None or key in columns:
            ignored.append(cell)
        else:
            columns[key] = place
    missing = [key for key in needed if key not in columns]
    problems = [
        Problem(
            1 if rows else 0,
            key,
            _l("첫 줄에 '%(column)s' 열이 있어야 합니다.", column=COLUMN_NAMES[key]),
        )
        for key in missing
    ]
    return columns, tuple(filter(None, ignored)), problems


def _lines(rows: Sequence[Sequence[str]], columns: Mapping[str, int]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line that says something, with its number; a short line has empty cells at its end."""
    for number, row in enumerate(rows[1:], start=2):
        if any(row):
            yield number, {key: row[at] if at < len(row) else "" for key, at in columns.items()}


def _check(
    cells: Mapping[str, str], known: Known | None, columns: Mapping[str, int]
) -> Iterator[tuple[str, Any]]:
    """What is wrong in one line, by column."""
    login_id, name = cells["login_id"], cells.get("name", "")
    if known is None and not is_valid_login_id(login_id):
        yield "login_id", _l("아이디는 영문, 숫자, -, _ 4~12자로 정해 주십시오.")
    if (known is None and not name) or len(name) > MAX_NAME:
        yield "name", _l("이름을 1~40자로 적어 주십시오.")
    if len(_tidy(cells.get("department", ""))) > MAX_NAME:
        yield "department", _l("부서 이름을 1~40자로 적어 주십시오.")
    if cells.get("seat") and _seat(cells["seat"]) is None:
        yield "seat", _l("이용은 'PC'나 'PC + 모바일'로 적어 주십시오.")
    if not is_valid_phone(cells.get("phone", "")):
        yield "phone", _l("전화번호를 다시 확인해 주십시오. 숫자와 - 로 적습니다.")
    if not is_valid_email(cells.get("email", "")):
        yield "email", _l("이메일 주소를 다시 확인해 주십시오.")
    password = cells.get("password", "")
    if password and not is_strong_password(password):
        yield (
            "password",
            _l("비밀번호는 영문 대문자와 소문자, 숫자를 섞어 8자 이상으로 정해 주십시오."),
        )
    elif password and is_common_password(password, login_id):
        yield (
            "password",
            _l("흔히 쓰이는 비밀번호이거나 아이디가 들어 있습니다. 다른 비밀번호를 정해 주십시오."),
        )
    if known is None and not password and not cells.get("email"):
        yield (
            "password",
            _l("새 상담원에게는 비밀번호를 적거나, 초대장을 받을 이메일을 적어 주십시오."),
        )
    if known is not None and known.is_admin and password:
        yield "password", _l("관리자의 비밀번호는 파일로 바꿀 수 없습니다.")


def _differences(known: Known, cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for column in ("name", "department", "phone", "email"):
        if cells.get(column) and cells[column] != getattr(known, column):
            yield column, cells[column]
    seat = _seat(cells.get("seat", ""))
    if seat and seat != known.seat:
        yield "seat", seat
    if cells.get("password"):
        yield "password", cells["password"]


def _new(line: int, cells: Mapping[str, str], department: str) -> New:
    return New(
        line,
        cells["login_id"],
        cells["name"],
        department,
        _seat(cells.get("seat", "")) or "pc",
        cells.get("phone", ""),
        cells.get("email", ""),
        cells.get("password", ""),
    )


def _check_room(new: Sequence[New], changed: Sequence[Changed], room: Room) -> Iterator[Problem]:
    for one in new[max(0, room.agents) :]:
        yield Problem(one.line, "login_id", _l("남은 상담원 수를 넘습니다. 상담원 수를 먼저 늘려 주십시오."))
    mobile = [one.line for one in new if one.seat == "pc_mobile"]
    mobile += [
        one.line for one in changed if one.values.get("seat") == "pc_mobile" and not one.known.is_admin
    ]
    for line in sorted(mobile)[max(0, room.mobile) :]:
        yield Problem(line, "seat", _l("남은 모바일 상담원 수를 넘습니다. 상담원 수를 먼저 늘려 주십시오."))


def _seat(text: str) -> str | None:
    return _SEATS.get(text.casefold().replace(" ", ""))


def _tidy(name: str) -> str:
    return " ".join(name.split())
