"""A note that something was done, with a button that takes it back: nobody is asked before a cheap deed.

The note travels in the signed cookie of flashed messages and stands on the next page only; the button is a
form of its own, which the gate checks like every other.
"""

from __future__ import annotations

from typing import Any

__all__ = ["undoable"]


def undoable(text: str, action: str, **fields: str) -> dict[str, Any]:
    """What `flash` takes for such a note: its words, and the form that takes the deed back."""
    return {"text": text, "action": action, "fields": fields}
