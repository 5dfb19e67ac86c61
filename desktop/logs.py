"""One line an event on stderr, for both Tk programs: its constant name and its fields.

Never codes, tokens, pixels or typed text: whoever logs gives identifiers and numbers only.
"""

from __future__ import annotations

import logging
import sys

__all__ = ["start_log"]

_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Fields(logging.Formatter):
    """Adds `name=value` for every field that was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        fields = " ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _ORDINARY)
        head, newline, trace = line.partition("\n")
        return f"{head} {fields}".rstrip() + newline + trace


def start_log() -> None:
    """Log to stderr from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Fields("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
