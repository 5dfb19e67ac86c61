"""Which addresses a company's network has to let out: the web half's and the relays', each once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

__all__ = ["NeededAddress", "list_needed_addresses"]

_USUAL_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}


@dataclass(frozen=True, slots=True)
class NeededAddress:
    """One host and TCP port; what runs over it."""

    host: str
    port: int
    is_encrypted: bool
    is_web: bool
    is_relay: bool


def list_needed_addresses(public_url: str, relay_urls: Iterable[str]) -> list[NeededAddress]:
    """The web half's address first, then the relays' in their order; one port for both stands once."""
    found: dict[tuple[str, int], NeededAddress] = {}
    for url in (public_url, *relay_urls):
        parts, is_web = urlsplit(url), url == public_url
        place = parts.hostname or "", parts.port or _USUAL_PORTS[parts.scheme]
        known = found.get(place)
        found[place] = NeededAddress(
            *place,
            is_encrypted=parts.scheme in ("https", "wss"),
            is_web=is_web or (known is not None and known.is_web),
            is_relay=not is_web or (known is not None and known.is_relay),
        )
    return list(found.values())
