"""The waiting program put together: log-in, signal, slots, and the remote windows as child processes.

One Tk thread decides and shows; one link thread owns the signal socket; each remote window is a child
whose pipe is read by a thread of its own. All of them hand over through one queue (desktop.pump).
"""

from __future__ import annotations

import logging
import queue
import signal
import threading
import time
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from desktop import network, sound, theme, words
from desktop.connection import LinkThread
from desktop.network import NetworkStore
from desktop.network_window import NetworkWindow
from desktop.proxy import PROXY_LOGIN
from desktop.pump import Pump, collect_on_tk_thread
from desktop.signal_link import SignalLink, SignalState
from desktop.words import t
from viewer import codes
from viewer.codes import grade_words
from viewer.lines import command_from_json
from viewer.waiting import login
from viewer.waiting.children import RemoteWindows
from viewer.waiting.login import Credentials, LoggedIn, LogInFailed
from viewer.waiting.memory import Memory, Remembered, default_folder, open_secrets
from viewer.waiting.model import (
    Arrived,
    Finished,
    ForParticipant,
    LoggedOut,
    OptionsChanged,
    Refreshed,
    ReportWanted,
    Slot,
    Surveyed,
    Told,
    WaitingModel,
    WantsAccept,
    WindowNeeded,
)
from viewer.waiting.windows.login_window import LoginWindow
from viewer.waiting.windows.waiting_window import WIDTH, WaitingWindow
from wire.errors import ProtocolError
from wire.signal import commands as sc
from wire.signal.commands import Answer, Command
from wire.signal.messages import AgentPresence, Received, SignalMessage

__all__ = ["WaitingApp", "run_waiting"]

_TICK_MS = 1000
_HEIGHT = 760
# A spare window is loaded when nothing else is: a moment after log-in and after each window.
_SPARE_MS = 1500
_SOUND = "arrival"
DEFAULT_SERVER = "http://127.0.0.1:8000"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Signal:
    """A message of the signal socket."""

    received: Received


@dataclass(frozen=True, slots=True)
class _State:
    """The signal socket moved."""

    state: SignalState
    why: str


@dataclass(frozen=True, slots=True)
class _Answered:
    """The web half answered a command."""

    answer: Answer
    then: Callable[[Answer], object]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a remote window."""

    participant: str
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Gone:
    """A remote window's process ended."""

    participant: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class _LoginDone:
    """The log-in thread is back."""

    attempt: int
    filled: Remembered
    outcome: LoggedIn | LogInFailed
    was_automatic: bool = False


