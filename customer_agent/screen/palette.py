"""The few colours of a part of the picture, and each pixel's number among them. Pure numpy.

Most colours are met by looking at every 15th pixel; a table over all 2^24 colours then numbers every pixel
in one pass, and only pixels whose colour was not met are looked at again (a third of the time of counting).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customer_agent.screen.damage import Words

MAX_COLOURS = 256
NO_COLOUR = 0xFFFFFFFF
_SMALL = 2048


@dataclass(frozen=True, slots=True)
class Numbered:
    """`colours` 0x00RRGGBB in no order; `indices` height x width into them."""

    colours: NDArray[np.uint32]
    indices: NDArray[np.uint8]


class Palettes:
    """Numbers the colours of pictures; belongs to one thread."""

    def __init__(self) -> None:
        # One entry a colour; only the touched pages take memory.
        self._number_of = np.zeros(1 << 24, np.uint8)

    def number(self, words: Words) -> Numbered | None:
        """The colours of `words` and who has which; None when there are more than 256."""
        sample = words if words.size <= _SMALL else words[::3, ::5]
        colours = _different(sample)
        if colours.size > MAX_COLOURS:
            return None
        if colours.size == 1 and bool((words == colours[0]).all()):
            return Numbered(colours, np.zeros(words.shape, np.uint8))
        indices = self._numbered(words, colours, 0)
        if sample is words:
            return Numbered(colours, indices)
        # Colours of earlier pictures still have numbers: those must not look like hits.
        known = np.full(256, NO_COLOUR, np.uint32)
        known[: colours.size] = colours
        missed = known.take(indices) != words
        if missed.any():
            others = _different(words[missed])
            if colours.size + others.size > MAX_COLOURS:
                return None
            indices[missed] = self._numbered(words[missed], others, colours.size)
            colours = np.concatenate((colours, others))
        return Numbered(colours, indices)

    def _numbered(self, words: Words, colours: NDArray[np.uint32], first: int) -> NDArray[np.uint8]:
        self._number_of[colours] = np.arange(first, first + colours.size, dtype=np.uint8)
        return self._number_of.take(words)


def _different(words: Words) -> NDArray[np.uint32]:
    """Each colour once (numpy's own `unique` counts by a hash table, which takes longer for so few)."""
    colours = np.sort(words, axis=None)
    keep = np.empty(colours.size, np.bool_)
    keep[0] = True
    np.not_equal(colours[1:], colours[:-1], out=keep[1:])
    found: NDArray[np.uint32] = colours[keep]
    return found
