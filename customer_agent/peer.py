"""One viewer's RFB conversation, between the link thread (bytes in) and the screen thread (updates out).

Decides who hears what: wishes go to the screen thread, keys and pointer to `on_input`, which asks
rights.py. The protocol object is shared by both threads under one short lock; nothing is encoded or
captured inside it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from customer_agent.screen.capture import Area, CursorShape, Monitor
from customer_agent.screen.encode import Needs
from customer_agent.screen.quality import Mode
from customer_agent.screen.stream import ScreenStream
from customer_agent.screen.watcher import Watcher
from customer_agent.wishes import Wishes
from wire.limits import MAX_SCREENS
from wire.rfb import events as e
from wire.rfb.clipboard import PreparedText
from wire.rfb.messages import Rectangle, Screen
from wire.rfb.server import ServerProtocol
from wire.rfb.states import Phase

InputEvent = e.KeyEvent | e.QemuKeyEvent | e.PointerEvent | e.CutTextReceived


class RfbPeer:
    """Serves one viewer; `receive` and `close` belong to the link thread, the rest to the screen thread."""

    def __init__(
        self,
        stream: ScreenStream,
        *,
        name: str,
        send: Callable[[bytes], object],
        pending_bytes: Callable[[], int],
        on_input: Callable[[InputEvent], None],
        on_ready: Callable[[bool], None] | None = None,
        on_lost: Callable[[str], None] | None = None,
        clipboard: bool = False,
        visible: bool = True,
    ) -> None:
        """`send` and `pending_bytes` are called from both threads. `on_ready(shared)` comes on the link
        thread, `on_lost(reason)` on the screen thread when the viewer cannot be served further.
        """
        self._stream = stream
        self._send = send
        self._pending_bytes = pending_bytes
        self._on_input = on_input
        self._on_ready = on_ready
        self._on_lost = on_lost
        self._visible = visible
        self._lock = threading.RLock()
        screens = _screens(stream.monitors)
        self._protocol = ServerProtocol(stream.width, stream.height, name, screens=screens)
        self._protocol.clipboard.is_open = clipboard
        self._watcher: Watcher | None = None
        self._wishes = Wishes(lambda: stream.call(self._tell_wishes))
        self._preferred: tuple[Mode, int, int] | None = None
        self._generation = 0
        self._closed = False
        self._flush()

    @property
    def watcher(self) -> Watcher | None:
        """The screen thread's side, from the end of the handshake on."""
        return self._watcher

    # Link thread

    def receive(self, data: bytes) -> None:
        """Take bytes of the viewer; raises ProtocolError when they break the contract (then close)."""
        with self._lock:
            try:
                self._protocol.receive(data)
            finally:
                events = self._protocol.events()
                if any(isinstance(event, e.PixelFormatSet) for event in events):
                    self._generation += 1
                self._flush()
        for event in events:
            self._handle(event)

    def prefer(self, mode: Mode, depth: int, max_fps: int) -> None:
        """The agent's wishes of the control channel; they may come before the viewer is ready."""
        self._preferred = mode, depth, max_fps
        if self._watcher is not None:
            self._stream.call(self._watcher.prefer, *self._preferred)

    def show(self, visible: bool) -> None:
        """Let the viewer see, or freeze its picture: when this returns no further update leaves."""
        with self._lock:
            self._visible = visible
        if self._watcher is not None:
            self._stream.call(self._watcher.show, visible)

    def open_clipboard(self, on: bool, *, may_have: bool = True) -> None:
        """Let clipboard text pass, or drop what comes. What waits to be asked for is forgotten where the
        viewer may not have it.
        """
        with self._lock:
            self._protocol.clipboard.is_open = on
            if not may_have:
                self._protocol.clipboard.forget()

    def send_cut_text(self, text: PreparedText) -> None:
        """Tell the viewer what the customer's clipboard holds."""
        with self._lock:
            if self._protocol.phase is Phase.NORMAL and not self._closed:
                self._protocol.send_cut_text(text)
                self._flush()

    def drained(self) -> None:
        """The line has taken what waited."""
        self._stream.wake()

    def close(self) -> None:
        """Send nothing more."""
        with self._lock:
            self._closed = True
        if self._watcher is not None:
            self._stream.leave(self._watcher)
            self._watcher = None

    def _handle(self, event: e.ServerEvent) -> None:
        if isinstance(event, e.KeyEvent | e.QemuKeyEvent | e.PointerEvent | e.CutTextReceived):
            self._on_input(event)
        elif isinstance(event, e.ClientReady):
            self._watcher = self._stream.watch(self)
            self._stream.call(self._watcher.show, self._visible)
            if self._preferred is not None:
                self._stream.call(self._watcher.prefer, *self._preferred)
            if self._on_ready is not None:
                self._on_ready(event.shared)
        elif isinstance(event, e.DesktopSizeRequested):
            with self._lock:
                self._protocol.refuse_desktop_size()
                self._flush()
        elif self._watcher is not None:
            self._pass_on(self._watcher, event)

    def _pass_on(self, watcher: Watcher, event: e.ServerEvent) -> None:
        if isinstance(event, e.EncodingsSet | e.PixelFormatSet):
            self._wishes.need()
        elif isinstance(event, e.UpdateRequested):
            self._wishes.ask(Area(event.x, event.y, event.w, event.h), incremental=event.incremental)
        elif isinstance(event, e.ContinuousUpdatesSet):
            self._wishes.flow(Area(event.x, event.y, event.w, event.h) if event.on else None)
        elif isinstance(event, e.FenceReceived) and len(event.payload) == 4:
            number = int.from_bytes(event.payload, "big")
            if self._wishes.came_back(number):
                self._stream.note(watcher.answered, number, time.monotonic())

    # Screen thread (Outlet)

    def _tell_wishes(self) -> None:
        """Tell the watcher what its viewer wants by now."""
        watcher, new = self._watcher, self._wishes.take()
        if watcher is None:
            return
        if new.has_new_needs:
            with self._lock:
                client, generation = self._protocol.client, self._generation
                needs = Needs.of(client)
                fences, cursor = client.supports_fence, client.supports_cursor
            watcher.change_needs(needs, generation, fences=fences, cursor=cursor)
        if new.continuous is not None:
            watcher.set_continuous(new.continuous[0])
        for area, incremental in ((new.anew, False), (new.asked, True)):
            if area is not None:
                watcher.request(area, incremental=incremental)

    def send_update(self, rectangles: list[Rectangle], generation: int) -> int | None:
        """Send one update made for the pixel format of `generation`; None when that is not the viewer's
        now, or the viewer may not see any more.
        """
        with self._lock:
            if generation != self._generation or not self._visible:
                return None
            self._protocol.send_update(rectangles)
            return self._flush()

    def send_cursor(self, shape: CursorShape) -> None:
        """Send the pointer's picture."""
        with self._lock:
            self._protocol.send_cursor(shape.pixels, shape.hot_x, shape.hot_y)
            self._flush()

    def send_size(self, width: int, height: int, monitors: tuple[Monitor, ...]) -> bool:
        """Tell the new size; a viewer that cannot follow is lost."""
        with self._lock:
            follows = self._protocol.send_desktop_size(width, height, _screens(monitors))
            self._flush()
        if not follows and self._on_lost is not None:
            self._on_lost("the viewer cannot follow a change of the screen's size")
        return follows

    def send_fence(self, number: int) -> None:
        """Ask for the mark `number` back."""
        self._wishes.expect(number)
        with self._lock:
            self._protocol.send_fence(0, number.to_bytes(4, "big"))
            self._flush()

    def unsent_bytes(self) -> int:
        """What waits for the line in our own queue."""
        return self._pending_bytes()

    def _flush(self) -> int:
        data = self._protocol.outgoing()
        if data and not self._closed:
            self._send(data)
        return len(data)


def _screens(monitors: tuple[Monitor, ...]) -> list[Screen]:
    return [Screen(m.id, *m.area) for m in monitors[:MAX_SCREENS]]
