"""When a company is open: ends of hours, midnight, nights, holidays, zones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.team.opening.rules import (
    WrongHolidays,
    WrongHours,
    is_open,
    next_opening,
    read_holidays,
    read_week,
    write_holidays,
    write_week,
    zone_of,
)

SEOUL = ZoneInfo("Asia/Seoul")
OFFICE = read_week(["09:00-18:00"] * 5 + ["", ""])
NIGHTS = read_week(["22:00-06:00"] * 5 + ["", ""])
CHRISTMAS = {date(2026, 12, 25): "성탄절"}  # a Friday


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL).astimezone(UTC)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-20T08:59:59", False),
        ("2026-11-20T09:00:00", True),
        ("2026-11-20T17:59:59", True),
        ("2026-11-20T18:00:00", False),
        ("2026-11-21T12:00:00", False),  # Saturday
        ("2026-12-25T12:00:00", False),
    ],
)
def test_it_is_open_from_the_first_minute_until_the_last(when: str, expected: bool) -> None:
    assert is_open(OFFICE, CHRISTMAS, seoul(when)) is expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-20T23:59:59", True),
        ("2026-11-21T00:00:00", True),  # Friday's night ends on Saturday
        ("2026-11-21T05:59:59", True),
        ("2026-11-21T06:00:00", False),
        ("2026-11-16T03:00:00", False),  # Sunday has no night
        ("2026-12-25T03:00:00", True),  # Thursday's night goes on into the holiday
        ("2026-12-25T23:00:00", False),
        ("2026-12-26T03:00:00", False),
    ],
)
def test_it_is_open_overnight(when: str, expected: bool) -> None:
    assert is_open(NIGHTS, CHRISTMAS, seoul(when)) is expected


def test_it_closes_at_midnight() -> None:
    until_midnight = read_week(["09:00-00:00"] + [""] * 6)
    assert is_open(until_midnight, {}, seoul("2026-11-16T23:59:59"))
    assert not is_open(until_midnight, {}, seoul("2026-11-17T00:00:00"))
    whole_day = read_week(["00:00-00:00"] + [""] * 6)
    assert is_open(whole_day, {}, seoul("2026-11-16T00:00:00"))
    assert not is_open(whole_day, {}, seoul("2026-11-17T00:00:00"))


def test_without_hours_it_is_closed_on_holidays_only() -> None:
    assert is_open(read_week([""] * 7), CHRISTMAS, seoul("2026-12-24T23:59:59"))
    assert not is_open(read_week([""] * 7), CHRISTMAS, seoul("2026-12-25T00:00:00"))
    assert is_open((), {}, seoul("2026-12-25T03:00:00"))
    assert next_opening(read_week([""] * 7), {}, seoul("2026-12-25T03:00:00")) is None


@pytest.mark.parametrize("name", ["Asia/Nowhere", "", "../etc/passwd", "/etc/passwd", "Asia", "a\0b"])
def test_an_unknown_zone_is_seoul(name: str) -> None:
    assert zone_of(name) == SEOUL
    assert is_open(OFFICE, {}, datetime(2026, 11, 20, 0, 30, tzinfo=UTC), name)


def test_it_keeps_the_hours_of_its_own_zone() -> None:
    half_past_nine_in_new_york = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    assert is_open(OFFICE, {}, half_past_nine_in_new_york, "America/New_York")
    assert not is_open(OFFICE, {}, half_past_nine_in_new_york)
    # Clocks go forward on 2026-03-08: a night of eight hours on the clock lasts seven.
    night = read_week([""] * 5 + ["22:00-06:00", ""])
    assert not is_open(night, {}, datetime(2026, 3, 8, 10, 30, tzinfo=UTC), "America/New_York")
    assert is_open(night, {}, datetime(2026, 3, 8, 9, 30, tzinfo=UTC), "America/New_York")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-20T08:00:00", "2026-11-20T09:00:00"),
        ("2026-11-20T09:00:00", "2026-11-23T09:00:00"),
        ("2026-11-20T18:00:00", "2026-11-23T09:00:00"),
        ("2026-12-24T19:00:00", "2026-12-28T09:00:00"),
    ],
)
def test_it_opens_next_on_a_day_that_is_none_of_the_holidays(when: str, expected: str) -> None:
    assert next_opening(OFFICE, CHRISTMAS, seoul(when)) == seoul(expected)


def test_texts_are_read_as_they_were_written() -> None:
    assert read_week(write_week(NIGHTS)) == NIGHTS
    lines = "2026-12-25 성탄절\n\n  2026-01-01   새해  첫날 \r\n"
    assert write_holidays(read_holidays(lines)) == "2026-01-01 새해 첫날\n2026-12-25 성탄절"


@pytest.mark.parametrize("text", ["09:00", "9:00-18:00", "24:00-25:00", "-", "09:00-", "０9:00-18:00"])
def test_wrong_hours_name_the_day(text: str) -> None:
    with pytest.raises(WrongHours) as caught:
        read_week(["", "", text, "", "", "", ""])
    assert caught.value.weekday == 2


@pytest.mark.parametrize(
    "line",
    ["성탄절", "2026-02-30 없는 날", "2026-12-25", "20261225 x", "1999-01-01 x", "2026-12-26 " + "가" * 41],
)
def test_wrong_holidays_name_the_line(line: str) -> None:
    with pytest.raises(WrongHolidays) as caught:
        read_holidays(f"2026-01-01 새해\n{line}")
    assert caught.value.line == 2


def test_a_date_stands_once_and_there_are_sixty_at_most() -> None:
    with pytest.raises(WrongHolidays):
        read_holidays("2026-01-01 새해\n2026-01-01 설날")
    sixty = "\n".join(f"{2000 + n}-01-01 새해" for n in range(60))
    assert len(read_holidays(sixty)) == 60
    with pytest.raises(WrongHolidays) as caught:
        read_holidays(sixty + "\n2099-01-01 새해")
    assert caught.value.line == 0
