"""The agent's files on the Tk thread: joins the desk, the two windows and what the remote window's model
knows.

The customer's word comes first: where files need it, the agent's act asks for it, and goes on by itself when
the customer allows. What is possible follows options and rights as the customer's program tells them; it
decides by itself in any case.
"""

from __future__ import annotations

import contextlib
import queue
import secrets
import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import filedialog
from typing import Protocol
from urllib.parse import unquote, urlsplit

from desktop.files.show import show_folder
from desktop.files.views import JobView, is_over
from desktop.later import cancel_later, run_later
from desktop.pump import Pump
from desktop.theme import Theme
from desktop.words import t
from viewer.files.desk import AgentFiles
from viewer.files.files_window import FilesWindow, May
from viewer.files.folder_window import FolderWindow
from viewer.files.words import refusal_words
from viewer.remote.model import RemoteModel
from wire.control import messages as c
from wire.files import events as e
from wire.terms import Right

__all__ = ["FilesApp", "copied_files"]

_TICK_MS = 300
_SAID_TICKS = 30


class FilesPort(Protocol):
    """What of viewer.remote.link.SupportLink is used."""

    def open_files(
        self, on_views: Callable[[tuple[JobView, ...]], object], on_refused: Callable[[str], object]
    ) -> AgentFiles: ...
    def send_control(self, message: c.ControlMessage) -> None: ...


def copied_files(root: tk.Misc) -> list[Path]:
    """The files that were copied in a file manager; empty when something else was copied."""
    for kind in ("x-special/gnome-copied-files", "text/uri-list"):
        with contextlib.suppress(tk.TclError):
            lines = root.clipboard_get(type=kind).splitlines()
            found = [Path(unquote(urlsplit(line.strip()).path)) for line in lines if line.startswith("file:")]
            if found:
                return found
    return []


