"""What other domains may listen to; sent inside the action's transaction, which a listener's rows join."""

from __future__ import annotations

from blinker import Signal

__all__ = ["options_changed"]

#: sender: None; department_id or agent_id whom it is about, both None = everybody of the open company.
options_changed = Signal("options-changed")
