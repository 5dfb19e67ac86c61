"""The customer program's connections: the web half, every participant's channels, the screen and the hands.

Does what the model orders (`Port`) and tells it what happened through `put`. Every message of an agent is
judged by the gate here, on the thread it came on, before anything acts on it; input is judged once more on
the hand thread, at the moment it would be carried out.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from customer_agent import events as e
from customer_agent.files.desk import CustomerFiles
from customer_agent.gate import Gate
from customer_agent.input import open_hands
from customer_agent.input.hand import HandThread
from customer_agent.input.own_hand import OwnHand, OwnHandThread, open_hand_source
from customer_agent.limit import LimitedHands, open_judge
from customer_agent.machine import VERSION, pc_name, system_name
from customer_agent.model import Helper
from customer_agent.peer import InputEvent, RfbPeer
from customer_agent.platform_errors import Unsupported
from customer_agent.screen import open_screen, open_window
from customer_agent.screen.share import Everything, Share, SharedScreen, ShareState
from customer_agent.screen.stream import ScreenStream
from customer_agent.screen.watcher import LineFacts, Watcher
from customer_agent.sharing import told
from desktop import network
from desktop.connection import LinkThread
from desktop.signal_link import SignalLink
from desktop.support_link import ParticipantLink
from desktop.web import WebRefused, post_json
from wire.control import messages as control
from wire.errors import LimitExceeded, LinkLost, ProtocolError
from wire.limits import MAX_SCREENS
from wire.rfb.clipboard import PreparedText
from wire.rfb.events import CutTextReceived
from wire.signal.commands import Answer, Command, EndOwnSession, FilesNote
from wire.signal.messages import Received, SignalMessage
from wire.terms import Channel, Right, Screen

__all__ = ["PROGRAM", "SupportLink"]

log = logging.getLogger(__name__)

PROGRAM = f"BaroHelp customer program {VERSION}"
JOIN_TIMEOUT_S = 10.0
CANNOT_REACH = "B-10"


@dataclass(eq=False)
class _Participant:
    """One participant's link, and its RFB conversation while the screen channel is open."""

    link: ParticipantLink
    files: CustomerFiles
    peer: RfbPeer | None = None
    has_screen: bool = False
    quality: control.Quality | None = None


