"""Tickets and orders: what is signed comes back, and everything else is refused with its word."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from wire import ticket as tickets
from wire.errors import TicketRefused
from wire.limits import MAX_TICKET

RELAY = "127.0.0.1:8001"
NOW = 1_800_000_000.25
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEYS = {tickets.key_id(KEY.public_key()): KEY.public_key()}
WANTED: dict[str, Any] = {
    "relay": RELAY,
    "tenant": "maru",
    "session": "s1",
    "participant": "p1",
    "channel": "screen",
    "role": "agent",
    "via": "program",
    "epoch": 1,
    "now": NOW,
}


def read(text: str, *, relay: str = RELAY, now: float = NOW) -> tickets.Ticket:
    return tickets.read_ticket(text, KEYS, relay=relay, now=now)


def refused(text: str, *, relay: str = RELAY, now: float = NOW) -> str:
    with pytest.raises(TicketRefused) as caught:
        read(text, relay=relay, now=now)
    return caught.value.reason


def signed(**changes: Any) -> str:
    """A ticket with fields that `make_ticket` would not make, signed all the same."""
    return tickets.sign_ticket(replace(tickets.make_ticket(KEY, **WANTED), **changes), KEY)


def test_it_reads_what_it_signed() -> None:
    ticket = tickets.make_ticket(KEY, **WANTED)
    text = tickets.sign_ticket(ticket, KEY)
    assert read(text) == ticket
    assert (ticket.issued, ticket.expires, ticket.ms) == (1_800_000_000, 1_800_000_060, 250)
    assert len(text) < MAX_TICKET / 2


def test_it_makes_text_that_needs_no_quoting_in_a_url() -> None:
    text = tickets.issue_ticket(KEY, **WANTED)
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def test_it_gives_each_ticket_its_own_nonce() -> None:
    assert len({tickets.make_ticket(KEY, **WANTED).nonce for _ in range(50)}) == 50


def test_it_lives_its_lifetime_to_the_millisecond() -> None:
    text = tickets.issue_ticket(KEY, **WANTED, lifetime_s=1)
    assert read(text, now=NOW + 0.99).session == "s1"
    assert refused(text, now=NOW + 1.0) == "expired"


def test_it_refuses_a_ticket_from_the_future() -> None:
    text = tickets.issue_ticket(KEY, **WANTED)
    assert read(text, now=NOW - tickets.CLOCK_SKEW_S)
    assert refused(text, now=NOW - tickets.CLOCK_SKEW_S - 0.1) == "from-the-future"
    assert refused(text, now=NOW - 86_400) == "from-the-future"


def test_it_refuses_another_relays_ticket() -> None:
    assert refused(tickets.issue_ticket(KEY, **WANTED), relay="127.0.0.1:8009") == "other-relay"


def test_it_refuses_an_unknown_key() -> None:
    other = Ed25519PrivateKey.generate()
    assert refused(tickets.issue_ticket(other, **WANTED)) == "unknown-key"


def test_it_refuses_a_forged_signature_under_a_known_key_id() -> None:
    other = tickets.issue_ticket(Ed25519PrivateKey.generate(), **WANTED)
    kid = next(iter(KEYS))
    assert refused(f"{kid}.{other.partition('.')[2]}") == "forged"


@pytest.mark.parametrize("name", ["tenant", "session", "participant", "role", "channel", "epoch"])
def test_it_refuses_a_changed_payload(name: str) -> None:
    kid, payload, signature = tickets.issue_ticket(KEY, **WANTED).split(".")
    values = json.loads(base64.urlsafe_b64decode(payload + "=="))
    values[name] = "customer" if name == "role" else "files" if name == "channel" else 7
    changed = base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()
    assert refused(f"{kid}.{changed}.{signature}") == "forged"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v", 2),
        ("relay", "Upper:1"),
        ("tenant", ""),
        ("session", "../x"),
        ("session", "s" * 65),
        ("participant", None),
        ("channel", "sound"),
        ("role", "operator"),
        ("via", ""),
        ("epoch", -1),
        ("epoch", True),
        ("issued", 1.5),
        ("expires", 1_800_000_061),
        ("expires", 1_799_999_999),
        ("nonce", "short"),
        ("ms", 1000),
    ],
)
def test_it_refuses_a_signed_ticket_with_a_bad_field(name: str, value: object) -> None:
    assert refused(signed(**{name: value})) == f"bad-{name}"


def test_it_will_not_make_a_ticket_it_would_refuse() -> None:
    with pytest.raises(ValueError, match="session"):
        tickets.make_ticket(KEY, **{**WANTED, "session": "a/b"})
    with pytest.raises(ValueError, match="expires"):
        tickets.make_ticket(KEY, **WANTED, lifetime_s=61)


def test_it_will_not_sign_for_another_key() -> None:
    with pytest.raises(ValueError, match="kid"):
        tickets.sign_ticket(tickets.make_ticket(KEY, **WANTED), Ed25519PrivateKey.generate())


@pytest.mark.parametrize(
    "text", ["", ".", "..", "...", "a.b.c", "가.나.다", "x" * (MAX_TICKET + 1), f"{next(iter(KEYS))}..x"]
)
def test_it_refuses_what_is_no_ticket(text: str) -> None:
    assert refused(text) in {"malformed", "unknown-key"}


@given(st.data())
def test_it_refuses_every_single_changed_character(data: st.DataObject) -> None:
    text = signed(nonce="n" * 22)
    at = data.draw(st.integers(0, len(text) - 1))
    new = data.draw(st.characters(codec="ascii").filter(lambda c: c != text[at]))
    try:
        read(text[:at] + new + text[at + 1 :])
    except TicketRefused:
        return
    # The last character of base64 carries unused bits; the nonce is the same, so it is spent all the same.
    assert at == len(text) - 1


def test_it_reads_an_order_it_signed() -> None:
    order = tickets.make_order(KEY, relay=RELAY, do="close", tenant="maru", session="s1", now=NOW)
    text = tickets.sign_order(order, KEY)
    assert tickets.read_order(text, KEYS, relay=RELAY, now=NOW + tickets.ORDER_LIFETIME_S) == order


def test_it_never_takes_a_ticket_for_an_order_or_the_other_way() -> None:
    order = tickets.sign_order(tickets.make_order(KEY, relay=RELAY, do="status", now=NOW), KEY)
    assert refused(order) == "forged"
    with pytest.raises(TicketRefused, match="forged"):
        tickets.read_order(tickets.issue_ticket(KEY, **WANTED), KEYS, relay=RELAY, now=NOW)


def test_it_refuses_a_stale_order_and_another_relays() -> None:
    text = tickets.sign_order(tickets.make_order(KEY, relay=RELAY, do="status", now=NOW), KEY)
    for relay, now, word in [
        (RELAY, NOW + tickets.ORDER_LIFETIME_S + 0.1, "expired"),
        (RELAY, NOW - 6, "from-the-future"),
        ("other:1", NOW, "other-relay"),
    ]:
        with pytest.raises(TicketRefused, match=word):
            tickets.read_order(text, KEYS, relay=relay, now=now)


def test_it_will_not_order_a_close_of_everybody() -> None:
    with pytest.raises(ValueError, match="tenant"):
        tickets.make_order(KEY, relay=RELAY, do="close", now=NOW)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ws://127.0.0.1:8001", "127.0.0.1:8001"),
        ("WSS://Relay.Example.com/", "relay.example.com:443"),
        ("ws://relay", "relay:80"),
        ("127.0.0.1:8001", "127.0.0.1:8001"),
        ("ws://[::1]:8001", "[::1]:8001"),
    ],
)
def test_it_derives_the_relays_id(url: str, expected: str) -> None:
    assert tickets.relay_id(url) == expected


@pytest.mark.parametrize("url", ["", "ws://", "ftp://x:1", "ws://x:0", "ws://x:70000", "ws://:1"])
def test_it_refuses_what_is_no_relay_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        tickets.relay_id(url)
