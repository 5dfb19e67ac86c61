"""`python -m viewer --window`: one remote window of a support session, a child of the waiting program.

Reads its parent's lines from standard input and answers on standard output (viewer/lines.py). When the
parent's end closes, so does the window: no child outlives the waiting program.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import tkinter as tk
from collections.abc import Callable
from typing import Any

from desktop import network, theme, words
from desktop.pump import Pump, collect_on_tk_thread
from desktop.secret_store import default_folder
from desktop.words import t
from viewer.files.app import FilesApp
from viewer.lines import command_to_json, read_line, read_lines, write_line
from viewer.remote.app import RemoteApp
from viewer.remote.events import Ended, LinkEvent
from viewer.remote.link import SupportLink
from viewer.remote.model import RemoteModel
from viewer.remote.report import Report, read_types
from viewer.remote.settings import ViewSettings
from wire.errors import ProtocolError
from wire.signal import commands as sc
from wire.signal.commands import Command

__all__ = ["run_window"]

log = logging.getLogger(__name__)

_END_OF_PARENT: dict[str, Any] = {"t": "parent_gone"}


class _Parent:
    """The two pipes to the waiting program."""

    def __init__(self) -> None:
        # Our own copies: a stray print of any library must not become a line.
        self._reading = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
        self._writing = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._lock = threading.Lock()
        self.is_gone = False
        self.lines: queue.Queue[dict[str, Any]] = queue.Queue()

    def read_first(self) -> dict[str, Any] | None:
        """The `open` line; None when the parent is gone before it."""
        line = read_line(self._reading)
        self.is_gone = line is None
        return line if line and line["t"] == "open" else None

    def start(self, put: Any) -> None:
        """Hand every further line to `put` on a thread of its own."""

        def run() -> None:
            read_lines(self._reading, put)
            put(_END_OF_PARENT)

        threading.Thread(target=run, name="parent", daemon=True).start()

    def say(self, message: dict[str, Any]) -> None:
        """Send a line; a parent that is gone is noticed by the reader."""
        try:
            with self._lock:
                write_line(self._writing, message)
        except (OSError, ValueError):
            log.info("parent_is_gone")

    def send_command(self, command: Command) -> None:
        """Send a signal command through the parent."""
        self.say({"t": "command", "command": command_to_json(command)})


class _Window:
    """The remote app and its parent, on a root that was made before anything was known."""

    def __init__(self, parent: _Parent, root: tk.Tk, opening: dict[str, Any], *, dark: bool) -> None:
        self._parent = parent
        self._said: dict[str, Any] = {}
        self.root = root
        look = theme.apply(root, dark=dark)
        theme.set_window_icon(root, "monitor")
        root.geometry(f"{look.px(1100)}x{look.px(720)}")
        self.model = RemoteModel(
            title=t("%(number)s번 고객 · BaroHelp", number=opening["number"]),
            is_support=True,
            options=opening.get("options") or {},
            number=opening["number"],
        )
        self._opening = opening
        self.link: SupportLink | None = None
        self.files: FilesApp | None = None
        settings = ViewSettings(default_folder())
        self.app = RemoteApp(
            root,
            look,
            self.model,
            self._make_link,
            on_close=self._closing,
            settings=settings,
            on_report=self._send_report,
        )
        assert self.link is not None
        self.files = FilesApp(root, look, self.model, self.link)
        self.app.files = self.files
        self.pump: Pump[dict[str, Any]] = Pump(root, parent.lines, self.take, 20)
        root.deiconify()

    def _make_link(self, emit: Callable[[LinkEvent], None]) -> SupportLink:
        opening = self._opening

        def told(event: LinkEvent) -> None:
            emit(event)
            if isinstance(event, Ended):
                self._tell_state(link="ended")
                if self.files is not None:
                    self.files.end()

        self.link = SupportLink(
            told,
            self._parent.send_command,
            session=opening["session"],
            participant=opening["participant"],
            agent_name=opening["agent_name"],
            company=opening["company"],
            language=words.language(),
            epoch=int(opening.get("epoch") or 0),
            keys_lost=bool(opening.get("keys_lost")),
            ca_file=opening.get("ca_file"),
        )
        return self.link

    def run(self) -> None:
        """Until the window is closed."""
        collect_on_tk_thread(self.root)
        self.app.start()
        self._parent.start(self.pump.put)
        self.root.mainloop()

    def take(self, line: dict[str, Any]) -> None:
        """One line of the parent."""
        assert self.link is not None
        match line:
            case {"t": "signal", "message": dict(message)}:
                if message.get("t") == "offer" and isinstance(message.get("options"), dict):
                    self.model.options = message["options"]
                try:
                    self.link.channels.receive(message)
                except ProtocolError as error:
                    log.warning("signal_message_refused", extra={"reason": str(error)})
            case {"t": "options", "options": dict(options)}:
                self.model.options = options
            case {"t": "survey", "grade": str(grade)}:
                self.app.take_survey(grade)
            case {"t": "report", "types": list(types), "opens": bool(opens)}:
                self.app.offer_report(read_types(types), opens=opens)
            case {"t": "reported"}:
                self.app.report_answered(line.get("code"))
            case {"t": "close"} | {"t": "parent_gone"}:
                self.app.close_window()

    def _send_report(self, report: Report) -> None:
        command = sc.Report(self._opening["session"], report.issue_type, report.result, report.content)
        self._parent.send_command(command)

    def _closing(self) -> None:
        self.pump.stop()
        self._parent.say({"t": "closed"})

    def _tell_state(self, **state: Any) -> None:
        if state != self._said:
            self._said = state
            self._parent.say({"t": "state", **state})


def run_window(*, dark: bool = False) -> int:
    """Wait, with everything loaded, for the parent's word; then show one remote window. The exit code."""
    parent = _Parent()
    theme.prepare()
    root = tk.Tk(className="BaroHelp")
    root.withdraw()
    # Draws the pictures of the look now, while nobody waits for them.
    theme.apply(root, dark=dark)
    opening = parent.read_first()
    if opening is None:
        root.destroy()
        return 0 if parent.is_gone else 2
    words.set_language(opening.get("language", "ko"))
    if isinstance(opening.get("network"), dict):
        network.use(network.NetworkSettings.from_json(opening["network"]))
    _Window(parent, root, opening, dark=dark or bool(opening.get("dark"))).run()
    return 0
