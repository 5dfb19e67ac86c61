"""How times, lengths and codes are written on pages. Babel's own Korean patterns print "PM 5:00", so: ours.

Template filters: `when` 2026-11-20 14:05, `day` 2026-11-20, `date_in_words` 11월 23일 (월),
`spaced` 482 913, `duration` 18분 10초. Times are shown in the company's zone, which is Korea's.
"""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_skeleton
from flask import Flask
from flask_babel import get_locale, gettext, ngettext, to_user_timezone

__all__ = ["date_in_words", "day", "days_left", "duration", "init_app", "spaced", "when"]


def when(moment: datetime | None) -> str:
    """2026-11-20 14:05; "–" where there was no such moment."""
    return f"{to_user_timezone(moment):%Y-%m-%d %H:%M}" if moment else "–"


def day(moment: datetime) -> str:
    """2026-11-20."""
    return f"{to_user_timezone(moment):%Y-%m-%d}"


def date_in_words(moment: datetime) -> str:
    """11월 23일 (월); Mon, Nov 23. In the moment's own zone."""
    return format_skeleton("MMMMEd", moment, locale=get_locale())


def days_left(until: datetime, now: datetime) -> str:
    """How long a term still lasts, in whole days: "30일 남음"."""
    days = max(0, (until - now).days)
    return str(ngettext("%(num)d일 남음", "%(num)d일 남음", days))


def spaced(digits: str) -> str:
    """An access code in groups of three, as people read it aloud: 482 913."""
    return " ".join(digits[start : start + 3] for start in range(0, len(digits), 3))


def duration(seconds: float) -> str:
    """18분 10초; 2시간 5분 from an hour on, however many there are."""
    whole = max(0, int(seconds))
    if whole >= 3600:
        return str(gettext("%(hours)d시간 %(minutes)d분", hours=whole // 3600, minutes=whole // 60 % 60))
    return str(gettext("%(minutes)d분 %(seconds)d초", minutes=whole // 60, seconds=whole % 60))


def init_app(app: Flask) -> None:
    """Give the filters to templates."""
    for function in (when, day, date_in_words, days_left, duration, spaced):
        app.jinja_env.filters[function.__name__] = function
