"""Tight's gradient filter: each channel is sent as its difference from left + above - above left, cut to
0..255.

Decoding depends on pixels just decoded, so it goes along the diagonals, where none depends on another:
width + height steps of numpy instead of one of Python for each pixel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["add_prediction", "subtract_prediction"]


def subtract_prediction(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the differences for a picture, height x width x 3."""
    height, width = rgb.shape[:2]
    around = np.zeros((height + 1, width + 1, 3), np.int16)
    around[1:, 1:] = rgb
    predicted = np.clip(around[1:, :-1] + around[:-1, 1:] - around[:-1, :-1], 0, 255)
    differences: NDArray[np.uint8] = (rgb - predicted).astype(np.uint8)
    return differences


def add_prediction(differences: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture, height x width x 3, for its differences."""
    height, width = differences.shape[:2]
    # Row y is shifted right by y: a diagonal becomes a column, its neighbours lie in the two columns before.
    skewed = np.zeros((width + height + 1, height + 1, 3), np.int16)
    for y in range(height):
        skewed[y + 2 : y + 2 + width, y + 1] = differences[y]
    for step in range(2, width + height + 1):
        first, last = max(1, step - width), min(height, step - 1) + 1
        left = skewed[step - 1, first:last]
        above = skewed[step - 1, first - 1 : last - 1]
        above_left = skewed[step - 2, first - 1 : last - 1]
        here = skewed[step, first:last]
        here += np.clip(left + above - above_left, 0, 255)
        here &= 255
    rgb = np.empty((height, width, 3), np.uint8)
    for y in range(height):
        rgb[y] = skewed[y + 2 : y + 2 + width, y + 1]
    return rgb
