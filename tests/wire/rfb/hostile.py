"""The worst known streams of a hostile server, each measured alone: `python -m tests.wire.rfb.hostile`.

Random changes (fuzzing.py) hardly ever build these: well-formed streams whose few bytes stand for as much
work as the limits allow. Every attack is one update for a desktop of 4096 × 2048, fed to ViewerProtocol and
FrameDecoder in a forked process of its own. Prints one JSON object a line: bytes on the wire, seconds of CPU
(framing and decoding), growth of memory beside the framebuffer, and how it ended ("painted", or the refusal).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from wire.errors import ProtocolError
from wire.rfb import messages as m
from wire.rfb.constants import Encoding, Security
from wire.rfb.decoding import FrameDecoder
from wire.rfb.encodings import jpeg
from wire.rfb.encodings.tight import TightEncoder
from wire.rfb.events import RectReceived
from wire.rfb.pixels import BGRX
from wire.rfb.viewer import ViewerProtocol

WIDTH, HEIGHT = 4096, 2048
TILES_64: Final = WIDTH * HEIGHT // 64**2
TILES_16: Final = WIDTH * HEIGHT // 16**2
SLICE: Final = 256 * 1024

Rect = tuple[int, int, int, int, int, bytes]


def update(*rects: Rect) -> bytes:
    """One framebuffer update."""
    parts = [m.FramebufferUpdate(len(rects)).encode()]
    for x, y, w, h, encoding, payload in rects:
        parts += [m.RECTANGLE_HEAD.pack(x, y, w, h, encoding), payload]
    return b"".join(parts)


def whole(encoding: int, payload: bytes) -> bytes:
    """One update of one rectangle over the whole desktop."""
    return update((0, 0, WIDTH, HEIGHT, encoding, payload))


def zrle(tile: bytes) -> bytes:
    """The whole desktop in ZRLE, every tile the same."""
    packed = zlib.compress(tile * TILES_64)
    return whole(Encoding.ZRLE, len(packed).to_bytes(4, "big") + packed)


def _length(size: int) -> bytes:
    """Tight's compact length in its longest form."""
    return bytes((size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14))


def _zrle_of_noise() -> bytes:
    packed = zlib.compress((b"\0" + _noise(64 * 64 * 3)) * TILES_64, 0)
    return whole(Encoding.ZRLE, len(packed).to_bytes(4, "big") + packed)


def _zrle_with_more_behind() -> bytes:
    packed = zlib.compress(bytes(200_000_000), 9)
    return whole(Encoding.ZRLE, len(packed).to_bytes(4, "big") + packed)


def hextile(tile: bytes, tiles: int = TILES_16) -> bytes:
    """The whole desktop in Hextile: so many tiles of one kind, the rest empty."""
    return whole(Encoding.HEXTILE, tile * tiles + b"\0" * (TILES_16 - tiles))


def _singles(each: int) -> bytes:
    """255 single pixels of a tile: two bytes each, or six with a colour."""
    return b"\xff" + b"".join(bytes(each - 2) + bytes((place, 0)) for place in range(255))


def _lines() -> bytes:
    return b"".join(bytes((row, 0xF0)) for row in (*range(16), *range(16)))


def _rre(count: int, w: int, h: int) -> bytes:
    rects = np.zeros(count, [("colour", "<u4"), ("x", ">u2"), ("y", ">u2"), ("w", ">u2"), ("h", ">u2")])
    places = np.arange(count) * w
    rects["x"], rects["y"] = places % (WIDTH - w), places // (WIDTH - w) * h % (HEIGHT - h)
    rects["w"], rects["h"], rects["colour"] = w, h, places
    return whole(Encoding.RRE, count.to_bytes(4, "big") + bytes(4) + rects.tobytes())


def _gradient(w: int, h: int) -> bytes:
    packed = zlib.compress(_noise(w * 3) * h)
    return update((0, 0, w, h, Encoding.TIGHT, b"\x40\x02" + _length(len(packed)) + packed))


def _jpeg_of_segments() -> bytes:
    picture = jpeg.encode(np.zeros((16, 16, 4), np.uint8), 50, "420")
    data = picture[:2] + b"\xff\xe0\x00\x02" * 900_000 + picture[2:]
    return update((0, 0, 16, 16, Encoding.TIGHT, b"\x90" + _length(len(data)) + data))


def _jpeg_of_noise() -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (1024, 2048, 4), np.uint8)
    payload = TightEncoder().encode_jpeg(noise, 90, "444")
    return update((0, 0, 2048, 1024, Encoding.TIGHT, payload), (2048, 0, 2048, 1024, Encoding.TIGHT, payload))


