"""Whose address counts: a forged X-Forwarded-For never does."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from app.remote import address_behind, attempt_source

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "header", "expected"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        # Nobody's proxy: the header is what the caller made up.
        ("203.0.113.7", "1.2.3.4", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        # The caller wrote the left part, our proxy added the right one.
        ("10.0.0.1", "1.2.3.4, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        ("10.0.0.1", "10.9.9.9, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "evil", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7, <script>", "10.0.0.1"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("not an address", "203.0.113.7", "0.0.0.0"),
    ],
)
def test_it_finds_the_caller(peer: str, header: str, expected: str) -> None:
    assert address_behind(peer, header, PROXIES) == expected


def test_it_trusts_nobody_by_default() -> None:
    assert address_behind("10.0.0.1", "1.2.3.4", ()) == "10.0.0.1"


def test_it_walks_a_bounded_way() -> None:
    assert address_behind("10.0.0.1", ", ".join(["10.0.0.2"] * 5000), PROXIES) == "10.0.0.2"


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", "0.0.0.0"),
    ],
)
def test_attempts_are_counted_by_household(address: str, source: str) -> None:
    assert attempt_source(address) == source
