"""How a list is asked for: search, filter, sort, page. Pure; every value comes from an address bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

__all__ = [
    "AGENT_SORTS",
    "KIND_PREFIXES",
    "LOG_KINDS",
    "LOG_PAGE",
    "MAX_TEXT",
    "PAGE_SIZE",
    "ZONE",
    "AgentsAsked",
    "LogAsked",
    "Period",
    "count_pages",
    "name_program",
    "read_agents_asked",
    "read_day",
    "read_log_asked",
    "read_page",
]

PAGE_SIZE: Final = 20
#: In the order of the table's columns (details of A2).
AGENT_SORTS: Final = (
    "login_id",
    "name",
    "department",
    "presence",
    "seat",
    "access",
    "ip_public",
    "ip_private",
)
STATES: Final = ("online", "session", "offline", "disabled")
MAX_TEXT: Final = 64
MAX_PAGE: Final = 100_000


@dataclass(frozen=True, slots=True)
class AgentsAsked:
    """One view of the agent list; `department` is a public id, "none" for no department, "" for all."""

    text: str = ""
    department: str = ""
    state: str = ""
    sort: str = "login_id"
    is_descending: bool = False
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether something narrows the list."""
        return bool(self.text or self.department or self.state)


def read_agents_asked(arguments: Mapping[str, str]) -> AgentsAsked:
    """What the address asks for; anything unknown is as if it were not there."""
    sort, state = arguments.get("sort", ""), arguments.get("state", "")
    return AgentsAsked(
        text=arguments.get("q", "").strip()[:MAX_TEXT],
        department=arguments.get("department", "")[:26],
        state=state if state in STATES else "",
        sort=sort if sort in AGENT_SORTS else "login_id",
        is_descending=arguments.get("dir") == "desc",
        page=read_page(arguments.get("page", "")),
    )


def read_page(text: str) -> int:
    """The page number of an address, 1 to MAX_PAGE; anything else is the first."""
    return min(max(int(text), 1), MAX_PAGE) if text.isascii() and text.isdecimal() and len(text) < 9 else 1


def count_pages(total: int, size: int = PAGE_SIZE) -> int:
    """How many pages hold `total` rows; an empty list has one."""
    return max(1, -(-total // size))


#: Ten lines a page, as the manuals have it.
LOG_PAGE: Final = 10
LOG_KINDS: Final = (
    "log_in",
    "agent",
    "department",
    "option",
    "issue_type",
    "support",
    "export",
    "api_key",
    "inquiry",
)
#: The beginnings of the deeds of a kind; the log's deeds are called "kind.done".
KIND_PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    **{kind: (f"{kind}.",) for kind in LOG_KINDS},
    "export": ("log.exported", "agents.exported", "departments.exported"),
    "support": ("slot.", "arrival.", "program.", "session.", "code_alarm."),
}
#: Days begin and end where the company is.
ZONE: Final = ZoneInfo("Asia/Seoul")


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both included; None = open."""

    since: date | None = None
    until: date | None = None

    @property
    def since_at(self) -> datetime | None:
        """The first moment of the first day, in UTC."""
        return _midnight(self.since) if self.since else None

    @property
    def until_at(self) -> datetime | None:
        """The first moment after the last day, in UTC."""
        return _midnight(self.until + timedelta(days=1)) if self.until else None


@dataclass(frozen=True, slots=True)
class LogAsked(Period):
    """One view of the usage log: days, a kind of deed, doer or address, entries before a number."""

    kind: str = ""
    who: str = ""
    before: int | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether something narrows the log."""
        return bool(self.kind or self.who or self.since or self.until)


def read_log_asked(arguments: Mapping[str, str]) -> LogAsked:
    """What the address asks for; anything unknown is as if it were not there."""
    kind, before = arguments.get("kind", ""), arguments.get("before", "")
    return LogAsked(
        kind=kind if kind in LOG_KINDS else "",
        who=arguments.get("who", "").strip()[:MAX_TEXT],
        since=read_day(arguments.get("from", "")),
        until=read_day(arguments.get("to", "")),
        before=int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None,
    )


def read_day(text: str) -> date | None:
    """The day of an address, of the years 2000 to 2999; None for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2999 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


#: What a program calls itself → its name; the first that fits, for Edge says Chrome too, and Chrome Safari.
_BROWSERS: Final = (
    ("BaroHelp", "BaroHelp"),
    ("Edg/", "Edge"),
    ("Whale/", "Whale"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def name_program(user_agent: str) -> str:
    """Browser and system in two words: "Chrome · Windows"; the beginning of the text when it is neither."""
    named = [
        next((name for mark, name in table if mark in user_agent), "") for table in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(name for name in named if name) or user_agent[:30]
