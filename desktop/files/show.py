"""Opens a folder in the system's file manager. Only folders: a received file is never opened or run by us."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["show_folder"]


def show_folder(folder: Path) -> bool:
    """Show `folder`; whether a program for it was found."""
    if not folder.is_dir():
        return False
    if sys.platform == "win32":
        os.startfile(folder)  # noqa: S606 - a folder, in the file manager
        return True
    opener = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if opener is None:
        return False
    quiet = subprocess.DEVNULL
    subprocess.Popen(  # noqa: S603 - our own folder, as one argument
        [opener, str(folder)], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    return True
