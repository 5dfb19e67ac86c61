"""A shared screen on a real display with our own viewer at its end, and windows that a test draws."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from Xlib import X

from customer_agent.peer import InputEvent, RfbPeer
from customer_agent.screen.capture import Area
from customer_agent.screen.platform_x11 import X11Screen
from customer_agent.screen.share import Share, SharedScreen, ShareState
from customer_agent.screen.share_x11 import X11Window
from customer_agent.screen.stream import ScreenStream
from customer_agent.x11 import connect
from tests.customer_agent.viewing import PlainViewer
from tests.displays import Display
from wire.errors import ProtocolError
from wire.rfb import events as e
from wire.rfb.messages import EnableContinuousUpdates, Screen, SetDesktopSize, UpdateRequest

SECRET = 0xC713E9


class Painter:
    """Windows of another program: plain colours, redrawn when the X server asks."""

    def __init__(self, display: Display) -> None:
        self._connection = connect(display.name)
        self._root = self.root = self._connection.screen().root

    def window(
        self,
        area: Area,
        colour: int | None,
        title: str = "",
        *,
        override: bool = False,
        belongs_to: Any = None,
    ) -> Any:
        """A window at its place; without a colour it has no background, and is never painted."""
        look = {} if colour is None else {"background_pixel": colour}
        mask = X.ExposureMask | X.KeyPressMask | X.ButtonPressMask
        one = self._root.create_window(*area, 0, 24, event_mask=mask, override_redirect=override, **look)
        if title:
            utf8 = self._connection.intern_atom("UTF8_STRING")
            name = self._connection.intern_atom("_NET_WM_NAME")
            one.change_property(name, utf8, 8, title.encode())
        if belongs_to is not None:
            one.set_wm_transient_for(belongs_to)
        # Program and person chose the place: the window manager must not.
        one.set_wm_normal_hints(flags=3)
        one.map()
        self.sync()
        return one

    def fill(self, window: Any, area: Area, colour: int) -> None:
        """Draw a rectangle."""
        pen = window.create_gc(foreground=colour)
        window.fill_rectangle(pen, *area)
        pen.free()
        self.sync()

    def fill_root(self, area: Area, colour: int) -> None:
        """Draw on the desktop itself."""
        self.fill(self._root, area, colour)

    def secret_pointer(self, window: Any) -> None:
        """Give the pointer a shape of the secret's colour there."""
        font = self._connection.open_font("cursor")
        colour = tuple((SECRET >> shift & 255) * 257 for shift in (16, 8, 0))
        window.change_attributes(cursor=font.create_glyph_cursor(font, 68, 69, colour, colour))
        self.sync()

    def noise(self, window: Any, area: Area, seed: int) -> None:
        """Many small rectangles, as a busy program would draw, with far less red than the secret."""
        random = np.random.default_rng(seed)
        for _ in range(12):
            x, y = (int(random.integers(0, side)) for side in (area.width, area.height))
            self.fill(window, Area(x, y, 23, 17), int(random.integers(0, 0x600000)))

    def sync(self) -> None:
        """Wait until the X server has done everything."""
        self._connection.sync()

    def close(self) -> None:
        self._connection.close()


class Witness(PlainViewer):
    """Looks for the secret's colour, JPEG's blur included, in every rectangle and pointer it ever gets."""

    secrets = 0

    def _take(self, event: e.ViewerEvent) -> None:
        super()._take(event)
        if isinstance(event, e.RectReceived):
            part = self.picture[event.y : event.y + event.height, event.x : event.x + event.width]
            self.secrets += near_secret(part)
        elif isinstance(event, e.CursorChanged) and event.width:
            self.secrets += near_secret(np.frombuffer(event.pixels, np.uint8).reshape(-1, 1, 4))


def near_secret(pixels: Any) -> int:
    """How many pixels look like the secret."""
    colour = np.array([SECRET & 255, SECRET >> 8 & 255, SECRET >> 16], np.int16)
    return int((np.abs(pixels[..., :3].astype(np.int16) - colour).max(axis=-1) < 40).sum())


class Sharing:
    """What the customer program's link does with a share, with one plain viewer."""

    def __init__(self, display: Display, share: Share) -> None:
        self.states: list[ShareState] = []
        self.inputs: list[InputEvent] = []
        self.failures: list[str] = []
        self.shared = SharedScreen(
            lambda: X11Screen(display.name),
            lambda window: X11Window(window, display.name),
            share=share,
            on_state=self.states.append,
        )
        self.stream = ScreenStream(self.shared.open, full_look_s=0.2)
        self.stream.open()
        self._ours, self._theirs = socket.socketpair()
        self.peer = RfbPeer(
            self.stream,
            name="PC-7",
            send=self._ours.sendall,
            pending_bytes=lambda: 0,
            on_input=self.inputs.append,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.viewer = Witness(self._theirs)
        self.viewer.look(lambda: self.viewer.updates > 0, what="the first picture")

    def _read(self) -> None:
        try:
            while data := self._ours.recv(65536):
                self.peer.receive(data)
        except (ProtocolError, OSError) as error:
            self.failures.append(str(error))

    @property
    def state(self) -> ShareState:
        return self.shared.state

    def change(self, share: Share) -> None:
        """The customer chooses something else; returns when it is so."""
        done = threading.Event()
        self.stream.call(self.shared.change, share)
        self.stream.call(done.set)
        assert done.wait(10)

    def show_monitor(self, number: int | None) -> bool:
        """The agent chooses a monitor."""
        answers: list[bool] = []
        done = threading.Event()
        self.stream.call(lambda: answers.append(self.shared.show_monitor(number)))
        self.stream.call(done.set)
        assert done.wait(10)
        return answers[0]

    def look(self, until: Callable[[], bool], what: str) -> None:
        """Let the viewer look until it is so."""
        self.viewer.look(until, what=what)

    def sees(self, colour: int) -> int:
        """How many pixels of the viewer's picture have that colour."""
        return int((self.viewer.words == colour).sum())

    def close(self) -> None:
        self.peer.close()
        self.stream.stop()
        self.stream.join(5)
        for end in (self._ours, self._theirs):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._reader.join(5)
        for end in (self._ours, self._theirs):
            end.close()


@contextmanager
def sharing(display: Display, share: Share) -> Iterator[Sharing]:
    """A share and its viewer for one block."""
    one = Sharing(display, share)
    try:
        yield one
    finally:
        one.close()


@contextmanager
def painting(display: Display) -> Iterator[Painter]:
    """A painter for one block; its windows go with it."""
    one = Painter(display)
    try:
        yield one
    finally:
        one.close()


def ask_for_more(viewer: PlainViewer) -> None:
    """What a hostile viewer says: show me everything, and more than there is."""
    viewer.send(lambda p: p.send(SetDesktopSize(1280, 800, (Screen(0, 0, 0, 1280, 800),))))
    viewer.send(lambda p: p.send(UpdateRequest(False, 0, 0, 65535, 65535)))
    viewer.send(lambda p: p.send(EnableContinuousUpdates(True, 0, 0, 65535, 65535)))
