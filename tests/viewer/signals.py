"""Signal messages of one company, as the web half would send them; for the waiting program's tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from wire.signal import messages as m

NOW = 1_795_000_000


def public_id(name: str) -> str:
    """A 26-character public id that can be read in a failed test."""
    return (name + "0" * 26)[:26]


SLOT, SESSION, PARTICIPANT = public_id("slot1"), public_id("session1"), public_id("part1")


def tenant(**changes: object) -> m.Tenant:
    """The company."""
    values: dict[str, object] = {
        "title": "마루 고객지원",
        "url": "https://help.example/maru",
        "expires_at": NOW + 86_400,
        "company": "주식회사 마루",
    }
    return m.Tenant(**(values | changes))  # type: ignore[arg-type]


def slot_info(position: int = 1, **changes: object) -> m.SlotInfo:
    """A slot of a snapshot."""
    values: dict[str, object] = {
        "slot": public_id(f"slot{position}"),
        "position": position,
        "number": position + 2,
        "session": public_id(f"session{position}"),
        "auto_connect": False,
        "code": "482913",
        "code_expires_at": NOW + 600,
    }
    return m.SlotInfo(**(values | changes))  # type: ignore[arg-type]


def session_info(position: int = 1, **changes: object) -> m.SessionInfo:
    """A support session of a snapshot."""
    values: dict[str, object] = {
        "session": public_id(f"session{position}"),
        "slot": public_id(f"slot{position}"),
        "number": position + 2,
        "state": "offline",
        "link": "ok",
        "version": 1,
    }
    return m.SessionInfo(**(values | changes))  # type: ignore[arg-type]


def participant(position: int = 1, epoch: int = 1) -> m.ParticipantState:
    """Our participant of a support session."""
    session = public_id(f"session{position}")
    return m.ParticipantState(public_id(f"part{position}"), session, 1, "lead", epoch, "보라")


def snapshot(
    slots: tuple[m.SlotInfo, ...] = (),
    sessions: tuple[m.SessionInfo, ...] = (),
    participants: tuple[m.ParticipantState, ...] = (),
) -> m.AgentSnapshot:
    """Everything at once."""
    agent = m.Agent(public_id("bora"), "보라", "online")
    return m.AgentSnapshot(tenant(), agent, {"view_only": (False, "default")}, slots, sessions, participants)


@dataclass
class Stream:
    """Numbers the durable messages."""

    n: int = 0
    sent: list[m.Received] = field(default_factory=list)

    def received(self, message: m.SignalMessage, at: int = NOW) -> m.Received:
        """The message with its envelope."""
        if message.DURABLE:
            self.n += 1
        return m.Received(message, self.n if message.DURABLE else None, at, message.TYPE)
