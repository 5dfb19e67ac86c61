"""The link of a support session's window: sealed channels through the relay, RFB on "screen", control beside.

Joins desktop.support_link.ParticipantLink to the events of this window. A new screen channel is a new RFB
connection with a new decoder; the last picture stays until the first new one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from desktop import network
from desktop.connection import LinkThread
from desktop.direct import DirectDoor
from desktop.files.views import JobView
from desktop.support_link import LinkState, ParticipantLink
from desktop.upnp import open_upnp
from viewer.files.desk import AgentFiles
from viewer.remote.events import (
    ControlReceived,
    Ended,
    LinkChanged,
    LinkEvent,
    ScreenLost,
    ScreenOpened,
    WayChanged,
    Words,
)
from viewer.remote.screen_stream import Input, QualityMode, ScreenStream
from wire.control import messages as c
from wire.errors import ProtocolError
from wire.rfb.clipboard import PreparedText
from wire.rfb.events import FenceReceived
from wire.signal.commands import Command
from wire.terms import Channel

__all__ = ["SupportLink"]

PROGRAM = "BaroHelp viewer"

log = logging.getLogger(__name__)


class SupportLink:
    """One participant's channels; `emit` is called on the link thread."""

    def __init__(
        self,
        emit: Callable[[LinkEvent], None],
        send_command: Callable[[Command], None],
        *,
        session: str,
        participant: str,
        agent_name: str,
        company: str,
        language: str,
        epoch: int = 0,
        keys_lost: bool = False,
        ca_file: str | None = None,
    ) -> None:
        """`send_command` reaches the signal socket. `keys_lost`: this participant was another process's."""
        self._emit = emit
        self._who = c.Who(agent_name, company)
        self._stream: ScreenStream | None = None
        self._quality: QualityMode = "auto"
        self._wish: c.Quality | None = None
        self._clipboard_is_on = True
        self._files: AgentFiles | None = None
        self._thread = LinkThread("remote-link")
        self.channels = ParticipantLink(
            self._thread,
            role="agent",
            session=session,
            participant=participant,
            send_command=send_command,
            language=language,
            program=PROGRAM,
            greeting=self._greeting,
            on_words=lambda words: self._emit(Words(words)),
            on_channel_open=self._opened,
            on_plain=self._take_plain,
            on_control=lambda i, message: self._emit(ControlReceived(i, message)),
            on_channel_lost=self._lost,
            on_state=self._changed,
            on_end=lambda by, reason: self._emit(Ended(by, reason)),
            on_way=lambda way: self._emit(WayChanged(way)),
            make_door=self._make_door if network.current().direct else None,
            epoch=epoch,
            keys_lost=keys_lost,
            on_demand=("files",),
            on_drained=self._drained,
            ca_file=ca_file,
        )

    def start(self) -> None:
        """Begin; offers and keys come through `channels.receive`."""
        self._thread.start()
        self.channels.start()

    def send(self, events: Sequence[Input]) -> None:
        """Send input."""
        if self._stream is not None:
            self._stream.send(events)

    def refresh(self) -> None:
        """Ask for the whole picture anew."""
        if self._stream is not None:
            self._stream.refresh()

    def set_quality(self, mode: QualityMode) -> None:
        """Announce the encodings of `mode`, now and on every later screen channel."""
        self._quality = mode
        if self._stream is not None:
            self._stream.set_quality(mode)

    def set_clipboard(self, is_on: bool) -> None:
        """Take and give clipboard text, or not."""
        self._clipboard_is_on = is_on
        if self._stream is not None:
            self._stream.set_clipboard(is_on)

    def send_cut_text(self, text: PreparedText) -> None:
        """Tell what our clipboard holds."""
        if self._stream is not None:
            self._stream.send_cut_text(text)

    def send_control(self, message: c.ControlMessage) -> None:
        """Send a control message; the wish for the picture holds for later channels too."""
        if isinstance(message, c.Quality):
            self._wish = message
        self.channels.send_control(message)

    def answer_fence(self, event: FenceReceived) -> None:
        """What came before the fence is decoded."""
        if self._stream is not None:
            self._stream.answer_fence(event)

    def hold(self, on: bool) -> None:
        """Stop or go on reading the screen."""
        self.channels.hold("screen", on)

    def open_files(
        self, on_views: Callable[[tuple[JobView, ...]], object], on_refused: Callable[[str], object]
    ) -> AgentFiles:
        """The files of this participant; once, before `start`."""
        self._files = AgentFiles(self.channels, on_views=on_views, on_refused=on_refused)
        return self._files

    def end(self, reason: str) -> None:
        """End the support session."""
        self.channels.end(reason)

    def close(self) -> None:
        """Close everything; waits ≤ 2 s for the thread."""
        self.channels.close()
        self._thread.stop()
        if self._thread.is_alive():
            self._thread.join(2)

    # -- on the link thread

    def _make_door(self, relay_host: str) -> DirectDoor:
        settings = network.current()
        gateway = open_upnp() if settings.upnp else None
        return DirectDoor(self._thread, forwarded=settings.forwarded, gateway=gateway, toward=relay_host)

    def _greeting(self) -> Iterable[c.ControlMessage]:
        messages: list[c.ControlMessage] = [self._who]
        if self._wish is not None:
            messages.append(self._wish)
        return messages

    def _drained(self, _channel: Channel) -> None:
        if self._files is not None:
            self._files.drained()

    def _opened(self, channel: Channel) -> None:
        if channel == "files" and self._files is not None:
            self._files.opened()
        if channel != "screen":
            return
        epoch = self.channels.epoch
        self._stream = ScreenStream(
            lambda data: self.channels.send("screen", data, epoch=epoch),
            self._emit,
            quality=self._quality,
            clipboard_is_on=self._clipboard_is_on,
        )
        self._emit(ScreenOpened())

    def _take_plain(self, channel: Channel, data: bytes) -> None:
        if channel == "files" and self._files is not None:
            self._files.take(data)
        if channel != "screen" or self._stream is None:
            return
        if self._files is not None:
            self._files.screen_moved()
        try:
            self._stream.receive(data)
        except ProtocolError as error:
            # The customer's side broke RFB. Going on would show a wrong picture, so this is the end of it.
            log.warning("screen_refused", extra={"reason": str(error)})
            self._stream = None
            self.channels.end("B-16")
            self._emit(Ended("system", "B-16"))

    def _lost(self, channel: Channel) -> None:
        if channel == "files" and self._files is not None:
            self._files.lost()
        if channel == "screen":
            self._stream = None
            self._emit(ScreenLost())

    def _changed(self, state: LinkState, rtt_ms: int | None) -> None:
        self._emit(LinkChanged(state, rtt_ms))
