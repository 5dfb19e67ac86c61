"""One deed of remote support: rows, timeline, messages to the programs and the audit entry, all or nothing.

    with deed(by=actor, now=now) as done:
        ...change rows...
        done.tell_agent(session.agent_id, SlotClosed(...))
        done.note(session, "slot.closed")

Messages are put into their streams at the end, in one order for all deeds, so that two deeds never wait for
each other. Who waits for news is woken after the commit. What a deed means is decided in actions/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from flask import current_app
from sqlalchemy.exc import IntegrityError

from app.support import timeline
from app.support.models import SupportSession
from app.support.signal import streams
from app.support.signal.hub import Hub, session_topic, stream_topic, waiting_topic
from app.support.signal.models import WAITING_PAGES
from tenants import audit
from tenants.audit import Actor
from tenants.database import current_tenant_id, db
from tenants.writing import after_commit, is_writing, writing
from wire.signal.messages import SignalMessage

Result = TypeVar("Result")


@dataclass(slots=True)
class Deed:
    """What one action wants to be told, noted and woken; filled inside `with deed(...)`."""

    by: Actor
    now: datetime
    _messages: list[tuple[int, SignalMessage]] = field(default_factory=list)
    _lines: list[tuple[int, str, dict[str, object]]] = field(default_factory=list)
    _entries: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    _topics: set[str] = field(default_factory=set)

    def tell(self, stream_id: int, message: SignalMessage) -> None:
        """Put `message` into one stream."""
        self._messages.append((stream_id, message))

    def tell_agent(self, agent_id: int, message: SignalMessage) -> None:
        """Put `message` into every live program of the agent; one that connects later gets a snapshot.

        A page that shows one support session hears nothing of the others.
        """
        for stream in streams.list_of_agent(agent_id):
            is_meant = getattr(message, "session", stream.page) == stream.page
            if stream.page in WAITING_PAGES or is_meant:
                self.tell(stream.id, message)

    def tell_customer(self, session: SupportSession, message: SignalMessage) -> None:
        """Put `message` into the stream of the customer program that speaks for the support session now."""
        stream = streams.find_of_session(session.id)
        if stream is not None:
            self.tell(stream.id, message)

    def note(self, session: SupportSession, kind: str, **data: object) -> None:
        """Add a line to the support session's timeline and wake its page."""
        self._lines.append((session.id, kind, data))
        self._topics.add(session_topic(session.id))

    def audit(self, action: str, object_name: str, **data: object) -> None:
        """Add an entry to the tenant's audit log."""
        self._entries.append((action, object_name, data))

    def wake(self, topic: str) -> None:
        """Wake the subscribers of `topic` after the commit."""
        self._topics.add(topic)

    def wake_waiting(self) -> None:
        """Wake the tenant's customer pages: the numbers that wait may have changed."""
        self._topics.add(waiting_topic(current_tenant_id()))

    def store(self) -> None:
        """Write all that was collected; called once, at the end of the deed's transaction."""
        for session_id, kind, data in self._lines:
            timeline.add_line(session_id, kind, data, actor=self.by.kind, at=self.now)
        for stream_id, message in sorted(self._messages, key=lambda told: told[0]):
            streams.append(stream_id, message, now=self.now)
            self._topics.add(stream_topic(stream_id))
        for action, object_name, data in self._entries:
            audit.record(action, object_name, data, by=self.by, at=self.now)
        topics, wakes = frozenset(self._topics), hub()
        if topics:
            after_commit(lambda: wakes.wake(topics))


@contextmanager
def deed(*, by: Actor, now: datetime) -> Iterator[Deed]:
    """Open the transaction of one deed of the open tenant and store all of it at the end."""
    with writing():
        done = Deed(by, now)
        yield done
        done.store()


def again_on_conflict(call: Callable[[], Result]) -> Result:
    """Run `call`, again up to two times when somebody else took the same number, place or id in that moment.

    Inside another deed the outermost caller has to do it, because the whole transaction is gone.
    """
    if is_writing():
        return call()
    for _ in range(2):
        try:
            return call()
        except IntegrityError:
            db.session.rollback()
    return call()


def hub() -> Hub:
    """Return the process's hub."""
    found: Hub = current_app.extensions["support.hub"]
    return found
