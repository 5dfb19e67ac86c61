"""The clipboard under X11 on a thread of its own, so that ten megabytes of text never stop a window.

The X server says who owns the selection CLIPBOARD (XFixes); a text is fetched from its owner and handed out
to whoever asks, large ones piece by piece (INCR, ICCCM section 2.7.2). Tk's own way waits for the other
program on the Tk thread, and has to read everything again and again to notice a change. One text is kept;
what it says and who may have it is decided by the owner of this object.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from Xlib import X, Xatom, display, error
from Xlib.ext import xfixes
from Xlib.protocol import event

from desktop.x11_display import open_display
from wire.limits import KIB, MAX_CUT_TEXT

__all__ = ["X11Clipboard"]

_PIECE: Final = 128 * KIB
"""What one property holds: below the largest plain request of X11, 256 KiB less a head."""
_PATIENCE_S: Final = 5.0
"""How long the other program may take for a piece before a transfer is forgotten."""
_MOST_TRANSFERS: Final = 16

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Outgoing:
    """A large text on its way to another program, which takes a piece by deleting the property."""

    window: Any
    property: int
    kind: int
    data: bytes
    at: int
    until: float


@dataclass(slots=True)
class _Incoming:
    """The owner's text on its way to us; `pieces` once it comes as INCR."""

    pieces: list[bytes] | None
    size: int
    until: float


