"""What other domains may listen to. Sent after the commit, with ids only."""

from __future__ import annotations

from blinker import Signal

__all__ = ["login_ended"]

#: sender: the kind ("web" or "program"); tenant_id, login_session_id, reason.
login_ended = Signal("login-ended")
