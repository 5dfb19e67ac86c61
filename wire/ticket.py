"""Tickets and orders: what the web half signs and a relay checks by itself, with the public key alone.

A *ticket* lets one end into one channel of one participant, once, within a minute. An *order* is a
command to a relay (close, void, status). Both are `<kid>.<payload>.<signature>`, URL-safe text, signed
with Ed25519 over a name of their own kind, so that neither can ever pass for the other. Nothing of the
payload is parsed before its signature holds. Pure: time is passed in; spent nonces are remembered by
relay/admission.py, and key files are relay/keys.py's. Source: docs/decisions/0020-tickets.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, cast
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from wire.errors import TicketRefused
from wire.limits import MAX_TICKET, TICKET_LIFETIME_S

__all__ = [
    "CLOCK_SKEW_S",
    "ORDER_LIFETIME_S",
    "Channel",
    "Deed",
    "Order",
    "Role",
    "Ticket",
    "Via",
    "issue_ticket",
    "key_id",
    "make_order",
    "make_ticket",
    "read_order",
    "read_ticket",
    "read_signing_key",
    "relay_id",
    "sign_order",
    "sign_ticket",
]

Channel = Literal["screen", "control", "files"]
Role = Literal["agent", "customer"]
Via = Literal["program", "browser"]
Deed = Literal["close", "void", "status"]

VERSION: Final = 1
CLOCK_SKEW_S: Final = 5.0  # how far the web half's clock may run ahead of the relay's
ORDER_LIFETIME_S: Final = 30
_TICKET_NAME: Final = b"barohelp.ticket.1\n"
_ORDER_NAME: Final = b"barohelp.relay-order.1\n"
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z", re.ASCII)
_RELAY: Final = re.compile(r"[a-z0-9.:_\[\]-]{1,255}\Z", re.ASCII)
_DEFAULT_PORTS: Final = {"ws": 80, "http": 80, "wss": 443, "https": 443}
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Ticket:
    """One end's right to open one channel once.

    `issued` and `expires` are unix seconds (UTC); `ms` (0..999) is to be added to both, because a relay
    refuses what was issued before it started and must not refuse what was issued half a second later.
    """

    v: int
    kid: str
    relay: str
    tenant: str
    session: str
    participant: str
    channel: Channel
    role: Role
    via: Via
    epoch: int
    issued: int
    expires: int
    nonce: str
    ms: int = 0

    @property
    def issued_at_ms(self) -> int:
        """Unix milliseconds of the moment of issue."""
        return self.issued * 1000 + self.ms

    @property
    def expires_at_ms(self) -> int:
        """Unix milliseconds from which the ticket is refused."""
        return self.expires * 1000 + self.ms


@dataclass(frozen=True, slots=True)
class Order:
    """A command of the web half to one relay.

    `close` ends the connections that match every id given (tenant; session and participant unless empty)
    and voids their tickets issued until then. `void` only refuses tickets issued before `before_ms`
    (unix milliseconds). `status` asks for load and bytes and names nobody.
    """

    v: int
    kid: str
    relay: str
    do: Deed
    tenant: str
    session: str
    participant: str
    before_ms: int
    issued_ms: int
    nonce: str


def key_id(public_key: Ed25519PublicKey) -> str:
    """16 hex digits that name a key: the start of SHA-256 over its 32 raw bytes."""
    raw = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def read_signing_key(pem: bytes) -> Ed25519PrivateKey:
    """The web half's signing key from its PEM file (PKCS8); ValueError when it is no Ed25519 key."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"the signing key is {type(key).__name__}, not Ed25519")  # noqa: TRY004
    return key


def relay_id(url: str) -> str:
    """`host:port` in lower case of a relay's public address, given as a URL or as `host:port` (decision D2).

    Raises ValueError for an address without host, with an unknown scheme or a port outside 1..65535.
    """
    parts = urlsplit(url if "://" in url else f"ws://{url}")
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is no relay address: ws://HOST:PORT is")
    port = _DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    if not port:
        raise ValueError(f"{url!r} has port 0")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port}"


