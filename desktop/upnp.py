"""Asking the router to let the customer's program in (UPnP), where the library miniupnpc is installed."""

from __future__ import annotations

import logging
from typing import Any, Final

__all__ = ["Upnp", "open_upnp"]

log = logging.getLogger(__name__)

_DISCOVER_MS: Final = 1500
_LEASE_S: Final = 3600
_TRIES: Final = 4


class Upnp:
    """One mapping on the router that answers; blocking, for LinkThread.run_aside."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._router: Any = None
        self._mapped: int | None = None

    def open(self, port: int) -> tuple[str, int] | None:
        """Pass a port of the router on to our `port`; the address to dial, None without a willing router."""
        if self._mapped is not None:
            return str(self._router.externalipaddress()), self._mapped
        router = self._library.UPnP()
        router.discoverdelay = _DISCOVER_MS
        try:
            if router.discover() == 0:
                return None
            router.selectigd()
            address = str(router.externalipaddress())
            for outer in range(port, port + _TRIES):
                if self._map(router, outer, port):
                    self._router, self._mapped = router, outer
                    return address, outer
        except Exception as error:  # the library raises bare Exceptions
            log.info("upnp_failed", extra={"reason": str(error)})
        return None

    def close(self) -> None:
        """Take the mapping back; it would end by itself within the hour."""
        if self._mapped is not None:
            try:
                self._router.deleteportmapping(self._mapped, "TCP")
            except Exception as error:  # as above
                log.info("upnp_left_a_mapping", extra={"reason": str(error)})
            self._mapped = None

    def _map(self, router: Any, outer: int, port: int) -> bool:
        try:
            return bool(router.addportmapping(outer, "TCP", router.lanaddr, port, "BaroHelp", "", _LEASE_S))
        except Exception:  # taken, or only permanent ones are given
            try:
                return bool(router.addportmapping(outer, "TCP", router.lanaddr, port, "BaroHelp", ""))
            except Exception:
                return False


def open_upnp() -> Upnp | None:
    """Return the gateway to ask, None where the library is missing."""
    try:
        import miniupnpc
    except ImportError:
        return None
    return Upnp(miniupnpc)
