"""The one-file program leaves nothing behind: it deletes its own file when the support is over.

PyInstaller's boot loader deletes the unpacked folder by itself when the program ends. Here only the file
that the customer downloaded is removed, and only when this really is the frozen program: never a Python,
never a script.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
from pathlib import Path

from customer_agent.start import name_parts

__all__ = ["may_remove_itself", "remove_itself"]

log = logging.getLogger(__name__)


def may_remove_itself() -> bool:
    """Whether this is a downloaded one-file program: frozen, and named with a company and a join token.

    A program that an administrator installed under another name stays.
    """
    return bool(getattr(sys, "frozen", False)) and name_parts(sys.executable) is not None


def remove_itself() -> None:
    """Delete the program's file; does nothing where `may_remove_itself` is False, and never raises."""
    if not may_remove_itself():
        return
    program = Path(sys.executable)
    try:
        if sys.platform == "win32":
            _remove_later_on_windows(program)
        else:
            # A running program may be deleted on Linux and macOS; its bytes go when it ends.
            program.unlink()
    except OSError as problem:
        log.warning("self_removal_failed", extra={"reason": str(problem)})


def _remove_later_on_windows(program: Path) -> None:
    """A running file cannot be deleted on Windows: cmd tries again until we are gone. Not tried."""
    quoted = f'"{program}"'
    # The name was checked by name_parts: letters, digits, hyphens, and what browsers add to them.
    script = (
        f"for /l %i in (1,1,30) do @(del /f /q {quoted} & if not exist {quoted} exit) & ping -n 2 127.0.0.1"
    )
    flags = 0x08000000 | 0x00000008  # CREATE_NO_WINDOW | DETACHED_PROCESS
    with contextlib.suppress(OSError):
        subprocess.Popen(  # noqa: S602, S603  cmd has to run after us; nothing of a peer stands in the line
            ["cmd", "/d", "/c", script],  # noqa: S607
            creationflags=flags,
            close_fds=True,
            cwd=os.environ.get("SYSTEMROOT", "C:\\"),
        )
