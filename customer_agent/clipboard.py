"""Which clipboard text goes to the agent, and which came from there. Pure; reading and writing is handed in.

The customer's clipboard is looked at while somebody may have it. What stood there before is the customer's
own affair: only what is copied from then on leaves the PC, and what the agent gave is never sent back.
"""

from __future__ import annotations

from collections.abc import Callable

from wire.limits import MAX_CUT_TEXT

__all__ = ["ClipboardShare"]


class ClipboardShare:
    """`read` returns the clipboard's text or None, `write` replaces it, `tell` sends it to the agents."""

    def __init__(
        self, read: Callable[[], str | None], write: Callable[[str], object], tell: Callable[[str], object]
    ) -> None:
        self._read = read
        self._write = write
        self._tell = tell
        self._known: str | None = None
        self._is_shared = False

    def look(self, *, may_share: bool) -> None:
        """Tell the agents what was copied since the last look, where they may have it."""
        was_shared, self._is_shared = self._is_shared, may_share
        if not may_share:
            return
        text = self._read()
        is_new = was_shared and text is not None and text != self._known
        self._known = text
        if is_new and text is not None and len(text.encode("utf-8", "replace")) <= MAX_CUT_TEXT:
            self._tell(text)

    def take(self, text: str) -> None:
        """Put what an agent copied into the customer's clipboard."""
        if text != self._known:
            self._known = text
            self._write(text)
