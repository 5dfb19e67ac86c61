"""The listening socket: what the kernel keeps for each connection is decided here, once for all of them.

Accepted sockets inherit every option, so no connection costs a system call for them. Without the two sizes
the kernel would keep 8 to 16 MB for each stalled pair (design/relay.md, measured).
"""

from __future__ import annotations

import socket
from typing import Final

from wire.limits import KIB

__all__ = ["open_listener"]

KERNEL_BUFFER: Final = 256 * KIB  # Linux doubles it for its own book-keeping
UNSENT_LOW: Final = 128 * KIB  # a backlog stays with the sender, who can merge screen updates
BACKLOG: Final = 1024
# A leg whose end vanished without a word is found after 30 + 3 * 10 s of silence.
_KEEPALIVE: Final = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))


def open_listener(host: str, port: int) -> socket.socket:
    """A non-blocking listening socket; raises OSError when the address is taken or not ours.

    No SO_REUSEPORT: each relay process has its own address (decision D3).
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for name, value in (*_KEEPALIVE, ("TCP_NOTSENT_LOWAT", UNSENT_LOW)):
            if hasattr(socket, name):  # what a platform lacks costs it memory, not function
                listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        listener.bind((host, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
