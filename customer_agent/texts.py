"""Loads the customer program's English sentences into desktop.words."""

from __future__ import annotations

from pathlib import Path

from desktop import words

__all__ = ["load_words"]


def load_words() -> None:
    """Make every sentence of this program known; Korean ones are in the code itself."""
    words.add_table(Path(__file__).parent / "locale" / "customer_agent.en.json")
