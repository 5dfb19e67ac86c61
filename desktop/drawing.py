"""The pictures of the look, drawn with Pillow: rounded boxes, switches, marks and line icons. Knows no Tk.

Everything is drawn four times too large and scaled down once, so that edges are smooth at any screen scale.
Icons are strokes on a 24 × 24 grid, made for this project.
"""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw

__all__ = [
    "ICONS",
    "app_icon",
    "box",
    "check_mark",
    "icon",
    "pill",
    "radio_mark",
    "step_dot",
    "switch",
    "widen",
]

_OVERSAMPLE = 4
_CLEAR = (0, 0, 0, 0)

Stroke = tuple[str, tuple[float, ...]]


def _down(picture: Image.Image, width: int, height: int) -> Image.Image:
    return picture.resize((width, height), Image.Resampling.BOX)


def _draw(width: int, height: int, paint: Callable[[ImageDraw.ImageDraw, int], None]) -> Image.Image:
    # Scaled with premultiplied alpha, otherwise the clear black around a shape would darken its edge.
    big = Image.new("RGBA", (width * _OVERSAMPLE, height * _OVERSAMPLE), _CLEAR)
    paint(ImageDraw.Draw(big), _OVERSAMPLE)
    return _down(big.convert("RGBa"), width, height).convert("RGBA")


def box(
    width: int,
    height: int,
    radius: float,
    fill: str | None,
    border: str | None = None,
    *,
    border_width: float = 1,
) -> Image.Image:
    """A rounded box of `width` × `height` px, clear outside its corners."""

    def paint(pen: ImageDraw.ImageDraw, k: int) -> None:
        corners = (0, 0, width * k - 1, height * k - 1)
        pen.rounded_rectangle(
            corners, radius * k, fill=fill, outline=border, width=round(border_width * k) if border else 0
        )

    return _draw(width, height, paint)


def widen(picture: Image.Image, by: int) -> Image.Image:
    """A square picture made `by` px wider and higher in its middle; corners and edges stay as they are.

    Tk fills a frame with as many copies of a picture's middle as fit, and blends each by itself: with a
    middle of some pixels a window took a second to draw.
    """
    side, half = picture.width, picture.width // 2
    rows = Image.new("RGBA", (side, side + by))
    rows.paste(picture.crop((0, 0, side, half)), (0, 0))
    rows.paste(picture.crop((0, half, side, half + 1)).resize((side, by)), (0, half))
    rows.paste(picture.crop((0, half, side, side)), (0, half + by))
    wide = Image.new("RGBA", (side + by, side + by))
    wide.paste(rows.crop((0, 0, half, side + by)), (0, 0))
    wide.paste(rows.crop((half, 0, half + 1, side + by)).resize((by, side + by)), (half, 0))
    wide.paste(rows.crop((half, 0, side, side + by)), (half + by, 0))
    return wide


def pill(width: int, height: int, fill: str) -> Image.Image:
    """A box whose short sides are half circles."""
    return box(width, height, min(width, height) / 2, fill)