def make_ticket(
    key: Ed25519PrivateKey,
    *,
    relay: str,
    tenant: str,
    session: str,
    participant: str,
    channel: Channel,
    role: Role,
    via: Via,
    epoch: int,
    now: float,
    lifetime_s: int = TICKET_LIFETIME_S,
) -> Ticket:
    """A fresh ticket with a random nonce; `relay` is a `relay_id`, `now` unix seconds with their fraction.

    Raises ValueError for a field that `read_ticket` would refuse.
    """
    at_ms = int(now * 1000)
    ticket = Ticket(
        v=VERSION,
        kid=key_id(key.public_key()),
        relay=relay,
        tenant=tenant,
        session=session,
        participant=participant,
        channel=channel,
        role=role,
        via=via,
        epoch=epoch,
        issued=at_ms // 1000,
        expires=at_ms // 1000 + lifetime_s,
        nonce=secrets.token_urlsafe(16),
        ms=at_ms % 1000,
    )
    wrong = _wrong_ticket_field(asdict(ticket))
    if wrong:
        raise ValueError(f"ticket field {wrong} is {getattr(ticket, wrong)!r}")
    return ticket


def issue_ticket(key: Ed25519PrivateKey, **wanted: Any) -> str:
    """`make_ticket` and `sign_ticket` in one: the text to put behind `?ticket=`."""
    return sign_ticket(make_ticket(key, **wanted), key)


def sign_ticket(ticket: Ticket, key: Ed25519PrivateKey) -> str:
    """The ticket as URL-safe text of at most MAX_TICKET characters.

    Raises ValueError when `ticket.kid` names another key.
    """
    return _sign(_TICKET_NAME, asdict(ticket), key)


def read_ticket(text: str, keys: Mapping[str, Ed25519PublicKey], *, relay: str, now: float) -> Ticket:
    """The ticket in `text` if one of `keys` signed it for this relay and it is valid at `now` (unix seconds).

    Raises TicketRefused with one word for the log. Spent nonces, the path's session, Origin and the
    relay's own start are not this function's: see relay/admission.py.
    """
    values = _open(_TICKET_NAME, text, keys)
    wrong = _wrong_ticket_field(values)
    if wrong:
        raise TicketRefused(f"bad-{wrong}")
    ticket = Ticket(**values)
    if ticket.relay != relay:
        raise TicketRefused("other-relay")
    now_ms = now * 1000
    if ticket.issued_at_ms > now_ms + CLOCK_SKEW_S * 1000:
        raise TicketRefused("from-the-future")
    if ticket.expires_at_ms <= now_ms:
        raise TicketRefused("expired")
    return ticket


def make_order(
    key: Ed25519PrivateKey,
    *,
    relay: str,
    do: Deed,
    now: float,
    tenant: str = "",
    session: str = "",
    participant: str = "",
    before_ms: int = 0,
) -> Order:
    """A fresh order with a random nonce, good for ORDER_LIFETIME_S; raises ValueError for a bad field."""
    order = Order(
        v=VERSION,
        kid=key_id(key.public_key()),
        relay=relay,
        do=do,
        tenant=tenant,
        session=session,
        participant=participant,
        before_ms=before_ms,
        issued_ms=int(now * 1000),
        nonce=secrets.token_urlsafe(16),
    )
    wrong = _wrong_order_field(asdict(order))
    if wrong:
        raise ValueError(f"order field {wrong} is {getattr(order, wrong)!r}")
    return order


def sign_order(order: Order, key: Ed25519PrivateKey) -> str:
    """The order as text: the body of `POST /relay/-/command`, or the bearer of `GET /relay/-/status`."""
    return _sign(_ORDER_NAME, asdict(order), key)


def read_order(text: str, keys: Mapping[str, Ed25519PublicKey], *, relay: str, now: float) -> Order:
    """The order in `text` if it is signed for this relay and fresh; raises TicketRefused otherwise."""
    values = _open(_ORDER_NAME, text, keys)
    wrong = _wrong_order_field(values)
    if wrong:
        raise TicketRefused(f"bad-{wrong}")
    order = Order(**values)
    if order.relay != relay:
        raise TicketRefused("other-relay")
    age_s = now - order.issued_ms / 1000
    if age_s < -CLOCK_SKEW_S:
        raise TicketRefused("from-the-future")
    if age_s > ORDER_LIFETIME_S:
        raise TicketRefused("expired")
    return order


