"""ParticipantLink: the sealed channels to the other end of one participant.

Decides when channels open and close, and which messages of signal and control mean what for them. Its parts:
the keys (participant_keys.py), the tickets (tickets.py), the control channel (control_talk.py), channels on
demand (extra_channels.py), the straight way (direct_way.py), streams (streams.py) and the state that is shown
(line_state.py). Leaves what the bytes and messages mean to the programs' models. All callbacks run on the
link thread; hand what they get to a queue.Queue.

A program has one LinkThread, one SignalLink, and one ParticipantLink for each participant. The owner gives
every signal message to `ParticipantLink.receive`; it picks what is its own.

The life of the link: keys (once), then for each offer of a higher epoch: close what is open, open every
channel with its ticket, seal, hello on control. A channel that closes asks for tickets (`ticket.need`),
which brings the next offer.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from desktop.backoff import Backoff
from desktop.connection import LinkThread, Timer
from desktop.control_talk import BAD_CONTROL, ControlTalk
from desktop.direct import DirectDoor
from desktop.direct_way import DIRECT, DirectWay
from desktop.extra_channels import ExtraChannels
from desktop.leg import Leg
from desktop.line_state import LineState
from desktop.listeners import LinkState, Listeners, Way
from desktop.participant_keys import ParticipantKeys
from desktop.relay_ways import RelayWays
from desktop.signal_link import SignalLink, SignalState
from desktop.streams import Streams
from desktop.tickets import Tickets
from wire.channel import Closed, Marked, Opened, PlainReceived, SealedChannel
from wire.control.messages import CONTROL_VERSION, ControlMessage, Direct, End, Hello, Who
from wire.errors import LinkLost
from wire.limits import PAIR_WAIT_S
from wire.seal import ParticipantKey
from wire.signal.commands import Command, EndOwnSession, EndSession, LinkReport, TicketNeed
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

__all__ = ["BAD_CONTROL", "DIRECT", "LinkState", "ParticipantLink", "SignalLink", "SignalState", "Way"]

log = logging.getLogger(__name__)

# Whoever closes in good order has a reason that is on its way: an `end`, or the offer of a new epoch.
_POLITE: Final = frozenset({1000, 4012})
_POLITE_WAIT_S: Final = 1.0
_TELL_END_S: Final = 2.0
# The relay sends away who waits alone for PAIR_WAIT_S; after that only a stalled other end is left.
_OPENING_S: Final = PAIR_WAIT_S + 5.0


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

        on_…        what each is told stands in desktop/listeners.py
        greeting    asked at each opening of the control channel, after our own hello: [Who(...)] for the
                    agent, [Machine(...), Rights(...), People(...)] for the customer
        make_door, may_dial   the straight way: the agent's end listens at the door that make_door(the relay's
                    host) makes, the customer's dials; None and False: never
        on_demand   channels that open when an end wants them ("files"), in the present epoch
        expected_who   the customer's: (agent_name, company) as the signal socket named them; another `who`
                    is B-32
        epoch, keys_lost   for a program that started anew and finds the participant in its snapshot: the
                    snapshot's epoch, and True because the keys died with the old process
        """
        self.session, self.participant = session, participant
        self._link = link
        self._role: Side = role
        self._send_command = send_command
        self._language, self._program = language, program
        self._greeting = greeting
        self._wanted: tuple[Channel, ...] = tuple(channels)
        self._tell = Listeners(
            words=on_words,
            channel_open=on_channel_open,
            plain=on_plain,
            control=on_control,
            channel_lost=on_channel_lost,
            drained=on_drained,
            state=on_state,
            end=on_end,
            way=on_way,
        )
        self._expected_who = expected_who
        self._ca_file = ca_file
        self._epoch = epoch
        self._legs: dict[Channel, Leg] = {}
        self._lock = threading.Lock()
        self._tell_timer: Timer | None = None
        self._ended = False
        self._keys = ParticipantKeys(
            role,
            session,
            participant,
            own=own_key,
            are_lost=keys_lost,
            send_command=send_command,
            on_exchanged=self._exchanged,
            on_broken=lambda: self._distrust("B-31"),
        )
        self._tickets = Tickets(
            link,
            ways or RelayWays(link, ca_file=ca_file),
            backoff or Backoff(),
            ask=self._ask_ticket,
            on_usable=self._open_channels,
        )
        self._extras = ExtraChannels(
            link,
            on_demand,
            can_open=lambda name: name not in self._legs and self._control.is_open,
            ask=lambda name: self._ask_ticket(name, False),
        )
        self._control = ControlTalk(
            link,
            role,
            participant,
            on_message=self._take_message,
            on_bad=lambda leg: self._give_up(leg, "control rules broken"),
            on_dead=self._give_all_up,
            on_sign=self._judge,
        )
        self._streams = Streams(link, self._tell)
        self._direct = DirectWay(
            link,
            self._wanted,
            tell=self._tell,
            keys=self._keys,
            control=self._control,
            streams=self._streams,
            relayed=self._legs,
            make_door=make_door,
            may_dial=may_dial,
            on_drained=self._drained,
        )
        self._features = (*features, DIRECT) if self._direct.is_known else tuple(features)
        self._state = LineState(link, self._tell_state)

    # -- from any thread

    @property
    def epoch(self) -> int:
        """The epoch of the newest offer; inside on_channel_open, the number of that channel's new stream."""
        opening = self._streams.opening
        return self.number(opening) if opening is not None else self._epoch

    def number(self, channel: Channel) -> int:
        """The number of a channel's present stream: the epoch, and another one for each change of its way
        within it. Give it to `send`.
        """
        return self._streams.number(channel, self._epoch)

    @property
    def way(self) -> Way:
        """How the screen goes now."""
        return self._direct.way

    def words(self, language: str) -> tuple[str, ...] | None:
        """Return the six words in another language than on_words gave, None before the keys are exchanged."""
        return self._keys.words(language) if self._keys.are_complete else None

    @property
    def rtt_ms(self) -> int | None:
        """The newest round trip, None before the first."""
        return self._control.rtt_ms

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
        self._link.call(self._extras.want, channel)

    def refuse_channel(self, channel: Channel) -> None:
        """Close a channel of `on_demand` and never open it again: the other end broke its rules. Any
        thread.
        """
        self._link.call(self._refuse_channel, channel)

    def send_control(self, message: ControlMessage) -> None:
        """Send a control message; from any thread. Dropped when the channel is not open: `greeting` tells
        the other end what matters when it comes back.
        """
        self._link.call(self._control.say, message)

    def refuse(self, i: int, code: str, *, option: str | None = None, right: Right | None = None) -> None:
        """Answer control record `i` with `refused`; from any thread."""
        self._link.call(self._control.refuse, i, code, option, right)

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
        if self._keys.are_missed:
            self._tickets.need("control")

    def _receive(self, message: SignalMessage) -> None:
        if isinstance(message, Ended) and message.session == self.session and self._tell_timer is not None:
            self._tell_timer.cancel()
        if self._ended:
            return
        if isinstance(message, KeyAsk | KeyCommit | KeyOpen):
            # The agent's program gets key.ask too, to learn of its participant: it waits for the commitment.
            waits = isinstance(message, KeyAsk) and self._role == "agent"
            if message.participant == self.participant and not waits:
                self._keys.take(message)
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

    def _exchanged(self) -> None:
        if self._tell.words is not None:
            self._link.guard(self._tell.words, self._keys.words(self._language))
        self._open_channels()

    def _take_snapshot(self, snapshot: AgentSnapshot | CustomerSnapshot) -> None:
        mine = [one for one in snapshot.participants if one.participant == self.participant]
        if not mine:
            self._over("system", "gone")
            return
        self._keys.repeat()
        if mine[0].epoch > self._epoch:
            # Its offer went to a stream that is gone; tickets are never sent twice.
            self._drop_legs(1000, "new epoch")
            self._epoch = mine[0].epoch
            self._tickets.need("control")

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
        self._streams.count_anew()
        if self._keys.are_missed:
            # The other end asked first; these channels would be sealed with keys that we do not have.
            self._tickets.ask_no_more()
            self._tickets.need("control")
            return
        self._direct.take_offer(offer)
        self._tickets.take(offer)
        self._open_channels()

    def _take_extra(self, offer: Offer) -> None:
        for name in self._extras.names:
            if name in offer.tickets and name not in self._legs and self._keys.are_complete:
                self._extras.forget(name)
                self._open_channel(name, offer)

    def _ask_ticket(self, name: Channel, unreachable: bool) -> None:
        need = TicketNeed(
            self.participant, name, self._epoch, keys_lost=self._keys.are_lost, unreachable=unreachable
        )
        self._send_command(need)

    # -- channels through the relay

    def _open_channels(self) -> None:
        offer = self._tickets.usable() if self._keys.are_complete and not self._ended else None
        if offer is None:
            return
        for name in self._wanted:
            if name not in self._legs and name in offer.tickets:
                self._open_channel(name, offer)

    def _open_channel(self, name: Channel, offer: Offer) -> None:
        stream = self._keys.stream(name, offer.epoch, "relay")
        url = channel_url(replace(offer, relay_url=self._tickets.relay_url or offer.relay_url), name)
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

    def _take_event(self, leg: Leg, event: object) -> None:
        if self._legs.get(leg.name) is not leg:
            return
        if isinstance(event, Opened):
            self._opened(leg)
        elif isinstance(event, PlainReceived):
            if leg.name == "control":
                self._control.take(leg, event.data)
            elif self._tell.plain is not None and not self._direct.is_between(leg.name):
                self._tell.plain(leg.name, event.data)
        elif isinstance(event, Marked):
            self._direct.take_mark(leg.name)
        elif isinstance(event, Closed):
            leg.was_polite = event.code in _POLITE
            leg.why = f"{event.code} {leg.channel.error or event.reason}"

    def _opened(self, leg: Leg) -> None:
        leg.is_open = True
        leg.opened_at = self._link.clock()
        leg.end_patience()
        log.info("channel_opened", extra={"channel": leg.name, "epoch": self._epoch})
        if leg.name == "control":
            self._control.open(leg)
            self._link.guard(self._greet)
            self._control.tick()
            self._extras.want_again()
        elif leg.name in self._extras.names:
            self._extras.opened()
        if leg.name not in self._direct.legs:
            self._streams.begin(leg.name)
        if self._all_open():
            self._tickets.backoff.reset()
        self._judge()

    def _greet(self) -> None:
        self._control.say(Hello(CONTROL_VERSION, self._program, self._features))
        for message in self._greeting():
            self._control.say(message)

    def _take_loss(self, leg: Leg, lost: LinkLost) -> None:
        if self._legs.get(leg.name) is not leg:
            return
        reached = leg.channel.was_reached
        leg.why = leg.why or str(lost)
        self._drop_leg(leg)
        if leg.name in self._extras.names:
            self._extras.lost(leg.name, was_refused=leg.why.startswith(str(BAD_CONTROL)))
            return
        self._judge()
        if reached or not self._tickets.try_again():
            self._tickets.need(leg.name, _POLITE_WAIT_S if leg.was_polite else 0.0)

    def _give_up(self, leg: Leg, why: str) -> None:
        """This end closes a leg that is of no more use, and asks for another."""
        if self._legs.get(leg.name) is leg:
            leg.close(1000, why)
            self._drop_leg(leg)
            if leg.name in self._extras.names:
                self._extras.lost(leg.name)
                return
            self._judge()
            self._tickets.need(leg.name)

    def _give_all_up(self, why: str) -> None:
        for leg in list(self._legs.values()):
            self._give_up(leg, why)

    def _refuse_channel(self, channel: Channel) -> None:
        self._extras.refuse(channel)
        leg = self._legs.get(channel)
        if leg is not None:
            leg.close(BAD_CONTROL, "rules broken")
            self._drop_leg(leg)

    def _drop_legs(self, code: int, why: str) -> None:
        self._direct.drop()
        for leg in list(self._legs.values()):
            leg.close(code, why)
            self._drop_leg(leg)

    def _drop_leg(self, leg: Leg) -> None:
        leg.end_patience()
        del self._legs[leg.name]
        was_open, leg.is_open = leg.is_open, False
        leg.log_end(self._epoch, self._link.clock(), was_open=was_open)
        if leg.name == "control":
            self._control.close()
        if was_open and leg.name not in self._direct.legs:
            self._streams.end(leg.name)

    def _all_open(self) -> bool:
        offer = self._tickets.offer
        wanted = [name for name in self._wanted if offer is None or name in offer.tickets]
        return all(name in self._legs and self._legs[name].is_open for name in wanted)

    def _carrier(self, name: Channel) -> Leg | None:
        return self._direct.legs.get(name) or self._legs.get(name)

    # -- control

    def _take_message(self, i: int, message: ControlMessage) -> None:
        if self._ended:
            return
        if isinstance(message, End):
            peer = "customer" if self._role == "agent" else "agent"
            # Whoever ended it tells the web half first, so that the record says who it was.
            told = self._link.call_later(_TELL_END_S, lambda: self._tell_signal_end(message.reason))
            self._tell_timer = told
            self._over("system" if message.by == "system" else peer, message.reason)
            return
        if isinstance(message, Direct):
            self._direct.take(i, message)
            return
        if isinstance(message, Hello) and DIRECT in message.features:
            self._direct.offer()
        if isinstance(message, Who) and self._is_somebody_else(message):
            self._distrust("B-32")
            return
        if self._tell.control is not None:
            self._link.guard(self._tell.control, i, message)

    def _is_somebody_else(self, who: Who) -> bool:
        return self._expected_who is not None and (who.agent_name, who.company) != self._expected_who()

    # -- state

    def _judge(self) -> None:
        self._state.judge(self._control.quality(), self._all_open())

    def _tell_state(self, state: LinkState) -> None:
        self._send_command(LinkReport(self.participant, "control", state, self.rtt_ms))
        if self._tell.state is not None:
            self._link.guard(self._tell.state, state, self.rtt_ms)

    # -- sending

    def _send(self, leg: Leg, plain: bytes) -> None:
        with self._lock:
            leg.queued -= len(plain)
        if leg.is_open and leg.channel.is_open and leg.connection is not None:
            leg.channel.send(plain)
            leg.connection.flush()

    def _drained(self, leg: Leg) -> None:
        if self._tell.drained is not None and leg.is_open and self._carrier(leg.name) is leg:
            self._tell.drained(leg.name)

    def _hold(self, channel: Channel, on: bool) -> None:
        leg = self._carrier(channel)
        if leg is not None and leg.connection is not None:
            leg.is_held, leg.heard_at = on, self._link.clock()
            leg.connection.hold(on)

    # -- the end

    def _end_ourselves(self, reason: str) -> None:
        if self._ended:
            return
        self._control.say(End(self._role, reason))
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
        if self._tell.end is not None:
            self._link.guard(self._tell.end, by, reason)

    def _close_all(self) -> None:
        self._ended = True
        for part in (self._tickets, self._extras, self._state, self._direct):
            part.stop()
        for leg in list(self._legs.values()):
            leg.close(1000, "end")
            self._drop_leg(leg)
