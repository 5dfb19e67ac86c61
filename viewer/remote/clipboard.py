"""The agent's clipboard and the customer's: what is told, what is taken, and what is said about it.

Nothing here waits on the Tk thread: under X11 a thread of its own reads and writes the clipboard
(desktop/clipboard_x11.py), packs what is sent, and takes what comes from the link. Elsewhere Tk's own
clipboard is read when the window gets the focus. The agent's text is told when they turn to the window, not
when they copy; a text that came is never sent back, nor one that the other side knows already.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from wire.errors import LimitExceeded
from wire.limits import MAX_CUT_TEXT, MIB
from wire.rfb.clipboard import PreparedText

if TYPE_CHECKING:
    from desktop.clipboard_x11 import X11Clipboard

__all__ = ["ClipboardDesk", "ClipboardNews"]

_LARGE: Final = 1 * MIB

ClipboardNews: TypeAlias = tuple[Literal["sent", "received", "too_large"], int]
"""What happened to a large text, and its bytes."""

log = logging.getLogger(__name__)


class ClipboardDesk:
    """One window's share of the clipboard. `may_give` and `may_take` are set by the owner, on Tk's thread."""

    def __init__(
        self,
        x11_display: str | None,
        *,
        read: Callable[[], str | None],
        write: Callable[[str], object],
        send: Callable[[PreparedText], object],
        tell: Callable[[ClipboardNews], object],
    ) -> None:
        """`x11_display`: the display's name, None where there is no X11. `read` and `write` are Tk's own way,
        on its thread. `send` gives a text to the other side, `tell` has something to say; both on any thread.
        """
        self._read = read
        self._write = write
        self._send = send
        self._tell = tell
        self._lock = threading.Lock()
        self._known: str | None = None
        self._is_news = True
        self._took: str | None = None
        self.may_give = False
        self.may_take = False
        self._x11: X11Clipboard | None = None
        if x11_display is not None:
            from desktop.clipboard_x11 import X11Clipboard

            try:
                self._x11 = X11Clipboard(
                    x11_display,
                    on_text=self._give,
                    on_too_large=lambda size: tell(("too_large", size)),
                    on_change=self._changed,
                )
                self._x11.start()
            except (OSError, RuntimeError) as error:
                log.info("clipboard_thread_missing", extra={"reason": str(error)})

    def look(self) -> None:
        """The agent turned to the window: tell what was copied since. Tk's thread."""
        if not self.may_give:
            return
        if self._x11 is None:
            self._give(self._read() or "")
        elif self._is_news:
            self._is_news = False
            self._x11.fetch()

    def take(self, text: str) -> None:
        """The other side's clipboard holds `text` now. Any thread; without X11, `put_down` writes it."""
        with self._lock:
            if not self.may_take or text == self._known:
                return
            self._known = text
        if self._x11 is not None:
            self._x11.give(text)
        else:
            self._took = text
        self._say("received", len(text.encode("utf-8", "replace")))

    def put_down(self) -> None:
        """Write what was taken where no thread does it. Tk's thread."""
        text, self._took = self._took, None
        if text is not None:
            self._write(text)

    def close(self) -> None:
        """Stop the thread; a text that was taken goes with it."""
        if self._x11 is not None:
            self._x11.stop()
            self._x11.join(2)

    def _changed(self) -> None:
        self._is_news = True

    def _give(self, text: str) -> None:
        with self._lock:
            if not self.may_give or not text or text == self._known:
                return
            self._known = text
        try:
            prepared = PreparedText.of(text)
        except LimitExceeded:
            self._tell(("too_large", MAX_CUT_TEXT))
            return
        # Packing took a moment, in which the customer may have taken the right away.
        if self.may_give:
            self._send(prepared)
            self._say("sent", len(prepared.data))

    def _say(self, what: Literal["sent", "received"], size: int) -> None:
        if size >= _LARGE:
            self._tell((what, size))
