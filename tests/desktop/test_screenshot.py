"""Captures: the name, the folder, the pixels, and that no file is ever replaced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop import screenshot


@pytest.mark.parametrize(
    ("of_what", "end"),
    [
        ("DESKTOP-가나", " DESKTOP-가나.png"),
        ("../../etc/passwd", " etc passwd.png"),
        ('a<b>:"c|d?*', " a b c d.png"),
        ("", ".png"),
        ("길" * 200, f" {'길' * 60}.png"),
    ],
)
def test_it_makes_safe_names(of_what: str, end: str) -> None:
    name = screenshot.file_name(of_what, 1_795_000_000)
    assert name.endswith(end)
    assert "/" not in name


def test_it_saves_the_pixels(tmp_path: Path) -> None:
    pixels = np.zeros((4, 6, 4), np.uint8)
    pixels[1, 2] = (10, 20, 200, 77)
    path = screenshot.save(pixels, tmp_path / "Capture", "a.png")
    image = Image.open(path)
    assert (image.size, image.mode, image.getpixel((2, 1))) == ((6, 4), "RGB", (200, 20, 10))


def test_it_never_replaces_a_file(tmp_path: Path) -> None:
    pixels = np.zeros((1, 1, 4), np.uint8)
    names = [screenshot.save(pixels, tmp_path, "a.png").name for _ in range(3)]
    assert names == ["a.png", "a (2).png", "a (3).png"]
