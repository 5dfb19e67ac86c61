"""Where the agent's program may be reached straight: its own addresses, and what a router forwards. Pure but
for the look at this PC's addresses.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Final

__all__ = ["MAX_FORWARDED", "forwarded_places", "own_addresses"]

MAX_FORWARDED: Final = 16
_PLACE: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:]+\]|[0-9.]+):(?P<first>\d{1,5})(-(?P<last>\d{1,5}))?")


def forwarded_places(text: str) -> list[tuple[str, int]]:
    """Return (address, port) for `ADDRESS:PORT` or `ADDRESS:PORT-PORT`: the router passes each port on to the
    same port here, one for each support window.

    Raises ValueError: no address (names are not looked up), no port, more than MAX_FORWARDED ports.
    """
    found = _PLACE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not ADDRESS:PORT or ADDRESS:PORT-PORT")
    host = str(ipaddress.ip_address(found["host"].strip("[]")))
    first = int(found["first"])
    last = int(found["last"] or first)
    if not 0 < first <= last < 65_536 or last - first >= MAX_FORWARDED:
        raise ValueError(f"{text!r} has no ports from 1 to 65535, at most {MAX_FORWARDED} of them")
    return [(host, port) for port in range(first, last + 1)]


def own_addresses(toward: str = "") -> list[str]:
    """Return this PC's addresses in its networks, the one that leads to `toward` first; no packet is sent."""
    found: list[str] = []
    for family, target in (
        (socket.AF_INET, toward),
        (socket.AF_INET, "192.0.2.1"),
        (socket.AF_INET6, "2001:db8::1"),
    ):
        if not target:
            continue
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((target, 9))
                address = str(probe.getsockname()[0])
        except OSError:
            continue  # no route that way
        if address not in found:
            found.append(address)
    try:
        infos = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    except OSError:
        infos = []
    found += [str(info[4][0]) for info in infos if str(info[4][0]) not in found]
    return [address for address in dict.fromkeys(found) if not ipaddress.ip_address(address).is_unspecified]
