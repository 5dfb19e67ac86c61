"""Wakes whoever waits for news: signal sockets, customer pages, other web workers.

A wake says only "look again": it carries a topic, never a fact, so a lost or doubled one is harmless.
Inside a process it is a function call; between workers Redis repeats it. When Redis is away the sweep
(sweep.py) finds the news in the database within two seconds, so nothing depends on this file for its truth
(security rule 18).
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import structlog

log = structlog.get_logger()

_CHANNEL = "barohelp:wake"
_RETRY_S = (0.25, 0.5, 1.0, 2.0, 5.0)
MAX_TOPICS_PER_WAKE = 512


def stream_topic(stream_id: int) -> str:
    """Return the topic of one signal stream."""
    return f"stream:{stream_id}"


def waiting_topic(tenant_id: int) -> str:
    """Return the topic of the numbers that wait on a tenant's customer page."""
    return f"waiting:{tenant_id}"


def session_topic(session_id: int) -> str:
    """Return the topic of one support session, for the customer's page."""
    return f"session:{session_id}"


class Hub:
    """The subscriptions of one process. `wake` may be called from any thread and waits for no subscriber."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: dict[str, set[Callable[[], None]]] = defaultdict(set)

    def subscribe(self, topic: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` at each wake of `topic` until the returned function is called.

        `callback` must return at once (set an event) and not raise.
        """
        with self._lock:
            self._callbacks[topic].add(callback)

        def unsubscribe() -> None:
            with self._lock:
                callbacks = self._callbacks.get(topic)
                if callbacks is not None:
                    callbacks.discard(callback)
                    if not callbacks:
                        del self._callbacks[topic]

        return unsubscribe

    def wake(self, topics: Iterable[str]) -> None:
        """Wake the subscribers of `topics` in this process and, where there are others, in those."""
        self.wake_here(topics)

    def wake_here(self, topics: Iterable[str]) -> None:
        """Wake the subscribers of `topics` in this process only."""
        for topic in topics:
            with self._lock:
                callbacks = tuple(self._callbacks.get(topic, ()))
            for callback in callbacks:
                callback()

    def start(self) -> None:
        """Begin to listen to the other workers; nothing to do without Redis."""

    def stop(self) -> None:
        """Stop listening; the process ends."""


class RedisHub(Hub):
    """A hub whose wakes reach the other workers too, as long as Redis is there."""

    def __init__(self, redis: Any) -> None:
        super().__init__()
        self._redis = redis
        self._stopped = threading.Event()
        self._listener: threading.Thread | None = None

    def wake(self, topics: Iterable[str]) -> None:
        topics = list(topics)[:MAX_TOPICS_PER_WAKE]
        self.wake_here(topics)
        try:
            self._redis.publish(_CHANNEL, json.dumps(topics))
        except Exception as error:  # the sweep finds the news, so a wake is never worth a failed deed
            log.warning("wake_not_published", reason=type(error).__name__)

    def start(self) -> None:
        if self._listener is None:
            self._listener = threading.Thread(target=self._listen, name="wake-listener", daemon=True)
            self._listener.start()

    def stop(self) -> None:
        self._stopped.set()

    def _listen(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            try:
                with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
                    subscription.subscribe(_CHANNEL)
                    failures = 0
                    while not self._stopped.is_set():
                        message = subscription.get_message(timeout=1.0)
                        if message is not None:
                            self.wake_here(_topics_of(message.get("data")))
            except Exception as error:  # an edge: the listener must outlive every kind of Redis trouble
                log.warning("wake_listener_lost", reason=type(error).__name__)
                self._stopped.wait(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
                failures += 1


def _topics_of(data: object) -> list[str]:
    try:
        topics = json.loads(data) if isinstance(data, (str, bytes)) else []
    except ValueError:
        return []
    if not isinstance(topics, list):
        return []
    return [topic for topic in topics[:MAX_TOPICS_PER_WAKE] if isinstance(topic, str)]
