"""Which keys to press so that a keysym arrives, on the customer's own keyboard map. Pure.

Three ways, tried in this order: the key that gives the keysym as it is, with Shift pressed or lifted for a
moment where the level needs it; a spare keycode that is mapped to the keysym (Hangul, anything the layout
lacks). A spare keycode is not mapped anew while a slow program may still have to read its last press
(design/screen.md section 9). The platform file carries the actions out; times are monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

SHIFT_MASK = 1
LOCK_MASK = 2
GROUP_SHIFT = 13
SHIFT_KEYSYMS = (0xFFE1, 0xFFE2)
REUSE_AFTER_S = 0.2
SETTLE_S = 0.010


@dataclass(frozen=True, slots=True)
class Press:
    """Press (down) or release one keycode."""

    keycode: int
    down: bool


@dataclass(frozen=True, slots=True)
class Remap:
    """Give `keycode` one keysym at every level; 0 = none."""

    keycode: int
    keysym: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Let programs read the new map (seconds)."""

    seconds: float


Action = Press | Remap | Wait


@dataclass(frozen=True, slots=True)
class Keymap:
    """The X server's map: for each keycode its keysyms (group 1 level 1, level 2, group 2 level 1, ...)."""

    symbols: dict[int, tuple[int, ...]]
    modifier_keycodes: frozenset[int] = frozenset()
    num_lock_mask: int = 0x10

    def spare(self) -> list[int]:
        """Keycodes without a keysym, and those that an earlier, killed program had left mapped."""
        return [
            code
            for code, symbols in self.symbols.items()
            if code not in self.modifier_keycodes and (not any(symbols) or _is_leftover(symbols))
        ]


def _is_leftover(symbols: tuple[int, ...]) -> bool:
    """Every level the same Unicode keysym: no real layout has that, our spare keycodes do."""
    used = {symbol for symbol in symbols if symbol}
    return len(used) == 1 and len(symbols) > 1 and all(symbols) and min(used) > 0x01000000


@dataclass(slots=True)
class _Spare:
    keysym: int = 0
    used_at: float = float("-inf")


