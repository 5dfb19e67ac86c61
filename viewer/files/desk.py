"""The agent's side of the files channel: sending, asking the customer, getting, and what comes unasked.

What was asked for is stored at once; what the customer sends by their own hand waits for the agent's word,
so that nobody's disk is filled by a stranger. Nothing that was received is ever opened or run. All
callbacks come on the porter's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from desktop.files.desk import FilesDesk, FilesLink
from desktop.files.porter import Ends
from desktop.files.store import received_folder
from desktop.files.views import JobView
from wire.files import events as e
from wire.files import messages as m

__all__ = ["AgentFiles", "Answered"]

Answered = Callable[[e.Listed | e.RequestRefused], object]


class AgentFiles(FilesDesk):
    """The files of one participant, at the agent's end."""

    def __init__(
        self,
        link: FilesLink,
        *,
        on_views: Callable[[tuple[JobView, ...]], object],
        on_refused: Callable[[str], object],
        folder: Path | None = None,
    ) -> None:
        """`on_refused(code)`: the customer gives no file, or may not."""
        self.folder = folder or received_folder()
        self._on_refused = on_refused
        self._answers: dict[int, Answered] = {}
        ends = Ends(
            on_views=on_views,
            on_request=self._take_answer,
            welcome=lambda job: "ask" if job.reply is None else "take",
            folder=lambda _job: self.folder,
        )
        super().__init__("agent", link, ends)

    def send(self, paths: Sequence[Path]) -> None:
        """Send files and folders to the customer."""
        self.porter.send(paths)

    def want(self) -> None:
        """Ask the customer to choose files."""
        self.porter.ask(m.Want, lambda _number: None)

    def get(self, path: str) -> None:
        """Get a file or folder of the customer's PC."""
        self.porter.ask(lambda number: m.Get(number, path), lambda _number: None)

    def list_folder(self, path: str, start: int, answered: Answered) -> None:
        """Ask what is in a folder of the customer's PC, from entry `start` on."""

        def remember(number: int) -> None:
            self._answers[number] = answered

        self.porter.ask(lambda number: m.ListFolder(number, path, start), remember)

    def _take_answer(self, event: e.FilesEvent) -> None:
        if not isinstance(event, e.Listed | e.RequestRefused):
            return
        answered = self._answers.pop(event.request, None)
        if answered is not None:
            answered(event)
        elif isinstance(event, e.RequestRefused):
            self._on_refused(event.code)
