"""A request's body arrives in time or not at all: a half-sent one would hold its connection for ever.

gunicorn bounds the time of a request's head (keepalive), not of its body. The gate reads the whole body here,
before any view and before any transaction, under one deadline for all of it, so that a byte now and then does
not help either. Bodies are small; a large one gets the time that a slow line needs.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, Final

import gevent
from flask import request
from gevent import monkey
from werkzeug.exceptions import RequestTimeout

__all__ = ["read_in_time"]

DEADLINE_S: Final = 10.0
SMALL_BYTES: Final = 64 * 1024
#: A line that is slower than this is not waited for (256 kbit/s).
SLOWEST_BYTES_PER_S: Final = 32 * 1024


class _Late(Exception):
    """The deadline passed."""


def read_in_time() -> None:
    """Read the running request's body, so that views find it in memory. Raises RequestTimeout (408)."""
    if request.content_length is None and not request.headers.get("Transfer-Encoding"):
        return
    try:
        with _deadline(request.content_length or 0):
            request.get_data(parse_form_data=True)
    except _Late:
        raise RequestTimeout from None


def _deadline(size_bytes: int) -> Any:
    """Only a process that gevent runs can be interrupted in a read; development servers and tests wait."""
    if not monkey.is_module_patched("socket"):
        return nullcontext()
    return gevent.Timeout(DEADLINE_S + max(0, size_bytes - SMALL_BYTES) / SLOWEST_BYTES_PER_S, _Late)
