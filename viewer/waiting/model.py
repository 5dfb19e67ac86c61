"""What the waiting window shows: who is logged in, the slots, and how far each customer has come. No Tk.

`take` eats the messages of the signal socket in order and returns what happened in words the program acts on:
a customer came, a participant needs a window, the log-in ended. Times are Unix seconds; those of the
server are moved to this PC's clock with the newest envelope's `at`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from wire.signal.messages import (
    AgentOptions,
    AgentPresence,
    AgentSnapshot,
    Arrival,
    ArrivalDetail,
    ArrivalStep,
    Ended,
    Grade,
    KeyAsk,
    KeyCommit,
    KeyOpen,
    LinkQuality,
    LoginEnded,
    Notice,
    Offer,
    ParticipantLeft,
    Received,
    ReportAsked,
    SessionInfo,
    SessionState,
    SignalMessage,
    SlotClosed,
    SlotCode,
    SlotInfo,
    SlotOpened,
    SupportState,
    Survey,
    Tenant,
)

__all__ = [
    "STEPS",
    "Arrived",
    "Finished",
    "ForParticipant",
    "Happening",
    "LoggedOut",
    "OptionsChanged",
    "Refreshed",
    "ReportWanted",
    "Slot",
    "Step",
    "Surveyed",
    "Told",
    "WaitingModel",
    "WantsAccept",
    "WindowNeeded",
]

MOST_SLOTS: Final = 5

Step: TypeAlias = Literal["page", "downloaded", "started", "asked", "allowed", "connected"]
STEPS: Final[tuple[Step, ...]] = ("page", "downloaded", "started", "asked", "allowed", "connected")
"""The customer's way in, in order."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One place to receive a customer, and the support session in it. Times on this PC's clock."""

    slot: str
    position: int
    number: int
    session: str
    auto_connect: bool
    code: str | None = None
    code_expires_at: float | None = None
    state: SupportState = "offline"
    link: LinkQuality = "ok"
    version: int = -1
    step: ArrivalStep = "none"
    reached: dict[str, float] = field(default_factory=dict)
    detail: ArrivalDetail = ArrivalDetail()
    participant: str | None = None
    since: float | None = None
    ended_at: float | None = None
    grade: Grade | None = None

    @property
    def has_arrived(self) -> bool:
        """Whether a customer is on the way or here."""
        is_coming = self.state == "offline" and self.step not in ("none", "denied", "timeout")
        return is_coming or self.state in ("online", "connected")

    @property
    def may_accept(self) -> bool:
        """Whether "connect" would do something."""
        return self.state == "online" and self.participant is None

    @property
    def reached_count(self) -> int:
        """How many of STEPS are behind the customer."""
        if "connected" in self.reached or self.state == "connected":
            return len(STEPS)
        if self.step in ("none", "denied", "timeout"):
            return 0
        return STEPS.index(self.step) + 1


# -- what happened


@dataclass(frozen=True, slots=True)
class OptionsChanged:
    """The administrator switched something on or off; open windows follow."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The model is new as a whole (snapshot); `participants`: (participant, session, epoch), mine."""

    participants: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A customer came to this slot: sound and a flash."""

    slot: Slot


@dataclass(frozen=True, slots=True)
class WantsAccept:
    """The customer agreed and waits for the agent's click."""

    slot: Slot


@dataclass(frozen=True, slots=True)
class WindowNeeded:
    """A participant of mine begins: open its remote window, then hand it the message."""

    participant: str
    session: str


@dataclass(frozen=True, slots=True)
class ForParticipant:
    """A message for the remote window of a participant (or of a support session, when None)."""

    participant: str | None
    session: str | None
    message: SignalMessage


@dataclass(frozen=True, slots=True)
class Finished:
    """A support session ended; `slot` as it was."""

    slot: Slot | None
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Surveyed:
    """The customer answered the satisfaction question."""

    session: str
    number: int | None
    grade: Grade


@dataclass(frozen=True, slots=True)
class ReportWanted:
    """A support that ends may be described; `types` as (id, name), `opens`: without being asked for."""

    session: str
    types: tuple[tuple[str, str], ...]
    opens: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A notice of the operator, in both languages."""

    text_ko: str
    text_en: str


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The log-in ended; why."""

    reason: str