class WaitingApp:
    """The program from its first window to its last; everything on the Tk thread."""

    def __init__(
        self,
        root: tk.Tk,
        look: theme.Theme,
        memory: Memory,
        *,
        server: str,
        tenant: str = "",
        login_id: str = "",
        play: Callable[[str], bool] = sound.play,
        network_store: NetworkStore | None = None,
    ) -> None:
        """`server`, `tenant` and `login_id` fill the log-in in; what was remembered fills the rest."""
        self.root = root
        self.look = look
        self.memory = memory
        self.model = WaitingModel()
        self._play = play
        self._network_store = network_store
        self._filled = self._fill(server, tenant, login_id)
        self._token = ""
        self._attempt = 0
        self._link: LinkThread | None = None
        self._signal: SignalLink | None = None
        self._page: LoginWindow | WaitingWindow | None = None
        self._tick_timer: str | None = None
        self._sessions: dict[str, str] = {}
        self._crashed: set[str] = set()
        self._may_drop = False
        self._is_closed = False
        self._pump: Pump[object] = Pump(root, queue.Queue(), self._handle, 50)
        self.windows = RemoteWindows(
            on_line=lambda participant, message: self._pump.put(_Line(participant, message)),
            on_gone=lambda participant, code: self._pump.put(_Gone(participant, code)),
        )
        root.protocol("WM_DELETE_WINDOW", self.ask_to_close)

    def start(self) -> None:
        """Show the log-in, or log in with what was remembered."""
        token = self.memory.refresh_token(self._filled)
        self.show_login()
        if token is not None:
            self._log_in_with(token)

    def _fill(self, server: str, tenant: str, login_id: str) -> Remembered:
        known = self.memory.load()
        same = (not tenant or tenant == known.tenant) and (not login_id or login_id == known.login_id)
        filled = known if same else Remembered(sound_is_on=known.sound_is_on)
        return replace(
            filled,
            server=server or filled.server or DEFAULT_SERVER,
            tenant=tenant or filled.tenant,
            login_id=login_id or filled.login_id,
        )

    # -- log-in

    def show_login(self, error: str = "", code: str = "") -> None:
        """The log-in page, with a sentence when there is something to say."""
        page = LoginWindow(
            self.root,
            self.look,
            self._filled,
            on_submit=self._submit,
            on_cancel=self._cancel_login,
            on_language=self._speak_anew,
            on_network=self.show_network,
        )
        self._show_page(page)
        if error:
            page.show_error(error, code)

    def show_network(self, code: str = "") -> None:
        """The line's settings; `code` is the one of what just failed."""
        NetworkWindow(
            self.root, self.look, network.current(), on_save=self._network_set, code=code, is_agent=True
        ).lift()

    def _network_set(self, settings: network.NetworkSettings) -> None:
        network.use(settings)
        if self._network_store is not None:
            self._network_store.keep(settings)

    def _speak_anew(self) -> None:
        page = self._page
        if isinstance(page, LoginWindow):
            self._filled = replace(
                self._filled,
                tenant=page.tenant.get(),
                login_id=page.login_id.get(),
                server=page.server.get(),
                is_remembered=page.remember.get(),
            )
            self.show_login()

    def _submit(self, typed: Credentials) -> None:
        page = self._page
        try:
            server = login.check_server(typed.server)
        except ValueError:
            if isinstance(page, LoginWindow):
                page.show_error(t("서버 주소를 다시 확인해 주십시오."), "B-10", focus="server")
            return
        filled = replace(
            self._filled,
            server=server,
            tenant=typed.tenant.strip().lower(),
            login_id=typed.login_id.strip(),
            is_remembered=typed.remember,
        )
        self._filled = filled
        self._ask_server(filled, lambda: login.log_in(replace(typed, server=server)))

    def _log_in_with(self, token: str) -> None:
        filled = self._filled
        if isinstance(self._page, LoginWindow):
            self._page.show_busy(True)
        self._ask_server(filled, lambda: login.log_in_again(filled.server, token), automatic=True)

    def _ask_server(
        self, filled: Remembered, ask: Callable[[], LoggedIn], *, automatic: bool = False
    ) -> None:
        self._attempt += 1
        attempt = self._attempt

        def run() -> None:
            outcome: LoggedIn | LogInFailed
            try:
                outcome = ask()
            except LogInFailed as error:
                outcome = error
            self._pump.put(_LoginDone(attempt, filled, outcome, automatic))

        threading.Thread(target=run, name="log-in", daemon=True).start()

    def _cancel_login(self) -> None:
        self._attempt += 1

    def _login_done(self, done: _LoginDone) -> None:
        if done.attempt != self._attempt or not isinstance(self._page, LoginWindow):
            if isinstance(done.outcome, LoggedIn):
                self._log_out_aside(done.filled.server, done.outcome.token)
            return
        if isinstance(done.outcome, LogInFailed):
            if done.was_automatic and done.outcome.is_final:
                # The kept token is spent or ended; the agent types the password again.
                self.memory.keep_refresh_token(done.filled, None)
                self._page.show_busy(False)
                return
            if done.outcome.code == login.CODE_NEEDED:
                self._page.ask_code()
                return
            focus = "code" if done.outcome.code == login.CODE_WRONG else "password"
            self._page.show_error(done.outcome.text, done.outcome.code, focus=focus)
            if done.outcome.code == PROXY_LOGIN:
                self.show_network(done.outcome.code)
            return
        self.memory.keep(done.filled)
        self.memory.keep_refresh_token(done.filled, done.outcome.refresh)
        self._enter(done.filled, done.outcome)

    def _enter(self, filled: Remembered, granted: LoggedIn) -> None:
        self._filled = filled
        self._token = granted.token
        self.model = WaitingModel()
        self.model.agent_name = granted.agent_name
        page = WaitingWindow(self.root, self.look, self.model, self)
        page.sound_is_on = filled.sound_is_on
        self._show_page(page)
        self._link = LinkThread("signal-link")
        self._signal = SignalLink(
            self._link,
            filled.server,
            granted.token,
            role="agent",
            on_message=lambda received: self._pump.put(_Signal(received)),
            on_state=lambda state, why: self._pump.put(_State(state, why)),
            language=words.language(),
        )
        self._link.start()
        self._signal.start()
        self._tick()
        self.root.after(_SPARE_MS, self._prepare_window)

    def _prepare_window(self) -> None:
        if self._signal is not None:
            self.windows.prepare()

    def _leave(self) -> None:
        """Close the signal and every window; the log-in page may follow."""
        if self._tick_timer is not None:
            self.root.after_cancel(self._tick_timer)
            self._tick_timer = None
        self.windows.close_all()
        if self._signal is not None:
            self._signal.stop()
        if self._link is not None:
            self._link.stop()
            self._link.join(2)
        self._signal = self._link = None

    def _newest_token(self) -> str:
        """The one in force: the signal socket may have renewed the one of the log-in."""
        return self._signal.bearer if self._signal is not None else self._token

    def _log_out_aside(self, server: str, token: str) -> None:
        threading.Thread(target=login.log_out, args=(server, token), name="log-out", daemon=True).start()

    # -- what comes

    def _handle(self, event: object) -> None:
        match event:
            case _Signal(received):
                for happening in self.model.take(received, time.time()):
                    self._happened(happening)
                self._show()
            case _State(state, why):
                self._signal_moved(state, why)
            case _Answered(answer, then):
                then(answer)
            case _Line(participant, message):
                self._take_line(participant, message)
            case _Gone(participant, code):
                self._window_gone(participant, code)
            case _LoginDone():
                self._login_done(event)

    def _happened(self, happening: object) -> None:
        match happening:
            case Arrived(slot):
                self._announce(slot)
            case WantsAccept(slot):
                self._announce(slot)
            case WindowNeeded(participant, session):
                self._open_window(participant, session)
            case ForParticipant():
                self._forward(happening)
            case Refreshed(participants):
                self._refreshed(participants)
                self.windows.tell_all({"t": "options", "options": self.model.options})
            case OptionsChanged():
                self.windows.tell_all({"t": "options", "options": self.model.options})
            case Finished(slot):
                number = slot.number if slot is not None else ""
                self._toast(t("%(number)s번 고객의 지원이 끝났습니다.", number=number), icon="check")
            case Surveyed():
                self._surveyed(happening)
            case ReportWanted(session, types, opens):
                self._tell_session(session, {"t": "report", "types": types, "opens": opens})
            case Told(text_ko, text_en):
                self._toast(text_ko if words.language() == "ko" else text_en, icon="bell", for_ms=30_000)
            case LoggedOut(reason):
                self._logged_out(reason)

    def _signal_moved(self, state: SignalState, why: str) -> None:
        self.model.set_connection(state, why)
        self.windows.tell_all({"t": "signal_state", "state": state})
        self._show()
        if state == "ended":
            self._logged_out(why)

    def _logged_out(self, reason: str) -> None:
        if not isinstance(self._page, WaitingWindow):
            return
        sentences = {
            "elsewhere": t("다른 곳에서 로그인하여 이 프로그램은 로그아웃되었습니다."),
            "replaced": t("다른 곳에서 로그인하여 이 프로그램은 로그아웃되었습니다."),
            "disabled": t("이 아이디는 사용이 멈추었습니다. 관리자에게 문의하십시오."),
            "operator": t("관리자가 로그인을 끝냈습니다."),
            "tenant_stopped": t("고객사의 서비스가 멈추었습니다. 관리자에게 문의하십시오."),
        }
        text = sentences.get(reason, t("로그인 시간이 끝났습니다. 다시 로그인해 주십시오."))
        self._leave()
        self.show_login(text)

    def _refreshed(self, participants: tuple[tuple[str, str, int], ...]) -> None:
        """After a new start: participants of mine without a window get one, with new keys."""
        for participant, session, epoch in participants:
            if not self.windows.is_open(participant) and participant not in self._crashed:
                self._open_window(participant, session, epoch=epoch, keys_lost=True)

    def _surveyed(self, survey: Surveyed) -> None:
        number = survey.number if survey.number is not None else ""
        icon = {"satisfied": "smile", "neutral": "neutral", "dissatisfied": "frown"}[survey.grade]
        self._toast(
            t("%(number)s번 고객의 만족도: %(grade)s", number=number, grade=grade_words(survey.grade)),
            tone="Connected",
            icon=icon,
            for_ms=12_000,
        )
        self._tell_session(survey.session, {"t": "survey", "grade": survey.grade})

    def _tell_session(self, session: str, line: dict[str, Any]) -> bool:
        """Tell every window of a support session; whether one is there to hear it."""
        heard = [self.windows.tell(one, line) for one, its in self._sessions.items() if its == session]
        return any(heard)

    def _announce(self, slot: Slot) -> None:
        """Somebody came: sound, or where none can be heard (or none is wanted) a flash."""
        page = self._page
        if not isinstance(page, WaitingWindow):
            return
        heard = page.sound_is_on and self._play(_SOUND)
        if not heard:
            page.flash()
        self.root.after_idle(lambda: page.see(slot.slot))

    # -- remote windows

    def _open_window(
        self, participant: str, session: str, *, epoch: int = 0, keys_lost: bool = False
    ) -> None:
        if self.windows.is_open(participant) or self.model.tenant is None:
            return
        slot = self.model.of_session(session)
        self._crashed.discard(participant)
        self._close_earlier_windows(session)
        self._sessions[participant] = session
        try:
            self.windows.open(
                participant,
                {
                    "session": session,
                    "participant": participant,
                    "number": slot.number if slot is not None else 0,
                    "agent_name": self.model.agent_name,
                    "company": self.model.tenant.company or self.model.tenant.title,
                    "options": self.model.options,
                    "epoch": epoch,
                    "keys_lost": keys_lost,
                    "language": words.language(),
                    "dark": self.look.is_dark,
                    "network": network.current().to_json(),
                },
            )
            self.root.after(2 * _SPARE_MS, self._prepare_window)
        except OSError as error:
            log.error("window_not_opened", extra={"reason": error.strerror})
            self._toast(
                t("원격 창을 열지 못했습니다. 다시 시도해 주십시오. (B-14)"), tone="Danger", icon="warning"
            )

    def _close_earlier_windows(self, session: str) -> None:
        """Make room: the customer's program began anew, and its last window only says that it was left."""
        for participant, its_session in self._sessions.items():
            if its_session == session:
                self.windows.close(participant)

    def _forward(self, happening: ForParticipant) -> None:
        line = {"t": "signal", "message": _message_json(happening.message)}
        if happening.participant is not None:
            self.windows.tell(happening.participant, line)
            return
        for participant, session in self._sessions.items():
            if session == happening.session:
                self.windows.tell(participant, line)

    def _take_line(self, participant: str, message: dict[str, Any]) -> None:
        if message["t"] == "command" and isinstance(message.get("command"), dict):
            try:
                command = command_from_json(message["command"])
            except ProtocolError as error:
                log.error("window_sent_nonsense", extra={"reason": str(error)})
                return
            self._send(command)

    def _window_gone(self, participant: str, code: int) -> None:
        slot = self.model.of_participant(participant)
        if code != 0 and slot is not None:
            log.error("window_crashed", extra={"participant": participant, "exit_code": code})
            self._crashed.add(participant)
            self._toast(
                t("원격 창이 갑자기 닫혔습니다. 지원은 이어지고 있으니 다시 여십시오. (B-14)"),
                tone="Danger",
                icon="warning",
            )
        self._show()

    # -- commands of the window (WaitingCommands)

    def accept(self, slot: Slot) -> None:
        """Connect to the customer who waits."""
        if not slot.may_accept:
            return
        if isinstance(self._page, WaitingWindow) and (card := self._page.card_of(slot.slot)) is not None:
            card.accepting()
        self._send(sc.Accept(slot.session))

    def new_code(self, slot: Slot) -> None:
        """Draw the code anew."""
        self._send(sc.SlotNewCode(slot.slot))

    def copy_code(self, slot: Slot) -> None:
        """Put the code on the clipboard."""
        self._copy(slot.code or "")

    def set_auto(self, slot: Slot, on: bool) -> None:
        """Connect by itself, or on a click."""
        self._send(sc.SlotAuto(slot.slot, on))

    def remove(self, slot: Slot) -> None:
        """Take the slot away; a support that goes on in it is ended first."""
        if slot.state == "connected":
            self._send(sc.EndSession(slot.session, "agent"))
        self._send(sc.SlotRemove(slot.slot))

    def release(self, slot: Slot) -> None:
        """Let an arrival go that did not start."""
        self._send(sc.Release(slot.session))

    def end(self, slot: Slot) -> None:
        """End the support session."""
        self._send(sc.EndSession(slot.session, "agent"))

    def reopen_window(self, slot: Slot) -> None:
        """Open the remote window again after it crashed; its keys died with it."""
        if slot.participant is not None:
            self._open_window(slot.participant, slot.session, keys_lost=True)
            self._show()

    def has_window(self, participant: str | None) -> bool:
        """Whether that participant has a remote window, or none is due yet."""
        return participant is None or self.windows.is_open(participant)

    def add_slot(self) -> None:
        """One slot more."""
        if self.model.may_add:
            self._send(sc.SlotAdd())

    def set_presence(self, state: AgentPresence) -> None:
        """The agent's own state."""
        self.model.presence = state
        self._send(sc.AgentState(state))

    def copy_url(self) -> None:
        """Put the customer page's address on the clipboard."""
        if self.model.tenant is not None and isinstance(self._page, WaitingWindow):
            self._copy(self.model.tenant.url)
            self._page.copied()

    def toggle_sound(self) -> None:
        """Hear arrivals or see them only."""
        if isinstance(self._page, WaitingWindow):
            self._page.sound_is_on = not self._page.sound_is_on
            self._filled = replace(self._filled, sound_is_on=self._page.sound_is_on)
            self.memory.keep(self._filled)
            text = t("도착 소리를 켰습니다.") if self._page.sound_is_on else t("도착 소리를 껐습니다.")
            self._toast(text, icon="speaker", for_ms=2500)
            self._show()

    def log_out(self) -> None:
        """End the log-in; asked for twice while somebody is being supported."""
        if not self._may_leave(t("지원이 진행 중입니다. 로그아웃하려면 한 번 더 누르십시오.")):
            return
        self.memory.keep_refresh_token(self._filled, None)
        self._filled = replace(self._filled, is_remembered=False)
        self.memory.keep(self._filled)
        self._log_out_aside(self._filled.server, self._newest_token())
        self._leave()
        self.show_login()

    def ask_to_close(self) -> None:
        """The window's close button; asked for twice while somebody is being supported."""
        if self._may_leave(t("지원이 진행 중입니다. 끝내고 닫으려면 한 번 더 누르십시오.")):
            self.close()

    def close(self) -> None:
        """Close the program: windows, signal, log-in (which a remembered one keeps)."""
        if self._is_closed:
            return
        self._is_closed = True
        was_in, token = self._signal is not None, self._newest_token()
        self._leave()
        if was_in and not self._filled.is_remembered:
            login.log_out(self._filled.server, token)
        self._pump.stop()
        self.root.destroy()

    def _may_leave(self, question: str) -> bool:
        """Whether nobody is being supported, or the agent said so twice; then their support is ended."""
        connected = [slot for slot in self.model.slots if slot.state == "connected"]
        if not connected or self._signal is None:
            return True
        if not self._may_drop:
            self._may_drop = True
            self.root.after(6000, self._forget_drop)
            self._toast(question, tone="Waiting", icon="warning")
            return False
        for slot in connected:
            self._send(sc.EndSession(slot.session, "agent"))
        # The commands are on their way before the socket closes: a customer must not be left looking.
        time.sleep(0.3)
        return True

    def _forget_drop(self) -> None:
        self._may_drop = False

    # -- inside

    def _send(self, command: Command) -> None:
        if self._signal is None:
            return
        self._signal.send(
            command, lambda answer: self._pump.put(_Answered(answer, lambda a: self._answered(command, a)))
        )

    def _answered(self, command: Command, answer: Answer) -> None:
        if isinstance(command, sc.Report):
            code = None if answer.ok else answer.code or "unknown"
            if self._tell_session(command.session, {"t": "reported", "code": code}):
                return
        if not answer.ok and not isinstance(command, sc.LinkReport | sc.TicketNeed):
            text = codes.sentence(answer.code or "unknown")
            self._toast(text, tone="Danger", icon="warning")
            self._show()

    def _copy(self, text: str) -> None:
        self.root.clipboard_clear()
        self.root.clipboard_append(text)

    def _toast(self, text: str, *, tone: str = "Info", icon: str = "info", for_ms: int = 6000) -> None:
        if isinstance(self._page, WaitingWindow):
            self._page.show_toast(text, tone=tone, icon=icon, for_ms=for_ms)

    def _show(self) -> None:
        if isinstance(self._page, WaitingWindow):
            self._page.show()
        if self._signal is not None:
            self._signal.set_connected(self.model.has_connected)

    def _tick(self) -> None:
        self._show()
        self._tick_timer = self.root.after(_TICK_MS, self._tick)

    def _show_page(self, page: LoginWindow | WaitingWindow) -> None:
        if self._page is not None:
            self._page.destroy()
        self._page = page
        page.pack(fill="both", expand=True)
        width = self.look.px(WIDTH)
        if isinstance(page, LoginWindow):
            self.root.minsize(width, 1)
            self.root.geometry("")
        else:
            self.root.minsize(self.look.px(390), self.look.px(420))
            self.root.geometry(f"{width}x{min(self.look.px(_HEIGHT), self.root.winfo_screenheight() - 80)}")


def _message_json(message: SignalMessage) -> dict[str, Any]:
    return {"t": message.TYPE, **message.to_json()}


def run_waiting(*, server: str, tenant: str = "", login_id: str = "", dark: bool = False) -> int:
    """Show the waiting program until it is closed; the program's exit code."""
    theme.prepare()
    root = tk.Tk(className="BaroHelp")
    look = theme.apply(root, dark=dark)
    theme.set_window_icon(root, "link")
    folder = default_folder()
    secrets = open_secrets(folder)
    store = NetworkStore(folder, secrets)
    network.use(store.load())
    app = WaitingApp(
        root,
        look,
        Memory(folder, secrets),
        server=server,
        tenant=tenant,
        login_id=login_id,
        network_store=store,
    )
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: root.after_idle(app.close))
    collect_on_tk_thread(root)
    app.start()
    root.mainloop()
    return 0
