"""Which clipboard text goes to the agent, and which came from there. Reading and writing is handed in.

The customer's clipboard is heard while somebody may have it. What stood there before is the customer's own
affair: only what is copied from then on leaves the PC, and what the agent gave is never sent back. Under X11
the clipboard's thread tells what was copied (`copied`); elsewhere the clipboard is looked at now and then.
Its methods may come on any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from wire.limits import MAX_CUT_TEXT

__all__ = ["ClipboardShare"]


class ClipboardShare:
    """`read` returns the clipboard's text or None, `write` replaces it, `tell` sends it to the agents,
    `tell_too_large` says that there is one which is not sent.
    """

    def __init__(
        self,
        read: Callable[[], str | None],
        write: Callable[[str], object],
        tell: Callable[[str], object],
        tell_too_large: Callable[[], object] = lambda: None,
    ) -> None:
        self._read = read
        self._write = write
        self._tell = tell
        self._tell_too_large = tell_too_large
        self._lock = threading.Lock()
        self._known: str | None = None
        self._is_shared = False

    def look(self, *, may_share: bool) -> None:
        """Tell the agents what was copied since the last look, where they may have it."""
        was_shared, self._is_shared = self._is_shared, may_share
        if not may_share:
            return
        text = self._read()
        if was_shared and text is not None:
            self.copied(text)
        else:
            with self._lock:
                self._known = text

    def copied(self, text: str) -> None:
        """The customer copied `text` while somebody might have it."""
        with self._lock:
            if text == self._known:
                return
            self._known = text
        if len(text.encode("utf-8", "replace")) <= MAX_CUT_TEXT:
            self._tell(text)
        else:
            self._tell_too_large()

    def take(self, text: str) -> None:
        """Put what an agent copied into the customer's clipboard."""
        with self._lock:
            if text == self._known:
                return
            self._known = text
        self._write(text)