def _sign(name: bytes, values: dict[str, Any], key: Ed25519PrivateKey) -> str:
    kid = values.pop("kid")
    if kid != key_id(key.public_key()):
        raise ValueError(f"kid {kid!r} is not the id of the signing key")
    payload = json.dumps(values, separators=(",", ":")).encode()
    signed = f"{kid}.{_to_text(payload)}"
    text = f"{signed}.{_to_text(key.sign(name + signed.encode('ascii')))}"
    if len(text) > MAX_TICKET:
        raise ValueError(f"the signed text is {len(text)} characters, the limit is {MAX_TICKET}")
    return text


def _open(name: bytes, text: str, keys: Mapping[str, Ed25519PublicKey]) -> dict[str, Any]:
    """The payload with its kid, after the signature over `name` and both held."""
    if len(text) > MAX_TICKET or not text.isascii():
        raise TicketRefused("malformed")
    signed, _, signature = text.rpartition(".")
    kid, _, payload = signed.partition(".")
    key = keys.get(kid)
    if key is None:
        raise TicketRefused("unknown-key" if kid and payload else "malformed")
    try:
        key.verify(_from_text(signature), name + signed.encode("ascii"))
        values = json.loads(_from_text(payload))
    except InvalidSignature:
        raise TicketRefused("forged") from None
    except (binascii.Error, ValueError, RecursionError):
        raise TicketRefused("malformed") from None
    if not isinstance(values, dict):
        raise TicketRefused("malformed")
    return {**cast("dict[str, Any]", values), "kid": kid}


def _wrong_ticket_field(values: dict[str, Any]) -> str | None:
    """The name of the first field that is missing, unknown, of a wrong type or out of range, else None."""
    checks = {
        "v": values.get("v") == VERSION,
        "kid": _is_id(values.get("kid")),
        "relay": _is_relay(values.get("relay")),
        "tenant": _is_id(values.get("tenant")),
        "session": _is_id(values.get("session")),
        "participant": _is_id(values.get("participant")),
        "channel": values.get("channel") in ("screen", "control", "files"),
        "role": values.get("role") in ("agent", "customer"),
        "via": values.get("via") in ("program", "browser"),
        "epoch": _is_number(values.get("epoch"), 0, 2**31),
        "issued": _is_number(values.get("issued"), 0, 2**40),
        "expires": _is_number(values.get("expires"), 0, 2**40),
        "nonce": _is_id(values.get("nonce")) and len(values["nonce"]) >= 16,
        "ms": _is_number(values.get("ms", 0), 0, 999),
    }
    wrong = _first_wrong(Ticket, checks, values)
    if wrong is None and not 0 <= values["expires"] - values["issued"] <= TICKET_LIFETIME_S:
        return "expires"
    return wrong


def _wrong_order_field(values: dict[str, Any]) -> str | None:
    tenant, session, participant = (values.get(name) for name in ("tenant", "session", "participant"))
    checks = {
        "v": values.get("v") == VERSION,
        "kid": _is_id(values.get("kid")),
        "relay": _is_relay(values.get("relay")),
        "do": values.get("do") in ("close", "void", "status"),
        # What closes or voids must name a tenant: an order without one would mean everybody.
        "tenant": _is_id(tenant) or (tenant == "" and values.get("do") == "status"),
        "session": session == "" or _is_id(session),
        "participant": participant == "" or _is_id(participant),
        "before_ms": _is_number(values.get("before_ms"), 0, 2**50),
        "issued_ms": _is_number(values.get("issued_ms"), 0, 2**50),
        "nonce": _is_id(values.get("nonce")) and len(values["nonce"]) >= 16,
    }
    return _first_wrong(Order, checks, values)


def _first_wrong(kind: type[Ticket | Order], checks: dict[str, bool], values: dict[str, Any]) -> str | None:
    wrong = next((name for name, holds in checks.items() if not holds), None)
    if wrong is None and not values.keys() <= {field.name for field in fields(kind)}:
        return "unknown-field"
    return wrong


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.match(value) is not None


def _is_relay(value: object) -> bool:
    return isinstance(value, str) and _RELAY.match(value) is not None


def _is_number(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _from_text(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
