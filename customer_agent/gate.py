"""The customer's decisions in force, asked by every thread before anything of an agent passes.

Holds a Rights value (rights.py) for each participant, and the options; counts what was refused. A change
takes effect for the very next message, on whatever thread it comes; `on_change` then freezes pictures and
lets keys go.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from customer_agent import rights as r
from customer_agent.rights import Hand, Rights
from wire.control import messages as control
from wire.terms import Right

__all__ = ["Gate"]


@dataclass(slots=True)
class _Holder:
    rights: Rights
    serial: int = 0


@dataclass(slots=True)
class Gate:
    """One for the program's life; consent in it dies with the process (decision D12)."""

    clock: Callable[[], float] = time.monotonic
    on_change: Callable[[], object] = lambda: None
    refused: int = 0
    _held_by: set[str] = field(default_factory=set)
    _is_view_held: bool = False
    _options: Mapping[str, bool] = field(default_factory=dict)
    _holders: dict[str, _Holder] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    # Asked by every thread

    def permits(self, participant: object, message: object) -> bool:
        """Whether this message of that participant may pass now; a refusal is counted."""
        with self._lock:
            rights = self._rights(self._holders.get(str(participant)))
            if r.permits(message, rights, self._options, self.clock()):
                return True
            self.refused += 1
            return False

    def tells(self, participant: str, message: control.ControlMessage) -> bool:
        """Whether this program may tell that participant this now."""
        with self._lock:
            rights = self._rights(self._holders.get(participant))
            return r.tells(message, rights, self._options, self.clock())

    def may_see(self, participant: str) -> bool:
        """Whether a picture may leave for that participant now."""
        with self._lock:
            holder = self._holders.get(participant)
            return holder is not None and self._rights(holder).may_see(self._options, self.clock())

    def may(self, right: Right, participant: str) -> bool:
        """Whether that participant has `right` now."""
        with self._lock:
            holder = self._holders.get(participant)
            return holder is not None and r.may(right, holder.rights, self._options, self.clock())

    def why_not(self, right: Right, participant: str) -> control.WhyNot | None:
        """Why that participant lacks `right` now; None: it has it."""
        with self._lock:
            holder = self._holders.get(participant)
            rights = holder.rights if holder else Rights()
            return r.why_not(right, rights, self._options, self.clock())

    def may_control(self) -> bool:
        """Whether anybody but the customer may move the mouse or type now."""
        with self._lock:
            now = self.clock()
            return any(
                r.may(right, self._rights(holder), self._options, now)
                for holder in self._holders.values()
                for right in ("mouse", "keyboard")
            )

    @property
    def participants(self) -> tuple[str, ...]:
        """Whoever was let in and is still here, in that order."""
        with self._lock:
            return tuple(self._holders)

    def rights_of(self, participant: str) -> Rights:
        """The rights of that participant; none where it is unknown."""
        with self._lock:
            holder = self._holders.get(participant)
            return holder.rights if holder else Rights()

    def record(self, participant: str) -> control.Rights:
        """The full state for that participant's program, with the next serial."""
        with self._lock:
            holder = self._holders.setdefault(participant, _Holder(Rights()))
            holder.serial += 1
            return r.record_of(self._rights(holder), self._options, holder.serial, self.clock())

    def _rights(self, holder: _Holder | None) -> Rights:
        """What holds now: nobody controls while the customer is being asked, nobody sees while nothing is
        shown.
        """
        rights = holder.rights if holder else Rights()
        if self._is_view_held:
            rights = r.pause(rights, True)
        return r.take_back(rights, "button", 0.0) if self._held_by else rights

    # Changed by the customer

    def hold_input(self, on: bool, question: str = "ask") -> None:
        """Refuse all input while a question stands on the screen, so that an agent cannot answer it."""
        with self._lock:
            if on:
                self._held_by.add(question)
            else:
                self._held_by.discard(question)
        self.on_change()

    def hold_view(self, on: bool) -> bool:
        """Let no picture leave and no input come while nothing is shown; whether that is new."""
        with self._lock:
            is_new, self._is_view_held = on != self._is_view_held, on
        if is_new:
            self.on_change()
        return is_new

    def set_options(self, options: Mapping[str, bool]) -> None:
        """The options of the newest snapshot or offer."""
        with self._lock:
            self._options = dict(options)
        self.on_change()

    def admit(self, participant: str, rights: Rights) -> None:
        """Let a participant in with these rights; one that is known keeps its own."""
        with self._lock:
            self._holders.setdefault(participant, _Holder(rights))
        self.on_change()

    def forget(self, participant: str) -> None:
        """The participant is gone; it may do nothing more."""
        with self._lock:
            self._holders.pop(participant, None)
        self.on_change()

    def change(self, act: Callable[[Rights], Rights], participant: str | None = None) -> None:
        """Change the rights of one participant, or of all."""
        with self._lock:
            for name, holder in self._holders.items():
                if participant in (None, name):
                    holder.rights = act(holder.rights)
        self.on_change()

    def take_back(self, by: Hand) -> bool:
        """The customer takes mouse and keyboard; whether anybody else had them until now.

        Where nobody may control anyhow, nothing changes.
        """
        had = self.may_control()
        if not had and not self._is_taken():
            return False
        now = self.clock()
        self.change(lambda rights: r.take_back(rights, by, now))
        return had

    def _is_taken(self) -> bool:
        with self._lock:
            return any(holder.rights.taken_back is not None for holder in self._holders.values())

    def settle(self) -> bool:
        """Forget a taking back whose time is over; whether there was one."""
        now = self.clock()
        with self._lock:
            over = [
                holder
                for holder in self._holders.values()
                if holder.rights.taken_back is not None
                and holder.rights.taken_back.until is not None
                and holder.rights.taken_back.until <= now
            ]
            for holder in over:
                holder.rights = r.give_back(holder.rights)
        if over:
            self.on_change()
        return bool(over)
