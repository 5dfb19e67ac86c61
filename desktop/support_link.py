"""The two links of a program: SignalLink to the web half, ParticipantLink to the other end of a participant.

Decides when to connect, reconnect and give up, on top of the sans-I/O rules of wire/. Leaves what messages
mean to the programs' models. All callbacks run on the link thread; hand what they get to a queue.Queue.

A program has one LinkThread, one SignalLink, and one ParticipantLink for each participant. The owner gives
every signal message to `ParticipantLink.receive`; it picks what is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias

from desktop.connection import LinkThread
from wire.control.messages import ControlMessage
from wire.seal import ParticipantKey
from wire.signal.commands import Answer, Command
from wire.signal.messages import Received, SignalMessage
from wire.terms import Channel, Side

__all__ = ["LinkState", "ParticipantLink", "SignalLink", "SignalState"]

SignalState: TypeAlias = Literal["connecting", "online", "offline", "ended"]
LinkState: TypeAlias = Literal["ok", "unstable", "lost"]


class SignalLink:
    """The program's signal socket, kept alive for as long as the log-in or credential lives."""

    def __init__(
        self,
        link: LinkThread,
        base_url: str,
        bearer: str,
        *,
        role: Side,
        on_message: Callable[[Received], None],
        on_state: Callable[[SignalState, str], None],
        on_answer: Callable[[Command, Answer], None] | None = None,
        language: str = "ko",
        ca_file: str | None = None,
    ) -> None:
        """`base_url` is the server's http(s) address. on_message gets every message in order, snapshots
        included, each once. on_state gets (state, why): "ended" is final, `why` one of replaced, refused,
        login_ended, tenant_stopped, session_over, or the web half's B-code.
        """
        raise NotImplementedError

    def start(self) -> None:
        """Begin; from any thread."""

    def send(self, command: Command, on_answer: Callable[[Answer], None] | None = None) -> None:
        """Queue a command; from any thread. It is repeated with the same id over reconnects until it is
        answered.
        """

    def set_bearer(self, bearer: str) -> None:
        """Use a renewed token from the next connection on; from any thread."""

    def set_connected(self, connected: bool) -> None:
        """Tell whether a support session is connected: then retries are at most 2 s apart. Any thread."""

    def stop(self) -> None:
        """Close for good; from any thread. No callbacks after it has run."""


class ParticipantLink:
    """The sealed channels to one other end: key exchange, offers, channels, heartbeat, coming back."""

    def __init__(
        self,
        link: LinkThread,
        *,
        role: Side,
        session: str,
        participant: str,
        send_command: Callable[[Command], None],
        language: str = "ko",
        program: str = "",
        features: Iterable[str] = (),
        greeting: Callable[[], Iterable[ControlMessage]] = tuple,
        channels: Iterable[Channel] = ("screen", "control"),
        on_words: Callable[[tuple[str, ...]], None] | None = None,
        on_channel_open: Callable[[Channel], None] | None = None,
        on_plain: Callable[[Channel, bytes], None] | None = None,
        on_control: Callable[[int, ControlMessage], None] | None = None,
        on_channel_lost: Callable[[Channel], None] | None = None,
        on_drained: Callable[[Channel], None] | None = None,
        on_state: Callable[[LinkState, int | None], None] | None = None,
        on_end: Callable[[str, str], None] | None = None,
        keys_lost: bool = False,
        own_key: ParticipantKey | None = None,
        ca_file: str | None = None,
    ) -> None:
        """send_command sends a signal command (SignalLink.send, or a JSON line to the parent process).

        greeting    asked at each opening of the control channel, after our own hello: [Who(...)] for the
        agent,
                    [Machine(...), Rights(...), People(...)] for the customer
        on_words    the six words, once after each key exchange (a second time only if an end lost its keys)
        on_channel_open   the channel is sealed and empty: begin anew (a new RFB protocol object for "screen")
        on_plain    bytes of "screen" or "files"; RFB is a byte stream, borders mean nothing
        on_control  (i, message) of "control", checked by ControlProtocol; beats are not passed on
        on_channel_lost   the channel closed; it comes back by itself through on_channel_open
        on_drained  pending_bytes(channel) has become small: go on encoding
        on_state    (ok | unstable | lost, round trip in ms or None) on every change
        on_end      (by, reason), once: the other end or the system ended, or B-31 / B-32 broke the trust
        """
        raise NotImplementedError

    def start(self) -> None:
        """Begin (needed for keys_lost only: it asks for a key exchange at once); from any thread."""

    def receive(self, message: SignalMessage | Mapping[str, Any]) -> None:
        """Take a signal message (key.*, offer, participant.left, ended, snapshot); others are ignored. Any
        thread.
        """

    def send(self, channel: Channel, plain: bytes) -> bool:
        """Seal and send bytes on "screen" or "files"; from any thread. False when the channel is not open."""

    def send_control(self, message: ControlMessage) -> None:
        """Send a control message; from any thread. Dropped when the channel is not open: `greeting` says
        what matters.
        """

    def refuse(self, i: int, code: str, *, option: str | None = None, right: str | None = None) -> None:
        """Answer control record `i` with `refused`; from any thread."""

    def pending_bytes(self, channel: Channel) -> int:
        """Bytes that wait for the line, sealed or not; from any thread. Encode nothing new above ~256 KiB."""

    def hold(self, channel: Channel, on: bool) -> None:
        """Stop or go on reading a channel while the owner's queue is full; from any thread."""

    def end(self, reason: str = "") -> None:
        """Say `end` on control, tell signal, close everything; from any thread."""

    def close(self) -> None:
        """Close without a word (the web half ended it already, or the program exits); from any thread."""
