"""What the desktop shows: each workload draws frame n on an X display and can say what frame n looks like.

Every frame carries its own number as 16 black and white squares of 16 px at the top left of the screen,
so that the measuring client knows which frame it sees. Everything is drawn from pixmaps that the X server
already holds: the cost of drawing is the same small copy for every peer. Seeded; two runs draw the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bench.screen.display import Screen

Pixels = NDArray[np.uint8]

WIDTH: Final = 1920
HEIGHT: Final = 1080
CELL: Final = 16
BITS: Final = 16
_FONT_FILES: Final = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)
_WORDS: Final = (
    *(
        "원격",
        "지원",
        "화면",
        "고객",
        "상담",
        "the",
        "quick",
        "brown",
        "fox",
        "jumps",
        "over",
        "a",
        "lazy",
        "dog",
    ),
    *("안녕하세요", "접속", "번호", "support", "session"),
)


@dataclass
class Workload:
    """`rate` frames a second; `draw(n)` shows frame n; `expected(n)` is its picture (height, width, 4)."""

    name: str
    rate: float
    frames: int
    draw: Callable[[int], None]
    expected: Callable[[int], Pixels]
    #: seconds of stillness after the last frame, in which the picture may become exact
    rest_s: float = 3.0
    notes: str = field(default="")


def build(name: str, screen: Screen, seconds: float) -> Workload:
    """The workload `name` ready to play for about `seconds`; KeyError for an unknown name."""
    return _BUILDERS[name](screen, seconds)


def names() -> tuple[str, ...]:
    """All workloads in the order of the table."""
    return tuple(_BUILDERS)


def read_counter(picture: Pixels) -> int | None:
    """The frame number in `picture`, or None where the squares are not clear (a torn or half-sent frame)."""
    row = (
        picture[4 : CELL - 4, : CELL * BITS, :3]
        .reshape(CELL - 8, BITS, CELL, 3)[:, :, 4:-4]
        .mean(axis=(0, 2, 3))
    )
    if np.any((row > 60) & (row < 195)):
        return None
    bits = row > 127
    return int(sum(1 << i for i in range(BITS) if bits[i]))


def _stamp(picture: Pixels, number: int) -> Pixels:
    for bit in range(BITS):
        value = 255 if number >> bit & 1 else 0
        picture[:CELL, bit * CELL : (bit + 1) * CELL, :3] = value
    return picture


def _draw_counter(screen: Screen, number: int) -> None:
    screen.fill([(bit * CELL, 0, CELL, CELL) for bit in range(BITS) if number >> bit & 1], 0xFFFFFF)
    screen.fill([(bit * CELL, 0, CELL, CELL) for bit in range(BITS) if not number >> bit & 1], 0x000000)


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    for file in _FONT_FILES:
        try:
            return ImageFont.truetype(file, size)
        except OSError:
            continue
    return ImageFont.load_default(size)  # type: ignore[return-value]


def _bgrx(image: Image.Image) -> Pixels:
    pixels = np.asarray(image.convert("RGBX"))[:, :, [2, 1, 0, 3]].copy()
    pixels[:, :, 3] = 0
    return np.ascontiguousarray(pixels)


def _photo(width: int, height: int, seed: int) -> Pixels:
    """A picture with the statistics of a photo: soft shapes, gradients, a little grain."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (max(2, height // 60), max(2, width // 60), 3), dtype=np.uint8)
    image = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, r = (int(rng.integers(low, high)) for low, high in ((0, width), (0, height), (10, 160)))
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
    image = image.filter(ImageFilter.GaussianBlur(2))
    grain = rng.normal(0, 5, (height, width, 1))
    return _bgrx(
        Image.fromarray(np.clip(np.asarray(image, dtype=np.float64) + grain, 0, 255).astype(np.uint8))
    )


