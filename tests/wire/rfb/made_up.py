"""Messages that no program sent: well formed at first, then often damaged in one place.

Well formed first, because random bytes end at the first check and never see a decoder.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator

import numpy as np

from wire import limits
from wire.rfb import messages as m
from wire.rfb.constants import Encoding
from wire.rfb.encodings import jpeg

LIMITS = sorted({value for name, value in vars(limits).items() if name.startswith("MAX_")})
EDGES = sorted(
    {
        edge
        for value in (*LIMITS, *(1 << bit for bit in range(33)))
        for edge in (value - 1, value, value + 1)
        if 0 <= edge < 1 << 32
    }
)
"""Numbers at and around every limit and every power of two."""

PACKED_BOMB = zlib.compress(bytes(20_000_000))
_WIDTH, _HEIGHT = 112, 80
"""The desktop of the recordings (px)."""
_SIDES = (0, 1, 2, 3, 4, 15, 16, 17, 63, 64, 65, 80)


class Inventor:
    """Makes messages of either end from a random source."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._payloads: dict[Encoding, Callable[[int, int], bytes]] = {
            Encoding.RAW: lambda w, h: rng.randbytes(w * h * 4),
            Encoding.COPY_RECT: lambda w, h: self._u16(rng.choice((0, 0, 1, 60))) + self._u16(0),
            Encoding.RRE: self._rre,
            Encoding.HEXTILE: self._hextile,
            Encoding.TIGHT: self._tight,
            Encoding.ZRLE: self._zrle,
            Encoding.CURSOR: lambda w, h: rng.randbytes(w * h * 4 + (w + 7) // 8 * h),
            Encoding.CURSOR_WITH_ALPHA: lambda w, h: bytes(4) + rng.randbytes(w * h * 4),
            Encoding.EXTENDED_DESKTOP_SIZE: lambda w, h: self._screens(),
        }

    # A viewer's

    def client_message(self) -> bytes:
        """Return a message of a viewer."""
        rng = self._rng
        area = [rng.choice(EDGES) & 0xFFFF for _ in range(4)]
        screens = tuple(m.Screen(rng.getrandbits(32), *area) for _ in range(rng.choice((0, 1, 16, 17))))
        made: m.Message = rng.choice(
            (
                m.UpdateRequest(rng.random() < 0.5, *area),
                m.EnableContinuousUpdates(rng.random() < 0.5, *area),
                m.SetDesktopSize(area[0], area[1], screens),
                m.Fence(rng.getrandbits(32), rng.randbytes(rng.choice((0, 1, 63, 64)))),
                m.SetEncodings(tuple(rng.choices((*Encoding, -32, -512, -256), k=rng.randrange(20)))),
                m.ClientCutText(self._clipboard(), True),
                m.ClientCutText(rng.randbytes(rng.randrange(50))),
                m.QemuKeyEvent(True, rng.getrandbits(32), rng.getrandbits(32)),
                m.PointerEvent(rng.getrandbits(8), area[0], area[1]),
            )
        )
        return self._perhaps_damaged(made.encode(), 0.1)

    # A server's

    def server_message(self) -> bytes:
        """Return a message of a server, mostly an update."""
        rng = self._rng
        kind = rng.randrange(12)
        if kind == 0:
            return m.ServerCutText(self._clipboard(), True).encode()
        if kind == 1:
            return m.Fence(rng.getrandbits(32), rng.randbytes(rng.choice((0, 63, 64)))).encode()
        if kind == 2:
            return rng.choice(
                (m.Bell(), m.EndOfContinuousUpdates(), m.ColourMapEntries(0, ((1, 2, 3),)))
            ).encode()
        rectangles = [self._rectangle() for _ in range(rng.choice((1, 1, 2, 3)))]
        count = len(rectangles)
        if rng.random() < 0.1:
            count = rng.choice((0, 16384, 16385, 65535))
            rectangles.append(m.Rectangle(0, 0, 0, 0, Encoding.LAST_RECT))
        head = m.FramebufferUpdate(count).encode()
        return head + b"".join(rectangle.encode() for rectangle in rectangles)

    def _rectangle(self) -> m.Rectangle:
        rng = self._rng
        pixels = (Encoding.TIGHT, Encoding.TIGHT, Encoding.ZRLE, Encoding.HEXTILE, Encoding.RRE)
        encoding = rng.choice((*Encoding, *pixels * 4))
        w, h = rng.choice(_SIDES), rng.choice(_SIDES)
        x, y = rng.choice((0, _WIDTH - w, rng.randrange(_WIDTH))), rng.choice((0, _HEIGHT - h))
        payload = self._payloads.get(encoding, lambda w, h: b"")(w, h)
        if rng.random() < 0.1:
            w, h = rng.choice(EDGES) & 0xFFFF, rng.choice(EDGES) & 0xFFFF
        return m.Rectangle(x, y, w, h, encoding, self._perhaps_damaged(payload, 0.2))

    def _screens(self) -> bytes:
        count = self._rng.choice((0, 1, 16, 17))
        return bytes((count, 0, 0, 0)) + self._rng.randbytes(16 * count)

    def _rre(self, w: int, h: int) -> bytes:
        rng = self._rng
        count = rng.randrange(min(12, w * h + 1))
        parts = [count.to_bytes(4, "big"), rng.randbytes(4)]
        for _ in range(count):
            x, y = rng.randrange(w), rng.randrange(h)
            sizes = (x, y, rng.randint(0, w - x), rng.randint(0, h - y))
            parts += [rng.randbytes(4), *(self._u16(value) for value in sizes)]
        return b"".join(parts)

    def _hextile(self, w: int, h: int) -> bytes:
        rng = self._rng
        parts: list[bytes] = []
        for tile_w, tile_h in _tiles(w, h, 16):
            kind = rng.choice((0, 1, 2, 6, 10, 12, 14, 24, 26, 31))
            parts.append(bytes((kind,)))
            if kind & 1:
                parts.append(rng.randbytes(tile_w * tile_h * 4))
                continue
            parts.append(rng.randbytes(4 * (kind >> 1 & 1) + 4 * (kind >> 2 & 1)))
            if kind & 8:
                count = rng.choice((0, 1, 2, 20))
                parts.append(bytes((count,)))
                for _ in range(count):
                    x, y = rng.randrange(tile_w), rng.randrange(tile_h)
                    size = rng.randrange(tile_w - x) << 4 | rng.randrange(tile_h - y)
                    parts.append(rng.randbytes(4 if kind & 16 else 0) + bytes((x << 4 | y, size)))
        return b"".join(parts)

    def _tight(self, w: int, h: int) -> bytes:
        rng = self._rng
        kind = rng.choice(("fill", "jpeg", "copy", "plain", "palette", "palette", "gradient", "odd"))
        stream = rng.randrange(4)
        control = stream << 4 | (1 << stream if rng.random() < 0.9 else 0)
        if kind == "fill":
            return bytes((0x80 | rng.randrange(16),)) + rng.randbytes(3)
        if kind == "jpeg":
            picture = jpeg.encode(np.zeros((h, w, 4), np.uint8), 50, "420") if w and h else b""
            return b"\x90" + self._length(len(picture)) + self._perhaps_damaged(picture, 0.5)
        if kind == "palette":
            colours = rng.choice((1, 2, 3, 16, 256))
            size = ((w + 7) // 8 if colours <= 2 else w) * h
            table = bytes(byte % colours for byte in range(256)) if rng.random() < 0.9 else None
            data = rng.randbytes(size) if colours <= 2 else rng.randbytes(size).translate(table)
            head = bytes((control | 0x40, 1, colours - 1)) + rng.randbytes(3 * colours)
            return head + self._tight_data(data)
        filters = {"copy": b"\0", "gradient": b"\2", "odd": bytes((rng.randrange(4),)), "plain": b""}[kind]
        return (
            bytes((control | (0x40 if filters else 0),))
            + filters
            + self._tight_data(rng.randbytes(w * h * 3))
        )

    def _tight_data(self, data: bytes) -> bytes:
        if len(data) < 12:
            return data
        packed = self._packed(data)
        return self._length(len(packed)) + packed

    def _zrle(self, w: int, h: int) -> bytes:
        rng = self._rng
        tiles = b"".join(self._zrle_tile(*size) for size in _tiles(w, h, 64))
        packed = self._packed(self._perhaps_damaged(tiles, 0.3))
        return len(packed).to_bytes(4, "big") + packed if rng.random() < 0.95 else packed

    def _zrle_tile(self, w: int, h: int) -> bytes:
        rng = self._rng
        kind = rng.choice((0, 1, 2, 3, 5, 16, 17, 128, 130, 255))
        if kind == 0:
            return b"\0" + rng.randbytes(3 * w * h)
        if kind <= 17:
            bits = 1 if kind == 2 else 2 if kind <= 4 else 4
            rows = (w * bits + 7) // 8 * h if kind > 1 else 0
            return bytes((kind,)) + rng.randbytes(3 * kind) + bytes(rows)
        palette = kind - 128 if kind > 129 else 0
        runs = [bytes((kind,)), rng.randbytes(3 * palette)]
        left = w * h
        while left > 0:
            run = min(left, rng.choice((1, 1, 2, 255, 256, 300)))
            left -= run
            what = bytes((rng.randrange(palette) | 0x80,)) if palette else rng.randbytes(3)
            runs.append(what + b"\xff" * ((run - 1) // 255) + bytes(((run - 1) % 255,)))
        return b"".join(runs)

    # Of both

    def _clipboard(self) -> bytes:
        rng = self._rng
        usual = (0x10000001, 0x10000001, 0x1F000001, 0x02000001, 0x08000001, 0x04000000, 0x1000001F)
        flags = rng.choice((*usual, rng.getrandbits(32)))
        text = rng.choice((b"", "글\r\n\0".encode(), rng.randbytes(rng.randrange(300)), b"x" * 70_000))
        size = len(text) if rng.random() < 0.8 else rng.choice(EDGES)
        body = rng.choice((b"", bytes(4), self._packed(size.to_bytes(4, "big") + text)))
        return flags.to_bytes(4, "big") + body

    def _packed(self, data: bytes) -> bytes:
        rng = self._rng
        chance = rng.random()
        if chance < 0.03:
            return PACKED_BOMB
        if chance < 0.1:
            data = data[:-1] if chance < 0.06 else data + b"\0"
        return self._perhaps_damaged(zlib.compress(data, 1), 0.1)

    def _perhaps_damaged(self, data: bytes, chance: float) -> bytes:
        rng = self._rng
        if not data or rng.random() > chance:
            return data
        at = rng.randrange(len(data))
        kind = rng.randrange(4)
        if kind == 0:
            return data[:at]
        if kind == 1:
            return data[:at] + rng.randbytes(rng.randrange(1, 9)) + data[at:]
        if kind == 2:
            return data[:at] + bytes((rng.getrandbits(8),)) + data[at + 1 :]
        size = rng.choice((1, 2, 4))
        return data[:at] + (rng.choice(EDGES) & (1 << 8 * size) - 1).to_bytes(size, "big") + data[at + size :]

    @staticmethod
    def _u16(value: int) -> bytes:
        return (value & 0xFFFF).to_bytes(2, "big")

    @staticmethod
    def _length(size: int) -> bytes:
        return bytes((size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14 & 0xFF))


def _tiles(w: int, h: int, side: int) -> Iterator[tuple[int, int]]:
    for y in range(0, h, side):
        for x in range(0, w, side):
            yield min(side, w - x), min(side, h - y)
