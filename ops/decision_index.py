"""Writes the index of docs/decisions/ from the notes' own first lines.

Usage: python -m ops.decision_index [--check]
"""

from __future__ import annotations

import sys
from typing import Final

from ops.places import ROOT

FOLDER: Final = ROOT / "docs" / "decisions"
HEAD: Final = """# Decisions

One page each: the question, what was chosen, what was rejected, what follows. A better idea replaces a note
by a new one that says why. This list is made by `python -m ops.decision_index`.

"""


def index() -> str:
    """The text of docs/decisions/README.md."""
    lines = []
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        title = path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
        lines.append(f"- [{title}]({path.name})")
    return HEAD + "\n".join(lines) + "\n"


def main() -> int:
    target = FOLDER / "README.md"
    if "--check" in sys.argv:
        return 0 if target.read_text(encoding="utf-8") == index() else 1
    target.write_text(index(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
