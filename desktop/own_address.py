"""This computer's own address in its network, as the console shows it beside the public one."""

from __future__ import annotations

import contextlib
import socket
from urllib.parse import urlsplit

__all__ = ["local_address"]


def local_address(server: str) -> str:
    """This computer's own address on the way to `server`; no packet is sent."""
    parts = urlsplit(server)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((parts.hostname or "127.0.0.1", port))
        return str(probe.getsockname()[0])
    return "127.0.0.1"
