"""How long to wait before the next try: 0.25 -> 30 s, full jitter (security rule 21). Pure but for its
dice.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from wire.limits import RETRY_FIRST_S, RETRY_MOST_S

__all__ = ["Backoff"]


class Backoff:
    """Grows with every try, starts anew after `reset`. Full jitter keeps a thousand programs from coming at
    once.
    """

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._tries = 0

    def next_s(self, most_s: float = RETRY_MOST_S) -> float:
        """Return the seconds to wait now, from 0 to min(most_s, 0.25 * 2^tries)."""
        ceiling = min(most_s, RETRY_FIRST_S * 2 ** min(self._tries, 16))
        self._tries += 1
        return self._uniform(0.0, ceiling)

    def reset(self) -> None:
        """It worked: the next trouble starts from the shortest wait."""
        self._tries = 0
