"""A picture of the screen as a file: where it goes and what it is called. No Tk.

Files go to the product's one folder, `~/BaroHelp/Capture`; a name never replaces another file.
"""

from __future__ import annotations

import re
import time
import unicodedata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["capture_folder", "file_name", "save"]

_MOST_NAME = 60


def capture_folder(home: Path | None = None) -> Path:
    """The folder of captures in the person's home."""
    return (home or Path.home()) / "BaroHelp" / "Capture"


def file_name(of_what: str, unix_seconds: float) -> str:
    """`2026-11-20 140503 PC-1.png`: local time, and the name with what file systems dislike left out."""
    name = unicodedata.normalize("NFC", of_what)
    name = re.sub(r'[\x00-\x1f<>:"/\\|?*]+', " ", name).strip(" .")[:_MOST_NAME].strip(" .")
    moment = time.strftime("%Y-%m-%d %H%M%S", time.localtime(unix_seconds))
    return f"{moment} {name}.png" if name else f"{moment}.png"


def save(pixels: NDArray[np.uint8], folder: Path, name: str) -> Path:
    """Write height × width × 4 pixels (B G R X) as a PNG named `name` in `folder`; the file it became.

    A number is added where the name is taken. Raises OSError: the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    height, width = pixels.shape[:2]
    image = Image.frombuffer("RGB", (width, height), pixels.tobytes(), "raw", "BGRX", 0, 1)
    stem = name.removesuffix(".png")
    for number in range(1, 1000):
        path = folder / (f"{stem}.png" if number == 1 else f"{stem} ({number}).png")
        try:
            with path.open("xb") as file:
                image.save(file, "PNG")
        except FileExistsError:
            continue
        return path
    raise OSError(f"too many captures named {stem}")