@dataclass(slots=True)
class KeyTranslator:
    """Remembers what is held and how the spare keycodes are mapped."""

    keymap: Keymap
    _held: dict[int, int] = field(default_factory=dict)
    _spares: dict[int, _Spare] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._spares = {code: _Spare() for code in self.keymap.spare()}

    def change_map(self, keymap: Keymap) -> None:
        """The customer chose another layout; the spare keycodes keep what they carry."""
        self.keymap = keymap

    @property
    def held_keycodes(self) -> frozenset[int]:
        """What is pressed now."""
        return frozenset(self._held.values())

    def press(self, keysym: int, state: int, now: float) -> list[Action]:
        """The actions for a key that goes down; `state` is the X modifier state with its group bits.

        A key that is held already gives nothing: the X server repeats by itself.
        """
        if keysym in self._held:
            return []
        found = self._find(keysym, state)
        if found is None:
            return self._press_spare(keysym, now)
        keycode, level = found
        self._held[keysym] = keycode
        return self._with_shift(keycode, keysym, level, state)

    def press_keycode(self, token: int, keycode: int) -> list[Action]:
        """The actions for a real key (a scancode); `token` names it for `release`."""
        if token in self._held:
            return []
        self._held[token] = keycode
        return [Press(keycode, True)]

    def release(self, keysym: int) -> list[Action]:
        """The actions for a key that goes up; an unknown one gives nothing."""
        keycode = self._held.pop(keysym, None)
        if keycode is None:
            keycode = self._held_as_other_case(keysym)
        if keycode is None or keycode in self._held.values():
            return []
        return [Press(keycode, False)]

    def release_all(self) -> list[Action]:
        """Everything up, the last pressed first."""
        codes = list(dict.fromkeys(reversed(self._held.values())))
        self._held.clear()
        return [Press(code, False) for code in codes]

    def restore(self) -> list[Action]:
        """The spare keycodes as they were found: without a keysym."""
        used = [code for code, spare in self._spares.items() if spare.keysym]
        for code in used:
            self._spares[code] = _Spare()
        return [Remap(code, 0) for code in used]

    def _held_as_other_case(self, keysym: int) -> int | None:
        """Shift may go up before its letter: then 'A' goes down and 'a' comes up."""
        if 0 < keysym < 0x110000 and chr(keysym).isalpha():
            other = ord(chr(keysym).swapcase()[0])
            return self._held.pop(other, None)
        return None

    def _find(self, keysym: int, state: int) -> tuple[int, int] | None:
        """(keycode, level 0 or 1) in the group that is active; one that needs no change of Shift is
        better.
        """
        group = (state >> GROUP_SHIFT) & 3
        best: tuple[int, int] | None = None
        for keycode, symbols in self.keymap.symbols.items():
            if keycode in self._spares:
                continue
            for level in (0, 1):
                if _symbol(symbols, group, level) != keysym:
                    continue
                if not self._shift_change(keysym, level, state):
                    return keycode, level
                best = best or (keycode, level)
        return best

    def _shift_change(self, keysym: int, level: int, state: int) -> int:
        """+1: Shift must be pressed, -1: lifted, 0: right as it is."""
        if keysym >= 0xFE00 and not _is_keypad(keysym) and level == 0 and keysym < 0x01000000:
            return 0
        wanted = bool(level)
        if _is_keypad(keysym):
            wanted ^= bool(state & self.keymap.num_lock_mask)
        elif keysym < 0x110000 and chr(keysym).isalpha() and state & LOCK_MASK:
            wanted = not wanted
        return int(wanted) - int(bool(state & SHIFT_MASK))

    def _with_shift(self, keycode: int, keysym: int, level: int, state: int) -> list[Action]:
        change = self._shift_change(keysym, level, state)
        if change == 0:
            return [Press(keycode, True)]
        if change > 0:
            shift = self._shift_keycode()
            return [Press(shift, True), Press(keycode, True), Press(shift, False)]
        held = [self._held[symbol] for symbol in SHIFT_KEYSYMS if symbol in self._held] or [
            self._shift_keycode()
        ]
        return [
            *(Press(code, False) for code in held),
            Press(keycode, True),
            *(Press(code, True) for code in held),
        ]

    def _shift_keycode(self) -> int:
        return next((c for c, symbols in self.keymap.symbols.items() if SHIFT_KEYSYMS[0] in symbols), 50)

    def _press_spare(self, keysym: int, now: float) -> list[Action]:
        for code, spare in self._spares.items():
            if spare.keysym == keysym:
                spare.used_at = now
                self._held[keysym] = code
                return [Press(code, True)]
        held = set(self._held.values())
        free = [code for code in self._spares if code not in held]
        if not free:
            return []
        code = min(free, key=lambda one: self._spares[one].used_at)
        wait_s = self._spares[code].used_at + REUSE_AFTER_S - now
        actions: list[Action] = [Wait(wait_s)] if wait_s > 0 else []
        self._spares[code] = _Spare(keysym, now + max(wait_s, 0.0))
        self._held[keysym] = code
        return [*actions, Remap(code, keysym), Wait(SETTLE_S), Press(code, True)]


def _symbol(symbols: tuple[int, ...], group: int, level: int) -> int:
    """The keysym of one group and level; the first group where the second is empty (core protocol,
    section 5).
    """
    pair = symbols[2 * group : 2 * group + 2] if group < 2 else ()
    if not any(pair):
        pair = symbols[:2]
    if not pair:
        return 0
    lower = pair[0]
    upper = pair[1] if len(pair) > 1 and pair[1] else 0
    if level == 0:
        return lower
    if upper:
        return upper
    return ord(chr(lower).upper()[0]) if 0x61 <= lower <= 0x7A else 0


def _is_keypad(keysym: int) -> bool:
    return 0xFF80 <= keysym <= 0xFFBD


def keysyms_of(text: str) -> Iterable[int]:
    """The keysym of each character: Latin-1 as it is, Return and Tab by name, the rest as Unicode keysyms."""
    for character in text:
        code = ord(character)
        if character == "\n":
            yield 0xFF0D
        elif character == "\t":
            yield 0xFF09
        elif 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF:
            yield code
        else:
            yield 0x01000000 | code


def character_of(keysym: int) -> str:
    """The character of a keysym, "" where it is none: the other way round."""
    if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF:
        return chr(keysym)
    if 0x01000100 <= keysym <= 0x0110FFFF:
        return chr(keysym & 0x00FFFFFF)
    return ""
