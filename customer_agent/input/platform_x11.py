"""Keys and pointer under X11 by XTEST, with an own keycode remap for what the layout lacks (pynput corrupts
Hangul).

Belongs to the thread that made it (the hand thread). Which input is allowed is decided before, in rights.py.
"""

from __future__ import annotations

import time

from Xlib import X
from Xlib.ext import xtest

from customer_agent.input.keys import Action, Keymap, KeyTranslator, Press, Remap, Wait
from customer_agent.input.pointer import ButtonChange, Buttons
from customer_agent.input.scancodes import X_KEYCODE_OFFSET, linux_key
from customer_agent.platform_errors import Unsupported
from customer_agent.x11 import connect

_SCANCODE_TOKEN = 1 << 40


class X11Hands:
    """Presses keys and moves the pointer of one X11 display."""

    def __init__(self, display_name: str | None = None) -> None:
        """Connect; raises Unsupported without XTEST."""
        self._connection = connect(display_name)
        if not self._connection.has_extension("XTEST"):
            raise Unsupported("XTEST", "This X server lets no program press keys.")
        self._root = self._connection.screen().root
        self._buttons = Buttons()
        self._keys = KeyTranslator(self._read_keymap())

    def pointer(self, buttons: int, x: int, y: int) -> None:
        """Move to (x, y) px and hold exactly the buttons of the mask."""
        xtest.fake_input(self._connection, X.MotionNotify, x=x, y=y)
        self._change_buttons(self._buttons.change(buttons))

    def key(self, down: bool, keysym: int, scancode: int | None = None) -> None:
        """Press or release a key by what it means, or by where it lies when it means nothing (keysym 0)."""
        self._notice_new_map()
        key = linux_key(scancode) if scancode else None
        if keysym == 0 and key is not None:
            self._key_by_place(down, key + X_KEYCODE_OFFSET)
            return
        if down:
            state = self._root.query_pointer().mask
            self._carry_out(self._keys.press(keysym, state, time.monotonic()))
        else:
            self._carry_out(self._keys.release(keysym))

    def _key_by_place(self, down: bool, keycode: int) -> None:
        token = _SCANCODE_TOKEN | keycode
        self._carry_out(self._keys.press_keycode(token, keycode) if down else self._keys.release(token))

    def release_all(self) -> None:
        """Every key and button that we hold goes up."""
        self._carry_out(self._keys.release_all())
        self._change_buttons(self._buttons.release_all())

    def close(self) -> None:
        """Release everything, give the keyboard map back as it was, and disconnect."""
        self.release_all()
        # A program that is still reading the last key must not find its keycode empty.
        time.sleep(0.05)
        self._carry_out(self._keys.restore())
        self._connection.sync()
        self._connection.close()

    def _change_buttons(self, changes: object) -> None:
        for change in changes:  # type: ignore[attr-defined]
            assert isinstance(change, ButtonChange)
            kind = X.ButtonPress if change.down else X.ButtonRelease
            xtest.fake_input(self._connection, kind, change.button)
        self._connection.flush()

    def _carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Press):
                kind = X.KeyPress if action.down else X.KeyRelease
                xtest.fake_input(self._connection, kind, action.keycode)
            elif isinstance(action, Remap):
                self._connection.change_keyboard_mapping(action.keycode, [[action.keysym] * self._levels])
                self._connection.sync()
                self._expected_maps += 1
            elif isinstance(action, Wait):
                self._connection.flush()
                time.sleep(action.seconds)
        self._connection.flush()

    def _read_keymap(self) -> Keymap:
        setup = self._connection.display.info
        first, last = setup.min_keycode, setup.max_keycode
        rows = self._connection.get_keyboard_mapping(first, last - first + 1)
        self._levels = len(rows[0])
        self._expected_maps = 0
        symbols = {first + place: tuple(int(symbol) for symbol in row) for place, row in enumerate(rows)}
        modifiers = self._connection.get_modifier_mapping()
        num_lock = self._connection.keysym_to_keycode(0xFF7F)
        mask = next((1 << i for i, codes in enumerate(modifiers) if num_lock and num_lock in codes), 0x10)
        held = frozenset(code for codes in modifiers for code in codes if code)
        return Keymap(symbols, held, mask)

    def _notice_new_map(self) -> None:
        """The customer may switch layouts; our own remaps announce themselves in the same way."""
        foreign = False
        while self._connection.pending_events():
            event = self._connection.next_event()
            if event.type == X.MappingNotify and event.request == X.MappingKeyboard:
                if self._expected_maps:
                    self._expected_maps -= 1
                else:
                    foreign = True
        if foreign:
            self._keys.change_map(self._read_keymap())
