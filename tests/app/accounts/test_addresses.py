"""Ranges as people write them, and whom they let in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.addresses import covers, read_range


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("*", "*"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("192.168.0.*", "192.168.0.0/24"),
        ("192.168.*.*", "192.168.0.0/16"),
        ("192.168.*", "192.168.0.0/16"),
        ("10.*", "10.0.0.0/8"),
        ("203.0.113.9/24", "203.0.113.0/24"),
        ("203.0.113.7/32", "203.0.113.7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("2001:db8:0::/48", "2001:db8::/48"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
    ],
)
def test_it_stores_one_writing(text: str, stored: str) -> None:
    assert read_range(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "**",
        "*.1.2.3",
        "1.*.2.*",
        "300.1.1.1",
        "1.2.3",
        "1.2.3.4.*",
        "1.2.3.4/33",
        "0.0.0.0/0",
        "::/0",
        "fe80::1%eth0",
        "host.example",
        "1.2.3.4/24/8",
        "9" * 100,
    ],
)
def test_it_refuses_what_is_no_range(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_range(text)


@given(st.text(max_size=70))
def test_any_text_is_a_range_or_a_value_error(text: str) -> None:
    try:
        stored = read_range(text)
    except ValueError:
        return
    assert read_range(stored) == stored
    assert covers([stored], stored.split("/")[0]) or stored == "*"


@pytest.mark.parametrize(
    ("ranges", "address", "may"),
    [
        ([], "203.0.113.7", True),
        (["*"], "2001:db8::1", True),
        (["203.0.113.7"], "203.0.113.7", True),
        (["203.0.113.7"], "203.0.113.8", False),
        (["203.0.113.0/24"], "::ffff:203.0.113.8", True),
        (["203.0.113.0/24"], "2001:db8::1", False),
        (["2001:db8::/48", "10.0.0.0/8"], "2001:db8:0:1::9", True),
        (["10.0.0.0/8"], "0.0.0.0", False),
        (["10.0.0.0/8"], "nonsense", False),
    ],
)
def test_it_knows_whom_it_covers(ranges: list[str], address: str, may: bool) -> None:
    assert covers(ranges, address) is may
