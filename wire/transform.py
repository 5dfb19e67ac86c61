"""Whether the relay's inner loop runs compiled: `compiled()` gives it, or None where it was not built.

`ops/build_transform.py` builds it where a C compiler is; without one the loop of wire/frames.py in Python
does the same, by the same tests (docs/decisions/0082).
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

__all__ = ["Transform", "compiled"]


class Transform(Protocol):
    """Takes the masking keys off in place, from `at` to `end` of the buffer.

    First the `left` bytes of the frame under way (`mask` turned to begin with the next byte), then, if
    `may_begin`, whole binary messages of one frame each, up to `limit` bytes. Returns where it stopped, where
    the bytes to send end (they begin at `at`), and `left` and `mask` of the frame that is now under way.
    Raises ValueError for a range outside the buffer.
    """

    def __call__(  # noqa: PLR0917 (a compiled function takes its arguments by place)
        self, buffer: bytearray, at: int, end: int, left: int, mask: bytes, may_begin: bool, limit: int, /
    ) -> tuple[int, int, int, bytes]: ...


def compiled() -> Transform | None:
    """The compiled loop, or None where it was not built."""
    try:
        module = import_module("wire._transform")
    except ImportError:
        return None
    transform: Transform = module.forward
    return transform