class FilesApp:
    """One for a remote window; made when the link is there, shown by the bar's button."""

    def __init__(
        self,
        root: tk.Misc,
        look: Theme,
        model: RemoteModel,
        port: FilesPort,
        *,
        ask_files: Callable[..., Sequence[str]] = filedialog.askopenfilenames,
        ask_folder: Callable[..., str] = filedialog.askdirectory,
    ) -> None:
        self._root = root
        self._look = look
        self._model = model
        self._port = port
        self._ask_files = ask_files
        self._ask_folder = ask_folder
        self._views: tuple[JobView, ...] = ()
        self._shown: set[int] = set()
        self._said = ""
        self._said_ticks = 0
        self._after_allowed: dict[Right, Callable[[], object]] = {}
        self._timer: str | None = None
        self._queue: queue.Queue[Callable[[], object]] = queue.Queue()
        self._pump: Pump[Callable[[], object]] = Pump(root, self._queue, lambda deed: deed(), 50)
        self.window: FilesWindow | None = None
        self.folders: FolderWindow | None = None
        self._desk = port.open_files(
            lambda views: self._pump.put(lambda: self._take_views(views)),
            lambda code: self._pump.put(lambda: self._say(refusal_words(code))),
        )

    # -- for the remote window

    def open(self) -> None:
        """Show the window."""
        self._make_window()
        self._show()
        assert self.window is not None
        self.window.come_forward()
        self._keep_ticking()

    def close(self) -> None:
        """The remote window closes."""
        if self._timer is not None:
            cancel_later(self._root, self._timer)
        self._pump.stop()
        self._desk.close()

    def end(self) -> None:
        """The support session is over, from any thread: what runs stops, what came is kept."""
        self._desk.end()

    @property
    def may_open(self) -> bool:
        """Whether the company's options leave anything of files to this agent."""
        return self._model.option("send_file") or self._model.option("get_file")

    # -- Deeds

    def send_files(self) -> None:
        """Choose files and send them."""
        if self._is_possible("files_in"):
            self._send([Path(one) for one in self._ask_files(parent=self.window, title=t("보낼 파일"))])

    def send_folder(self) -> None:
        """Choose a folder and send it with all that is in it."""
        if self._is_possible("files_in"):
            chosen = self._ask_folder(parent=self.window, title=t("보낼 폴더"), mustexist=True)
            self._send([Path(chosen)] if chosen else [])

    def paste(self) -> None:
        """Send the files that were copied in a file manager."""
        if not self._model.option("clipboard_files"):
            self._say(t("붙여넣기로 보내는 기능은 꺼져 있습니다. 관리자에게 문의하십시오. (B-60)"))
        elif self._is_possible("files_in"):
            paths = copied_files(self._root)
            if paths:
                self._send(paths)
            else:
                self._say(t("복사한 파일이 없습니다. 파일 관리자에서 먼저 복사하십시오."))

    def want_files(self) -> None:
        """Ask the customer to choose files."""

        def want() -> None:
            self._desk.want()
            self._say(t("고객에게 파일을 요청했습니다. 고객이 직접 고릅니다."))

        self._when_allowed("files_out", want)

    def browse(self) -> None:
        """Look through the customer's folders."""
        self._when_allowed("files_out", self._open_folders)

    def pause(self, view: JobView, on: bool) -> None:
        """Let a job rest, or go on."""
        self._desk.porter.pause(view.key, on)

    def cancel(self, view: JobView) -> None:
        """End a job."""
        if not is_over(view.state):
            self._desk.porter.cancel(view.key)

    def retry(self, view: JobView) -> None:
        """Send a job once more."""
        self._when_allowed("files_in", lambda: self._desk.porter.retry(view.key))

    def answer(self, view: JobView, accepted: bool) -> None:
        """Take or refuse what the customer sends."""
        self._desk.porter.answer(view.key, accepted=accepted)

    def open_folder(self) -> None:
        """Show the folder of what is chosen, or of received files."""
        view = self.window.chosen if self.window is not None else None
        folder = Path(view.place) if view is not None and view.way == "in" else self._desk.folder
        folder.mkdir(parents=True, exist_ok=True)
        show_folder(folder)

    def forget_over(self) -> None:
        """Take what is over off the list."""
        self._desk.porter.forget_over()

    # -- inside

    def _send(self, paths: list[Path]) -> None:
        if paths:
            self._when_allowed("files_in", lambda: self._desk.send(paths))

    def _open_folders(self) -> None:
        self._make_window()
        if self.folders is not None and self.folders.winfo_exists():
            self.folders.lift()
            return
        self.folders = FolderWindow(self.window or self._root, self._look, ask=self._list, get=self._desk.get)

    def _list(self, path: str, start: int) -> None:
        def answered(event: e.Listed | e.RequestRefused) -> None:
            self._pump.put(lambda: self._show_listing(path, event))

        self._desk.list_folder(path, start, answered)

    def _show_listing(self, path: str, event: e.Listed | e.RequestRefused) -> None:
        if self.folders is not None and self.folders.winfo_exists():
            self.folders.answer(path, event)

    def _is_possible(self, right: Right) -> bool:
        """Whether asking the customer could help; says why not."""
        may = self._may()
        if (may.send if right == "files_in" else may.get) and self._model.ended is None:
            return True
        self._say(may.sentence)
        return False

    def _when_allowed(self, right: Right, deed: Callable[[], object]) -> None:
        """Do it now, or ask the customer and do it when they allow."""
        if not self._is_possible(right):
            return
        if getattr(self._model.rights, right):
            deed()
            return
        if right not in self._after_allowed:
            self._port.send_control(c.Ask(secrets.token_hex(8), right))
        self._after_allowed[right] = deed
        self._say(t("고객에게 파일 전송을 허용해 달라고 요청했습니다."))

    def _tick(self) -> None:
        self._timer = None
        for right, deed in list(self._after_allowed.items()):
            if getattr(self._model.rights, right):
                del self._after_allowed[right]
                deed()
        self._said_ticks -= 1
        if self._said and self._said_ticks <= 0:
            self._said = ""
            # A question that got no answer in this time may be asked anew.
            self._after_allowed.clear()
        self._show()
        self._keep_ticking()

    def _keep_ticking(self) -> None:
        """One timer at a time, while there is something to look at."""
        if self._timer is None and (self._said or self._after_allowed or self._is_open()):
            self._timer = run_later(self._root, _TICK_MS, self._tick)

    def _is_open(self) -> bool:
        return self.window is not None and self.window.state() == "normal"

    def _say(self, sentence: str) -> None:
        self._said, self._said_ticks = sentence, _SAID_TICKS
        self._make_window()
        self._show()

    def _take_views(self, views: tuple[JobView, ...]) -> None:
        self._views = views
        begun = {view.key for view in views if view.way == "in" and not is_over(view.state)}
        is_new = bool(begun - self._shown)
        self._shown |= begun
        if is_new:
            self.open()
        else:
            self._show()

    def _make_window(self) -> None:
        if self.window is None:
            self.window = FilesWindow(self._root, self._look, self)

    def _show(self) -> None:
        if self.window is not None:
            self.window.show(self._views, self._may(), self._said)
            self._keep_ticking()

    def _may(self) -> May:
        model = self._model
        if model.ended is not None:
            return May(sentence=t("지원이 끝났습니다."))
        send, get = model.option("send_file"), model.option("get_file")
        if not (send or get):
            return May(sentence=t("파일 전송은 꺼져 있습니다. 관리자에게 문의하십시오. (B-60)"))
        why = {model.rights.why.get("files_in"), model.rights.why.get("files_out")}
        sentence = t("고객이 화면을 멈춘 동안에는 파일도 쉽니다.") if "paused" in why else ""
        return May(send, get, get and model.option("two_way_files"), sentence)