class SupportLink:
    """The model's `Port`. `put` takes events from any thread."""

    def __init__(
        self, server: str, gate: Gate, put: Callable[[e.Event], None], *, language: str = "ko"
    ) -> None:
        self._server = server
        self._gate = gate
        self._put = put
        self.language = language
        self._thread = LinkThread()
        self._signal: SignalLink | None = None
        self._session = ""
        self._participants: dict[str, _Participant] = {}
        self._people = control.People(())
        self.own_window = 0
        self._stream: ScreenStream | None = None
        self._shared = SharedScreen(
            open_screen, open_window, share=Everything(), on_state=self._share_changed
        )
        self._shares_pending = 0
        self._hand: HandThread | None = None
        self._own_hand: OwnHandThread | None = None
        self._lock = threading.Lock()
        self._answers = threading.Condition()
        self._unanswered = 0
        gate.on_change = self._apply_rights

    # Port: the web half

    def join(self, tenant: str | None, *, code: str | None = None, token: str | None = None) -> None:
        """Ask the web half to let us in."""
        if not self._thread.is_alive():
            self._thread.start()
        program = {"version": VERSION, "os": system_name(), "pc": pc_name()}
        asked: dict[str, Any] = {"program": program}
        if tenant:
            asked["tenant"] = tenant
        asked |= {"join_token": token} if token else {"code": code or ""}

        def ask() -> dict[str, Any]:
            address = f"{self._server}/programs/join"
            return post_json(address, asked, language=self.language, timeout=JOIN_TIMEOUT_S)

        self._thread.call(self._thread.run_aside, ask, self._take_answer)

    def _take_answer(self, result: object) -> None:
        if isinstance(result, WebRefused):
            self._put(e.JoinFailed(result.code, result.text, may_retry=result.status >= 500))
        elif isinstance(result, LinkLost):
            self._put(e.JoinFailed(result.code, may_retry=True))
        elif isinstance(result, dict) and isinstance(result.get("credential"), str):
            self._session = str(result.get("session", ""))
            self._put(e.Joined(self._session))
            self._open_signal(result["credential"])
        else:
            log.error("join_failed", exc_info=result if isinstance(result, BaseException) else None)
            self._put(e.JoinFailed(CANNOT_REACH, may_retry=True))

    def _open_signal(self, credential: str) -> None:
        self._signal = SignalLink(
            self._thread,
            self._server,
            credential,
            role="customer",
            on_message=self._take_signal,
            on_state=lambda state, why: self._put(e.SignalChanged(state, why)),
            language=self.language,
        )
        self._signal.start()

    def _take_signal(self, received: Received) -> None:
        if received.message is not None:
            self._put(e.SignalReceived(received.message))

    def send_command(self, command: Command) -> None:
        """Tell the web half; repeated by the signal link until it is answered."""
        if self._signal is not None:
            with self._answers:
                self._unanswered += 1
            self._signal.send(command, self._take_command_answer)

    def _take_command_answer(self, answer: Answer) -> None:
        with self._answers:
            self._unanswered -= 1
            self._answers.notify_all()
        if not answer.ok:
            log.info("command_refused", extra={"code": answer.code})

    # Port: participants

    def open_participant(self, helper: Helper, *, company: str, epoch: int, keys_lost: bool) -> None:
        """Begin with a participant."""
        self._open_screen()
        name = helper.participant
        link = ParticipantLink(
            self._thread,
            role="customer",
            session=self._session,
            participant=name,
            send_command=self.send_command,
            language=self.language,
            program=PROGRAM,
            greeting=lambda: self._greeting(name),
            on_words=lambda words: self._put(e.WordsAgreed(name, words)),
            on_channel_open=lambda channel: self._channel_opened(name, channel),
            on_plain=lambda channel, data: self._take_plain(name, channel, data),
            on_control=lambda i, message: self._take_control(name, i, message),
            on_channel_lost=lambda channel: self._channel_lost(name, channel),
            on_drained=lambda _channel: self._drained(name),
            on_state=lambda state, rtt_ms: self._take_state(name, state, rtt_ms),
            on_end=lambda by, reason: self._take_end(name, by, reason),
            on_way=lambda way: self._put(e.WayChanged(name, way)),
            expected_who=lambda: (helper.name, company),
            may_dial=network.current().direct,
            on_demand=("files",),
            epoch=epoch,
            keys_lost=keys_lost,
        )
        files = CustomerFiles(
            link,
            self._gate,
            name,
            on_views=lambda views: self._put(e.FilesChanged(name, views)),
            on_want=lambda request: self._put(e.FilesWanted(name, request)),
            send_note=self._send_note,
        )
        with self._lock:
            self._participants[name] = _Participant(link, files)
        if self._signal is not None:
            self._signal.set_connected(True)
        link.start()

    def files_of(self, participant: str) -> CustomerFiles | None:
        """The files of a participant that is here."""
        one = self._participants.get(participant)
        return one.files if one is not None else None

    def _send_note(self, note: FilesNote, done: Callable[[], None]) -> None:
        if self._signal is not None:
            self._signal.send(note, lambda _answer: done())

    def pass_on(self, message: SignalMessage) -> None:
        """Give a signal message to every participant's link; each picks its own."""
        for participant in self._everybody():
            participant.link.receive(message)

    def say(self, message: control.ControlMessage, participant: str | None = None) -> None:
        """Send a control message to one participant, or to all; what an option forbids stays here."""
        if isinstance(message, control.People):
            self._people = message
        for name, one in self._named():
            if participant in (None, name) and self._gate.tells(name, message):
                one.link.send_control(message)

    def refuse(self, participant: str, i: int, code: str, *, right: Right | None = None) -> None:
        """Answer a control message with a refusal."""
        for name, one in self._named():
            if name == participant:
                one.link.refuse(i, code, right=right)

    def tell_rights(self) -> None:
        """Send every participant its rights as they are now."""
        for name, one in self._named():
            one.link.send_control(self._gate.record(name))

    def share(self, share: Share) -> None:
        """Show this and nothing else; no picture leaves until the screen thread has changed over."""
        with self._lock:
            self._shares_pending += 1
        self._gate.hold_view(True)
        if self._stream is None:
            self._make_threads(share)
        else:
            self._stream.call(self._change_share, share)

    def show_monitor(self, participant: str, i: int, monitor: int | None) -> None:
        """Look at one monitor, or answer message `i` with a refusal."""

        def show() -> None:
            if not self._shared.show_monitor(monitor):
                self.refuse(participant, i, "share" if self._shared.state.is_partial else "monitor")

        if self._stream is not None:
            self._stream.call(show)

    def look_again(self) -> None:
        """Find out whether what is hidden can be shown again."""
        if self._stream is not None:
            self._stream.look()

    def close_participant(self, participant: str) -> None:
        """Close the channels of one participant."""
        with self._lock:
            one = self._participants.pop(participant, None)
        if one is not None:
            if one.peer is not None:
                one.peer.close()
            one.files.close()
            one.link.close()

    def end(self, reason: str) -> None:
        """End the support session from this side and close everything."""
        everybody = self._everybody()
        if everybody:
            everybody[0].link.end(reason)
        else:
            self.send_command(EndOwnSession(reason))
        for participant in everybody[1:]:
            participant.link.close()
        self._stop_sharing()

    def close(self) -> None:
        """Close everything without a word: it is over already."""
        for participant in self._everybody():
            participant.link.close()
        self._stop_sharing()

    def shut_down(self, timeout_s: float = 3.0) -> None:
        """End all threads; the last words get `timeout_s` to be answered."""
        self.close()
        if self._signal is not None:
            with self._answers:
                self._answers.wait_for(lambda: self._unanswered <= 0, timeout_s)
            self._signal.stop()
        if self._thread.is_alive():
            self._thread.stop()
            self._thread.join(timeout_s)
        for thread in (self._stream, self._hand, self._own_hand):
            if thread is not None and thread.ident is not None:
                thread.join(timeout_s)

    # The clipboard

    @property
    def may_give_clipboard(self) -> bool:
        """Whether anybody may have what the customer copies."""
        return any(one.peer and self._gate.may("clipboard_out", name) for name, one in self._named())

    def tell_too_large(self) -> None:
        """Say that the customer copied more than may be sent."""
        for name, participant in self._named():
            if participant.peer is not None and self._gate.may("clipboard_out", name):
                participant.link.send_control(control.Notice("B-70"))

    def give_clipboard(self, text: str) -> None:
        """Tell everybody who may have it what the customer copied. Any thread."""
        try:
            prepared = PreparedText.of(text)
        except LimitExceeded:
            self.tell_too_large()
            return
        for name, participant in self._named():
            if participant.peer is not None and self._gate.may("clipboard_out", name):
                participant.peer.send_cut_text(prepared)

    # The screen and the hands

    def _make_threads(self, share: Share) -> None:
        self._shared = SharedScreen(open_screen, open_window, share=share, on_state=self._share_changed)
        self._stream = ScreenStream(
            self._open_shared,
            on_facts=self._tell_line,
            on_ready=lambda: self._thread.call(self._screen_ready),
            on_failure=self._screen_failed,
        )
        self._hand = HandThread(self._open_hands, self._gate.permits)
        self._own_hand = OwnHandThread(open_hand_source, self._hand_moved)

    def _open_screen(self) -> None:
        """Open them with the first participant, after consent. Nothing waits here: this is the Tk thread."""
        if self._stream is None:
            self.share(Everything())
        for thread in (self._stream, self._hand, self._own_hand):
            if thread is not None and thread.ident is None:
                thread.start()

    def _open_shared(self) -> SharedScreen:
        """On the screen thread."""
        screen = self._shared.open()
        self._share_is_settled()
        return screen

    def _open_hands(self) -> LimitedHands:
        """On the hand thread."""
        return LimitedHands(open_hands(), open_judge(self.own_window), lambda: self._shared.state)

    def _change_share(self, share: Share) -> None:
        """On the screen thread."""
        self._shared.change(share)
        self._share_is_settled()

    def _share_is_settled(self) -> None:
        with self._lock:
            self._shares_pending -= 1
        # Told in any case: a channel that opened a moment ago was not greeted with it.
        self._share_changed(self._shared.state)

    def _share_changed(self, state: ShareState) -> None:
        """On the screen thread, before any picture of the new state is made."""
        self._hold_what_is_not_shown()
        self.say(told(state))
        self._put(e.SharingChanged(state))

    def _hold_what_is_not_shown(self) -> None:
        with self._lock:
            is_held = self._shares_pending > 0 or self._shared.state.is_held
        if self._gate.hold_view(is_held):
            self.tell_rights()

    def _stop_sharing(self) -> None:
        with self._lock:
            participants, self._participants = self._participants, {}
        for participant in participants.values():
            if participant.peer is not None:
                participant.peer.close()
            participant.files.close()
        for thread in (self._stream, self._hand, self._own_hand):
            if thread is not None:
                thread.stop()

    def _screen_failed(self, failure: Exception) -> None:
        log.warning("screen_unsupported", extra={"reason": str(failure)})
        self._put(e.ScreenFailed(failure.name if isinstance(failure, Unsupported) else ""))

    def _drained(self, name: str) -> None:
        self._wake_screen()
        participant = self._participants.get(name)
        if participant is not None:
            participant.files.drained()

    def _wake_screen(self) -> None:
        if self._stream is not None:
            self._stream.wake()

    def _hand_moved(self, hand: OwnHand, _now: float) -> None:
        """On the own-hand thread: the agent's input is refused from this moment on."""
        if self._gate.take_back(hand):
            self._put(e.HandTaken(hand))

    def _apply_rights(self) -> None:
        """On whatever thread a right changed: freeze pictures, let keys go."""
        for name, participant in self._named():
            if participant.peer is not None:
                participant.peer.show(self._gate.may_see(name))
                may_have = self._gate.may("clipboard_out", name)
                participant.peer.open_clipboard(self._shares_clipboard(name), may_have=may_have)
            participant.files.rights_changed()
        if self._hand is not None and not self._gate.may_control():
            self._hand.release_all()

    def _tell_line(self, watcher: Watcher, facts: LineFacts) -> None:
        line = control.Line(
            encoder=facts.encoder,
            kbps=int(min((facts.rate_bps or 0) / 1000, 100_000_000)),
            rtt_ms=int(min((facts.round_trip_s or 0) * 1000, 600_000)),
            lossy=facts.is_lossy,
        )
        for participant in self._everybody():
            if participant.peer is not None and participant.peer.watcher is watcher:
                participant.link.send_control(line)
                if facts.round_trip_s is not None:
                    participant.files.screen_trip(facts.round_trip_s)

    # The link thread

    def _greeting(self, name: str) -> Iterable[control.ControlMessage]:
        shown = [told(self._shared.state)] if self._shares_pending == 0 else []
        return [self._machine(), self._gate.record(name), *shown, self._people]

    def _machine(self) -> control.Machine:
        screens: tuple[Screen, ...] = ()
        if self._stream is not None and self._stream.is_open:
            screens = tuple(
                Screen(m.id, m.area.x, m.area.y, m.area.width, m.area.height, m.scale)
                for m in self._stream.monitors[:MAX_SCREENS]
            )
        language: Any = "en" if self.language == "en" else "ko"
        return control.Machine(pc=pc_name(), os=system_name(), lang=language, screens=screens)

    def _channel_opened(self, name: str, channel: Channel) -> None:
        participant = self._participants.get(name)
        if participant is None:
            return
        if channel == "screen":
            self._close_peer(participant)
            participant.has_screen = True
            self._screen_ready()
        elif channel == "files":
            participant.files.opened()
        self._put(e.ChannelOpened(name, channel))

    def _screen_ready(self) -> None:
        """Begin the RFB conversation of every participant whose channel and screen are both open."""
        stream = self._stream
        if stream is None or not stream.is_open:
            return
        for name, participant in self._named():
            if participant.has_screen and participant.peer is None:
                participant.peer = self._make_peer(name, participant.link, stream)
                if (wish := participant.quality) is not None:
                    participant.peer.prefer(wish.mode, wish.depth, wish.max_fps)
                participant.link.send_control(self._machine())

    def _make_peer(self, name: str, link: ParticipantLink, stream: ScreenStream) -> RfbPeer:
        epoch = link.number("screen")
        return RfbPeer(
            stream,
            name=pc_name(),
            send=lambda data: self._send_picture(name, link, data, epoch),
            pending_bytes=lambda: link.pending_bytes("screen"),
            on_input=lambda event: self._take_input(name, event),
            on_lost=lambda reason: self._drop(name, reason),
            clipboard=self._shares_clipboard(name),
            visible=self._gate.may_see(name),
        )

    def _send_picture(self, name: str, link: ParticipantLink, data: bytes, number: int) -> None:
        participant = self._participants.get(name)
        if participant is not None:
            participant.files.screen_moved()
        link.send("screen", data, epoch=number)

    def _shares_clipboard(self, name: str) -> bool:
        return self._gate.may("clipboard_in", name) or self._gate.may("clipboard_out", name)

    def _take_plain(self, name: str, channel: Channel, data: bytes) -> None:
        participant = self._participants.get(name)
        if participant is not None and channel == "files":
            participant.files.take(data)
            return
        if participant is None or participant.peer is None or channel != "screen":
            return
        try:
            participant.peer.receive(data)
        except ProtocolError as error:
            self._drop(name, str(error))

    def _take_input(self, name: str, event: InputEvent) -> None:
        if isinstance(event, CutTextReceived):
            if self._gate.permits(name, event):
                self._put(e.ClipboardGiven(event.text))
        elif self._hand is not None:
            self._hand.put(name, event)

    def _take_control(self, name: str, i: int, message: control.ControlMessage) -> None:
        participant = self._participants.get(name)
        if participant is None:
            return
        if not self._gate.permits(name, message):
            participant.link.refuse(i, "not_permitted", option=message.OPTION, right=message.RIGHT)
        elif isinstance(message, control.Quality):
            participant.quality = message
            if participant.peer is not None:
                participant.peer.prefer(message.mode, message.depth, message.max_fps)
        elif isinstance(message, control.InputMode):
            if self._hand is not None:
                self._hand.press_by_place(name, message.mode == "scancode")
        elif isinstance(message, control.Release):
            if self._hand is not None:
                self._hand.release_all()
        else:
            self._put(e.ControlReceived(name, i, message))

    def _channel_lost(self, name: str, channel: Channel) -> None:
        participant = self._participants.get(name)
        if channel == "screen" and participant is not None:
            participant.has_screen = False
            self._close_peer(participant)
        elif channel == "files" and participant is not None:
            participant.files.lost()
            return
        self._let_go()

    def _take_state(self, name: str, state: Any, rtt_ms: int | None) -> None:
        if state != "ok":
            self._let_go()
        self._put(e.LinkChanged(name, state, rtt_ms))

    def _take_end(self, name: str, by: str, reason: str) -> None:
        with self._lock:
            participant = self._participants.pop(name, None)
        if participant is not None:
            self._close_peer(participant)
            # Not here: leaving nothing half may wait for a disk, and this is the link thread.
            self._thread.run_aside(participant.files.close, lambda _: None)
        self._let_go()
        self._put(e.ParticipantEnded(name, by, reason))

    def _drop(self, name: str, reason: str) -> None:
        """A viewer that breaks the rules, or that cannot be served, ends the support session."""
        log.warning("viewer_dropped", extra={"participant": name, "reason": reason})
        participant = self._participants.get(name)
        if participant is not None:
            participant.link.end("protocol")
            self._take_end(name, "agent", "protocol")

    def _close_peer(self, participant: _Participant) -> None:
        if participant.peer is not None:
            participant.peer.close()
            participant.peer = None

    def _let_go(self) -> None:
        """No key stays pressed while nobody can say that it goes up."""
        if self._hand is not None:
            self._hand.release_all()

    def _named(self) -> list[tuple[str, _Participant]]:
        with self._lock:
            return list(self._participants.items())

    def _everybody(self) -> list[_Participant]:
        return [participant for _, participant in self._named()]
