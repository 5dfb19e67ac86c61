"""How a list is asked for: search, filter, sort, page. Pure; every value comes from an address bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["AGENT_SORTS", "PAGE_SIZE", "AgentsAsked", "count_pages", "read_agents_asked"]

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
    page = arguments.get("page", "")
    return AgentsAsked(
        text=arguments.get("q", "").strip()[:MAX_TEXT],
        department=arguments.get("department", "")[:26],
        state=state if state in STATES else "",
        sort=sort if sort in AGENT_SORTS else "login_id",
        is_descending=arguments.get("dir") == "desc",
        page=min(max(int(page), 1), MAX_PAGE) if page.isascii() and page.isdecimal() and len(page) < 9 else 1,
    )


def count_pages(total: int, size: int = PAGE_SIZE) -> int:
    """How many pages hold `total` rows; an empty list has one."""
    return max(1, -(-total // size))
