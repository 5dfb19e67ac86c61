"""The program that a customer sees: its windows, one after the other, over the model and the link.

Everything here runs on the Tk thread. Events of other threads come through one queue (desktop.pump); after
each turn the window that belongs to the model's phase is shown.
"""

from __future__ import annotations

import gc
import logging
import queue
import signal
import time
import tkinter as tk
from typing import TYPE_CHECKING

from customer_agent.clipboard import ClipboardShare
from customer_agent.events import ClipboardGiven, Event, FilesChanged, FilesWanted, JoinFailed
from customer_agent.files.files_app import FilesApp
from customer_agent.gate import Gate
from customer_agent.machine import VERSION, pc_name, system_name
from customer_agent.model import Phase, SupportModel
from customer_agent.self_removal import may_remove_itself, remove_itself
from customer_agent.share_app import ShareDesk
from customer_agent.start import StartPlan
from customer_agent.texts import load_words
from customer_agent.windows.consent_window import ConsentWindow
from customer_agent.windows.ended_window import EndedWindow
from customer_agent.windows.join_window import JoinWindow
from customer_agent.windows.panel_window import PanelWindow
from desktop import network, theme, words
from desktop.network_window import NetworkWindow
from desktop.own_address import local_address
from desktop.proxy import PROXY_LOGIN
from desktop.pump import Pump
from wire.signal.commands import Started

if TYPE_CHECKING:
    from customer_agent.link import SupportLink
    from desktop.clipboard_x11 import X11Clipboard

__all__ = ["SupportApp", "run_support"]

log = logging.getLogger(__name__)

TICK_MS = 200
CLIPBOARD_TICKS = 4
FULL_COLLECTION_TICKS = 150
WAITING_MS = 50
CONNECTED_MS = 5

Window = JoinWindow | ConsentWindow | PanelWindow | EndedWindow


def run_support(plan: StartPlan) -> int:
    """Show the windows until it is over; returns the exit code."""
    load_words()
    words.set_language(plan.language or words.language())
    theme.prepare("barohelp-customer")
    root = tk.Tk(className="BaroHelp")
    root.withdraw()
    app = SupportApp(root, theme.apply(root), plan)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: app.quit_soon())
    # Tk's variables must die on the Tk thread: a collection on another one would wait for Tk, which may wait
    # for that thread. So cycles are collected by the tick alone.
    gc.disable()
    app.begin()
    root.mainloop()
    app.close()
    remove_itself()
    return 0


