"""What a platform lacks.

Unsupported(name)    this operating system or desktop has no way to do `name`
"""

from __future__ import annotations


class Unsupported(Exception):
    """This platform cannot do `name`; `reason` is one sentence for a person."""

    def __init__(self, name: str, reason: str = "") -> None:
        super().__init__(f"{name}: {reason}" if reason else name)
        self.name = name
        self.reason = reason or f"This computer has no {name}."
