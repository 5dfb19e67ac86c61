"""The gradient filter against the plain loop of the specification."""

from __future__ import annotations

import numpy as np
import pytest

from tests.wire.rfb.encodings.pictures import noise, smooth
from wire.rfb.encodings.gradient import add_prediction, subtract_prediction


def _by_the_book(differences: np.ndarray) -> np.ndarray:
    height, width = differences.shape[:2]
    picture = np.zeros((height + 1, width + 1, 3), int)
    for y in range(height):
        for x in range(width):
            guess = np.clip(picture[y + 1, x] + picture[y, x + 1] - picture[y, x], 0, 255)
            picture[y + 1, x + 1] = (guess + differences[y, x]) & 255
    return picture[1:, 1:].astype(np.uint8)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 9), (9, 1), (13, 7), (7, 13), (64, 64)])
def test_it_is_the_filter_of_the_specification(width: int, height: int) -> None:
    for picture in (smooth(width, height), noise(width, height)):
        rgb = np.ascontiguousarray(picture[..., 2::-1])
        differences = subtract_prediction(rgb)
        assert (add_prediction(differences) == rgb).all()
        assert (_by_the_book(differences) == rgb).all()
        wild = noise(width, height)[..., :3]
        assert (add_prediction(wild) == _by_the_book(wild)).all()
