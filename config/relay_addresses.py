"""What RELAYS says: the relays of this deployment and their addresses. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wire.ticket import relay_id

__all__ = ["MAX_MORE_URLS", "RelayAddress", "read_relays"]

MAX_MORE_URLS: Final = 7


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """One relay process: `id` is the normalised host:port of its public address, `url` is ws:// or wss://,
    `more_urls` are other addresses of the same process (other ports of a front that closed networks let out).
    """

    id: str
    url: str
    more_urls: tuple[str, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        """All its addresses, the usual one first."""
        return (self.url, *self.more_urls)


def read_relays(text: str) -> tuple[RelayAddress, ...]:
    """Return the relays of `NAME=URL[|URL…],…`. Raises ValueError, whose text goes on a sentence."""
    return tuple(_relay(entry.strip()) for entry in text.split(",") if entry.strip())


def _relay(entry: str) -> RelayAddress:
    url, *more = (part.strip().rstrip("/") for part in entry.split("=", 1)[-1].split("|"))
    if not all(one.startswith(("ws://", "wss://")) for one in (url, *more)) or len(more) > MAX_MORE_URLS:
        raise ValueError(
            f"holds {entry!r}, each entry must be NAME=ws(s)://HOST:PORT, and |ws(s)://HOST:PORT for "
            f"up to {MAX_MORE_URLS} more addresses of the same relay"
        )
    try:
        for one in more:
            relay_id(one)
        return RelayAddress(id=relay_id(url), url=url, more_urls=tuple(more))
    except ValueError as error:
        raise ValueError(f"holds {entry!r}: {error}") from error
