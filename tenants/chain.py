"""Chained records: each MAC covers its record and the MAC before it, under a key outside the database.

Decides how a MAC is worked out and which record is the first that does not hold; which fields a record's MAC
covers, and where its chain is kept, the owner of the chain decides (audit.py, the operators' log, timelines).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import current_app

__all__ = ["FIRST_MAC", "Link", "canonical", "chain_mac", "first_break"]

#: What stands before the first record.
FIRST_MAC: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """One record as the chain sees it; `due_mac` is what its MAC has to be."""

    n: int
    prev_mac: str
    mac: str
    due_mac: str


def canonical(value: object) -> str:
    """The one JSON text of a value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def chain_mac(fields: Sequence[object], *, prefix: str = "") -> str:
    """The MAC of a record with these fields, the MAC before it among them."""
    key: bytes = current_app.extensions["settings"].audit_key
    return hmac.new(key, (prefix + canonical(fields)).encode(), hashlib.sha256).hexdigest()


def first_break(
    links: Iterable[Link],
    *,
    head: Callable[[], tuple[int, str]] | None = None,
    anchors: Mapping[int, str] | None = None,
) -> int | None:
    """The number of the first record that does not hold, or None when all do.

    A chain that is shorter than its `head` says (number and MAC of the end, asked when all was read), or than
    an anchor (number → MAC, written down elsewhere), counts as broken at the first missing record; one that
    was computed anew, at the first anchored record that differs.
    """
    anchors = anchors or {}
    expected, mac = 1, FIRST_MAC
    for link in links:
        if (
            link.n != expected
            or link.prev_mac != mac
            or not hmac.compare_digest(link.mac, link.due_mac)
            or link.mac != anchors.get(link.n, link.mac)
        ):
            return expected
        expected, mac = link.n + 1, link.mac
    is_whole = head is None or head() == (expected - 1, mac)
    return None if is_whole and max(anchors, default=0) < expected else expected
