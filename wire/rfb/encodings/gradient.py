"""Tight's gradient filter: each channel is sent as its difference from left + above - above left, cut to
0..255.

Decoding depends on pixels just decoded, so it goes along the diagonals, where none depends on another:
width + height steps of numpy instead of one of Python for each pixel. No more memory than the picture.
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
    """Return the picture, height x width x 3, for its differences.

    A diagonal's pixels lie width - 1 apart. Only two diagonals are kept beside the picture, by row and with
    a row of zeros above; a row that a diagonal has not reached yet is zero too, as is what lies left of it.
    """
    height, width = differences.shape[:2]
    rgb = np.ascontiguousarray(differences).reshape(-1, 3).copy()
    before, before_that, here = (np.zeros((height + 1, 3), np.int16) for _ in range(3))
    for step in range(width + height - 1):
        first, end = max(0, step - width + 1), min(height, step + 1)
        left, above, above_left = before[first + 1 : end + 1], before[first:end], before_that[first:end]
        places = slice(step + first * (width - 1), step + (end - 1) * (width - 1) + 1, max(1, width - 1))
        values = here[first + 1 : end + 1]
        np.clip(left + above - above_left, 0, 255, out=values)
        values += rgb[places]
        values &= 255
        rgb[places] = values
        before, before_that, here = here, before, before_that
    return rgb.reshape(height, width, 3)