class SupportApp:
    """Windows, model and link put together."""

    def __init__(self, root: tk.Tk, look: theme.Theme, plan: StartPlan) -> None:
        self.root = root
        self._look = look
        self._gate = Gate()
        self._events: queue.Queue[Event] = queue.Queue()
        self._pump: Pump[Event] | None = None
        self._link: SupportLink | None = None
        self._plan = plan
        self._window: Window | None = None
        self._shown_phase: Phase | None = None
        self._must_quit = False
        self._ticks = 0
        self._model: SupportModel | None = None
        self._clipboard: ClipboardShare | None = None
        self._x11_clipboard: X11Clipboard | None = None
        self._files: FilesApp | None = None
        self._network_window: NetworkWindow | None = None
        self._asked_for_proxy = False
        root.report_callback_exception = self._report
        root.iconphoto(True, look.icon("shield", 48, "primary"))  # type: ignore[arg-type]

    @property
    def model(self) -> SupportModel:
        """The model, once `begin` has made it."""
        assert self._model is not None
        return self._model

    def begin(self) -> None:
        """Load the link, show the first window, and join where the start says how."""
        from customer_agent.link import SupportLink

        self._link = SupportLink(self._plan.server, self._gate, self._put, language=words.language())
        # Agents may press no button of ours while a part is shown.
        self._link.own_window = self.root.winfo_id()
        self._model = SupportModel(
            self._plan, self._link, self._gate, clock=time.monotonic, started=self._started
        )
        self._clipboard = ClipboardShare(
            self._copied_text, self._copy, self._link.give_clipboard, self._say_too_large
        )
        self._open_clipboard()
        self._files = FilesApp(self.root, self._look, self._link, self._gate)
        self._share_desk = ShareDesk(self.root, self._look, self._model, on_change=self._show)
        self._pump = Pump(self.root, self._events, self._take, WAITING_MS, after_turn=self._show)
        self.model.begin()
        self._show()
        self._tick()

    def quit_soon(self) -> None:
        """End the program; from a signal handler."""
        self._must_quit = True

    def close(self) -> None:
        """Stop everything; after the windows are gone."""
        if self._x11_clipboard is not None:
            self._x11_clipboard.stop()
            self._x11_clipboard.join(2)
        if self._link is not None:
            self._link.shut_down()

    def _put(self, event: Event) -> None:
        """From any thread."""
        if isinstance(event, ClipboardGiven) and self._x11_clipboard is not None:
            # Not through the queue: a hostile viewer could fill it with texts of ten megabytes.
            if self._clipboard is not None:
                self._clipboard.take(event.text)
        elif self._pump is not None:
            self._pump.put(event)
        else:
            self._events.put(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, FilesChanged | FilesWanted):
            if self._files is not None and self.model.phase is not Phase.ENDED:
                self._files.take(event)
        elif not isinstance(event, ClipboardGiven):
            self.model.take(event)
            if isinstance(event, JoinFailed) and event.code == PROXY_LOGIN and not self._asked_for_proxy:
                self._asked_for_proxy = True  # once by itself; after that the person asks for it
                self.root.after_idle(self._show_network, event.code)
        elif self._clipboard is not None:
            self._clipboard.take(event.text)

    def _started(self) -> Started:
        address = local_address(self._plan.server)
        language = "en" if words.language() == "en" else "ko"
        return Started(VERSION, system_name(), pc_name(), address, language, ())  # type: ignore[arg-type]

    # Windows

    def _show(self) -> None:
        """Show the window of the model's phase, and what changed in it."""
        phase = self.model.phase
        if self._share_desk is not None:
            self._share_desk.follow()
        if phase is Phase.ENDED and self.model.ending == "cancelled":
            self._quit()
            return
        if self._window is not None and _same_window(phase, self._shown_phase):
            self._shown_phase = phase
            self._window.refresh()
            return
        self._replace_window(phase)
        if self._pump is not None:
            is_busy = phase in (Phase.WAITING, Phase.CONNECTED)
            self._pump.set_interval(CONNECTED_MS if is_busy else WAITING_MS)

    def _replace_window(self, phase: Phase) -> None:
        if phase is Phase.ENDED and self._files is not None:
            self._files.close()
        old, self._window = self._window, None
        if old is not None:
            old.destroy()
        self._window = self._make_window(phase)
        self._shown_phase = phase

    def _make_window(self, phase: Phase) -> Window:
        root, look, model = self.root, self._look, self.model
        if phase in (Phase.FORM, Phase.JOINING):
            return JoinWindow(
                root,
                look,
                model,
                on_language=self._language_changed,
                on_close=self._cancel,
                on_network=self._show_network,
            )
        if phase is Phase.ASKING:
            return ConsentWindow(root, look, model, on_done=self._show)
        if phase in (Phase.WAITING, Phase.CONNECTED):
            return PanelWindow(root, look, model, on_change=self._show, files=self._files)
        return EndedWindow(root, look, model, on_close=self._quit, removes_itself=may_remove_itself())

    def _language_changed(self) -> None:
        if self._link is not None:
            self._link.language = words.language()
        self._replace_window(self.model.phase)

    def _show_network(self, code: str) -> None:
        """Ask for the proxy. Nothing of it is kept on the customer's PC: the program removes itself."""
        if self._network_window is None or not self._network_window.winfo_exists():
            self._network_window = NetworkWindow(
                self.root, self._look, network.current(), on_save=self._network_set, code=code
            )
        self._network_window.lift()

    def _network_set(self, settings: network.NetworkSettings) -> None:
        network.use(settings)
        self.model.retry()
        self._show()

    def _cancel(self) -> None:
        self.model.end()
        self._show()

    def _quit(self) -> None:
        if self._share_desk is not None:
            self._share_desk.close()
        if self._pump is not None:
            self._pump.stop()
        self.root.quit()

    # The clipboard

    def _open_clipboard(self) -> None:
        """Under X11 on a thread of its own: other programs and ten megabytes must not stop our windows."""
        if self.root.tk.call("tk", "windowingsystem") != "x11" or self._clipboard is None:
            return
        from desktop.clipboard_x11 import X11Clipboard

        share = self._clipboard
        try:
            self._x11_clipboard = X11Clipboard(
                self.root.winfo_screen(), on_text=share.copied, on_too_large=lambda _: self._say_too_large()
            )
        except (OSError, RuntimeError) as error:
            log.info("clipboard_thread_missing", extra={"reason": str(error)})
        else:
            self._x11_clipboard.start()

    def _hear_clipboard(self) -> None:
        """Follow the rights: hear what is copied while somebody may have it."""
        if self._clipboard is None or self._link is None:
            return
        may_share = self._link.may_give_clipboard
        if self._x11_clipboard is not None:
            self._x11_clipboard.watch(may_share)
        elif not self._ticks % CLIPBOARD_TICKS:
            self._clipboard.look(may_share=may_share)

    def _say_too_large(self) -> None:
        if self._link is not None:
            self._link.tell_too_large()

    def _copied_text(self) -> str | None:
        try:
            return self.root.clipboard_get()
        except tk.TclError:  # nothing was copied, or it is no text
            return None

    def _copy(self, text: str) -> None:
        if self._x11_clipboard is not None:
            self._x11_clipboard.give(text)
            return
        self.root.clipboard_clear()
        self.root.clipboard_append(text)

    # Time

    def _tick(self) -> None:
        try:
            if self._must_quit:
                self.model.end()
                self._quit()
                return
            if self.model.phase is not Phase.ENDED:
                self.model.tick()
            self._show()
            if isinstance(self._window, PanelWindow):
                self._window.tick()
                if self._files is not None:
                    self._files.tick()
            self._ticks += 1
            self._hear_clipboard()
            gc.collect(2 if self._ticks % FULL_COLLECTION_TICKS == 0 else 0)
        finally:
            # A tick that raised must not be the last one.
            if not self._must_quit:
                self.root.after(TICK_MS, self._tick)

    def _report(self, *failure: object) -> None:
        """The edge of the Tk thread: log, and go on."""
        log.error("tk_callback_failed", exc_info=failure)  # type: ignore[arg-type]


def _same_window(phase: Phase, shown: Phase | None) -> bool:
    pairs = ({Phase.FORM, Phase.JOINING}, {Phase.WAITING, Phase.CONNECTED})
    return phase is shown or any({phase, shown} <= pair for pair in pairs)
