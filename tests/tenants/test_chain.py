"""The chain's arithmetic: MACs that stored records rely on, and the first record that does not hold."""

from __future__ import annotations

import pytest
from flask import Flask

from tenants.chain import FIRST_MAC, Link, chain_mac, first_break

FIELDS = (1, "가", "2026-01-02T03:04:05.000006")
# Another MAC would break every chain that is stored. Worked out with hashlib alone.
MAC = "3f6de11af1951b821adc85fbf19b611bc7f798b49c7ee5360a3db1db1e39dd8e"
OF_A_LINE = "bef2652909c87ce3a24a58092a37807755fc7b4cad2dda12805d0349ef57af81"
CHAIN = (Link(1, FIRST_MAC, "a", "a"), Link(2, "a", "b", "b"), Link(3, "b", "c", "c"))


def test_it_makes_the_macs_that_are_stored(app: Flask) -> None:
    with app.app_context():
        assert chain_mac(FIELDS) == MAC
        assert chain_mac(FIELDS, prefix="session-event:") == OF_A_LINE


@pytest.mark.parametrize(
    ("links", "broken_at"),
    [
        ((), None),
        (CHAIN, None),
        (CHAIN[1:], 1),
        ((CHAIN[0], CHAIN[2]), 2),
        ((CHAIN[0], Link(2, "x", "b", "b"), CHAIN[2]), 2),
        ((*CHAIN[:2], Link(3, "b", "c", "x")), 3),
    ],
)
def test_it_finds_the_first_that_does_not_follow(links: tuple[Link, ...], broken_at: int | None) -> None:
    assert first_break(links) == broken_at


@pytest.mark.parametrize(
    ("head", "anchors", "broken_at"),
    [
        ((3, "c"), {2: "b", 3: "c"}, None),
        ((4, "d"), {}, 4),
        ((3, "x"), {}, 4),
        ((3, "c"), {5: "e"}, 4),
        ((3, "c"), {2: "x"}, 2),
    ],
)
def test_it_asks_the_head_and_the_anchors(
    head: tuple[int, str], anchors: dict[int, str], broken_at: int | None
) -> None:
    assert first_break(CHAIN, head=lambda: head, anchors=anchors) == broken_at
