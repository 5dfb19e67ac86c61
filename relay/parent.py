"""Ending with the starting process: for any program that must not outlive its supervisor.

Standard library only. Linux tells by a signal as soon as the parent dies; elsewhere `has_lost_parent` is
to be asked now and then. The signal belongs to the *thread* that started the program: a supervisor that
starts programs from a thread that ends would end them too.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


class Parent:
    """The process that started this one, noted as early as possible."""

    def __init__(self) -> None:
        self._pid: Final = os.getppid()

    def die_with_it(self, number: int = signal.SIGTERM) -> None:
        """Get this signal when the parent dies; at once when it died before the kernel was asked."""
        if sys.platform == "linux":
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if self.has_lost_parent:
            os.kill(os.getpid(), number)

    @property
    def has_lost_parent(self) -> bool:
        """Whether this process belongs to another parent by now."""
        return os.getppid() != self._pid
