"""The customer's files on the Tk thread: which window shows what, and what its buttons do.

While an agent's wish for a file stands, and while the customer chooses, no agent's input reaches this
computer: otherwise the wish could be granted by the one who wished.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import filedialog
from typing import Protocol

from customer_agent import events as e
from customer_agent.files.desk import CustomerFiles
from customer_agent.files.files_window import FilesWindow
from customer_agent.gate import Gate
from desktop.files.show import show_folder
from desktop.files.store import received_folder
from desktop.files.views import JobView, is_over
from desktop.theme import Theme
from desktop.words import t

__all__ = ["FilesApp"]

WANT_TIMEOUT_S = 120.0
_QUESTION = "files"


class FilesPort(Protocol):
    """What of customer_agent.link.SupportLink is used."""

    def files_of(self, participant: str) -> CustomerFiles | None: ...


Choose = Callable[[tk.Misc], Sequence[str]]


def choose_files(window: tk.Misc) -> Sequence[str]:
    """The system's dialog; empty when nothing was chosen."""
    return filedialog.askopenfilenames(parent=window, title=t("상담원에게 보낼 파일"))


class FilesApp:
    """One for the program; `take` gets the events of files."""

    def __init__(
        self,
        root: tk.Misc,
        look: Theme,
        port: FilesPort,
        gate: Gate,
        *,
        clock: Callable[[], float] = time.monotonic,
        choose: Choose = choose_files,
    ) -> None:
        self._root = root
        self._look = look
        self._port = port
        self._gate = gate
        self._clock = clock
        self._choose = choose
        self._views: dict[str, tuple[JobView, ...]] = {}
        self._wants: list[tuple[e.FilesWanted, float]] = []
        self._shown: set[tuple[str, int]] = set()
        self._is_choosing = False
        self.window: FilesWindow | None = None

    def take(self, event: e.FilesChanged | e.FilesWanted) -> None:
        """Something changed: show it."""
        if isinstance(event, e.FilesWanted):
            self._wants.append((event, self._clock() + WANT_TIMEOUT_S))
            self._gate.hold_input(True, _QUESTION)
            self._show(come_forward=True)
            return
        self._views[event.participant] = event.views
        begun = {(event.participant, view.key) for view in event.views if not is_over(view.state)}
        is_new = bool(begun - self._shown)
        self._shown |= begun
        self._show(come_forward=is_new)

    def tick(self) -> None:
        """A wish that nobody answers is refused."""
        now = self._clock()
        if self._wants and now >= self._wants[0][1] and not self._is_choosing:
            self._answer_want("timeout")

    def open(self) -> None:
        """The customer wants to see, or to send."""
        self._show(come_forward=True)

    @property
    def may_send(self) -> bool:
        """Whether somebody is there whom the customer may send files to."""
        return self._receiver() is not None

    def close(self) -> None:
        """The support session is over."""
        self._wants.clear()
        self._gate.hold_input(False, _QUESTION)
        if self.window is not None:
            self.window.destroy()
            self.window = None

    # -- Deeds

    def choose_files(self) -> None:
        """Choose files and send them, as the answer to a wish or by the customer's own."""
        if self._is_choosing or (not self._wants and self._receiver() is None):
            return
        self._is_choosing = True
        self._gate.hold_input(True, _QUESTION)
        try:
            paths = [Path(one) for one in self._choose(self.window or self._root)]
        finally:
            self._is_choosing = False
        if self._wants and paths:
            wanted, _ = self._wants.pop(0)
            desk = self._port.files_of(wanted.participant)
            if desk is not None:
                desk.send(paths, reply=wanted.request)
        elif paths:
            receiver = self._receiver()
            if receiver is not None:
                receiver.send(paths)
        self._settle()

    def refuse_want(self) -> None:
        """Give nothing."""
        if self._wants:
            self._answer_want("refused")

    def cancel(self, view: JobView) -> None:
        """End a job."""
        for desk in self._desks(view):
            desk.porter.cancel(view.key)

    def pause(self, view: JobView, on: bool) -> None:
        """Let a job rest, or go on."""
        for desk in self._desks(view):
            desk.porter.pause(view.key, on)

    def open_folder(self) -> None:
        """Show the folder of received files."""
        folder = received_folder()
        folder.mkdir(parents=True, exist_ok=True)
        show_folder(folder)

    # -- inside

    def _answer_want(self, code: str) -> None:
        wanted, _ = self._wants.pop(0)
        desk = self._port.files_of(wanted.participant)
        if desk is not None:
            desk.refuse_want(wanted.request, code)
        self._settle()

    def _settle(self) -> None:
        self._gate.hold_input(bool(self._wants), _QUESTION)
        self._show(come_forward=bool(self._wants))

    def _desks(self, view: JobView) -> list[CustomerFiles]:
        names = [name for name, views in self._views.items() if view.key in {one.key for one in views}]
        return [desk for desk in map(self._port.files_of, names) if desk is not None]

    def _receiver(self) -> CustomerFiles | None:
        """Whom the customer's own files go to: the first who may have them."""
        return next(
            (desk for desk in map(self._port.files_of, self._names()) if desk and desk.may_send), None
        )

    def _names(self) -> list[str]:
        return list(self._gate.participants)

    def _show(self, *, come_forward: bool) -> None:
        if self.window is None:
            self.window = FilesWindow(self._root, self._look, self)
        views = [view for several in self._views.values() for view in several]
        self.window.show(
            views, is_wanted=bool(self._wants), may_send=self.may_send, come_forward=come_forward
        )
