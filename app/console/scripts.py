"""Which script a console page loads: the bundle while it is made of the scripts as they are, else modules.

The bundle is made with the other front-end files (ops/vendor_assets.py); without it a page works the same,
with sixty requests more.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import current_app

from app.assets import asset

__all__ = ["script_address"]


def script_address(page: str) -> str:
    """The address of a page's script, "board" or "view"."""
    static = Path(current_app.static_folder or "")
    sources, bundle = static / "js/console", static / "vendor/console"
    made_of = bundle / "sources.sha256"
    is_fresh = (bundle / f"{page}.js").is_file() and made_of.is_file()
    if is_fresh and made_of.read_text() == _digest(_state_of(sources)):
        return asset(f"vendor/console/{page}.js")
    return asset(f"js/console/{page}.js")


def _state_of(folder: Path) -> tuple[tuple[Path, int], ...]:
    return tuple((path, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.js")))


@lru_cache(maxsize=4)
def _digest(files: tuple[tuple[Path, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _changed in files:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
