"""ParticipantLink: the sealed channels to the other end of one participant.

Decides when channels open, when they count as unstable, lost or over, and how they come back. Leaves the
keys to wire/signal/keys.py, the seal to wire/channel.py, the control rules to wire/control, and what the
bytes and messages mean to the programs' models. All callbacks run on the link thread; hand what they get to
a queue.Queue.

A program has one LinkThread, one SignalLink, and one ParticipantLink for each participant. The owner gives
every signal message to `ParticipantLink.receive`; it picks what is its own.

The life of the link: keys (once), then for each offer of a higher epoch: close what is open, open every
channel with its ticket, seal, hello on control. A channel that closes asks for tickets (`ticket.need`),
which brings the next offer.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from desktop.backoff import Backoff
from desktop.connection import LinkThread, Timer
from desktop.direct import DirectDial, DirectDoor
from desktop.leg import Leg
from desktop.relay_ways import RelayWays
from desktop.signal_link import SignalLink, SignalState
from wire.channel import Closed, Marked, Opened, PlainReceived, SealedChannel
from wire.control.beat import Heartbeat
from wire.control.messages import CONTROL_VERSION, Beat, ControlMessage, Direct, End, Hello, Who
from wire.control.protocol import ControlProtocol
from wire.errors import LinkLost, ProtocolError, SealBroken
from wire.limits import (
    CONTROL_DEAD_S,
    DIRECT_BEAT_S,
    DIRECT_DEAD_S,
    DIRECT_SEALED_S,
    PAIR_WAIT_S,
    RETRY_CONNECTED_S,
)
from wire.seal import ParticipantKey, SealedStream
from wire.signal.commands import Command, EndOwnSession, EndSession, LinkReport, TicketNeed
from wire.signal.keys import KeyExchange
from wire.signal.messages import (
    AGENT_MESSAGES,
    CUSTOMER_MESSAGES,
    AgentSnapshot,
    CustomerSnapshot,
    Ended,
    KeyAsk,
    KeyCommit,
    KeyOpen,
    Offer,
    ParticipantLeft,
    SignalMessage,
    channel_url,
)
from wire.terms import Channel, Right, Side

__all__ = ["LinkState", "ParticipantLink", "SignalLink", "SignalState", "Way"]

log = logging.getLogger(__name__)

LinkState: TypeAlias = Literal["ok", "unstable", "lost"]
Way: TypeAlias = Literal["direct", "relay"]

BAD_CONTROL: Final = 4032
"""Close code of a control channel on which the other end broke the rules."""

# Whoever closes in good order has a reason that is on its way: an `end`, or the offer of a new epoch.
_POLITE: Final = frozenset({1000, 4012})
_POLITE_WAIT_S: Final = 1.0
_TELL_END_S: Final = 2.0
_COMPLAIN_S: Final = 3.0
_TICKET_MARGIN_S: Final = 5.0
_ASK_AGAIN_S: Final = 10.0
DIRECT: Final = "direct"
"""The feature in `hello` of an end that knows the straight way."""
_DIRECT_AGAIN_S: Final = (30.0, 120.0, 600.0)
_STREAM: Final = 32
# The relay sends away who waits alone for PAIR_WAIT_S; after that only a stalled other end is left.
_OPENING_S: Final = PAIR_WAIT_S + 5.0


class ParticipantLink:
    """The sealed channels to one other end: key exchange, offers, channels, heartbeat, coming back."""

    def __init__(  # noqa: PLR0915  # one statement for each thing that it remembers
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
        on_demand: Iterable[Channel] = (),
        on_words: Callable[[tuple[str, ...]], None] | None = None,
        on_channel_open: Callable[[Channel], None] | None = None,
        on_plain: Callable[[Channel, bytes], None] | None = None,
        on_control: Callable[[int, ControlMessage], None] | None = None,
        on_channel_lost: Callable[[Channel], None] | None = None,
        on_drained: Callable[[Channel], None] | None = None,
        on_state: Callable[[LinkState, int | None], None] | None = None,
        on_end: Callable[[str, str], None] | None = None,
        on_way: Callable[[Way], None] | None = None,
        expected_who: Callable[[], tuple[str, str]] | None = None,
        make_door: Callable[[str], DirectDoor] | None = None,
        may_dial: bool = False,
        epoch: int = 0,
        keys_lost: bool = False,
        own_key: ParticipantKey | None = None,
        backoff: Backoff | None = None,
        ways: RelayWays | None = None,
        ca_file: str | None = None,
    ) -> None:
        """send_command sends a signal command (SignalLink.send, or a JSON line to the parent process).

        greeting    asked at each opening of the control channel, after our own hello: [Who(...)] for the
        agent,
                    [Machine(...), Rights(...), People(...)] for the customer
        on_words    the six words, once after each key exchange (a second time only if an end lost its keys)
        on_channel_open   the channel is sealed and empty: begin anew (a new RFB protocol object for
        "screen").
                    Read `link.epoch` here and give it to `send`, so that bytes of an older stream never
                    follow it.
        on_plain    bytes of "screen" or "files"; RFB is a byte stream, borders mean nothing on_control  (i,
        message) of "control", checked by ControlProtocol; beats are not passed on on_channel_lost   the
        channel closed; it comes back by itself through on_channel_open on_drained  pending_bytes(channel)
        has become small: go on encoding on_state    (ok | unstable | lost, round trip in ms or None) on
        every change on_end      (by, reason), once: the other end or the system ended, or B-31 / B-32 broke
        the trust. Not after
                    our own end() or close()
        on_way      direct | relay: how the screen goes now, on every change
        make_door, may_dial   the straight way: the agent's end listens at the door that make_door(the relay's
        host)
                    makes, the customer's dials; None and False: never
        on_demand   channels that open when an end wants them ("files"), in the present epoch
        expected_who   the customer's: (agent_name, company) as the signal socket named them; another `who`
        is B-32 epoch, keys_lost   for a program that started anew and finds the participant in its
        snapshot: the snapshot's
                    epoch, and True because the keys died with the old process
        """
        self.session, self.participant = session, participant
        self._link = link
        self._role: Side = role
        self._send_command = send_command
        knows_direct = make_door is not None or may_dial
        self._language, self._program = language, program
        self._features = (*features, DIRECT) if knows_direct else tuple(features)
        self._greeting = greeting
        self._wanted: tuple[Channel, ...] = tuple(channels)
        # Channels that open when an end asks; their loss is no break of the support session.
        self._on_demand: set[Channel] = set(on_demand)
        self._asked: set[Channel] = set()
        self._extra_timers: dict[Channel, Timer] = {}
        self._extra_backoff = Backoff()
        self._on_words, self._on_channel_open, self._on_plain = on_words, on_channel_open, on_plain
        self._on_control, self._on_channel_lost, self._on_drained = on_control, on_channel_lost, on_drained
        self._on_state, self._on_end, self._on_way = on_state, on_end, on_way
        self._expected_who = expected_who
        self._keys_lost = keys_lost
        self._keys = KeyExchange(role=role, session=session, participant=participant, own=own_key)
        self._backoff = backoff or Backoff()
        self._ca_file = ca_file
        self._epoch = epoch
        self._offer: Offer | None = None
        self._offer_until = 0.0
        self._ways = ways or RelayWays(link, ca_file=ca_file)
        self._urls: tuple[str, ...] = ()
        self._relay_url: str | None = None
        self._is_finding = False
        self._complaint_due = 0.0
        self._legs: dict[Channel, Leg] = {}
        # The straight way: legs that carry, and channels whose relay leg still holds bytes of an old stream.
        self._make_door, self._may_dial = make_door, may_dial
        self._door: DirectDoor | None = None
        self._dial = DirectDial(link, self._direct_stream, self._take_direct_event, self._lose_direct)
        self._direct: dict[Channel, Leg] = {}
        self._skipping: set[Channel] = set()
        self._live: set[Channel] = set()
        self._streams: dict[Channel, int] = {}
        self._opening: Channel | None = None
        self._options: Mapping[str, bool] = {}
        self._relay_host = ""
        self._direct_tries = 0
        self._direct_again: Timer | None = None
        self._direct_timer: Timer | None = None
        self._direct_ticked = 0.0
        self._lock = threading.Lock()
        self._control: ControlProtocol | None = None
        self._beat: Heartbeat | None = None
        self._beat_timer: Timer | None = None
        self._ask_timer: Timer | None = None
        self._dead_timer: Timer | None = None
        self._tell_timer: Timer | None = None
        self._state: LinkState | None = None
        self._ended = False

    # -- from any thread

    @property
    def epoch(self) -> int:
        """The epoch of the newest offer; inside on_channel_open, the number of that channel's new stream."""
        return self.number(self._opening) if self._opening is not None else self._epoch

    def number(self, channel: Channel) -> int:
        """The number of a channel's present stream: the epoch, and another one for each change of its way
        within it. Give it to `send`.
        """
        return self._epoch + (max(0, self._streams.get(channel, 0) - 1) << _STREAM)

    @property
    def way(self) -> Way:
        """How the screen goes now."""
        return "direct" if "screen" in self._direct else "relay"

    def words(self, language: str) -> tuple[str, ...] | None:
        """Return the six words in another language than on_words gave, None before the keys are exchanged."""
        return self._keys.words(language) if self._keys.is_complete else None

    @property
    def rtt_ms(self) -> int | None:
        """The newest round trip, None before the first."""
        return self._beat.rtt_ms if self._beat is not None else None

    def start(self) -> None:
        """Begin (needed for keys_lost only: it asks for a key exchange at once); from any thread."""
        self._link.call(self._start)

    def receive(self, message: SignalMessage | Mapping[str, Any]) -> None:
        """Take a signal message, or its JSON object (ProtocolError when it is none): key.*, offer,
        participant.left, ended, snapshot; others are ignored. From any thread.
        """
        if isinstance(message, Mapping):
            table = AGENT_MESSAGES if self._role == "agent" else CUSTOMER_MESSAGES
            kind = table.get(str(message.get("t")))
            if kind is None:
                return
            message = kind.from_json(message)
        self._link.call(self._receive, message)

    def send(self, channel: Channel, plain: bytes, *, epoch: int | None = None) -> bool:
        """Seal and send bytes on "screen" or "files"; from any thread. False when the channel is not open,
        or is of another epoch than the bytes: then they are of a stream that is over.
        """
        leg = self._carrier(channel)
        if leg is None or not leg.is_open or (epoch is not None and epoch != self.number(channel)):
            return False
        with self._lock:
            leg.queued += len(plain)
        self._link.call(self._send, leg, plain)
        return True

    def want(self, channel: Channel) -> None:
        """Open a channel of `on_demand`, now and after every break; from any thread. The other end may do so
        too.
        """
        self._link.call(self._want, channel)

    def refuse_channel(self, channel: Channel) -> None:
        """Close a channel of `on_demand` and never open it again: the other end broke its rules. Any
        thread.
        """
        self._link.call(self._refuse_channel, channel)

    def send_control(self, message: ControlMessage) -> None:
        """Send a control message; from any thread. Dropped when the channel is not open: `greeting` tells
        the other end what matters when it comes back.
        """
        self._link.call(self._say, message)

    def refuse(self, i: int, code: str, *, option: str | None = None, right: Right | None = None) -> None:
        """Answer control record `i` with `refused`; from any thread."""
        self._link.call(self._refuse, i, code, option, right)

    def pending_bytes(self, channel: Channel) -> int:
        """Bytes that wait for the line, sealed or not; from any thread. Encode nothing new above ~256 KiB."""
        leg = self._carrier(channel)
        if leg is None:
            return 0
        return leg.queued + (leg.connection.pending_bytes if leg.connection is not None else 0)

    def hold(self, channel: Channel, on: bool) -> None:
        """Stop or go on reading a channel while the owner's queue is full; from any thread."""
        self._link.call(self._hold, channel, on)

    def end(self, reason: str = "") -> None:
        """Say `end` on control, tell signal, close everything; from any thread."""
        self._link.call(self._end_ourselves, reason)

    def close(self) -> None:
        """Close without a word (the web half ended it already, or the program exits); from any thread."""
        self._link.call(self._close_all)

    # -- signal messages

    def _start(self) -> None:
        if self._keys_lost and not self._keys.is_complete:
            self._need_ticket("control")

    def _receive(self, message: SignalMessage) -> None:
        if isinstance(message, Ended) and message.session == self.session and self._tell_timer is not None:
            self._tell_timer.cancel()
        if self._ended:
            return
        if isinstance(message, KeyAsk | KeyCommit | KeyOpen):
            # The agent's program gets key.ask too, to learn of its participant: it waits for the commitment.
            waits = isinstance(message, KeyAsk) and self._role == "agent"
            if message.participant == self.participant and not waits:
                self._take_key(message)
        elif isinstance(message, Offer):
            if message.participant == self.participant:
                self._take_any_offer(message)
        elif isinstance(message, AgentSnapshot | CustomerSnapshot):
            self._take_snapshot(message)
        elif isinstance(message, ParticipantLeft):
            if message.participant == self.participant:
                self._over("system", message.reason)
        elif isinstance(message, Ended) and message.session == self.session:
            self._over(message.by, message.reason)

    def _take_key(self, message: KeyAsk | KeyCommit | KeyOpen) -> None:
        was_complete, was_epoch = self._keys.is_complete, self._keys.epoch
        try:
            if isinstance(message, KeyAsk):
                commands = self._keys.start(message.epoch)
            else:
                commands = self._keys.receive(message)
        except SealBroken as error:
            log.warning("keys_refused", extra={"participant": self.participant, "reason": str(error)})
            self._distrust("B-31")
            return
        except ProtocolError as error:
            log.warning("key_message_ignored", extra={"participant": self.participant, "reason": str(error)})
            return
        for command in commands:
            self._send_command(command)
        if self._keys.is_complete and (not was_complete or self._keys.epoch != was_epoch):
            self._keys_lost = False
            if self._on_words is not None:
                self._link.guard(self._on_words, self._keys.words(self._language))
            self._open_channels()

    def _take_snapshot(self, snapshot: AgentSnapshot | CustomerSnapshot) -> None:
        mine = [one for one in snapshot.participants if one.participant == self.participant]
        if not mine:
            self._over("system", "gone")
            return
        if not self._keys.is_complete:
            for command in self._keys.repeat():
                self._send_command(command)
        if mine[0].epoch > self._epoch:
            # Its offer went to a stream that is gone; tickets are never sent twice.
            self._drop_legs(1000, "new epoch")
            self._epoch = mine[0].epoch
            self._need_ticket("control")

    def _take_any_offer(self, offer: Offer) -> None:
        if "control" not in offer.tickets:
            # Channels on demand, beside those that run; of another epoch it is somebody else's news.
            if offer.epoch == self._epoch:
                self._take_extra(offer)
        elif offer.epoch > self._epoch:
            self._take_offer(offer)

    def _take_offer(self, offer: Offer) -> None:
        self._drop_legs(1000, "new epoch")
        self._epoch = offer.epoch
        self._streams.clear()
        if self._keys_lost and not self._keys.is_complete:
            # The other end asked first; these channels would be sealed with keys that we do not have.
            self._cancel_ask()
            self._need_ticket("control")
            return
        self._offer = offer
        self._options = offer.options
        self._relay_host = urlsplit(offer.relay_url).hostname or ""
        self._offer_until = self._link.clock() + max(1.0, offer.ttl_s - _TICKET_MARGIN_S)
        urls = (offer.relay_url, *offer.more_urls)
        if urls != self._urls:
            self._urls, self._relay_url = urls, None
        self._complaint_due = 0.0
        self._cancel_ask()
        self._open_channels()

    # -- channels

    def _open_channels(self) -> None:
        if self._offer is None or not self._keys.is_complete or self._ended:
            return
        if self._link.clock() > self._offer_until:
            self._offer = None
            self._need_ticket("control")
            return
        if self._relay_url is None:
            self._find_relay()
            return
        for name in self._wanted:
            if name not in self._legs and name in self._offer.tickets:
                self._open_channel(name, self._offer)

    def _find_relay(self) -> None:
        """Choose among the relay's addresses; with one there is nothing to choose."""
        if self._is_finding:
            return
        self._is_finding, urls = True, self._urls

        def found(url: str | None) -> None:
            self._is_finding = False
            if urls != self._urls or url is not None:
                self._relay_url = url if urls == self._urls else None
                self._open_channels()
            elif not self._ended and not self._same_ticket_again():
                self._need_ticket("control")

        self._ways.find(urls, found)

    def _open_channel(self, name: Channel, offer: Offer) -> None:
        stream = self._make_stream(name, offer.epoch, "relay")
        url = channel_url(replace(offer, relay_url=self._relay_url or offer.relay_url), name)
        leg = Leg(name, SealedChannel(url, stream))
        self._legs[name] = leg
        leg.connection = self._link.open(
            url,
            leg.channel,
            lambda event: self._take_event(leg, event),
            lambda lost: self._take_loss(leg, lost),
            ca_file=self._ca_file,
        )
        leg.connection.on_drained = lambda: self._drained(leg)
        leg.patience = self._link.call_later(_OPENING_S, lambda: self._give_up(leg, "not sealed in time"))

    def _make_stream(self, name: Channel, epoch: int, path: Way) -> SealedStream:
        assert self._keys.peer_public is not None
        return SealedStream(
            role=self._role,
            own=self._keys.own,
            peer_public=self._keys.peer_public,
            session=self.session,
            participant=self.participant,
            channel=name,
            epoch=epoch,
            path=path,
        )

    def _take_event(self, leg: Leg, event: object) -> None:
        if self._legs.get(leg.name) is not leg:
            return
        if isinstance(event, Opened):
            self._opened(leg)
        elif isinstance(event, PlainReceived):
            if leg.name == "control":
                self._take_control(leg, event.data)
            elif self._on_plain is not None and not self._is_between(leg.name):
                self._on_plain(leg.name, event.data)
        elif isinstance(event, Marked):
            self._take_mark(leg.name)
        elif isinstance(event, Closed):
            leg.was_polite = event.code in _POLITE
            leg.why = f"{event.code} {leg.channel.error or event.reason}"

    def _opened(self, leg: Leg) -> None:
        leg.is_open = True
        leg.opened_at = self._link.clock()
        if leg.patience is not None:
            leg.patience.cancel()
        log.info("channel_opened", extra={"channel": leg.name, "epoch": self._epoch})
        if leg.name == "control":
            self._control = ControlProtocol(self._role)
            self._beat = Heartbeat(self._link.clock())
            self._link.guard(self._greet)
            self._tick()
            for name in self._asked:
                self._forget_extra(name)
                self._need_extra(name)
        elif leg.name in self._on_demand:
            self._extra_backoff.reset()
        if leg.name not in self._direct:
            self._begin_stream(leg.name)
        if self._all_open():
            self._backoff.reset()
        self._judge()

    def _greet(self) -> None:
        self._say(Hello(CONTROL_VERSION, self._program, self._features))
        for message in self._greeting():
            self._say(message)

    # -- channels on demand

    def _want(self, channel: Channel) -> None:
        if channel in self._on_demand:
            self._asked.add(channel)
            self._need_extra(channel)

    def _refuse_channel(self, channel: Channel) -> None:
        self._on_demand.discard(channel)
        self._asked.discard(channel)
        leg = self._legs.get(channel)
        if leg is not None:
            leg.close(BAD_CONTROL, "rules broken")
            self._drop_leg(leg)

    def _need_extra(self, channel: Channel, wait_s: float = 0.0) -> None:
        """Ask for tickets of a channel on demand; the epoch stays, nothing else is disturbed."""
        if self._ended or channel not in self._asked or channel in self._extra_timers:
            return

        def ask() -> None:
            del self._extra_timers[channel]
            # Without control there is a break, and control asks again when it is back.
            if channel not in self._legs and self._control is not None:
                self._send_command(TicketNeed(self.participant, channel, self._epoch))
                self._extra_timers[channel] = self._link.call_later(_ASK_AGAIN_S, ask)

        self._extra_timers[channel] = self._link.call_later(wait_s, ask)

    def _forget_extra(self, channel: Channel) -> None:
        timer = self._extra_timers.pop(channel, None)
        if timer is not None:
            timer.cancel()

    def _take_extra(self, offer: Offer) -> None:
        for name in self._on_demand:
            if name in offer.tickets and name not in self._legs and self._keys.is_complete:
                self._forget_extra(name)
                self._open_channel(name, offer)

    def _lose_extra(self, channel: Channel) -> None:
        self._need_extra(channel, self._extra_backoff.next_s(RETRY_CONNECTED_S))

    def _take_loss(self, leg: Leg, lost: LinkLost) -> None:
        if self._legs.get(leg.name) is not leg:
            return
        if leg.name in self._on_demand:
            leg.why = leg.why or str(lost)
            self._drop_leg(leg)
            if leg.why.startswith(str(BAD_CONTROL)):
                self._asked.discard(leg.name)  # the other end will have no more of it
            self._lose_extra(leg.name)
            return
        reached = leg.channel.was_reached
        leg.why = leg.why or str(lost)
        self._drop_leg(leg)
        self._judge()
        if reached or not self._same_ticket_again():
            self._need_ticket(leg.name, _POLITE_WAIT_S if leg.was_polite else 0.0)

    def _same_ticket_again(self) -> bool:
        """A relay that could not be reached has not seen the tickets: try them again while they last, and ask
        for another relay meanwhile.
        """
        now, offer = self._link.clock(), self._offer
        if offer is None or now > self._offer_until:
            return False
        self._ways.forget(self._urls)
        self._relay_url = None
        if now >= self._complaint_due:
            self._complaint_due = now + _COMPLAIN_S
            self._send_command(TicketNeed(self.participant, "control", self._epoch, unreachable=True))

        def again() -> None:
            if self._offer is offer:
                self._open_channels()

        self._link.call_later(self._backoff.next_s(RETRY_CONNECTED_S), again)
        return True

    def _give_up(self, leg: Leg, why: str) -> None:
        """This end closes a leg that is of no more use, and asks for another."""
        if self._legs.get(leg.name) is leg:
            leg.close(1000, why)
            self._drop_leg(leg)
            if leg.name in self._on_demand:
                self._lose_extra(leg.name)
                return
            self._judge()
            self._need_ticket(leg.name)

    def _drop_legs(self, code: int, why: str) -> None:
        self._drop_direct()
        for leg in list(self._legs.values()):
            leg.close(code, why)
            self._drop_leg(leg)

    def _drop_leg(self, leg: Leg) -> None:
        if leg.patience is not None:
            leg.patience.cancel()
        del self._legs[leg.name]
        was_open, leg.is_open = leg.is_open, False
        self._log_end(leg, was_open)
        if leg.name == "control":
            self._control = None
            self._beat = None
            if self._beat_timer is not None:
                self._beat_timer.cancel()
        if was_open and leg.name not in self._direct:
            self._end_stream(leg.name)

    def _log_end(self, leg: Leg, was_open: bool) -> None:
        connection = leg.connection
        facts: dict[str, object] = {"channel": leg.name, "epoch": self._epoch, "reason": leg.why}
        if was_open and connection is not None:
            facts["duration_s"] = round(self._link.clock() - leg.opened_at, 1)
            facts["sent_bytes"], facts["received_bytes"] = connection.sent_bytes, connection.received_bytes
        log.info("channel_closed", extra=facts)

    def _all_open(self) -> bool:
        wanted = [name for name in self._wanted if self._offer is None or name in self._offer.tickets]
        return all(name in self._legs and self._legs[name].is_open for name in wanted)

    # -- streams: what a channel carries from an opening to a loss, whatever its way

    def _carrier(self, name: Channel) -> Leg | None:
        return self._direct.get(name) or self._legs.get(name)

    def _begin_stream(self, name: Channel) -> None:
        self._streams[name] = self._streams.get(name, 0) + 1
        self._live.add(name)
        self._opening = name
        if self._on_channel_open is not None:
            self._link.guard(self._on_channel_open, name)
        self._opening = None

    def _end_stream(self, name: Channel) -> None:
        if name in self._live:
            self._live.discard(name)
            if self._on_channel_lost is not None:
                self._link.guard(self._on_channel_lost, name)

    # -- the straight way

    def _is_between(self, name: Channel) -> bool:
        """Whether what comes on the relay's leg of this channel is of a stream that is over."""
        return name in self._direct or name in self._skipping

    def _direct_stream(self, name: Channel) -> SealedStream:
        return self._make_stream(name, self._epoch, "direct")

    def _offer_direct(self) -> None:
        """The agent's end: say where it can be reached, once control works."""
        wanted = [name for name in self._wanted if name != "control" and name not in self._direct]
        if self._make_door is None or self._options.get("always_relay") or not wanted or self._ended:
            return
        if self._door is None:
            self._door = self._make_door(self._relay_host)
        self._door.offer(wanted, self._direct_stream, self._welcome, self._say)

    def _welcome(self, leg: Leg) -> tuple[Callable[[Leg, Any], None], Callable[[Leg, LinkLost], None]]:
        leg.patience = self._link.call_later(DIRECT_SEALED_S, lambda: self._end_direct(leg))
        return self._take_direct_event, self._lose_direct

    def _take_direct(self, i: int, message: Direct) -> None:
        """The customer's end: try what the agent's end named; the relay carries until one of it works."""
        if self._options.get("always_relay"):
            self._refuse(i, "option", "always_relay", None)
        elif self._may_dial:
            wanted = [name for name in self._wanted if name != "control" and name not in self._direct]
            self._dial.take(message, wanted, relay_is_local=_is_loopback(self._relay_host))

    def _take_direct_event(self, leg: Leg, event: object) -> None:
        if isinstance(event, Opened):
            self._go_direct(leg)
        elif isinstance(event, PlainReceived):
            if self._direct.get(leg.name) is leg and self._on_plain is not None:
                self._on_plain(leg.name, event.data)
        elif isinstance(event, Closed):
            leg.why = event.reason

    def _go_direct(self, leg: Leg) -> None:
        if leg.name in self._direct or self._control is None or self._ended:
            self._end_direct(leg)
            return
        self._dial.won(leg)
        if leg.patience is not None:
            leg.patience.cancel()
        now = self._link.clock()
        leg.is_open, leg.opened_at, leg.heard_at = True, now, now
        assert leg.connection is not None
        leg.connection.on_drained = lambda: self._drained(leg)
        log.info("direct_opened", extra={"channel": leg.name, "epoch": self._epoch})
        self._end_stream(leg.name)
        self._direct[leg.name] = leg
        self._begin_stream(leg.name)
        self._tell_way(leg.name)
        if self._direct_timer is None:
            self._beat_direct()

    def _lose_direct(self, leg: Leg, lost: LinkLost) -> None:
        self._dial.lost(leg)
        if leg.patience is not None:
            leg.patience.cancel()
        leg.why = leg.why or str(lost)
        if self._direct.get(leg.name) is leg:
            self._fall_back(leg.name)

    def _end_direct(self, leg: Leg) -> None:
        if leg.patience is not None:
            leg.patience.cancel()
        if leg.connection is not None:
            leg.connection.close()

    def _take_mark(self, name: Channel) -> None:
        """On the relay's leg: the other end begins the channel's stream anew there."""
        if name in self._skipping:
            self._skipping.discard(name)
        elif DIRECT in self._features:
            self._fall_back(name, was_told=True)

    def _fall_back(self, name: Channel, *, was_told: bool = False) -> None:
        """Go on through the relay, whose leg has been waiting: the stream begins anew behind a mark there."""
        leg = self._direct.get(name)
        self._end_stream(name)
        if leg is not None:
            del self._direct[name]
            leg.is_open = False
            self._end_direct(leg)
            self._log_end(leg, True)
        relayed = self._legs.get(name)
        if relayed is not None and relayed.is_open and relayed.connection is not None:
            if not was_told:
                self._skipping.add(name)
            relayed.channel.mark()
            relayed.connection.flush()
            self._begin_stream(name)
        self._tell_way(name)
        if self._direct_again is None and self._make_door is not None and not self._ended:
            wait_s = _DIRECT_AGAIN_S[min(self._direct_tries, len(_DIRECT_AGAIN_S) - 1)]
            self._direct_tries += 1
            self._direct_again = self._link.call_later(wait_s, self._try_direct_again)

    def _try_direct_again(self) -> None:
        self._direct_again = None
        if self._control is not None:
            self._offer_direct()

    def _beat_direct(self) -> None:
        """A sign of life a second; a way that is silent for DIRECT_DEAD_S is left."""
        now = self._link.clock()
        # After our own sleep the other end's silence is not its fault.
        slept = self._direct_ticked and now - self._direct_ticked > DIRECT_DEAD_S
        self._direct_ticked = now
        for leg in list(self._direct.values()):
            assert leg.connection is not None
            if leg.connection.received_bytes != leg.heard_bytes or leg.is_held or slept:
                leg.heard_bytes, leg.heard_at = leg.connection.received_bytes, now
            if now - leg.heard_at > DIRECT_DEAD_S:
                leg.why = "silent"
                self._fall_back(leg.name)
            elif leg.channel.is_open:
                leg.channel.mark()
                leg.connection.flush()
        self._direct_timer = self._link.call_later(DIRECT_BEAT_S, self._beat_direct) if self._direct else None

    def _drop_direct(self) -> None:
        """Leave the straight way altogether: a new epoch, or the end."""
        self._dial.stop()
        if self._door is not None:
            self._door.forget_tokens()
        for timer in (self._direct_again, self._direct_timer):
            if timer is not None:
                timer.cancel()
        self._direct_again = self._direct_timer = None
        self._skipping.clear()
        for name, leg in list(self._direct.items()):
            self._end_stream(name)
            del self._direct[name]
            leg.is_open = False
            self._end_direct(leg)
            self._log_end(leg, True)
            self._tell_way(name)

    def _tell_way(self, name: Channel) -> None:
        if name == "screen" and self._on_way is not None:
            self._link.guard(self._on_way, self.way)

    # -- asking for tickets

    def _need_ticket(self, name: Channel, at_least_s: float = 0.0) -> None:
        """Ask the web half for a new offer: once for all channels that broke, and again while none comes."""
        if self._ended or self._ask_timer is not None:
            return
        self._offer = None

        def ask() -> None:
            self._send_command(TicketNeed(self.participant, name, self._epoch, keys_lost=self._keys_lost))
            self._ask_timer = self._link.call_later(_ASK_AGAIN_S, ask)

        wait_s = max(at_least_s, self._backoff.next_s(RETRY_CONNECTED_S))
        self._ask_timer = self._link.call_later(wait_s, ask)

    def _cancel_ask(self) -> None:
        if self._ask_timer is not None:
            self._ask_timer.cancel()
            self._ask_timer = None

    # -- control

    def _say(self, message: ControlMessage) -> None:
        leg = self._legs.get("control")
        if self._control is None or leg is None:
            return
        try:
            self._control.send(message, self._link.clock())
        except ProtocolError as error:
            log.warning("control_not_sent", extra={"type": message.TYPE, "reason": str(error)})
            return
        self._flush_control(leg)

    def _refuse(self, i: int, code: str, option: str | None, right: Right | None) -> None:
        leg = self._legs.get("control")
        if self._control is not None and leg is not None:
            self._control.refuse(i, code, option=option, right=right)
            self._flush_control(leg)

    def _flush_control(self, leg: Leg) -> None:
        if self._control is None or leg.connection is None or not leg.channel.is_open:
            return
        for plain in self._control.outgoing():
            leg.channel.send(plain)
        leg.connection.flush()

    def _take_control(self, leg: Leg, plain: bytes) -> None:
        if self._control is None or self._beat is None:
            return
        now = self._link.clock()
        self._beat.heard(now)
        try:
            self._control.receive(plain, now)
        except ProtocolError as error:
            log.warning("control_broken", extra={"participant": self.participant, "reason": str(error)})
            self._flush_control(leg)
            leg.close(BAD_CONTROL, "control rules broken")
            self._give_up(leg, "control rules broken")
            return
        self._flush_control(leg)
        for event in self._control.events():
            self._take_message(event.i, event.message, now)
        self._judge()

    def _take_message(self, i: int, message: ControlMessage, now: float) -> None:
        if self._ended:
            return
        if isinstance(message, Beat):
            if self._beat is not None:
                self._beat.take(message, now)
            return
        if isinstance(message, End):
            peer = "customer" if self._role == "agent" else "agent"
            # Whoever ended it tells the web half first, so that the record says who it was.
            told = self._link.call_later(_TELL_END_S, lambda: self._tell_signal_end(message.reason))
            self._tell_timer = told
            self._over("system" if message.by == "system" else peer, message.reason)
            return
        if isinstance(message, Direct):
            self._take_direct(i, message)
            return
        if isinstance(message, Hello) and DIRECT in message.features:
            self._offer_direct()
        if isinstance(message, Who) and self._is_somebody_else(message):
            self._distrust("B-32")
            return
        if self._on_control is not None:
            self._link.guard(self._on_control, i, message)

    def _is_somebody_else(self, who: Who) -> bool:
        return self._expected_who is not None and (who.agent_name, who.company) != self._expected_who()

    def _tick(self) -> None:
        leg = self._legs.get("control")
        if self._beat is None or leg is None:
            return
        now = self._link.clock()
        if self._beat.quality(now) == "lost":
            log.info("channel_silent", extra={"participant": self.participant})
            for each in list(self._legs.values()):
                self._give_up(each, "silent")
            return
        is_silent = self._beat.quality(now) != "ok"
        if is_silent and leg.connection is not None and leg.connection.has_lost_address():
            log.info("address_lost", extra={"participant": self.participant})
            for each in list(self._legs.values()):
                self._give_up(each, "address lost")
            return
        beat = self._beat.due(now)
        if beat is not None:
            self._say(beat)
        self._judge()
        if self._beat is not None:
            wait_s = max(0.0, self._beat.next_due(now) - now)
            self._beat_timer = self._link.call_later(wait_s, self._tick)

    # -- state

    def _judge(self) -> None:
        """Work out ok, unstable or lost, and tell who wants to know."""
        if self._state is None and not self._all_open():
            return  # not connected for the first time yet: that is no break
        now = self._link.clock()
        quality = self._beat.quality(now) if self._beat is not None else "unstable"
        if quality == "ok" and self._all_open():
            self._set_state("ok")
        elif self._state == "ok":
            self._set_state("unstable")
            self._dead_timer = self._link.call_later(CONTROL_DEAD_S - 1.5, self._declare_lost)

    def _declare_lost(self) -> None:
        if self._state == "unstable" and not self._ended:
            self._set_state("lost")

    def _set_state(self, state: LinkState) -> None:
        if state == self._state:
            return
        if self._dead_timer is not None:
            self._dead_timer.cancel()
        self._state = state
        self._send_command(LinkReport(self.participant, "control", state, self.rtt_ms))
        if self._on_state is not None:
            self._link.guard(self._on_state, state, self.rtt_ms)

    # -- sending

    def _send(self, leg: Leg, plain: bytes) -> None:
        with self._lock:
            leg.queued -= len(plain)
        if leg.is_open and leg.channel.is_open and leg.connection is not None:
            leg.channel.send(plain)
            leg.connection.flush()

    def _drained(self, leg: Leg) -> None:
        if self._on_drained is not None and leg.is_open and self._carrier(leg.name) is leg:
            self._on_drained(leg.name)

    def _hold(self, channel: Channel, on: bool) -> None:
        leg = self._carrier(channel)
        if leg is not None and leg.connection is not None:
            leg.is_held, leg.heard_at = on, self._link.clock()
            leg.connection.hold(on)

    # -- the end

    def _end_ourselves(self, reason: str) -> None:
        if self._ended:
            return
        self._say(End(self._role, reason))
        self._tell_signal_end(reason)
        self._close_all()

    def _distrust(self, code: str) -> None:
        self._tell_signal_end(code)
        self._over("system", code)

    def _tell_signal_end(self, reason: str) -> None:
        if self._role == "agent":
            self._send_command(EndSession(self.session, reason))
        else:
            self._send_command(EndOwnSession(reason))

    def _over(self, by: str, reason: str) -> None:
        if self._ended:
            return
        self._close_all()
        if self._on_end is not None:
            self._link.guard(self._on_end, by, reason)

    def _close_all(self) -> None:
        self._ended = True
        self._cancel_ask()
        for name in list(self._extra_timers):
            self._forget_extra(name)
        if self._dead_timer is not None:
            self._dead_timer.cancel()
        self._drop_direct()
        if self._door is not None:
            self._door.close()
        for leg in list(self._legs.values()):
            leg.close(1000, "end")
            self._drop_leg(leg)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