def _document(width: int, height: int, seed: int) -> Pixels:
    """A page of text with headings, coloured links and a few pictures."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    y = 24
    while y < height - 40:
        kind = rng.integers(0, 14)
        if kind == 0:
            draw.text((60, y), " ".join(rng.choice(_WORDS, 4)), font=_font(34), fill=(24, 36, 51))
            y += 58
        elif kind == 1 and y + 260 < height:
            picture = _photo(420, 240, int(rng.integers(1 << 30)))[:, :, [2, 1, 0]]
            image.paste(Image.fromarray(np.ascontiguousarray(picture)), (60, y))
            y += 256
        else:
            colour = (36, 87, 214) if kind == 2 else (30, 30, 30)
            draw.text((60, y), " ".join(rng.choice(_WORDS, 26)), font=_font(18), fill=colour)
            y += 27
    return _bgrx(image)


def _desktop(seed: int = 5) -> Pixels:
    """A still office desktop: wallpaper, a task bar and a window with a table."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), (38, 70, 110))
    draw = ImageDraw.Draw(picture)
    for y in range(HEIGHT):
        draw.line((0, y, WIDTH, y), fill=(30 + y // 24, 62 + y // 20, 104 + y // 16))
    draw.rectangle((0, HEIGHT - 44, WIDTH, HEIGHT), fill=(28, 32, 40))
    draw.rectangle((300, 120, 1500, 900), fill="white", outline=(160, 165, 175))
    draw.rectangle((300, 120, 1500, 156), fill=(236, 239, 244))
    rng = np.random.default_rng(seed)
    for line in range(26):
        draw.text((330, 176 + line * 27), " ".join(rng.choice(_WORDS, 14)), font=_font(17), fill=(30, 30, 30))
    return _bgrx(picture)


def _idle(screen: Screen, seconds: float) -> Workload:
    base = _stamp(_desktop(), 1)
    store = screen.upload(base)

    def draw(n: int) -> None:
        if n == 0:
            screen.copy(store, 0, 0, WIDTH, HEIGHT, 0, 0)

    return Workload("idle", 1.0, max(2, int(seconds)), draw, lambda n: base)


def _typing(screen: Screen, seconds: float) -> Workload:
    base = _desktop()
    text = ("안녕하세요 고객님 화면을 보고 있습니다 " * 40)[: int(seconds * 8)]
    line_length = 40
    glyph_w, glyph_h = 22, 28
    strip = Image.new("RGB", (glyph_w * len(text), glyph_h), "white")
    draw_strip = ImageDraw.Draw(strip)
    for i, letter in enumerate(text):
        draw_strip.text((i * glyph_w, 2), letter, font=_font(20), fill=(20, 20, 20))
    glyphs = _bgrx(strip)
    stores = screen.upload(base), screen.upload(glyphs)

    def place(n: int) -> tuple[int, int]:
        return 340 + n % line_length * glyph_w, 200 + n // line_length * glyph_h

    def draw(n: int) -> None:
        if n == 0:
            screen.copy(stores[0], 0, 0, WIDTH, HEIGHT, 0, 0)
        screen.copy(stores[1], n * glyph_w, 0, glyph_w, glyph_h, *place(n))
        _draw_counter(screen, n + 1)

    def expected(n: int) -> Pixels:
        picture = base.copy()
        for i in range(n + 1):
            x, y = place(i)
            picture[y : y + glyph_h, x : x + glyph_w] = glyphs[:, i * glyph_w : (i + 1) * glyph_w]
        return _stamp(picture, n + 1)

    return Workload("typing", 8, len(text), draw, expected)


def _scroll(screen: Screen, seconds: float) -> Workload:
    """A document in a window of 1500 × 940, 40 px a frame, 30 frames a second, down and up again."""
    base = _desktop()
    width, height, left, top, step = 1500, 940, 200, 80, 40
    tall = 6000
    page = _document(width, tall, 7)
    stores = screen.upload(base), screen.upload(page)
    reach = (tall - height) // step

    def offset(n: int) -> int:
        k = n % (2 * reach)
        return (k if k < reach else 2 * reach - k) * step

    def draw(n: int) -> None:
        if n == 0:
            screen.copy(stores[0], 0, 0, WIDTH, HEIGHT, 0, 0)
        screen.copy(stores[1], 0, offset(n), width, height, left, top)
        _draw_counter(screen, n + 1)

    def expected(n: int) -> Pixels:
        picture = base.copy()
        picture[top : top + height, left : left + width] = page[offset(n) : offset(n) + height]
        return _stamp(picture, n + 1)

    return Workload("scroll", 30, int(seconds * 30), draw, expected)


def _drag(screen: Screen, seconds: float) -> Workload:
    """A window of 700 × 500 dragged over a photo, 30 positions a second."""
    photo = _photo(WIDTH, HEIGHT, 11)
    window = _document(700, 500, 12)
    window[:34] = (236, 239, 244, 0)
    stores = screen.upload(photo), screen.upload(window)

    def place(n: int) -> tuple[int, int]:
        angle = n / 30
        return int(600 + 450 * np.sin(angle)), int(280 + 220 * np.sin(angle * 1.7))

    def draw(n: int) -> None:
        if n == 0:
            screen.copy(stores[0], 0, 0, WIDTH, HEIGHT, 0, 0)
        else:
            _uncover(*place(n - 1), *place(n))
        screen.copy(stores[1], 0, 0, 700, 500, *place(n))
        _draw_counter(screen, n + 1)

    def _uncover(old_x: int, old_y: int, new_x: int, new_y: int) -> None:
        """Paint what the window leaves, as a window system does: two strips, never the whole old place."""
        dx, dy = new_x - old_x, new_y - old_y
        if dx:
            x = old_x if dx > 0 else old_x + 700 + dx
            screen.copy(stores[0], x, old_y, abs(dx), 500, x, old_y)
        if dy:
            y = old_y if dy > 0 else old_y + 500 + dy
            screen.copy(stores[0], old_x, y, 700, abs(dy), old_x, y)

    def expected(n: int) -> Pixels:
        picture = photo.copy()
        x, y = place(n)
        picture[y : y + 500, x : x + 700] = window
        return _stamp(picture, n + 1)

    return Workload("drag", 30, int(seconds * 30), draw, expected)


def _slides(screen: Screen, seconds: float) -> Workload:
    photos = [_photo(WIDTH, HEIGHT, 100 + i) for i in range(10)]
    stores = [screen.upload(photo) for photo in photos]

    def draw(n: int) -> None:
        screen.copy(stores[n % 10], 0, 0, WIDTH, HEIGHT, 0, 0)
        _draw_counter(screen, n + 1)

    return Workload("slides", 1, 10, draw, lambda n: _stamp(photos[n % 10].copy(), n + 1), rest_s=4.0)


def _video(screen: Screen, seconds: float) -> Workload:
    """A moving picture of 640 × 360 at 30 frames a second on a still desktop."""
    base = _desktop()
    grain = np.random.default_rng(32)
    still = _photo(1280, 720, 31).astype(np.int16)
    # A film's grain differs from frame to frame: what merely pans would be a scroll, not a video.
    sources = [
        np.clip(still + grain.integers(-5, 6, still.shape, dtype=np.int16), 0, 255).astype(np.uint8)
        for _ in range(6)
    ]
    for source in sources:
        source[:, :, 3] = 0
    stores = screen.upload(base), [screen.upload(source) for source in sources]
    left, top = 640, 360

    def view(n: int) -> tuple[int, int]:
        return int(320 + 300 * np.sin(n / 25)), int(180 + 170 * np.cos(n / 31))

    def draw(n: int) -> None:
        if n == 0:
            screen.copy(stores[0], 0, 0, WIDTH, HEIGHT, 0, 0)
        x, y = view(n)
        film = stores[1][n % 6]
        screen.copy(film, x, y, 640, 360, left, top)
        screen.copy(film, (x * 3 + n * 7) % 640, (y * 5 + n * 3) % 360, 320, 180, left + 160, top + 90)
        _draw_counter(screen, n + 1)

    def expected(n: int) -> Pixels:
        picture = base.copy()
        x, y = view(n)
        source = sources[n % 6]
        picture[top : top + 360, left : left + 640] = source[y : y + 360, x : x + 640]
        u, v = (x * 3 + n * 7) % 640, (y * 5 + n * 3) % 360
        picture[top + 90 : top + 270, left + 160 : left + 480] = source[v : v + 180, u : u + 320]
        return _stamp(picture, n + 1)

    return Workload("video", 30, int(seconds * 30), draw, expected)


def _office(screen: Screen, seconds: float) -> Workload:
    """Menus and windows that open and close, five changes a second."""
    base = _desktop()
    menu = _document(260, 420, 41)
    windows = [_document(760, 520, 42 + i) for i in range(3)]
    stores = screen.upload(base), screen.upload(menu), [screen.upload(window) for window in windows]
    spots = [(380, 180), (700, 300), (900, 140)]

    def layers(n: int) -> list[tuple[int, Pixels, int, int]]:
        """What lies on the desktop in frame n, from below: (store, pixels, x, y)."""
        step = n % 16
        open_windows = min(step // 4, 3)
        found = [(stores[2][i], windows[i], *spots[i]) for i in range(open_windows)]
        if step % 4 == 2:
            found.append((stores[1], menu, 330, 156))
        return found

    def draw(n: int) -> None:
        if n == 0:
            screen.copy(stores[0], 0, 0, WIDTH, HEIGHT, 0, 0)
        before, now = layers(n - 1) if n else [], layers(n)
        shown = {store for store, _, _, _ in now}
        closed = [layer for layer in before if layer[0] not in shown]
        for _, pixels, x, y in closed:
            screen.copy(stores[0], x, y, pixels.shape[1], pixels.shape[0], x, y)
        for store, pixels, x, y in now if closed else now[len(before) :]:
            screen.copy(store, 0, 0, pixels.shape[1], pixels.shape[0], x, y)
        _draw_counter(screen, n + 1)

    def expected(n: int) -> Pixels:
        picture = base.copy()
        for _, pixels, x, y in layers(n):
            picture[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
        return _stamp(picture, n + 1)

    return Workload("office", 5, int(seconds * 5), draw, expected)


_BUILDERS: Final[dict[str, Callable[[Screen, float], Workload]]] = {
    "idle": _idle,
    "typing": _typing,
    "scroll": _scroll,
    "drag": _drag,
    "slides": _slides,
    "video": _video,
    "office": _office,
}
