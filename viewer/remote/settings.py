"""What an agent keeps for remote windows to come: the scale to begin with. A small file, never in the way.

Without a folder (tests, and where none can be written) it lasts as long as the window.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from desktop.secret_store import write_private
from viewer.remote.geometry import FIT, STEPS

__all__ = ["ViewSettings"]

_FILE = "remote-window.json"

log = logging.getLogger(__name__)


class ViewSettings:
    """`scale`: FIT or one of STEPS."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read them; a file that is missing or broken leaves the usual ones."""
        self._path = folder / _FILE if folder is not None else None
        self.scale = FIT
        if self._path is None:
            return
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            scale = kept["scale"]
        except (OSError, ValueError, KeyError, TypeError):
            return
        self.scale = scale if scale in STEPS else FIT

    def keep_scale(self, scale: float) -> None:
        """Begin with `scale` from the next window on."""
        self.scale = scale
        if self._path is not None:
            try:
                write_private(self._path, json.dumps({"scale": scale}))
            except OSError as error:
                log.warning("view_settings_not_kept", extra={"reason": error.strerror})