def switch(
    width: int, height: int, track: str, knob: str, *, on: bool, ring: str | None = None
) -> Image.Image:
    """A switch; its knob is at the right when on."""

    def paint(pen: ImageDraw.ImageDraw, k: int) -> None:
        pen.rounded_rectangle((0, 0, width * k - 1, height * k - 1), height * k / 2, fill=track)
        if ring:
            pen.rounded_rectangle(
                (0, 0, width * k - 1, height * k - 1), height * k / 2, outline=ring, width=2 * k
            )
        gap = max(2, height // 7) * k
        size = height * k - 2 * gap
        left = width * k - gap - size if on else gap
        pen.ellipse((left, gap, left + size - 1, gap + size - 1), fill=knob)

    return _draw(width, height, paint)


def check_mark(size: int, fill: str, border: str, mark: str | None) -> Image.Image:
    """A check box; ticked when `mark` is a colour."""

    def paint(pen: ImageDraw.ImageDraw, k: int) -> None:
        side = size * k
        pen.rounded_rectangle(
            (0, 0, side - 1, side - 1), side * 0.25, fill=fill, outline=border, width=round(1.5 * k)
        )
        if mark:
            points = [(0.26, 0.52), (0.44, 0.69), (0.75, 0.34)]
            _polyline(pen, [(x * side, y * side) for x, y in points], mark, side * 0.11)

    return _draw(size, size, paint)


def radio_mark(size: int, fill: str, border: str, mark: str | None) -> Image.Image:
    """A round choice; chosen when `mark` is a colour."""

    def paint(pen: ImageDraw.ImageDraw, k: int) -> None:
        side = size * k
        pen.ellipse((0, 0, side - 1, side - 1), fill=fill, outline=border, width=round(1.5 * k))
        if mark:
            edge = side * 0.3
            pen.ellipse((edge, edge, side - edge, side - edge), fill=mark)

    return _draw(size, size, paint)


def step_dot(
    size: int, fill: str, border: str | None, mark: str | None, mark_name: str = "check"
) -> Image.Image:
    """A round step of a way: filled with a mark when it is behind, a ring when it is ahead."""

    def paint(pen: ImageDraw.ImageDraw, k: int) -> None:
        side = size * k
        edge = 0 if border is None else k
        pen.ellipse(
            (edge, edge, side - 1 - edge, side - 1 - edge),
            fill=fill,
            outline=border,
            width=2 * k if border else 0,
        )

    picture = _draw(size, size, paint)
    if mark is not None:
        inner = round(size * 0.72)
        picture.alpha_composite(icon(mark_name, inner, mark), ((size - inner) // 2, (size - inner) // 2))
    return picture


def app_icon(name: str, size: int, ground: str, colour: str) -> Image.Image:
    """A program's picture for task bars: an icon on a rounded tile."""
    tile = box(size, size, size * 0.22, ground)
    inner = round(size * 0.62)
    tile.alpha_composite(icon(name, inner, colour), ((size - inner) // 2, (size - inner) // 2))
    return tile


def icon(name: str, size: int, colour: str) -> Image.Image:
    """The line icon `name` as `size` × `size` px in `colour`. Raises KeyError: no such icon."""
    strokes = ICONS[name]

    def paint(pen: ImageDraw.ImageDraw, k: int) -> None:
        unit = size * k / 24
        for kind, numbers in strokes:
            _PAINT[kind](pen, [n * unit for n in numbers], colour, 1.9 * unit)

    return _draw(size, size, paint)


def _polyline(pen: ImageDraw.ImageDraw, points: list[tuple[float, float]], colour: str, width: float) -> None:
    pen.line(points, fill=colour, width=max(1, round(width)), joint="curve")
    half = width / 2
    for x, y in points:
        pen.ellipse((x - half, y - half, x + half, y + half), fill=colour)


def _paint_line(pen: ImageDraw.ImageDraw, n: list[float], colour: str, width: float) -> None:
    _polyline(pen, list(zip(n[::2], n[1::2], strict=True)), colour, width)


def _paint_circle(pen: ImageDraw.ImageDraw, n: list[float], colour: str, width: float) -> None:
    x, y, r = n
    half = width / 2
    pen.ellipse((x - r - half, y - r - half, x + r + half, y + r + half), outline=colour, width=round(width))


def _paint_dot(pen: ImageDraw.ImageDraw, n: list[float], colour: str, _width: float) -> None:
    x, y, r = n
    pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def _paint_rect(pen: ImageDraw.ImageDraw, n: list[float], colour: str, width: float) -> None:
    x0, y0, x1, y1, radius = n
    half = width / 2
    pen.rounded_rectangle(
        (x0 - half, y0 - half, x1 + half, y1 + half), radius + half, outline=colour, width=round(width)
    )


def _paint_arc(pen: ImageDraw.ImageDraw, n: list[float], colour: str, width: float) -> None:
    # The angles were scaled together with the lengths; a unit of one degree is a unit of the grid.
    x, y, r, first, last, unit = n
    half = width / 2
    pen.arc(
        (x - r - half, y - r - half, x + r + half, y + r + half),
        first / unit,
        last / unit,
        fill=colour,
        width=round(width),
    )


def _paint_fill(pen: ImageDraw.ImageDraw, n: list[float], colour: str, width: float) -> None:
    points = list(zip(n[::2], n[1::2], strict=True))
    pen.polygon(points, fill=colour)
    _polyline(pen, [*points, points[0]], colour, width)


_PAINT: dict[str, Callable[[ImageDraw.ImageDraw, list[float], str, float], None]] = {
    "line": _paint_line,
    "circle": _paint_circle,
    "dot": _paint_dot,
    "rect": _paint_rect,
    "arc": _paint_arc,
    "fill": _paint_fill,
}

# Numbers are grid units; an arc is (x, y, radius, from°, to°, 1), clockwise from three o'clock.
ICONS: dict[str, tuple[Stroke, ...]] = {
    "check": (("line", (5, 12.5, 10, 17.5, 19, 7)),),
    "close": (("line", (6, 6, 18, 18)), ("line", (18, 6, 6, 18))),
    "plus": (("line", (12, 5, 12, 19)), ("line", (5, 12, 19, 12))),
    "minus": (("line", (5, 12, 19, 12)),),
    "copy": (("rect", (9, 9, 20, 20, 2)), ("line", (5, 15, 4, 15, 4, 4, 15, 4, 15, 5))),
    "trash": (
        ("line", (4, 7, 20, 7)),
        ("line", (9, 7, 9.5, 4, 14.5, 4, 15, 7)),
        ("line", (6, 7, 7, 20, 17, 20, 18, 7)),
        ("line", (10, 11, 10, 16)),
        ("line", (14, 11, 14, 16)),
    ),
    "refresh": (
        ("arc", (12, 12, 8, 20, 190, 1)),
        ("arc", (12, 12, 8, 200, 370, 1)),
        ("line", (20, 5, 20, 10, 15.4, 10)),
        ("line", (4, 19, 4, 14, 8.6, 14)),
    ),
    "undo": (
        ("line", (9, 5, 4, 10, 9, 15)),
        ("line", (4, 10, 14, 10)),
        ("arc", (14, 15, 5, 270, 450, 1)),
        ("line", (14, 20, 8, 20)),
    ),
    "end": (("arc", (12, 13, 8, -55, 235, 1)), ("line", (12, 3, 12, 12))),
    "pointer": (("line", (6, 4, 6, 19, 10, 15, 13, 21, 15.5, 19.8, 12.7, 14, 18, 13.6, 6, 4)),),
    "hangul": (
        ("line", (4.5, 7, 12, 7, 5.5, 17)),
        ("line", (16, 4.5, 16, 19.5)),
        ("line", (16, 11.5, 20.5, 11.5)),
    ),
    "keyboard": (
        ("rect", (3, 6, 21, 18, 2)),
        ("dot", (7, 10, 1.1)),
        ("dot", (12, 10, 1.1)),
        ("dot", (17, 10, 1.1)),
        ("line", (8, 14.5, 16, 14.5)),
    ),
    "expand": (
        ("line", (4, 9, 4, 4, 9, 4)),
        ("line", (15, 4, 20, 4, 20, 9)),
        ("line", (20, 15, 20, 20, 15, 20)),
        ("line", (9, 20, 4, 20, 4, 15)),
    ),
    "shrink": (
        ("line", (9, 4, 9, 9, 4, 9)),
        ("line", (20, 9, 15, 9, 15, 4)),
        ("line", (15, 20, 15, 15, 20, 15)),
        ("line", (4, 15, 9, 15, 9, 20)),
    ),
    "camera": (
        ("line", (3, 8, 7.5, 8, 9.5, 5, 14.5, 5, 16.5, 8, 21, 8, 21, 19, 3, 19, 3, 8)),
        ("circle", (12, 13, 3.4)),
    ),
    "clipboard": (
        ("rect", (5, 5, 19, 21, 2)),
        ("rect", (9, 3, 15, 6.5, 1)),
        ("line", (9, 12, 15, 12)),
        ("line", (9, 16, 13, 16)),
    ),
    "monitor": (("rect", (3, 4, 21, 16, 2)), ("line", (12, 16, 12, 20)), ("line", (8, 20, 16, 20))),
    "quality": (
        ("line", (4, 18, 4, 15)),
        ("line", (9.3, 18, 9.3, 12)),
        ("line", (14.6, 18, 14.6, 9)),
        ("line", (20, 18, 20, 5)),
    ),
    "scale": (
        ("circle", (10.5, 10.5, 6.5)),
        ("line", (15.5, 15.5, 20.5, 20.5)),
        ("line", (7.8, 10.5, 13.2, 10.5)),
        ("line", (10.5, 7.8, 10.5, 13.2)),
    ),
    "clock": (("circle", (12, 12, 8.5)), ("line", (12, 7, 12, 12, 15.5, 14))),
    "person": (("circle", (12, 8, 4)), ("arc", (12, 21, 7.5, 188, 352, 1))),
    "people": (
        ("circle", (9, 8, 3.6)),
        ("arc", (9, 20.5, 6.6, 188, 352, 1)),
        ("arc", (15.6, 8, 3.6, -70, 70, 1)),
        ("arc", (16, 20.5, 6, 285, 352, 1)),
    ),
    "lock": (
        ("rect", (5, 11, 19, 20, 2)),
        ("line", (8, 11, 8, 8)),
        ("line", (16, 11, 16, 8)),
        ("arc", (12, 8, 4, 180, 360, 1)),
    ),
    "shield": (
        ("line", (12, 3, 19, 6, 19, 12, 16.5, 17, 12, 21, 7.5, 17, 5, 12, 5, 6, 12, 3)),
        ("line", (9, 11.5, 11.3, 14, 15.2, 9.5)),
    ),
    "bell": (
        ("line", (5, 17, 19, 17, 17, 14, 17, 10)),
        ("line", (5, 17, 7, 14, 7, 10)),
        ("arc", (12, 10, 5, 180, 360, 1)),
        ("arc", (12, 18.5, 2.2, 0, 180, 1)),
    ),
    "link": (
        ("arc", (8, 16, 4, 45, 270, 1)),
        ("arc", (16, 8, 4, 225, 450, 1)),
        ("line", (8, 12, 10.8, 12)),
        ("line", (9.5, 14.5, 14.5, 9.5)),
    ),
    "download": (
        ("line", (12, 4, 12, 15)),
        ("line", (7, 10.5, 12, 15.5, 17, 10.5)),
        ("line", (4, 20, 20, 20)),
    ),
    "upload": (
        ("line", (12, 16, 12, 5)),
        ("line", (7, 9.5, 12, 4.5, 17, 9.5)),
        ("line", (4, 20, 20, 20)),
    ),
    "file": (
        ("line", (6, 3.5, 14, 3.5, 19, 8.5, 19, 20.5, 6, 20.5, 6, 3.5)),
        ("line", (13.5, 4, 13.5, 9, 18.5, 9)),
    ),
    "folder": (("line", (3.5, 19, 3.5, 5.5, 9.5, 5.5, 11.5, 8, 20.5, 8, 20.5, 19, 3.5, 19)),),
    "pause": (("line", (8.5, 6, 8.5, 18)), ("line", (15.5, 6, 15.5, 18))),
    "play": (("fill", (8, 6, 8, 18, 18, 12)),),
    "stop": (("rect", (6, 6, 18, 18, 2)),),
    "warning": (
        ("line", (12, 4, 21, 19.5, 3, 19.5, 12, 4)),
        ("line", (12, 10, 12, 14)),
        ("dot", (12, 16.8, 1.2)),
    ),
    "info": (("circle", (12, 12, 8.5)), ("line", (12, 11.5, 12, 16)), ("dot", (12, 8, 1.3))),
    "wifi": (
        ("arc", (12, 18, 4, 225, 315, 1)),
        ("arc", (12, 18, 8.5, 225, 315, 1)),
        ("arc", (12, 18, 13, 225, 315, 1)),
        ("dot", (12, 18, 1.5)),
    ),
    "wifi-off": (
        ("arc", (12, 18, 8.5, 225, 315, 1)),
        ("arc", (12, 18, 13, 225, 315, 1)),
        ("dot", (12, 18, 1.5)),
        ("line", (5, 3.5, 19, 20)),
    ),
    "down": (("line", (6, 9.5, 12, 15.5, 18, 9.5)),),
    "up": (("line", (6, 14.5, 12, 8.5, 18, 14.5)),),
    "right": (("line", (9.5, 6, 15.5, 12, 9.5, 18)),),
    "eye": (
        ("arc", (12, 17.5, 11, 208, 332, 1)),
        ("arc", (12, 6.5, 11, 28, 152, 1)),
        ("circle", (12, 12, 2.8)),
    ),
    "eye-off": (
        ("arc", (12, 17.5, 11, 208, 332, 1)),
        ("arc", (12, 6.5, 11, 28, 152, 1)),
        ("circle", (12, 12, 2.8)),
        ("line", (5, 4, 19, 20)),
    ),
    "more": (("dot", (5.5, 12, 1.6)), ("dot", (12, 12, 1.6)), ("dot", (18.5, 12, 1.6))),
    "pin": (
        ("line", (8, 4, 16, 4)),
        ("line", (9, 4, 9, 10, 6, 14, 18, 14, 15, 10, 15, 4)),
        ("line", (12, 14, 12, 20)),
    ),
    "speaker": (
        ("line", (4, 9.5, 7.5, 9.5, 12, 5.5, 12, 18.5, 7.5, 14.5, 4, 14.5, 4, 9.5)),
        ("arc", (12, 12, 4, -50, 50, 1)),
        ("arc", (12, 12, 8, -50, 50, 1)),
    ),
    "smile": (
        ("circle", (12, 12, 8.5)),
        ("dot", (9, 10, 1.3)),
        ("dot", (15, 10, 1.3)),
        ("arc", (12, 12.5, 4, 25, 155, 1)),
    ),
    "neutral": (
        ("circle", (12, 12, 8.5)),
        ("dot", (9, 10, 1.3)),
        ("dot", (15, 10, 1.3)),
        ("line", (8.8, 15.5, 15.2, 15.5)),
    ),
    "frown": (
        ("circle", (12, 12, 8.5)),
        ("dot", (9, 10, 1.3)),
        ("dot", (15, 10, 1.3)),
        ("arc", (12, 18.5, 4, 205, 335, 1)),
    ),
    "server": (
        ("rect", (4, 4, 20, 10.5, 2)),
        ("rect", (4, 13.5, 20, 20, 2)),
        ("dot", (8, 7.3, 1.1)),
        ("dot", (8, 16.8, 1.1)),
    ),
    "log-out": (
        ("line", (10, 4, 5, 4, 5, 20, 10, 20)),
        ("line", (9.5, 12, 20, 12)),
        ("line", (15.5, 7.5, 20, 12, 15.5, 16.5)),
    ),
}  # fmt: skip
