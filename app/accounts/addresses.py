"""Which addresses people may log in from: how ranges are written, and whether one covers an address. Pure.

*                    everywhere                 192.168.0.*      the manuals' way to write a range
203.0.113.7          one address                203.0.113.0/24   a network
2001:db8::7          one address, IPv6          2001:db8::/48    a network, IPv6
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

__all__ = ["EVERYWHERE", "MAX_RANGE", "covers", "read_range"]

EVERYWHERE: Final = "*"
MAX_RANGE: Final = 64
_STARRED: Final = re.compile(r"((?:[0-9]{1,3}\.){1,3})\*(?:\.\*){0,2}")


def read_range(text: str) -> str:
    """The range in its one shortest writing. Raises ValueError when it is no address and no range."""
    text = text.strip()
    if text == EVERYWHERE:
        return EVERYWHERE
    if len(text) > MAX_RANGE or "%" in text:
        raise ValueError("not a range")
    starred = _STARRED.fullmatch(text)
    if starred is not None:
        parts = starred[1].rstrip(".").split(".")
        if len(parts) + text.count("*") > 4:
            raise ValueError("too many parts")
        text = ".".join(parts + ["0"] * (4 - len(parts))) + f"/{8 * len(parts)}"
    network = _unmapped(ipaddress.ip_network(text, strict=False))
    if network.prefixlen == 0:
        raise ValueError("write * for everywhere")
    if network.prefixlen == network.max_prefixlen:
        return str(network.network_address)
    return str(network)


def covers(ranges: Iterable[str], address: str) -> bool:
    """Whether an address may come in: no range at all means that everybody may."""
    known = list(ranges)
    if not known or EVERYWHERE in known:
        return True
    try:
        asked = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(asked, ipaddress.IPv6Address) and asked.ipv4_mapped:
        asked = asked.ipv4_mapped
    networks = (ipaddress.ip_network(one) for one in known)
    return any(asked.version == network.version and asked in network for network in networks)


def _unmapped(
    network: ipaddress.IPv4Network | ipaddress.IPv6Network,
) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """::ffff:192.0.2.0/120 is 192.0.2.0/24: callers are compared in that form."""
    mapped = network.network_address
    if isinstance(mapped, ipaddress.IPv6Address) and mapped.ipv4_mapped and network.prefixlen >= 96:
        return ipaddress.ip_network(f"{mapped.ipv4_mapped}/{network.prefixlen - 96}", strict=False)
    return network
