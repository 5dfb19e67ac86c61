"""When a company is open: hours of each weekday, holidays, and the next opening. Pure.

Hours that close at or before they open end the next day. A holiday closes what would open on its date; what
opened the evening before goes on to its end. A company without hours is closed on its holidays only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

__all__ = [
    "MAX_HOLIDAYS",
    "MAX_HOLIDAY_NAME",
    "ZONE",
    "Hours",
    "Week",
    "WrongHolidays",
    "WrongHours",
    "is_open",
    "next_opening",
    "read_holidays",
    "read_week",
    "write_holidays",
    "write_week",
    "zone_of",
]

ZONE: Final = "Asia/Seoul"
MAX_HOLIDAYS: Final = 60
MAX_HOLIDAY_NAME: Final = 40
#: How far the next opening is looked for.
_DAYS_AHEAD: Final = 400


class WrongHours(ValueError):
    """Hours that cannot be read; `weekday` 0 is Monday."""

    def __init__(self, weekday: int) -> None:
        super().__init__(weekday)
        self.weekday = weekday


class WrongHolidays(ValueError):
    """A line of the holidays that cannot be read; 0: there are too many."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of one weekday, in the company's own time."""

    opens: time
    closes: time

    @property
    def is_overnight(self) -> bool:
        """Whether it closes on the next day; the same time twice is a whole day."""
        return self.closes <= self.opens


#: Monday to Sunday; None where it is closed all day.
Week = Sequence[Hours | None]


def is_open(week: Week, holidays: Mapping[date, str], now: datetime, zone: str = ZONE) -> bool:
    """Whether the company is open at `now`; one without hours is, but for its holidays."""
    today = now.astimezone(zone_of(zone)).date()
    if not any(week):
        return today not in holidays
    spans = _spans(week, holidays, today - timedelta(days=1), 2, zone_of(zone))
    return any(start <= now < end for start, end in spans)


def next_opening(
    week: Week, holidays: Mapping[date, str], now: datetime, zone: str = ZONE
) -> datetime | None:
    """When it opens next, in its own time; None where it has no hours, or none within a year."""
    place = zone_of(zone)
    today = now.astimezone(place).date()
    starts = (start for start, _end in _spans(week, holidays, today, _DAYS_AHEAD, place) if start > now)
    found = next(starts, None)
    return found.astimezone(place) if found else None


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; Seoul's where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a name, or a folder of zones
        return ZoneInfo(ZONE)


def read_week(texts: Sequence[str]) -> tuple[Hours | None, ...]:
    """The week of seven texts like "09:00-18:00", empty = closed. Raises WrongHours."""
    return tuple(_read_hours(text, weekday) for weekday, text in enumerate(texts))


def write_week(week: Week) -> tuple[str, ...]:
    """The seven texts of a week."""
    return tuple(f"{hours.opens:%H:%M}-{hours.closes:%H:%M}" if hours else "" for hours in week)


def read_holidays(text: str) -> dict[date, str]:
    """The holidays of lines like "2026-12-25 name", by date. Raises WrongHolidays."""
    found: dict[date, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        written, _blank, name = line.strip().partition(" ")
        day, name = _read_date(written, number), " ".join(name.split())
        if day in found or not name or len(name) > MAX_HOLIDAY_NAME:
            raise WrongHolidays(number)
        found[day] = name
    if len(found) > MAX_HOLIDAYS:
        raise WrongHolidays(0)
    return dict(sorted(found.items()))


def write_holidays(holidays: Mapping[date, str]) -> str:
    """The lines of these holidays."""
    return "\n".join(f"{day.isoformat()} {name}" for day, name in holidays.items())


def _spans(
    week: Week, holidays: Mapping[date, str], first: date, days: int, place: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    for day in (first + timedelta(days=n) for n in range(days)):
        hours = week[day.weekday()] if week else None
        if hours is None or day in holidays:
            continue
        last = day + timedelta(days=hours.is_overnight)
        start = datetime.combine(day, hours.opens, place)
        end = datetime.combine(last, hours.closes, place)
        yield start.astimezone(UTC), end.astimezone(UTC)


def _read_hours(text: str, weekday: int) -> Hours | None:
    if not text:
        return None
    opens, dash, closes = text.partition("-")
    if not dash:
        raise WrongHours(weekday)
    return Hours(_read_clock(opens, weekday), _read_clock(closes, weekday))


def _read_clock(text: str, weekday: int) -> time:
    if len(text) != 5 or text[2] != ":" or not text.isascii():
        raise WrongHours(weekday)
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise WrongHours(weekday) from error


def _read_date(text: str, line: int) -> date:
    try:
        day = date.fromisoformat(text) if len(text) == 10 and text.isascii() else None
    except ValueError as error:
        raise WrongHolidays(line) from error
    if day is None or not 2000 <= day.year <= 2999:
        raise WrongHolidays(line)
    return day