class X11Clipboard(threading.Thread):
    """The clipboard of one display. Raises OSError or RuntimeError where it cannot be watched."""

    def __init__(
        self,
        display_name: str,
        *,
        on_text: Callable[[str], object],
        on_too_large: Callable[[int], object] = lambda _: None,
        on_change: Callable[[], object] = lambda: None,
    ) -> None:
        """All three come on this thread. `on_change`: another program copied something; nothing is fetched
        until `fetch` or while `watch(True)`. `on_text`: what was fetched. `on_too_large`: more bytes than
        MAX_CUT_TEXT.
        """
        super().__init__(name="clipboard", daemon=True)
        self._on_text, self._on_too_large, self._on_change = on_text, on_too_large, on_change
        self._connection = _connect(display_name)
        if not self._connection.has_extension("XFIXES"):
            self._connection.close()
            raise RuntimeError("this X server does not tell who owns the clipboard")
        self._connection.xfixes_query_version()
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._orders: deque[Callable[[], None]] = deque()
        self._newest: str | None = None
        self._is_stopping = False
        self._is_watching = False
        self._own: bytes | None = None
        self._own_since = X.CurrentTime
        self._incoming: _Incoming | None = None
        self._outgoing: list[_Outgoing] = []
        self._prepare()

    # Any thread

    def watch(self, on: bool) -> None:
        """Fetch what is copied from now on, or leave it alone."""
        if on != self._is_watching:
            self._is_watching = on

    def fetch(self) -> None:
        """Fetch what is there now."""
        self._order(self._fetch)

    def give(self, text: str) -> None:
        """Replace the clipboard's content; of texts given in a row the last one counts."""
        self._newest = text
        self._order(self._take_ownership)

    def stop(self) -> None:
        """End the thread; what was given goes with it. Join it afterwards."""
        self._is_stopping = True
        self._wake()

    def _order(self, order: Callable[[], None]) -> None:
        # The same order twice is one; a flood of texts waits as one text.
        if order not in self._orders:
            self._orders.append(order)
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._far.send(b"!")

    # This thread

    def run(self) -> None:
        """Serve until `stop`."""
        try:
            while not self._is_stopping:
                while self._orders:
                    self._orders.popleft()()
                while self._connection.pending_events():
                    self._handle(self._connection.next_event())
                self._forget_the_slow()
                self._connection.flush()
                self._wait()
        except (error.ConnectionClosedError, OSError):
            log.info("clipboard_display_gone")
        except Exception:
            # The edge of the thread: without a clipboard the support goes on.
            log.exception("clipboard_failed")
        finally:
            with contextlib.suppress(Exception):
                self._connection.close()
            self._near.close()
            self._far.close()

    def _wait(self) -> None:
        if self._orders or self._connection.pending_events():
            return
        is_busy = self._incoming is not None or bool(self._outgoing)
        files = [self._connection.fileno(), self._near]
        readable, _, _ = select.select(files, [], [], 0.5 if is_busy else None)
        if self._near in readable:
            with contextlib.suppress(OSError):
                while self._near.recv(4096):
                    pass

    def _prepare(self) -> None:
        connection = self._connection
        root = connection.screen().root
        self._window = root.create_window(0, 0, 1, 1, 0, 0, X.InputOnly, event_mask=X.PropertyChangeMask)
        atom = connection.intern_atom
        self._clipboard, self._property = atom("CLIPBOARD"), atom("BAROHELP_TEXT")
        self._utf8, self._mime = atom("UTF8_STRING"), atom("text/plain;charset=utf-8")
        self._targets, self._timestamp, self._incr = atom("TARGETS"), atom("TIMESTAMP"), atom("INCR")
        connection.xfixes_select_selection_input(
            self._window, self._clipboard, xfixes.XFixesSetSelectionOwnerNotifyMask
        )
        connection.set_error_handler(lambda *_: None)  # windows of other programs come and go
        connection.sync()

    def _handle(self, happened: Any) -> None:
        kind = happened.type
        if kind == X.SelectionRequest:
            self._serve(happened)
        elif kind == X.SelectionNotify:
            self._arrived(happened)
        elif kind == X.PropertyNotify and happened.window == self._window:
            if happened.state == X.PropertyNewValue and happened.atom == self._property:
                self._piece_came()
        elif kind == X.PropertyNotify and happened.state == X.PropertyDelete:
            self._piece_taken(happened)
        elif kind == X.SelectionClear:
            self._own = None
        elif type(happened).__name__ == "SetSelectionOwnerNotify" and happened.owner != self._window:
            self._changed(happened)

    def _changed(self, happened: Any) -> None:
        self._own = None  # this news may come before SelectionClear
        if happened.owner == X.NONE:
            return
        self._on_change()
        if self._is_watching:
            self._fetch()

    # Fetching

    def _fetch(self) -> None:
        if self._own is None:
            self._incoming = _Incoming(None, 0, time.monotonic() + _PATIENCE_S)
            self._window.delete_property(self._property)
            self._window.convert_selection(self._clipboard, self._utf8, self._property, X.CurrentTime)

    def _arrived(self, happened: Any) -> None:
        incoming = self._incoming
        if incoming is None or happened.property == X.NONE:
            self._incoming = None  # nothing was copied, or it is no text
            return
        found = self._window.get_full_property(self._property, X.AnyPropertyType, sizehint=_PIECE)
        if found is None:
            self._incoming = None
        elif found.property_type == self._incr:
            incoming.pieces = []
            self._window.delete_property(self._property)  # the owner begins when it is gone
        else:
            self._window.delete_property(self._property)
            self._incoming = None
            if found.format == 8:  # noqa: PLR2004  bytes
                self._fetched(bytes(found.value))

    def _piece_came(self) -> None:
        incoming = self._incoming
        if incoming is None or incoming.pieces is None:
            return
        found = self._window.get_full_property(self._property, X.AnyPropertyType, sizehint=_PIECE)
        self._window.delete_property(self._property)
        piece = bytes(found.value) if found is not None else b""
        incoming.until = time.monotonic() + _PATIENCE_S
        incoming.size += len(piece)
        if not piece:
            self._incoming = None
            if incoming.size > MAX_CUT_TEXT:
                self._on_too_large(incoming.size)
            else:
                self._fetched(b"".join(incoming.pieces))
        elif incoming.size > MAX_CUT_TEXT:
            # The rest is taken and thrown away: an owner left in the middle may wait for us.
            incoming.pieces.clear()
        else:
            incoming.pieces.append(piece)

    def _fetched(self, data: bytes) -> None:
        if len(data) > MAX_CUT_TEXT:
            self._on_too_large(len(data))
        elif data:
            self._on_text(data.decode("utf-8", "replace"))

    # Giving

    def _take_ownership(self) -> None:
        text, self._newest = self._newest, None
        if text is None:
            return
        self._own = text.encode("utf-8", "replace")
        self._window.set_selection_owner(self._clipboard, X.CurrentTime)
        self._own_since = X.CurrentTime

    def _serve(self, request: Any) -> None:
        """Answer a program that wants what we own."""
        place = request.property or request.target
        answered = self._own is not None and request.selection == self._clipboard
        if not answered:
            place = X.NONE
        elif request.target == self._targets:
            kinds = [self._targets, self._timestamp, self._utf8, self._mime, Xatom.STRING]
            request.requestor.change_property(place, Xatom.ATOM, 32, kinds)
        elif request.target == self._timestamp:
            request.requestor.change_property(place, Xatom.INTEGER, 32, [self._own_since])
        elif request.target in {self._utf8, self._mime, Xatom.STRING}:
            self._serve_text(request, place)
        else:
            place = X.NONE
        request.requestor.send_event(
            event.SelectionNotify(
                time=request.time,
                requestor=request.requestor,
                selection=request.selection,
                target=request.target,
                property=place,
            )
        )

    def _serve_text(self, request: Any, place: int) -> None:
        data = self._own or b""
        if request.target == Xatom.STRING:
            data = data.decode().encode("latin-1", "replace")
        if len(data) <= _PIECE:
            request.requestor.change_property(place, request.target, 8, data)
            return
        # A program that asks again has given the first transfer up.
        self._outgoing = [
            one for one in self._outgoing if (one.window, one.property) != (request.requestor, place)
        ][-_MOST_TRANSFERS:]
        request.requestor.change_attributes(event_mask=X.PropertyChangeMask)
        request.requestor.change_property(place, self._incr, 32, [len(data)])
        until = time.monotonic() + _PATIENCE_S
        self._outgoing.append(_Outgoing(request.requestor, place, request.target, data, 0, until))

    def _piece_taken(self, happened: Any) -> None:
        for one in self._outgoing:
            if one.window == happened.window and one.property == happened.atom:
                piece = one.data[one.at : one.at + _PIECE]
                one.window.change_property(one.property, one.kind, 8, piece)
                one.at += len(piece)
                one.until = time.monotonic() + _PATIENCE_S
                if not piece:  # the empty one says that this was all
                    self._outgoing.remove(one)
                return

    def _forget_the_slow(self) -> None:
        now = time.monotonic()
        self._outgoing = [one for one in self._outgoing if one.until > now]
        if self._incoming is not None and self._incoming.until <= now:
            self._incoming = None


def _connect(name: str) -> display.Display:
    try:
        return open_display(name)
    except error.DisplayError as failure:
        raise OSError(str(failure)) from failure
