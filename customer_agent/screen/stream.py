"""The screen thread: looks at the screen when something changed and a viewer has room, and makes its update.

Nothing is captured or encoded for a viewer that could not take it now, so nothing queues: changes are
merged where they are cheapest, on the screen itself. Every update comes from one captured picture. The link
thread never encodes; it speaks to this thread through `call`.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.audience import Audience
from customer_agent.screen.capture import Area, Monitor, ScreenSource
from customer_agent.screen.damage import joined, words_of
from customer_agent.screen.watcher import LineFacts, Outlet, Watcher

log = logging.getLogger(__name__)

# Damage is trusted to wake us, not to tell everything: a look at the whole screen heals what it missed.
FULL_LOOK_S = 5.0
POLL_BUSY_S = 1 / 30
POLL_IDLE_S = 1 / 5
IDLE_AFTER_S = 2.0
FACTS_EVERY_S = 1.0
JOIN_EVERY_S = 0.25
START_DEADLINE_S = 10.0


class ScreenStream(threading.Thread):
    """Shows one screen to any number of watchers until `stop`."""

    def __init__(
        self,
        open_screen: Callable[[], ScreenSource],
        *,
        on_facts: Callable[[Watcher, LineFacts], None] | None = None,
        on_ready: Callable[[], None] | None = None,
        on_failure: Callable[[Exception], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        full_look_s: float = FULL_LOOK_S,
    ) -> None:
        """`on_facts` comes at most once a second for each watcher, `on_ready` once the screen is open,
        `on_failure` when it cannot be opened or went away; all of them on this thread.
        """
        super().__init__(name="screen", daemon=True)
        self._open_screen = open_screen
        self._on_facts = on_facts
        self._on_ready = on_ready
        self._on_failure = on_failure
        self._clock = clock
        self._full_look_s = full_look_s
        self._calls: deque[Callable[[], object]] = deque()
        self._waits_for_room = False
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._stopping = False
        self._ready = threading.Event()
        self._failure: Exception | None = None
        self._is_open = False
        self._watchers: list[Watcher] = []
        self._facts: dict[Watcher, LineFacts] = {}
        self._facts_due = 0.0
        self._full_look_due = 0.0
        self._changed_at = 0.0
        self._join_due = 0.0
        self._ungrabbed: list[Area] = []
        self._has_spoken = False
        self.width = self.height = 0
        self.monitors: tuple[Monitor, ...] = ()

    # Any thread

    def open(self) -> None:
        """Start and wait until the screen is open; raises Unsupported where it cannot be.

        Never called on a Tk thread, which must not wait: `start` and `on_ready` do the same there.
        """
        self.start()
        if not self._ready.wait(START_DEADLINE_S):
            raise Unsupported("screen capture", "The screen did not answer.")
        if self._failure is not None:
            raise self._failure

    @property
    def is_open(self) -> bool:
        """Whether the screen can be watched: its size is known."""
        return self._is_open

    def call(self, function: Callable[..., object], *arguments: object, **named: object) -> None:
        """Run function(...) on the screen thread, in the order of the calls."""
        self._calls.append(lambda: function(*arguments, **named))
        self.wake()

    def note(self, function: Callable[..., object], *arguments: object) -> None:
        """Run function(...) on the screen thread when it is awake anyhow, at once if a viewer waits for
        room.
        """
        self._calls.append(lambda: function(*arguments))
        if self._waits_for_room:
            self.wake()

    def look(self) -> None:
        """Read what happened on the screen though no viewer may have a picture: what is shown may be back."""
        self.call(lambda: self._read_news(self._clock()))

    def wake(self) -> None:
        """Look again: a viewer may have room now."""
        # A full socket means that the thread is due to wake anyhow.
        with contextlib.suppress(OSError):
            self._far.send(b"!")

    def watch(self, outlet: Outlet) -> Watcher:
        """A watcher of the size that was known to its protocol: (width, height) of this stream now."""
        watcher = Watcher(outlet, self.width, self.height)
        self.call(self._add, watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Send this watcher nothing more."""
        self.call(self._remove, watcher)

    def stop(self) -> None:
        """End the thread; join it afterwards."""
        self._stopping = True
        self.wake()

    # This thread

    def run(self) -> None:
        """Open the screen, then serve until `stop`."""
        try:
            self._source = self._open_screen()
            self._measure()
        except Exception as failure:
            self._failure = failure
            self._ready.set()
            self._tell_failure(failure)
            return
        self._is_open = True
        self._ready.set()
        if self._on_ready is not None:
            self._on_ready()
        try:
            while not self._stopping:
                self._turn()
        except Exception as failure:
            # The edge of the thread: a screen that went away ends the sharing, not the program.
            log.exception("screen_failed")
            self._tell_failure(failure)
        finally:
            with contextlib.suppress(Exception):
                self._source.close()
            self._near.close()
            self._far.close()

    def _tell_failure(self, failure: Exception) -> None:
        if self._on_failure is not None:
            self._on_failure(failure)

    def _turn(self) -> None:
        self._run_calls()
        now = self._clock()
        ready = [watcher for watcher in self._watchers if watcher.may_send(now)]
        if not ready:
            self._wait_for_room(now)
            return
        self._read_news(now)
        ready = [watcher for watcher in ready if watcher in self._watchers]
        sent = self._show(ready, now)
        self._tell_facts(now)
        if not sent:
            self._waits_for_room = any(one.waits_since is not None for one in self._audiences())
            self._wait(self._idle_timeout(ready, now), screen=True)
            self._waits_for_room = False

    def _wait_for_room(self, now: float) -> None:
        """No viewer may have an update now: let changes gather on the screen."""
        self._waits_for_room = True
        if self._has_spoken or any(watcher.has_stale() for watcher in self._watchers):
            self._wait(self._next_due(now), screen=False)
        else:
            # While the screen is silent nothing is due when the frame is over, so nobody wakes for that.
            timeout_s = max(self._next_due(now), self._idle_timeout(self._watchers, now))
            self._wait(timeout_s, screen=True)
        self._waits_for_room = False

    def _show(self, ready: list[Watcher], now: float) -> bool:
        """Update every audience that has room; whether anything was sent."""
        sent = False
        for watcher in ready:
            sent |= watcher.send_cursor()
        served = [audience for audience in self._audiences() if self._has_turn(audience, ready, now)]
        if any(audience.has_stale() for audience in served) and not self._grab():
            return True
        words = words_of(self._source.pixels)
        for audience in served:
            if audience.has_stale() and audience.update(words, now):
                sent = True
                self._changed_at = now
            elif not audience.has_stale():
                sent |= audience.sharpen(self._source.pointer(), now)
        self._join(now)
        return sent

    def _audiences(self) -> list[Audience]:
        return list(dict.fromkeys(watcher.audience for watcher in self._watchers))

    def _has_turn(self, audience: Audience, ready: list[Watcher], now: float) -> bool:
        """Whether the audience gets something now; members that have no room are waited for, then left."""
        audience.settle()
        behind = [member for member in audience.members if member not in ready]
        if len(behind) == len(audience.members) or not audience.has_work(now):
            audience.waits_since = None
            return False
        if behind and audience.waits(now):
            return False
        for member in behind:
            audience.part(member)
            member.fell_behind(now)
        audience.waits_since = None
        return True

    def _join(self, now: float) -> None:
        """Make one audience of those that have the same picture."""
        if len(self._watchers) < 2 or now < self._join_due:
            return
        self._join_due = now + JOIN_EVERY_S
        kept: list[Audience] = []
        for audience in self._audiences():
            may_join = all(member.may_join(now) for member in audience.members)
            if not (may_join and any(one.take_in(audience, now) for one in kept)):
                kept.append(audience)

    def _grab(self) -> bool:
        """Bring every row that may have changed up to date in one picture; False when there is another
        screen now.
        """
        if not self._ungrabbed:
            return True
        if not self._source.grab(self._ungrabbed):
            return False
        self._ungrabbed = []
        if self._source.has_news():
            # What was drawn between the last news and the picture is in it only in part.
            late = self._source.grab_late()
            if late is None:
                return False
            for audience in self._audiences():
                audience.shadow.touch(late)
        return True

    def _read_news(self, now: float) -> None:
        self._has_spoken = False
        news = self._source.news()
        if news.resized:
            self._resize()
        if news.damage is None:
            self._touch(None)
        elif news.damage:
            self._touch(news.damage)
        if now >= self._full_look_due:
            self._full_look_due = now + self._full_look_s
            self._touch(None)
        if news.cursor_changed:
            shape = self._source.cursor()
            for watcher in self._watchers:
                watcher.show_cursor(shape)

    def _touch(self, areas: Sequence[Area] | None) -> None:
        whole = Area(0, 0, self.width, self.height)
        areas = [whole] if areas is None else joined(area.clipped(whole) for area in areas)
        self._ungrabbed = joined([*self._ungrabbed, *areas])
        for audience in self._audiences():
            audience.shadow.touch(areas)

    def _resize(self) -> None:
        self._measure()
        for audience in self._audiences():
            for watcher in audience.resize(self.width, self.height, self.monitors):
                self._remove(watcher)

    def _measure(self) -> None:
        self.height, self.width = self._source.pixels.shape[:2]
        self.monitors = self._source.monitors()
        self._ungrabbed = [Area(0, 0, self.width, self.height)]

    def _add(self, watcher: Watcher) -> None:
        self._watchers.append(watcher)
        watcher.show_cursor(self._source.cursor())
        if (watcher.shadow.width, watcher.shadow.height) != (self.width, self.height):
            watcher.audience.resize(self.width, self.height, self.monitors)

    def _remove(self, watcher: Watcher) -> None:
        if watcher in self._watchers:
            self._watchers.remove(watcher)
            watcher.audience.members.remove(watcher)
        self._facts.pop(watcher, None)

    def _next_due(self, now: float) -> float:
        """Seconds until the frame rate lets a watcher have its next update."""
        due = [at for watcher in self._watchers if (at := watcher.due_at(now)) is not None]
        return max(0.0, min(due) - now) if due else FULL_LOOK_S

    def _idle_timeout(self, ready: list[Watcher], now: float) -> float:
        """Seconds until something is due although the screen says nothing."""
        due = [self._full_look_due, *([self._facts_due] if self._facts_are_behind() else [])]
        due += [at for watcher in ready if (at := watcher.audience.due_at()) is not None]
        due += [at for w in self._watchers if w not in ready and (at := w.room_at(now)) is not None]
        if not self._source.has_damage:
            is_idle = now - self._changed_at > IDLE_AFTER_S
            due.append(now + (POLL_IDLE_S if is_idle else POLL_BUSY_S))
        return max(0.0, min(due) - now)

    def _wait(self, timeout_s: float, *, screen: bool) -> None:
        if self._calls or self._stopping:
            return
        if screen and self._source.has_news():
            self._has_spoken = True
            return
        files = [self._near.fileno()]
        if screen and self._source.fileno() >= 0:
            files.append(self._source.fileno())
        readable, _, _ = select.select(files, [], [], timeout_s)
        self._has_spoken |= len(files) > 1 and files[1] in readable
        if self._near.fileno() in readable:
            with contextlib.suppress(OSError):
                while self._near.recv(4096):
                    pass

    def _run_calls(self) -> None:
        while self._calls:
            self._calls.popleft()()

    def _facts_are_behind(self) -> bool:
        return self._on_facts is not None and any(
            self._facts.get(watcher) is None or self._facts[watcher].is_lossy != watcher.facts().is_lossy
            for watcher in self._watchers
        )

    def _tell_facts(self, now: float) -> None:
        if self._on_facts is None or now < self._facts_due:
            return
        self._facts_due = now + FACTS_EVERY_S
        for watcher in self._watchers:
            facts = watcher.facts()
            if facts != self._facts.get(watcher):
                self._facts[watcher] = facts
                self._on_facts(watcher, facts)
