"""The keys of one participant at work: their exchange over signal, and the seals made of them.

Leaves the exchange's rules to wire/signal/keys.py, and what a broken trust means to the owner.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from desktop.listeners import Way
from wire.errors import ProtocolError, SealBroken
from wire.seal import ParticipantKey, SealedStream
from wire.signal.commands import Command
from wire.signal.keys import KeyExchange
from wire.signal.messages import KeyAsk, KeyCommit, KeyOpen
from wire.terms import Channel, Side

__all__ = ["ParticipantKeys"]

log = logging.getLogger(__name__)


class ParticipantKeys:
    """One end's keys for one participant; `are_lost`: they died with the process before this one."""

    def __init__(
        self,
        role: Side,
        session: str,
        participant: str,
        *,
        own: ParticipantKey | None,
        are_lost: bool,
        send_command: Callable[[Command], None],
        on_exchanged: Callable[[], None],
        on_broken: Callable[[], None],
    ) -> None:
        """`on_exchanged`: there are keys, or other ones than before. `on_broken`: B-31."""
        self._exchange = KeyExchange(role=role, session=session, participant=participant, own=own)
        self.are_lost = are_lost
        self._send_command = send_command
        self._on_exchanged, self._on_broken = on_exchanged, on_broken

    @property
    def are_complete(self) -> bool:
        """Whether channels can be sealed."""
        return self._exchange.is_complete

    @property
    def are_missed(self) -> bool:
        """Whether they were lost and have not been exchanged anew."""
        return self.are_lost and not self.are_complete

    def words(self, language: str) -> tuple[str, ...]:
        """The six words; raises WrongState before the exchange is complete."""
        return self._exchange.words(language)

    def take(self, message: KeyAsk | KeyCommit | KeyOpen) -> None:
        """Take a key message that is this end's to answer."""
        exchange = self._exchange
        was_complete, was_epoch = exchange.is_complete, exchange.epoch
        facts = {"participant": exchange.participant}
        try:
            if isinstance(message, KeyAsk):
                commands = exchange.start(message.epoch)
            else:
                commands = exchange.receive(message)
        except SealBroken as error:
            log.warning("keys_refused", extra={**facts, "reason": str(error)})
            self._on_broken()
            return
        except ProtocolError as error:
            log.warning("key_message_ignored", extra={**facts, "reason": str(error)})
            return
        for command in commands:
            self._send_command(command)
        if exchange.is_complete and (not was_complete or exchange.epoch != was_epoch):
            self.are_lost = False
            self._on_exchanged()

    def repeat(self) -> None:
        """Say again what was said, for a socket that was replaced; nothing once the keys are exchanged."""
        if not self.are_complete:
            for command in self._exchange.repeat():
                self._send_command(command)

    def stream(self, channel: Channel, epoch: int, path: Way) -> SealedStream:
        """A seal for one channel of one epoch on one way."""
        assert self._exchange.peer_public is not None
        return SealedStream(
            role=self._exchange.role,
            own=self._exchange.own,
            peer_public=self._exchange.peer_public,
            session=self._exchange.session,
            participant=self._exchange.participant,
            channel=channel,
            epoch=epoch,
            path=path,
        )
