"""Who is calling, by address: the one reader of X-Forwarded-For. Pure but for `caller_address`.

A header that anybody can write counts only when it was added by a proxy of ours (TRUSTED_PROXIES), and
then only as far back as the chain of trusted proxies reaches.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from flask import current_app, request

from config.settings import Network

__all__ = ["address_behind", "address_or_nothing", "attempt_source", "caller_address"]

UNKNOWN = "0.0.0.0"  # noqa: S104  # not an address to listen on: "no address known"
MAX_HOPS = 10


def caller_address() -> str:
    """The address of the running request's caller."""
    return address_behind(
        request.remote_addr or UNKNOWN,
        request.headers.get("X-Forwarded-For", ""),
        current_app.extensions["settings"].trusted_proxies,
    )


def address_behind(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The nearest address that is not one of our proxies, walking the header from its right end.

    An entry that is no address ends the walk at the proxy that passed it on: forged text is never a result.
    """
    address = _parse(peer)
    if address is None:
        return UNKNOWN
    for hop in reversed(forwarded_for.split(",")[-MAX_HOPS:]):
        before = _parse(hop.strip())
        if before is None or not any(address.version == net.version and address in net for net in trusted):
            break
        address = before
    return str(address)


def attempt_source(address: str) -> str:
    """What wrong tries are counted by: the IPv4 address, or the /64 that an IPv6 household has."""
    parsed = _parse(address)
    if parsed is None:
        return UNKNOWN
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def address_or_nothing(text: str) -> str:
    """An address as a program says its own, in the usual form; "" for anything else."""
    parsed = _parse(text)
    return str(parsed) if parsed else ""


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
