"""What a page of own records or statistics is asked for, and what lengths add up to. Pure.

Days and months are those of the company's zone. A period is at most a year long, so that what is added up
stays a few thousand numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from app.manage.rules import ZONE, Period, read_day, read_page

__all__ = [
    "BY",
    "MAX_DAYS",
    "RECORDS_PAGE",
    "RecordsAsked",
    "StatisticsAsked",
    "Sum",
    "add_up",
    "read_records_asked",
    "read_statistics_asked",
]

RECORDS_PAGE: Final = 10
MAX_DAYS: Final = 366
BY: Final = ("day", "month")


@dataclass(frozen=True, slots=True)
class RecordsAsked(Period):
    """One page of the list."""

    page: int = 1


@dataclass(frozen=True, slots=True)
class StatisticsAsked(Period):
    """Sums by day or by month of a period that has two ends."""

    by: Literal["day", "month"] = "day"


@dataclass(frozen=True, slots=True)
class Sum:
    """What one day or month (or all of it) adds up to; `label` 2026-11-20, 2026-11."""

    label: str
    count: int
    total_s: int

    @property
    def mean_s(self) -> int:
        """The mean length, rounded to seconds."""
        return round(self.total_s / self.count) if self.count else 0


def read_records_asked(arguments: Mapping[str, str]) -> RecordsAsked:
    """What the address asks for; anything unknown is as if it were not there."""
    return RecordsAsked(
        read_day(arguments.get("from", "")),
        read_day(arguments.get("to", "")),
        read_page(arguments.get("page", "")),
    )


def read_statistics_asked(arguments: Mapping[str, str], today: date) -> StatisticsAsked:
    """The period and how it is cut: this month by days where nothing is asked, this year by months.

    A period that is longer than MAX_DAYS is cut at its beginning; one that ends before it begins is one day.
    """
    by: Literal["day", "month"] = "month" if arguments.get("by") == "month" else "day"
    until = read_day(arguments.get("to", "")) or today
    first = until.replace(day=1) if by == "day" else until.replace(month=1, day=1)
    since = min(read_day(arguments.get("from", "")) or first, until)
    return StatisticsAsked(max(since, until - timedelta(days=MAX_DAYS - 1)), until, by)


def add_up(
    lengths: Iterable[tuple[datetime, datetime]], by: Literal["day", "month"]
) -> tuple[list[Sum], Sum]:
    """The sums of (began, ended) by the day or month in which it began, the newest first, and of all."""
    counts: dict[str, list[int]] = {}
    for began, ended in lengths:
        day = began.astimezone(ZONE)
        label = f"{day:%Y-%m-%d}" if by == "day" else f"{day:%Y-%m}"
        counts.setdefault(label, []).append(max(0, round((ended - began).total_seconds())))
    sums = [Sum(label, len(found), sum(found)) for label, found in sorted(counts.items(), reverse=True)]
    return sums, Sum("", sum(one.count for one in sums), sum(one.total_s for one in sums))
