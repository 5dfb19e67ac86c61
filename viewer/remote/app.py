"""One remote window put together: link, picture, model, input, window. Only the Tk thread runs here.

The link's thread and the picture's worker hand over through one queue (desktop.pump). Input goes the
other way at once: a key or a click is on the socket before the next event is handled.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import secrets
import threading
import time
import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from desktop import screenshot
from desktop.pump import Pump
from desktop.theme import Theme
from desktop.words import duration, t
from viewer.codes import grade_words, sentence
from viewer.remote import events as e
from viewer.remote.clipboard import ClipboardDesk, ClipboardNews
from viewer.remote.geometry import FIT, fit_factor, next_step
from viewer.remote.input import keysyms as k
from viewer.remote.input.keyboard import InputMode, Keyboard, KeyMessage
from viewer.remote.input.pointer import Pointer
from viewer.remote.input.shortcuts import Action, Shortcuts
from viewer.remote.model import Depth, RemoteModel, Status, Tone
from viewer.remote.picture import Picture
from viewer.remote.report import Report
from viewer.remote.screen_stream import Input, QualityMode
from viewer.remote.settings import ViewSettings
from viewer.remote.sharing import Entry, Wish
from viewer.remote.windows.remote_window import RemoteWindow
from wire.control import messages as c
from wire.errors import ProtocolError
from wire.limits import MAX_REPORT, MIB
from wire.record import without_unprintable
from wire.rfb.clipboard import PreparedText
from wire.rfb.events import (
    Bell,
    CursorChanged,
    CutTextReceived,
    FenceReceived,
    Ready,
    RectReceived,
    Resized,
    UpdateDone,
)
from wire.rfb.messages import PointerEvent

__all__ = ["SPECIAL_KEYS", "RemoteApp", "RemoteLink"]

SPECIAL_KEYS: dict[str, tuple[int, ...]] = {
    "ctrl-alt-del": (k.CONTROL_L, k.ALT_L, k.DELETE),
    "alt-tab": (k.ALT_L, k.TAB),
    "win": (k.SUPER_L,),
    "ctrl-esc": (k.CONTROL_L, k.ESCAPE),
    "alt-f4": (k.ALT_L, k.F4),
    "print": (k.PRINT,),
    "hangul": (k.HANGUL,),
    "hanja": (k.HANJA,),
}
_TICK_MS = 500
_SETTLE_MS = 8
_ASK_EVERY_S = 5.5
_CLOSE_AFTER_S = 8
_CLOSE_AFTER_REPORT_S = 3
# The web half's word about the report comes a moment after the end; the sheet must not jump under a click.
_REPORT_WAIT_MS = 600
_RING_EVERY_S = 0.5

log = logging.getLogger(__name__)


class FilesDoor(Protocol):
    """The window of files, where there is one."""

    @property
    def may_open(self) -> bool: ...
    def open(self) -> None: ...
    def close(self) -> None: ...


class RemoteLink(Protocol):
    """What the window needs of a link; plain TCP and the sealed channels both offer it."""

    def start(self) -> None: ...
    def send(self, events: Sequence[Input]) -> None: ...
    def refresh(self) -> None: ...
    def set_quality(self, mode: QualityMode) -> None: ...
    def set_clipboard(self, is_on: bool) -> None: ...
    def send_cut_text(self, text: PreparedText) -> None: ...
    def send_control(self, message: c.ControlMessage) -> None: ...
    def answer_fence(self, event: FenceReceived) -> None: ...
    def hold(self, on: bool) -> None: ...
    def end(self, reason: str) -> None: ...
    def close(self) -> None: ...


class _PictureChanged:
    """Something to paint."""


@dataclass(frozen=True, slots=True)
class _Newest:
    """The newest event of that kind waits."""

    kind: type


@dataclass(frozen=True, slots=True)
class _ClipboardSays:
    """Something about the clipboard for the agent."""

    news: ClipboardNews


class RemoteApp:
    """The window and everything behind it. Call `run_link` once, then Tk's mainloop."""

    def __init__(
        self,
        root: tk.Tk,
        theme: Theme,
        model: RemoteModel,
        make_link: Callable[[Callable[[e.LinkEvent], None]], RemoteLink],
        *,
        on_close: Callable[[], object] = lambda: None,
        portable: bool = False,
        settings: ViewSettings | None = None,
        on_report: Callable[[Report], object] | None = None,
    ) -> None:
        """`make_link(emit)` builds the link; it calls `emit` on its own thread. `on_close`: it goes.

        `on_report` sends what the agent says of the support afterwards; None: nobody asks.
        """
        self.root = root
        self.model = model
        self.keyboard = Keyboard()
        self.pointer = Pointer()
        self.shortcuts = Shortcuts()
        self._on_close = on_close
        self._on_report = on_report
        self._report_timer: str | None = None
        self._settings = settings or ViewSettings()
        self._scale = self._settings.scale
        self._told_input: tuple[InputMode, bool | None] = ("unicode", None)
        self._newest: dict[type, e.LinkEvent] = {}
        self._newest_lock = threading.Lock()
        self._rang_at = 0.0
        self._clipboard_is_open: bool | None = None
        self._asked_at = -_ASK_EVERY_S
        self._picture_is_queued = False
        self._needs_paint = False
        self._has_painted = False
        self._began = time.monotonic()
        self._key_timer: str | None = None
        self._pointer_timer: str | None = None
        self._tick_timer: str | None = None
        self._is_closed = False
        self.files: FilesDoor | None = None
        """Set by whoever has files to give and take; None: the button says that there are none."""
        self.window = RemoteWindow(
            root, theme, self, model.title, is_support=model.is_support, portable=portable
        )
        self._pump: Pump[object] = Pump(root, queue.Queue(), self._handle, 5, after_turn=self._paint)
        self.link = make_link(self._emit)
        self._clipboard = ClipboardDesk(
            root.winfo_screen() if root.tk.call("tk", "windowingsystem") == "x11" else None,
            read=self._copied_text,
            write=self._copy_text,
            send=self.link.send_cut_text,
            tell=lambda news: self._pump.put(_ClipboardSays(news)),
        )
        self.picture = Picture(
            on_change=self._picture_changed,
            on_fence=self.link.answer_fence,
            on_failed=self._pump.put,
            on_hold=self.link.hold,
        )

    def start(self) -> None:
        """Connect; the window shows what comes."""
        self.picture.start()
        self.link.start()
        self._show()
        self._tick()

    # -- from the other threads

    def _emit(self, event: e.LinkEvent) -> None:
        if isinstance(event, Ready | Resized | RectReceived | UpdateDone | FenceReceived):
            self.picture.put(event)
        if isinstance(event, CutTextReceived):
            self._clipboard.take(event.text)
        if isinstance(event, CursorChanged | Bell | CutTextReceived):
            self._put_newest(event)
        elif not isinstance(event, RectReceived | UpdateDone | FenceReceived):
            self._pump.put(event)

    def _put_newest(self, event: CursorChanged | Bell | CutTextReceived) -> None:
        """Of these only the last one counts, however many a hostile server sends before Tk looks."""
        kind = type(event)
        with self._newest_lock:
            is_queued = kind in self._newest
            # The text itself is with the clipboard already.
            self._newest[kind] = CutTextReceived("") if isinstance(event, CutTextReceived) else event
        if not is_queued:
            self._pump.put(_Newest(kind))

    def _picture_changed(self) -> None:
        # One wake-up is enough however many updates came before Tk got to it.
        if not self._picture_is_queued:
            self._picture_is_queued = True
            self._pump.put(_PictureChanged())

    # -- on the Tk thread

    def _handle(self, event: object) -> None:
        match event:
            case _PictureChanged():
                self._picture_is_queued = False
                self._needs_paint = True
                return
            case _Newest(kind):
                self._take_newest(kind)
                return
            case _ClipboardSays(news):
                self._say_clipboard(*news)
                return
            case ProtocolError():
                self._picture_failed(event)
                return
        if isinstance(event, e.ControlReceived) and isinstance(event.message, c.Pointer):
            if self.model.option("mouse_tracking", default=False):
                self.window.desktop.mark_customer(event.message.x, event.message.y)
            return
        if isinstance(event, Ready | Resized):
            self.pointer.set_size(event.width, event.height)
        controlled = self.model.controls
        self.model.take(event, time.monotonic())  # type: ignore[arg-type]
        if controlled and not self.model.controls:
            self.release_all()
        if isinstance(event, e.ScreenLost):
            self.release_all()
        self._follow_clipboard()
        self._tell_input_mode()
        if isinstance(event, Ready):
            self._greet_screen()
        if isinstance(event, e.ControlReceived) and isinstance(event.message, c.Machine):
            self.root.title(self.model.window_title)
        self._show()
        if isinstance(event, e.Ended):
            self._end_now_or_soon()

    def _take_newest(self, kind: type) -> None:
        with self._newest_lock:
            event = self._newest.pop(kind)
        if isinstance(event, CursorChanged):
            self.window.desktop.set_cursor(event)
        elif kind is CutTextReceived:
            self._clipboard.put_down()
        elif time.monotonic() - self._rang_at > _RING_EVERY_S:
            self._rang_at = time.monotonic()
            self.root.bell()

    def _paint(self) -> None:
        if not self._needs_paint:
            return
        self._needs_paint = False
        frame = self.picture.take()
        if frame.is_new:
            self.window.fit_to(frame.view.width, frame.view.height)
            self._fit()
        if not self._has_painted and self.picture.has_picture:
            self._has_painted = True
            log.info("first_picture", extra={"after_s": round(time.monotonic() - self._began, 2)})
        self.window.paint(frame)

    def _picture_failed(self, error: ProtocolError) -> None:
        log.error("picture_failed", extra={"reason": str(error)})
        self.model.say(
            Status("danger", "warning", t("화면을 풀 수 없습니다. 새로 고침을 눌러 주십시오. (B-13)")),
            time.monotonic(),
            for_s=15,
        )
        self._show()

    def _greet_screen(self) -> None:
        self._told_input = ("unicode", None)
        self._tell_input_mode()
        self._clipboard_is_open = None
        self._follow_clipboard()
        if self.model.quality != "auto":
            self.link.set_quality(self.model.quality)
        self._fit()

    def _tick(self) -> None:
        self._show()
        self._tick_timer = self.root.after(_TICK_MS, self._tick)

    def _show(self) -> None:
        now = time.monotonic()
        model, bar = self.model, self.window.bar
        if model.ended is None:
            self.window.show_status(model.status(now))
        bar.show_facts(model.facts(now))
        bar.show_control(
            is_on=model.controls,
            is_possible=not model.is_view_only and model.ended is None,
            sentence=model.control_sentence(),
        )
        bar.clipboard_is_on.set(model.wants_clipboard)
        words = model.keyboard_words(self.keyboard.hangul)
        bar.show_input(words, model.input_mode, can_send_places=model.can_send_places)
        bar.default_scale = self._settings.scale
        bar.scale, bar.quality, bar.shortcuts_are_on = self._scale, model.quality, self.shortcuts.are_on
        bar.depth = model.depth
        bar.show_sharing(model.sharing.button_words())
        self.window.desktop.show_pointer(model.may_use_mouse)

    def _end_now_or_soon(self) -> None:
        waits = self._on_report is not None and self.model.connected_at is not None
        if not waits or self.model.report is not None:
            self._show_ended()
        elif self._report_timer is None:
            self.window.desktop.hide_picture()
            self._report_timer = self.root.after(_REPORT_WAIT_MS, self._show_ended)

    def _show_ended(self) -> None:
        if self._report_timer is not None:
            self.root.after_cancel(self._report_timer)
        model = self.model
        lines = []
        seconds = model.connected_s(time.monotonic())
        if seconds is not None:
            lines.append((t("지원 시간") if model.is_support else t("연결 시간"), duration(seconds)))
        if model.machine is not None:
            lines.append((t("고객의 PC"), model.machine.pc))
        if model.survey is not None:
            lines.append((t("만족도"), grade_words(model.survey)))
        # Who ended it knows; who was left must see why, so that window waits.
        closes_after_s = _CLOSE_AFTER_S if model.ended is not None and model.ended.by == "agent" else None
        if model.report is not None and model.report.step != "offered":
            closes_after_s = _CLOSE_AFTER_REPORT_S if model.report.step == "saved" else None
        self.window.show_ended(
            model.ended_sentence(), lines, closes_after_s=closes_after_s, report=model.report
        )

    def offer_report(self, types: tuple[tuple[str, str], ...], *, opens: bool) -> None:
        """The web half says that the support may be described, a moment before or after its end."""
        self.model.offer_report(types, opens=opens)
        if self.model.ended is not None:
            self._show_ended()

    def open_report(self) -> None:
        """The agent wants to write the report."""
        self.model.move_report("open")
        self._show_ended()

    def save_report(self, report: Report) -> None:
        """Send the report; the window may be closed before the answer comes."""
        content = without_unprintable(report.content, lines=True)
        if len(content) > MAX_REPORT:
            self.model.move_report("open", t("내용은 500자까지 적을 수 있습니다. 짧게 줄여 주십시오."))
        elif self._on_report is not None:
            self.model.move_report("sending")
            self._on_report(replace(report, content=content))
        self._show_ended()

    def report_answered(self, code: str | None) -> None:
        """The web half has kept the report, or says why not."""
        if code is None:
            self.model.move_report("saved")
        else:
            self.model.move_report("open", sentence(code))
        self._show_ended()

    def take_survey(self, grade: str) -> None:
        """The customer answered the satisfaction question."""
        self.model.survey = grade
        if self.model.ended is not None:
            self._show_ended()

    # -- the agent's hands (windows.desktop_window.Hands)

    def key_down(self, keycode: int, keysym: int, text: str, time_ms: int) -> None:
        """A key of the focused desktop went down."""
        self._cancel_key_timer()
        events = self.keyboard.settle()
        action = self.shortcuts.press(keycode, keysym, self.keyboard.modifiers)
        if action is not None:
            self._send_keys([*events, *self.keyboard.reset()])
            self._do(action)
            return
        if not self.model.may_use_keyboard:
            # Modifiers are followed all the same, so that shortcuts work while only looking.
            if keysym in k.MODIFIERS:
                self.keyboard.press(keycode, keysym, text, time_ms)
            return
        self._send_keys([*events, *self.keyboard.press(keycode, keysym, text, time_ms)])

    def key_up(self, keycode: int, time_ms: int) -> None:
        """A key came up; real releases go out a moment later (auto-repeat)."""
        if self.shortcuts.release(keycode):
            return
        self._send_keys(self.keyboard.release(keycode, time_ms))
        self._cancel_key_timer()
        self._key_timer = self.root.after(_SETTLE_MS, self._settle_keys)

    def pointer_move(self, x: float, y: float) -> None:
        """The pointer moved to a place of the view."""
        if self.model.may_use_mouse:
            self._send_pointer(self.pointer.move(*self._place(x, y), time.monotonic()))
            if self._pointer_timer is None:
                self._pointer_timer = self.root.after(_SETTLE_MS, self._settle_pointer)

    def pointer_down(self, button: int, x: float, y: float) -> None:
        """A button went down."""
        if self.model.may_use_mouse:
            self._send_pointer(self.pointer.press(button, *self._place(x, y), time.monotonic()))
        elif self.model.needs_to_ask:
            self._ask_for_control()

    def pointer_up(self, button: int, x: float, y: float) -> None:
        """A button came up; told even when control just ended, pressure must not stay."""
        self._send_pointer(self.pointer.release(button, *self._place(x, y), time.monotonic()))

    def wheel(self, way: str, clicks: int, x: float, y: float) -> None:
        """The wheel turned."""
        if self.model.may_use_mouse:
            self._send_pointer(self.pointer.wheel(way, *self._place(x, y), time.monotonic(), clicks=clicks))

    def focus_gained(self) -> None:
        """The desktop has the keyboard: tell what was copied meanwhile."""
        self._clipboard.look()

    def focus_lost(self) -> None:
        """Other windows get the keys: nothing may stay pressed."""
        self.release_all()

    def release_all(self) -> None:
        """All keys and buttons up at the other side."""
        self._cancel_key_timer()
        self.shortcuts.reset()
        keys, buttons = self.keyboard.reset(), self.pointer.reset(time.monotonic())
        self._send_keys(keys)
        self._send_pointer(buttons)
        if (keys or buttons) and self.model.is_support:
            self.link.send_control(c.Release())

    # -- the bar's buttons (windows.bar_window.Commands)

    def ask_to_end(self) -> None:
        """The end button, the window's close button or the shortcut."""
        if self.model.ended is not None or not self.model.is_support:
            self.close_window()
        else:
            self.window.ask_to_end(self.end_now)

    def end_now(self) -> None:
        """End the support."""
        self.release_all()
        self.link.end("agent")
        self._handle(e.Ended("agent"))

    def close_window(self) -> None:
        """Close everything of this window."""
        if self._is_closed:
            return
        self._is_closed = True
        for timer in (self._tick_timer, self._key_timer, self._pointer_timer, self._report_timer):
            if timer is not None:
                self.root.after_cancel(timer)
        if self.files is not None:
            self.files.close()
        self.link.close()
        self.picture.stop()
        self._clipboard.close()
        self._pump.stop()
        self._on_close()
        self.root.destroy()

    def toggle_control(self) -> None:
        """Lock or free control; ask the customer where it needs their word."""
        if self.model.needs_to_ask:
            self.model.wants_control = True
            self._ask_for_control()
        elif not self.model.toggle_control():
            self.release_all()
        self._show()

    def set_scale(self, factor: float) -> None:
        """FIT or a factor."""
        self._scale = factor
        self._fit()
        self._show()

    def keep_scale(self) -> None:
        """Begin with this scale from now on."""
        self._settings.keep_scale(self._scale)
        said = Status("connected", "check", t("다음 창부터 이 크기로 시작합니다."))
        self.model.say(said, time.monotonic())
        self._show()

    def toggle_full_screen(self) -> None:
        """All of the screen or the window."""
        self.window.toggle_full_screen()

    def send_special(self, name: str) -> None:
        """Press and release one of SPECIAL_KEYS."""
        if self.model.may_use_keyboard:
            self._send_keys([*self.keyboard.reset(), *Keyboard.chord(*SPECIAL_KEYS[name])])
        else:
            self.model.say(Status("waiting", "lock", t("지금은 키를 보낼 수 없습니다.")), time.monotonic())
            self._show()

    def set_input_mode(self, mode: InputMode) -> None:
        """Whose keyboard layout and input method make the letters."""
        if mode == "scancode" and not self.model.can_send_places:
            self.model.say(
                Status("waiting", "keyboard", t("고객의 컴퓨터가 이 방식을 모릅니다.")), time.monotonic()
            )
        elif mode != self.model.input_mode:
            self.release_all()
            self.model.input_mode = mode
            self.keyboard.set_mode(mode)
            self._tell_input_mode()
        self._show()

    def set_quality(self, mode: QualityMode) -> None:
        """Ask the other side for another quality."""
        self.model.quality = mode
        self.link.set_quality(mode)
        self._tell_quality()

    def set_depth(self, depth: Depth) -> None:
        """Ask the other side for more or fewer colours."""
        self.model.depth = depth
        self._tell_quality()

    def _tell_quality(self) -> None:
        if self.model.is_support:
            self.link.send_control(c.Quality(self.model.quality, self.model.depth))
        self._show()

    def show_monitor(self, monitor: int | None) -> None:
        """Look at one of the customer's monitors, or at all of them."""
        self.link.send_control(c.ShowMonitor(monitor))

    def ask_for_share(self, wish: Wish) -> None:
        """Ask the customer to show one window, one region, or everything."""
        now, sharing = time.monotonic(), self.model.sharing
        if not sharing.may_ask(now):
            self.model.say(Status("waiting", "clock", t("고객의 답을 기다리고 있습니다.")), now)
        else:
            ask_id = secrets.token_hex(8)
            sharing.asked(ask_id, now)
            self.link.send_control(c.AskShare(ask_id, wish))
            self.model.say(Status("info", "clock", t("고객에게 물었습니다.")), now, for_s=_ASK_EVERY_S)
        self._show()

    def sharing_entries(self) -> tuple[Entry, ...]:
        """The lines of the menu of monitors."""
        return self.model.sharing.entries(may_ask=self.model.option("partial_share", default=False))

    def toggle_clipboard(self) -> None:
        """Share copied text or not."""
        self.model.wants_clipboard = not self.model.wants_clipboard
        self._follow_clipboard()
        self._show()

    def refresh(self) -> None:
        """Ask for the whole picture."""
        self.link.refresh()

    def open_files(self) -> None:
        """Show the window of files."""
        if self.files is not None and self.files.may_open:
            self.files.open()
            return
        status = Status("waiting", "lock", t("파일 전송은 꺼져 있습니다. 관리자에게 문의하십시오. (B-60)"))
        self.model.say(status, time.monotonic())
        self._show()

    def take_screenshot(self) -> None:
        """Save the desktop as it is now."""
        now = time.monotonic()
        if not self.model.option("screen_capture"):
            status = Status(
                "waiting", "lock", t("화면 캡처는 꺼져 있습니다. 관리자에게 문의하십시오. (B-15)")
            )
        else:
            try:
                name = screenshot.file_name(self.model.pc_name, time.time())
                path = screenshot.save(self.picture.copy(), screenshot.capture_folder(), name)
                status = Status("connected", "camera", t("화면을 저장했습니다: %(file)s", file=path))
            except OSError as error:
                status = Status(
                    "danger", "warning", t("화면을 저장하지 못했습니다: %(why)s", why=error.strerror)
                )
        self.model.say(status, now)
        self._show()

    def toggle_pin(self) -> None:
        """Hold the bar or let it hide."""
        self.window.toggle_pin()

    def toggle_shortcuts(self) -> None:
        """Use the viewer's own keys, or send all of them to the customer."""
        self.shortcuts.are_on = not self.shortcuts.are_on
        self._show()

    def room_changed(self) -> None:
        """The window has another size."""
        self._fit()

    # -- inside

    def _do(self, action: Action) -> None:
        steps: dict[Action, Callable[[], object]] = {
            "refresh": self.refresh,
            "full_screen": self.toggle_full_screen,
            "on_top": self.window.toggle_on_top,
            "bar": lambda: self.window.show_bar(with_focus=True),
            "smaller": lambda: self._step_scale(larger=False),
            "larger": lambda: self._step_scale(larger=True),
            "fit": lambda: self.set_scale(FIT),
            "control": self.toggle_control,
            "screenshot": self.take_screenshot,
            "clipboard": self.toggle_clipboard,
            "special": self._open_special,
            "monitors": self._open_monitors,
            "previous_monitor": lambda: self._turn_monitor(-1),
            "next_monitor": lambda: self._turn_monitor(1),
            "input_mode": lambda: self.set_input_mode(
                "unicode" if self.model.input_mode == "scancode" else "scancode"
            ),
            "end": self.ask_to_end,
        }
        steps[action]()

    def _open_monitors(self) -> None:
        if self.model.is_support:
            self.window.show_bar()
            self.window.bar.open_monitors()

    def _turn_monitor(self, step: int) -> None:
        monitor = self.model.sharing.neighbour(step)
        if monitor is not None:
            self.show_monitor(monitor)

    def _open_special(self) -> None:
        self.window.show_bar()
        self.window.bar.open_special()

    def _step_scale(self, *, larger: bool) -> None:
        self.set_scale(next_step(self._factor(), larger=larger))

    def _factor(self) -> float:
        if self._scale != FIT:
            return self._scale
        room_w, room_h = self.window.desktop.room()
        # A smaller desktop fills a whole screen, but is not blown up in a window.
        most = 3.0 if self.window.is_full_screen else 1.0
        return fit_factor(*self.picture.size, room_w, room_h, most)

    def _fit(self) -> None:
        if self.picture.size != (1, 1):
            self.picture.set_factor(self._factor())

    def _place(self, x: float, y: float) -> tuple[float, float]:
        return self.window.desktop.view.to_desktop(x, y)

    def _ask_for_control(self) -> None:
        now = time.monotonic()
        if now - self._asked_at < _ASK_EVERY_S:
            return
        self._asked_at = now
        for right in ("mouse", "keyboard"):
            self.link.send_control(c.Ask(secrets.token_hex(8), right))
        self.model.say(Status("info", "clock", t("고객에게 제어를 요청했습니다.")), now, for_s=_ASK_EVERY_S)
        self._show()

    def _send_keys(self, events: Sequence[KeyMessage]) -> None:
        if events:
            self.link.send(events)
            self._tell_input_mode()

    def _tell_input_mode(self) -> None:
        """The customer's side must know how keys are meant; what was typed last goes along."""
        told = (self.model.input_mode, self.keyboard.hangul)
        if told == self._told_input or not self.model.is_support or not self.model.may_use_keyboard:
            return
        self._told_input = told
        self.link.send_control(c.InputMode(*told))
        self._show()

    def _send_pointer(self, events: Sequence[PointerEvent]) -> None:
        if events:
            self.link.send(events)

    def _settle_keys(self) -> None:
        self._key_timer = None
        self._send_keys(self.keyboard.settle())

    def _settle_pointer(self) -> None:
        self._pointer_timer = None
        self._send_pointer(self.pointer.settle(time.monotonic()))

    def _cancel_key_timer(self) -> None:
        if self._key_timer is not None:
            self.root.after_cancel(self._key_timer)
            self._key_timer = None

    def _follow_clipboard(self) -> None:
        """Open or close the clipboard of the screen channel as the rights and the switch say."""
        desk, model = self._clipboard, self.model
        desk.may_give, desk.may_take = model.may_give_clipboard, model.may_take_clipboard
        is_open = desk.may_take or desk.may_give
        if is_open != self._clipboard_is_open:
            self._clipboard_is_open = is_open
            self.link.set_clipboard(is_open)
            desk.look()

    def _copied_text(self) -> str | None:
        with contextlib.suppress(tk.TclError):  # nothing was copied, or it is no text
            return self.root.clipboard_get()
        return None

    def _copy_text(self, text: str) -> None:
        self.root.clipboard_clear()
        self.root.clipboard_append(text)

    def _say_clipboard(self, what: str, size: int) -> None:
        """A sentence where a text is so large that it takes a while, or too large."""
        megabytes = f"{size / MIB:.1f} MB"
        text = {
            "sent": t("복사한 글을 보냅니다. (%(size)s)", size=megabytes),
            "received": t("고객이 복사한 글을 받았습니다. (%(size)s)", size=megabytes),
            "too_large": t("복사한 글이 10 MB보다 커서 보내지 않습니다."),
        }[what]
        tone: Tone = "waiting" if what == "too_large" else "info"
        self.model.say(Status(tone, "clipboard", text), time.monotonic())
        self._show()