def _copies() -> bytes:
    return update(*[(0, 1, WIDTH, HEIGHT - 1, Encoding.COPY_RECT, bytes(4))] * 16_000)


def _fills(w: int, h: int) -> bytes:
    return update(*[(5, 5, w, h, Encoding.TIGHT, b"\x80abc")] * 16_000)


def _resizes() -> bytes:
    up, down = ((0, 0, w, h, Encoding.DESKTOP_SIZE, b"") for w, h in ((7680, 4320), (WIDTH, HEIGHT)))
    return update(*(up, down) * 8000)


def _noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)


ATTACKS: Final[dict[str, Callable[[], bytes]]] = {
    "zrle: palette runs of one": lambda: zrle(b"\x82" + bytes(6) + b"\x81\x00" * 4096),
    "zrle: palette runs of one and two in turn": lambda: zrle(
        b"\x82" + bytes(6) + b"\x00\x81\x01" * 1365 + b"\0"
    ),
    "zrle: plain runs of one": lambda: zrle(b"\x80" + bytes(4) * 4096),
    "zrle: plain runs of 1 and 255 in turn": lambda: zrle(b"\x80" + (bytes(4) + b"abc\xfe") * 16),
    "zrle: plain runs of 256": lambda: zrle(b"\x80" + b"abc\xff\x00" * 16),
    "zrle: packed palettes": lambda: zrle(b"\x10" + bytes(48) + bytes(2048)),
    "zrle: noise that nothing packs": _zrle_of_noise,
    "zrle: 200 MB behind the tiles": _zrle_with_more_behind,
    "hextile: 255 single pixels a tile": lambda: hextile(b"\x08" + _singles(2)),
    "hextile: the same with colours": lambda: hextile(b"\x18" + _singles(6), 21_000),
    "hextile: lines, each pixel twice": lambda: hextile(b"\x08\x20" + _lines()),
    "hextile: tiles painted over and over": lambda: hextile(b"\x08\xff" + b"\x00\xff" * 255),
    "rre: single pixels": lambda: _rre(2_790_000, 1, 1),
    "rre: three by two, each pixel twice": lambda: _rre(2_700_000, 3, 2),
    "rre: the desktop again and again": lambda: _rre(1000, WIDTH - 1, HEIGHT - 1),
    "tight: gradient": lambda: _gradient(2048, 2048),
    "tight: a JPEG of a million segments": _jpeg_of_segments,
    "tight: JPEG noise": _jpeg_of_noise,
    "copies of the desktop": _copies,
    "fills of the desktop": lambda: _fills(WIDTH - 5, HEIGHT - 5),
    "fills of one pixel": lambda: _fills(1, 1),
    "sizes, to 8K and back": _resizes,
}


def receive(data: bytes) -> ViewerProtocol:
    """A viewer in the middle of a connection, having got `data`; raises ProtocolError."""
    protocol = ViewerProtocol()
    init = m.ServerInit(WIDTH, HEIGHT, BGRX, "pc").encode()
    protocol.receive(b"RFB 003.008\n" + m.SecurityTypes((Security.NONE,)).encode() + bytes(4) + init)
    protocol.events()
    for at in range(0, len(data), SLICE):
        protocol.receive(data[at : at + SLICE])
    return protocol


def suffer(data: bytes, framebuffer: np.ndarray[Any, Any]) -> str:
    """Frame and decode one attack: how it ended."""
    try:
        decoder, protocol = FrameDecoder(), receive(data)
        for event in protocol.events():
            if isinstance(event, RectReceived):
                decoder.apply(event, framebuffer)
    except ProtocolError as error:
        return str(error)
    return "painted"


def measure(name: str, data: bytes) -> dict[str, Any]:
    """Let a forked process suffer the attack and tell what it cost."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        framebuffer = np.full((HEIGHT, WIDTH, 4), 1, np.uint8)
        before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin = time.process_time()
        ended = suffer(data, framebuffer)
        row = {
            "attack": name,
            "sent_bytes": len(data),
            "cpu_s": round(time.process_time() - begin, 3),
            "growth_mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) // 1024,
            "ended": ended,
        }
        os.write(writing, json.dumps(row).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    row: dict[str, Any] = json.loads(answer) if answer else {"attack": name, "ended": "crashed"}
    return row


def main() -> int:
    """Suffer every attack, or those whose name holds a word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="")
    chosen = parser.parse_args().word
    for name, make in ATTACKS.items():
        if chosen in name:
            print(json.dumps(measure(name, make())), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