Happening: TypeAlias = (
    Refreshed
    | OptionsChanged
    | Arrived
    | WantsAccept
    | WindowNeeded
    | ForParticipant
    | Finished
    | Surveyed
    | ReportWanted
    | Told
    | LoggedOut
)


class WaitingModel:
    """The state of the waiting program after log-in."""

    def __init__(self) -> None:
        self.tenant: Tenant | None = None
        self.agent_id = ""
        self.agent_name = ""
        self.presence: AgentPresence = "online"
        self.options: dict[str, bool] = {}
        self.connection: Literal["connecting", "online", "offline", "ended"] = "connecting"
        self.connection_why = ""
        self._slots: dict[str, Slot] = {}
        self._numbers: dict[str, int] = {}
        self._clock_ahead_s = 0.0
        self._handlers: dict[type, Callable[[Any, float], list[Happening]]] = {
            AgentSnapshot: self._take_snapshot,
            SlotOpened: self._take_opened,
            SlotCode: self._take_code,
            SlotClosed: self._take_closed,
            Arrival: self._take_arrival,
            SessionState: self._take_state,
            KeyAsk: self._take_participant,
            Offer: self._take_participant,
            AgentOptions: self._take_options,
            KeyCommit: self._take_key,
            KeyOpen: self._take_key,
            ParticipantLeft: self._take_left,
            Ended: self._take_ended,
            Survey: self._take_survey,
            ReportAsked: self._take_report,
            LoginEnded: lambda message, _: [LoggedOut(message.reason)],
            Notice: lambda message, _: [Told(message.text_ko, message.text_en)],
        }

    # -- questions

    @property
    def slots(self) -> list[Slot]:
        """The slots by position."""
        return sorted(self._slots.values(), key=lambda slot: slot.position)

    @property
    def may_add(self) -> bool:
        """Whether there is room for one slot more."""
        return self.tenant is not None and len(self._slots) < MOST_SLOTS

    @property
    def has_connected(self) -> bool:
        """Whether a support session is going on."""
        return any(slot.state == "connected" for slot in self._slots.values())

    def find(self, slot: str) -> Slot | None:
        """The slot with that id."""
        return self._slots.get(slot)

    def of_session(self, session: str) -> Slot | None:
        """The slot in which that support session stands."""
        return next((slot for slot in self._slots.values() if slot.session == session), None)

    def of_participant(self, participant: str) -> Slot | None:
        """The slot whose window that participant is."""
        return next((slot for slot in self._slots.values() if slot.participant == participant), None)

    # -- what comes

    def set_connection(
        self, state: Literal["connecting", "online", "offline", "ended"], why: str = ""
    ) -> None:
        """The signal socket moved."""
        self.connection, self.connection_why = state, why

    def take(self, received: Received, now: float) -> list[Happening]:
        """Take one message; what happened by it."""
        if received.at is not None:
            self._clock_ahead_s = received.at - now
        message = received.message
        handle = self._handlers.get(type(message))
        return handle(message, now) if handle is not None else []

    def _take_snapshot(self, message: AgentSnapshot, now: float) -> list[Happening]:
        self.tenant = message.tenant
        self.agent_id, self.agent_name = message.agent.id, message.agent.name
        self.presence = message.agent.state
        self.options = {key: value for key, (value, _) in message.options.items()}
        sessions = {info.session: info for info in message.sessions}
        participants = {one.session: one for one in message.participants}
        before = self._slots
        self._slots = {}
        for info in message.slots:
            slot = self._from_info(info, sessions.get(info.session), now)
            old = before.get(info.slot)
            if old is not None and old.session == slot.session:
                slot = replace(slot, since=old.since, reached=old.reached | slot.reached)
            if info.session in participants:
                slot = replace(slot, participant=participants[info.session].participant)
            self._keep(slot)
        mine = tuple((one.participant, one.session, one.epoch) for one in message.participants)
        happenings: list[Happening] = [Refreshed(mine)]
        happenings += [ForParticipant(participant, None, message) for participant, _, _ in mine]
        return happenings

    def _take_options(self, message: AgentOptions, _now: float) -> list[Happening]:
        self.options = {key: value for key, (value, _) in message.options.items()}
        return [OptionsChanged()]

    def _from_info(self, info: SlotInfo, session: SessionInfo | None, now: float) -> Slot:
        slot = Slot(
            info.slot,
            info.position,
            info.number,
            info.session,
            info.auto_connect,
            info.code,
            self._local(info.code_expires_at),
            since=now,
        )
        if session is None:
            return slot
        return replace(
            slot,
            state=session.state,
            link=session.link,
            version=session.version,
            step=session.arrival_step,
            detail=ArrivalDetail(session.ip, session.os, session.pc),
        )

    def _take_opened(self, message: SlotOpened, now: float) -> list[Happening]:
        self._keep(
            Slot(
                message.slot,
                message.position,
                message.number,
                message.session,
                message.auto_connect,
                message.code,
                self._local(message.code_expires_at),
                since=now,
            )
        )
        return []

    def _take_code(self, message: SlotCode, _now: float) -> list[Happening]:
        slot = self._slots.get(message.slot)
        if slot is not None:
            expires_at = self._local(message.code_expires_at)
            self._keep(replace(slot, session=message.session, code=message.code, code_expires_at=expires_at))
        return []

    def _take_closed(self, message: SlotClosed, _now: float) -> list[Happening]:
        self._slots.pop(message.slot, None)
        return []

    def _take_key(self, message: KeyCommit | KeyOpen, _now: float) -> list[Happening]:
        return [ForParticipant(message.participant, None, message)]

    def _take_survey(self, message: Survey, _now: float) -> list[Happening]:
        slot = self.of_session(message.session)
        if slot is not None:
            self._keep(replace(slot, grade=message.grade))
        return [Surveyed(message.session, self._numbers.get(message.session), message.grade)]

    def _take_report(self, message: ReportAsked, _now: float) -> list[Happening]:
        types = tuple((one.id, one.name) for one in message.types)
        return [ReportWanted(message.session, types, message.opens)]

    def _take_arrival(self, message: Arrival, _now: float) -> list[Happening]:
        slot = self.of_session(message.session)
        if slot is None:
            return []
        known = slot.detail
        detail = ArrivalDetail(
            message.detail.ip or known.ip, message.detail.os or known.os, message.detail.pc or known.pc
        )
        at = message.at - self._clock_ahead_s
        reached = {} if message.step == "none" else slot.reached | {str(message.step): at}
        code = slot.code if message.step == "none" else None
        changed = replace(slot, step=message.step, detail=detail, reached=reached, code=code)
        self._keep(changed)
        if not slot.has_arrived and changed.has_arrived:
            return [Arrived(changed)]
        return []

    def _take_state(self, message: SessionState, now: float) -> list[Happening]:
        slot = self.of_session(message.session)
        if slot is None or message.version <= slot.version:
            return []
        changed = replace(slot, state=message.state, link=message.link, version=message.version)
        if message.state == "connected" and slot.state != "connected":
            changed = replace(changed, reached=slot.reached | {"connected": now})
        if message.state == "offline":
            changed = replace(changed, participant=None)
        self._keep(changed)
        happenings: list[Happening] = []
        if slot.participant is not None:
            happenings.append(ForParticipant(slot.participant, message.session, message))
        if changed.may_accept and not slot.may_accept and not changed.auto_connect:
            happenings.append(WantsAccept(changed))
        return happenings

    def _take_participant(self, message: KeyAsk | Offer, _now: float) -> list[Happening]:
        slot = self.of_session(message.session)
        happenings: list[Happening] = []
        if slot is None or slot.participant != message.participant:
            happenings.append(WindowNeeded(message.participant, message.session))
        if slot is not None:
            self._keep(replace(slot, participant=message.participant))
        return [*happenings, ForParticipant(message.participant, message.session, message)]

    def _take_left(self, message: ParticipantLeft, _now: float) -> list[Happening]:
        slot = self.of_participant(message.participant)
        if slot is not None:
            self._keep(replace(slot, participant=None))
        return [ForParticipant(message.participant, None, message)]

    def _take_ended(self, message: Ended, now: float) -> list[Happening]:
        slot = self.of_session(message.session)
        participant = None
        if slot is not None:
            participant = slot.participant
            # What stands in the slot next comes with slot.opened, or the slot goes with slot.closed.
            self._keep(replace(slot, state="expired", participant=None, code=None, ended_at=now))
        return [
            ForParticipant(participant, message.session, message),
            Finished(slot, message.by, message.reason),
        ]

    def _keep(self, slot: Slot) -> None:
        self._slots[slot.slot] = slot
        self._numbers[slot.session] = slot.number

    def _local(self, server_time: float | None) -> float | None:
        return None if server_time is None else server_time - self._clock_ahead_s
