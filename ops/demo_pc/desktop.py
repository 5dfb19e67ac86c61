"""The background and the icons of the demo customer's PC: one window below all others.

A customer on Windows double-clicks what they downloaded; on Linux a downloaded file is not executable. So
when BaroHelp's program lies in ~/Downloads, an icon of that name appears here, and a click makes the newest
file executable and runs it, as a file manager would after asking. Usage: python -m ops.demo_pc.desktop
(with DISPLAY)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageTk

ICON_PX: Final = 52
CELL_PX: Final = 104
LEFT_PX: Final = 72
LOOK_EVERY_MS: Final = 400
PRIMARY: Final = "#2457d6"
WORDS: Final = {
    "ko": {"web": "인터넷", "editor": "메모장", "terminal": "터미널", "program": "내려받은\n프로그램 실행"},
    "en": {"web": "Internet", "editor": "Editor", "terminal": "Terminal", "program": "Run the\ndownload"},
}


def wallpaper(width: int, height: int) -> Image.Image:
    """A calm blue that runs from corner to corner, with two soft lights."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    blend = np.clip(0.15 + 0.6 * x + 0.25 * y, 0, 1)[..., None]
    picture = np.array([92, 140, 230]) * (1 - blend) + np.array([20, 50, 128]) * blend
    for centre_x, centre_y, size, strength in ((0.1, 0.95, 0.35, 60), (0.85, 0.05, 0.3, 50)):
        distance = ((x - centre_x) ** 2 + ((y - centre_y) * height / width) ** 2) / size**2
        picture += strength * np.exp(-2.5 * distance)[..., None]
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def icon(kind: str) -> Image.Image:
    """A rounded tile with one simple sign, drawn four times too large and reduced."""
    side = ICON_PX * 4
    colours = {"web": "#ffffff", "editor": "#fff6da", "terminal": "#182433", "program": "#0b8a5a"}
    tile = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(tile)
    draw.rounded_rectangle((0, 0, side - 1, side - 1), side // 5, fill=colours[kind])
    _SIGNS[kind](draw, side)
    return tile.resize((ICON_PX, ICON_PX), Image.Resampling.LANCZOS)


def _globe(draw: ImageDraw.ImageDraw, side: int) -> None:
    a, b, c = side * 0.2, side * 0.8, side // 22
    draw.ellipse((a, a, b, b), outline=PRIMARY, width=c)
    draw.ellipse((side * 0.37, a, side * 0.63, b), outline=PRIMARY, width=c)
    draw.line((a, side / 2, b, side / 2), fill=PRIMARY, width=c)


def _lines(draw: ImageDraw.ImageDraw, side: int) -> None:
    for number, end in enumerate((0.76, 0.76, 0.56)):
        y = side * (0.32 + 0.18 * number)
        draw.line((side * 0.24, y, side * end, y), fill="#8a6d1d", width=side // 18)


def _prompt(draw: ImageDraw.ImageDraw, side: int) -> None:
    points = [(side * 0.24, side * 0.32), (side * 0.44, side * 0.5), (side * 0.24, side * 0.68)]
    draw.line(points, fill="#3dd598", width=side // 14, joint="curve")
    draw.line((side * 0.52, side * 0.68, side * 0.76, side * 0.68), fill="#e6eaf0", width=side // 14)


def _play(draw: ImageDraw.ImageDraw, side: int) -> None:
    draw.polygon(
        [(side * 0.36, side * 0.26), (side * 0.74, side * 0.5), (side * 0.36, side * 0.74)], fill="#fff"
    )


_SIGNS: Final[dict[str, Callable[[ImageDraw.ImageDraw, int], None]]] = {
    "web": _globe,
    "editor": _lines,
    "terminal": _prompt,
    "program": _play,
}


def newest_download(folder: Path) -> Path | None:
    """The customer program that was downloaded last and is complete; None when there is none."""
    found = [path for path in folder.glob("BaroHelp-*") if path.suffix != ".crdownload" and path.is_file()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


class Desktop:
    """The window; `commands` says what each icon starts; without any it is only a background."""

    def __init__(self, commands: dict[str, Sequence[str]], downloads: Path, language: str) -> None:
        self._commands, self._downloads = commands, downloads
        self._words = WORDS[language]
        self._pictures: list[ImageTk.PhotoImage] = []
        self._has_program = False
        self.root = tk.Tk(className="BaroHelpDemoDesktop")
        width, height = self.root.winfo_screenwidth(), self.root.winfo_screenheight()
        self.root.geometry(f"{width}x{height}+0+0")
        self.root.attributes("-type", "desktop")
        self.canvas = tk.Canvas(self.root, width=width, height=height, highlightthickness=0, borderwidth=0)
        self.canvas.pack()
        self.canvas.create_image(0, 0, anchor="nw", image=self._keep(wallpaper(width, height)))
        for row, kind in enumerate(commands):
            self._draw(kind, row)
        if commands:
            self._look()

    def _keep(self, image: Image.Image) -> ImageTk.PhotoImage:
        picture = ImageTk.PhotoImage(image)
        self._pictures.append(picture)  # Tk does not hold on to pictures by itself
        return picture

    def _draw(self, kind: str, row: int) -> None:
        y = 24 + row * CELL_PX
        words = self._words[kind]
        self.canvas.create_image(LEFT_PX, y, anchor="n", image=self._keep(icon(kind)), tags=kind)
        for offset, colour in ((1, "#0b1f4f"), (0, "#ffffff")):
            self.canvas.create_text(
                LEFT_PX + offset,
                y + ICON_PX + 8 + offset,
                anchor="n",
                text=words,
                fill=colour,
                justify="center",
                font=("Noto Sans CJK KR", 10, "bold"),
                tags=kind,
            )
        self.canvas.tag_bind(kind, "<Button-1>", lambda _: self.open(kind))
        self.canvas.tag_bind(kind, "<Enter>", lambda _: self.canvas.configure(cursor="hand2"))
        self.canvas.tag_bind(kind, "<Leave>", lambda _: self.canvas.configure(cursor=""))

    def _look(self) -> None:
        """Show the icon of the downloaded program while there is one."""
        there = newest_download(self._downloads) is not None
        if there and not self._has_program:
            self._draw("program", len(self._commands))
        elif not there:
            self.canvas.delete("program")
        self._has_program = there
        self.root.after(LOOK_EVERY_MS, self._look)

    def open(self, kind: str) -> None:
        command = self._commands.get(kind)
        if kind == "program":
            program = newest_download(self._downloads)
            if program is None:
                return
            program.chmod(0o755)
            command = [str(program)]
        assert command is not None
        subprocess.Popen(command, cwd=self._downloads, start_new_session=True)


if __name__ == "__main__":
    desktop = Desktop(
        json.loads(sys.argv[1]), Path(sys.argv[2]), "en" if os.environ.get("DEMO_LANG") == "en" else "ko"
    )
    desktop.root.mainloop()
