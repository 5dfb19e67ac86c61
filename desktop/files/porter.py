"""The porter: one thread a participant that carries files, so that neither Tk nor the link thread waits for a
disk.

Decides when bytes leave (the pacer's room, the link's own queue, the screen first), what is told to windows
and how often, and what happens when a line breaks, a right goes away, or the other end breaks the rules.
Leaves the rules to wire/files, the disk to outgoing.py and incoming.py, and what is allowed to its owner.
`put`, `opened`, `lost` and all orders may come from any thread.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from desktop.files.incoming import Incoming
from desktop.files.outgoing import Outgoing, SentJob
from desktop.files.store import Store, received_folder
from desktop.files.views import JobRecord, JobView
from wire.errors import ProtocolError
from wire.files import events as e
from wire.files import messages as m
from wire.files.protocol import FilesProtocol
from wire.limits import KIB, MAX_FILE_WINDOW, MAX_OPEN_REQUESTS
from wire.terms import Side

__all__ = ["Ends", "Line", "Porter"]

log = logging.getLogger(__name__)

Allowed: TypeAlias = str | None
"""None: allowed. Else why not, as control's `rights` names it."""

_HELD_BYTES: Final = 2 * MAX_FILE_WINDOW
_PENDING_BYTES: Final = 128 * KIB
_SCREEN_PENDING_BYTES: Final = 16 * KIB
# Files wait for a screen that waits, but not for ever: a film on a thin line never stops.
_SCREEN_FIRST_S: Final = 0.1
_STEP_S: Final = 0.005
_TELL_EVERY_S: Final = 0.2
_IDLE_S: Final = 1.0
_READS_A_TURN: Final = 8
_DEEDS_A_TURN: Final = 64
#: Reasons that pass by themselves; the others end what runs.
_PASSING: Final = frozenset({"paused", "taken_back"})


@dataclass(slots=True)
class Line:
    """What the porter asks of the link; every call returns at once, from any thread.

    `send` takes the number that `Porter.opened` got: bytes made for an older connection must not begin a
    newer.
    """

    send: Callable[[bytes, int], object]
    pending_bytes: Callable[[], int]
    screen_pending_bytes: Callable[[], int]
    screen_moves: Callable[[], bool]
    want: Callable[[], object]
    hold: Callable[[bool], object]
    refuse: Callable[[], object]


def _nothing(*_: object) -> None:
    """For what an owner does not want to know."""


@dataclass(slots=True)
class Ends:
    """What the porter asks and tells its owner, on the porter's thread.

    `judge`       why a message of the other end may not pass, None: it may
    `allowed`     (in, out): why files may not come or go now
    `welcome`     what to do with a job: "take", "ask", or a refusal
    `on_views`    all jobs, after every change, a few times a second
    `on_request`  Wanted, FolderAsked, PathAsked at the customer's side; Listed, RequestRefused at the agent's
    `on_record`   a job is over
    """

    on_views: Callable[[tuple[JobView, ...]], object] = _nothing
    on_request: Callable[[e.FilesEvent], object] = _nothing
    on_record: Callable[[JobRecord], object] = _nothing
    judge: Callable[[m.FileMessage | m.Chunk], Allowed] = lambda _message: None
    allowed: Callable[[], tuple[Allowed, Allowed]] = lambda: (None, None)
    welcome: Callable[[e.JobOffered], str] = lambda _job: "take"
    folder: Callable[[e.JobOffered], Path] = field(default=lambda _job: received_folder())


_REQUESTS: Final = (e.Wanted, e.FolderAsked, e.PathAsked, e.Listed, e.RequestRefused)


