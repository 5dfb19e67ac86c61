"""Long names cut in their middle, so that beginning and ending can both be read. Pure."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["elided", "size_words"]

_DOTS = "…"


def elided(name: str, room: int, measure: Callable[[str], int]) -> str:
    """`name`, or as much of its two ends as `measure` (px of a text) allows in `room` px."""
    if measure(name) <= room:
        return name
    low, high = 0, len(name) - 1
    while low < high:  # the most letters that fit, by halving
        kept = (low + high + 1) // 2
        if measure(_cut(name, kept)) <= room:
            low = kept
        else:
            high = kept - 1
    return _cut(name, low)


def _cut(name: str, kept: int) -> str:
    """The ending, and with it the kind of the file, gets the larger half of what is kept when it is short."""
    tail = min(kept, max(kept // 2, min(kept - 1, len(name) - name.rfind(".") if "." in name else 0)))
    tail = max(0, min(tail, kept * 2 // 3 + 1))
    return name[: kept - tail] + _DOTS + (name[len(name) - tail :] if tail else "")


def size_words(size: float) -> str:
    """A number of bytes as people read it: "0 B", "12 KB", "3.4 MB"; 1 KB = 1,024 B as file managers say."""
    value, unit = float(size), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
