"""The customer's side of the files channel: every message of the agent's program is judged here first.

What brings or asks for bytes needs the option and the right (gate.py), whatever the viewer shows; a right
that goes away stops what runs, for good or until it returns. The customer's own sending needs no question:
they chose the files themselves. An agent's wish for a file is the customer's to answer, and while it stands
nobody else may press a button here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from customer_agent.files.browse import BrowseError, absolute, list_folder
from customer_agent.files.record import FilesRecorder, Send
from customer_agent.gate import Gate
from desktop.files.desk import FilesDesk, FilesLink
from desktop.files.porter import Ends
from desktop.files.views import JobView
from wire.control.messages import WhyNot
from wire.files import events as e
from wire.files import messages as m

__all__ = ["CustomerFiles"]

log = logging.getLogger(__name__)


class CustomerFiles(FilesDesk):
    """The files of one participant. `on_views` and `on_want(request)` come on the porter's thread."""

    def __init__(
        self,
        link: FilesLink,
        gate: Gate,
        participant: str,
        *,
        on_views: Callable[[tuple[JobView, ...]], object],
        on_want: Callable[[int], object],
        send_note: Send,
        folder: Path | None = None,
    ) -> None:
        self._gate = gate
        self._participant = participant
        self._on_want = on_want
        ends = Ends(
            on_views=on_views,
            on_request=self._take_request,
            on_record=FilesRecorder(participant, send_note).note,
            judge=self._judge,
            allowed=lambda: (self._why_not("files_in"), self._why_not("files_out")),
        )
        if folder is not None:
            ends.folder = lambda _job: folder
        super().__init__("customer", link, ends)

    # -- what the customer does

    @property
    def may_send(self) -> bool:
        """Whether the customer may send files by their own hand: the option alone decides."""
        return self._why_not("files_out") in (None, "consent")

    def send(self, paths: Sequence[Path], *, reply: int | None = None) -> None:
        """Send what the customer chose."""
        if self.may_send:
            self.porter.send(paths, reply=reply, is_own_deed=True)

    def refuse_want(self, request: int, code: str = "refused") -> None:
        """The customer gives nothing."""
        self.porter.say_no(request, code)

    # -- on the porter's thread

    def _why_not(self, right: str) -> WhyNot | None:
        return self._gate.why_not(right, self._participant)  # type: ignore[arg-type]

    def _judge(self, message: m.FileMessage | m.Chunk) -> str | None:
        if message.RIGHT is None or self._gate.permits(self._participant, message):
            return None
        return self._why_not(message.RIGHT) or "option"

    def _take_request(self, event: e.FilesEvent) -> None:
        if isinstance(event, e.Wanted):
            self._on_want(event.request)
        elif isinstance(event, e.FolderAsked):
            self._list(event)
        elif isinstance(event, e.PathAsked):
            try:
                self.porter.send([absolute(event.path)], reply=event.request)
            except BrowseError as error:
                self.porter.say_no(event.request, error.code)

    def _list(self, asked: e.FolderAsked) -> None:
        try:
            self.porter.list_folder(list_folder(asked.request, asked.path, asked.start))
        except BrowseError as error:
            self.porter.say_no(asked.request, error.code)