class Porter(threading.Thread):
    """Carries the files of one participant until `stop`."""

    def __init__(
        self, side: Side, line: Line, ends: Ends, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(name="files", daemon=True)
        self._line = line
        self._ends = ends
        self._clock = clock
        self._queue: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._queued_bytes = 0
        self._is_held = False
        self._lock = threading.Lock()
        self._protocol = FilesProtocol(side)
        keys = itertools.count(1)
        self._outgoing = Outgoing(self._protocol, ends.on_record, lambda: next(keys))
        self._stores: list[Store] = []
        self._incoming = Incoming(
            self._protocol,
            self._store_for,
            self._welcome,
            ends.on_record,
            lambda: next(keys),
        )
        self._refusals: dict[int, str] = {}
        self._own_jobs: set[int] = set()
        self._asking: list[Callable[[], object]] = []
        self._connection = 0
        self._is_connected = False
        self._is_over = False
        self._is_refused = False
        self._screen_since: float | None = None
        self._is_dirty = True
        self._told_at = 0.0
        self._told: tuple[JobView, ...] = ()

    # -- from the link thread

    def put(self, plain: bytes) -> None:
        """Bytes of the other end."""
        with self._lock:
            self._queued_bytes += len(plain)
            must_hold = self._queued_bytes > _HELD_BYTES and not self._is_held
            self._is_held = self._is_held or must_hold
        if must_hold:
            self._line.hold(True)
        self._queue.put(lambda: self._take_plain(plain))

    def opened(self, connection: int) -> None:
        """The channel is there; `connection` is given back with every record."""
        self._queue.put(lambda: self._open(connection))

    def lost(self) -> None:
        """The channel is gone; everything keeps its place."""
        self._queue.put(self._close_line)

    def drained(self) -> None:
        """The link has sent what waited."""
        self._queue.put(_nothing)

    def screen_trip(self, trip_s: float) -> None:
        """The screen's round trip, as its fences measure it."""
        self._queue.put(lambda: self._protocol.outbox.pacer.screen(trip_s))

    # -- orders

    def send(self, paths: Sequence[Path], *, reply: int | None = None, is_own_deed: bool = False) -> None:
        """Send files and folders. `is_own_deed`: the customer chose them, which is consent enough."""
        chosen = tuple(paths)

        def begin() -> None:
            job = self._outgoing.send(chosen, reply)
            if is_own_deed:
                self._own_jobs.add(job.key)

        self._order(begin)

    def cancel(self, key: int) -> None:
        """End a job."""

        def end() -> None:
            self._outgoing.cancel(key)
            self._incoming.cancel(key)

        self._order(end)

    def pause(self, key: int, on: bool) -> None:
        """Let a job rest, or go on."""

        def rest() -> None:
            self._outgoing.pause(key, on)
            self._incoming.pause(key, on)

        self._order(rest)

    def retry(self, key: int) -> None:
        """Send a job that failed once more."""

        def again() -> None:
            job = self._outgoing.jobs.get(key)
            if job is not None:
                self._outgoing.jobs.pop(key)
                self._outgoing.send(job.paths)

        self._order(again)

    def answer(self, key: int, *, accepted: bool) -> None:
        """Take or refuse a job that asks."""
        self._order(lambda: self._incoming.answer(key, accepted=accepted))

    def forget_over(self) -> None:
        """Take what is over off the list."""

        def forget() -> None:
            self._outgoing.forget_over()
            self._incoming.forget_over()

        self._order(forget)

    def ask(
        self, make: Callable[[int], m.Want | m.ListFolder | m.Get], on_number: Callable[[int], object]
    ) -> None:
        """Send a request as soon as the channel is there; `on_number` hears its number on this thread."""

        def ask_now() -> None:
            number = self._protocol.next_number()
            on_number(number)
            try:
                self._protocol.ask(make(number))
            except ProtocolError:
                self._ends.on_request(e.RequestRefused(number, "busy"))

        def later() -> None:
            if self._protocol.is_ready:
                ask_now()
            elif len(self._asking) < MAX_OPEN_REQUESTS:
                self._asking.append(ask_now)

        self._order(later, always_connect=True)

    def say_no(self, request: int, code: str) -> None:
        """Refuse a request."""
        self._order(lambda: self._protocol.say_no(request, code))

    def list_folder(self, listing: m.Listing) -> None:
        """Answer a request for a folder."""
        self._order(lambda: self._protocol.list_folder(listing))

    def rights_changed(self) -> None:
        """Look again at what is allowed."""
        self._order(self._apply_rights)

    def run_here(self, deed: Callable[[], object]) -> None:
        """Run something that may wait for a disk on this thread."""
        self._order(deed)

    def stop(self) -> None:
        """The support session is over: leave nothing half, and end the thread."""

        def end() -> None:
            self._outgoing.cancel_all("over")
            self._incoming.cancel_all("over")
            self._flush()
            self._is_over = True

        self._queue.put(end)

    # -- the thread

    def run(self) -> None:
        """Serve until `stop`; do not call."""
        try:
            while not self._is_over:
                self._turn()
        finally:
            self._outgoing.close()
            self._incoming.close()
            for store in self._stores:
                store.close()
            self._tell()

    def _turn(self) -> None:
        with contextlib.suppress(queue.Empty):
            self._guarded(self._queue.get(timeout=self._patience()))
            for _ in range(_DEEDS_A_TURN - 1):
                self._guarded(self._queue.get_nowait())
        self._guarded(self._work)
        self._flush()
        if self._is_dirty and self._clock() - self._told_at >= _TELL_EVERY_S:
            self._tell()

    def _patience(self) -> float:
        """How long to wait for something to happen."""
        now = self._clock()
        waits = [_IDLE_S]
        if self._is_dirty:
            waits.append(max(0.0, self._told_at + _TELL_EVERY_S - now))
        if self._protocol.outbox.has_due():
            if self._must_wait(now):
                waits.append(_STEP_S)
            else:
                wait_s = self._protocol.outbox.pacer.wait_s(now)
                if wait_s is not None:
                    waits.append(wait_s)
        return min(waits)

    def _guarded(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except ProtocolError as error:
            self._break_off(str(error))
        except Exception:  # an edge: one job's bug must not end all others, nor this thread
            log.exception("files_failed")

    def _order(self, deed: Callable[[], object], *, always_connect: bool = False) -> None:
        def run() -> None:
            deed()
            self._is_dirty = True
            if always_connect or self._outgoing.has_work():
                self._connect()

        self._queue.put(run)

    def _connect(self) -> None:
        if not self._is_connected and not self._is_refused:
            self._line.want()

    def _work(self) -> None:
        if not self._protocol.is_ready:
            return
        self._protocol.outbox.pacer.yield_to_screen(self._line.screen_moves())
        self._outgoing.work()
        for _ in range(_READS_A_TURN):
            if self._must_wait(self._clock()) or not self._outgoing.read(self._clock()):
                return
            self._is_dirty = True
            self._flush()
            if not self._queue.empty():
                return

    def _must_wait(self, now: float) -> bool:
        """Whether others go first: our own backlog, or a screen update that waits for the line."""
        if self._line.pending_bytes() > _PENDING_BYTES:
            return True
        if self._line.screen_pending_bytes() <= _SCREEN_PENDING_BYTES:
            self._screen_since = None
            return False
        self._screen_since = now if self._screen_since is None else self._screen_since
        return now - self._screen_since < _SCREEN_FIRST_S

    def _flush(self) -> None:
        for record in self._protocol.outgoing():
            self._line.send(record, self._connection)

    def _tell(self) -> None:
        now = self._clock()
        self._told_at, self._is_dirty = now, False
        views = [
            *self._outgoing.views(now, is_connected=self._is_connected),
            *self._incoming.views(now, is_connected=self._is_connected),
        ]
        told = tuple(sorted(views, key=lambda view: view.key))
        if told != self._told:
            self._told = told
            self._ends.on_views(told)
        # Speed and time left change while nothing else does.
        self._is_dirty = any(view.state == "running" for view in told)

    # -- the line

    def _open(self, connection: int) -> None:
        if self._is_refused:
            return
        with self._lock:
            self._is_held = False
        if self._is_connected:  # it took another way without a break in between
            self._protocol.closed()
            self._handle_events()
        self._connection = connection
        self._is_connected = self._is_dirty = True
        self._protocol.opened()
        self._apply_rights()
        self._flush()

    def _close_line(self) -> None:
        self._is_connected = False
        self._is_dirty = True
        self._protocol.closed()
        self._handle_events()
        if self._outgoing.has_work() or self._incoming.has_work() or self._asking:
            self._connect()

    def _take_plain(self, plain: bytes) -> None:
        with self._lock:
            self._queued_bytes -= len(plain)
            may_go_on = self._is_held and self._queued_bytes < _HELD_BYTES // 2
            self._is_held = self._is_held and not may_go_on
        if may_go_on:
            self._line.hold(False)
        if self._is_refused or not self._is_connected:
            return
        now = self._clock()
        message = self._protocol.read(plain, now)
        refusal = self._ends.judge(message)
        if refusal is not None:
            self._not_allowed(message, refusal)
        was_ready = self._protocol.is_ready
        self._protocol.accept(message, now)
        self._handle_events()
        self._is_dirty = True
        if self._protocol.is_ready and not was_ready:
            asking, self._asking = self._asking, []
            for ask_now in asking:
                ask_now()

    def _not_allowed(self, message: m.FileMessage | m.Chunk, refusal: str) -> None:
        """What may not pass is answered with its reason; bytes are dropped before they are looked at."""
        if isinstance(message, m.Job):
            self._refusals[message.job] = refusal
        elif isinstance(message, m.Want | m.ListFolder | m.Get):
            self._refusals[message.request] = refusal
        elif isinstance(message, m.Chunk | m.Whole | m.Offer):
            self._protocol.inbox.halt(on=True)

    def _handle_events(self) -> None:
        for event in self._protocol.events():
            if isinstance(event, _REQUESTS):
                self._take_request(event)
            elif self._is_about_ours(event):
                self._outgoing.take(event)
            else:
                self._incoming.take(event)

    def _is_about_ours(self, event: e.FilesEvent) -> bool:
        if isinstance(event, e.JobTaken | e.FileStored):
            return True
        job = getattr(event, "job", None)
        return job is not None and self._outgoing.is_ours(job)

    def _take_request(self, event: e.FilesEvent) -> None:
        refusal = self._refusals.pop(getattr(event, "request", 0), None)
        if refusal is not None and isinstance(event, e.Wanted | e.FolderAsked | e.PathAsked):
            self._protocol.say_no(event.request, _refusal_code(refusal))
        else:
            self._ends.on_request(event)

    def _welcome(self, job: e.JobOffered) -> str:
        refusal = self._refusals.pop(job.job, None)
        return self._ends.welcome(job) if refusal is None else _refusal_code(refusal)

    def _store_for(self, job: e.JobOffered) -> Store:
        folder = self._ends.folder(job)
        found = next((store for store in self._stores if store.folder == folder), None)
        if found is None:
            found = Store(folder)
            self._stores.append(found)
        return found

    def _break_off(self, reason: str) -> None:
        """The other end broke the rules: no files with it any more."""
        log.warning("files_refused", extra={"reason": reason})
        self._protocol.events()
        self._outgoing.cancel_all("protocol")
        self._incoming.cancel_all("protocol")
        self._flush()
        self._is_refused, self._is_connected, self._is_dirty = True, False, True
        self._protocol.closed()
        self._protocol.events()
        self._line.refuse()

    # -- rights

    def _apply_rights(self) -> None:
        why_in, why_out = self._ends.allowed()
        outbox, inbox = self._protocol.outbox, self._protocol.inbox
        if why_in is not None and why_in not in _PASSING:
            self._incoming.cancel_all(_refusal_code(why_in))
        else:
            inbox.halt(on=why_in is not None)
        if why_out is not None and why_out not in _PASSING:
            self._outgoing.cancel_all(_refusal_code(why_out), but=lambda job: self._stays(job, why_out))
        outbox.is_halted = why_out is not None and why_out in _PASSING
        self._is_dirty = True

    def _stays(self, job: SentJob, why: str) -> bool:
        """What the customer sends by their own hand needs no consent asked, only the option."""
        return why == "consent" and job.key in self._own_jobs


def _refusal_code(why: str) -> str:
    """The reason of a right as a code of the files channel."""
    return {"option": "option", "revoked": "not_allowed", "consent": "not_allowed"}.get(why, why)
