"""What one remote window knows: the line, the rights, who is here, and what to tell the agent. No Tk.

Takes every event of the link (`take`) and the agent's own switches; answers what is allowed and which
sentence stands above the picture. Decides no drawing and sends nothing. Times are seconds of a steady
clock, passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from desktop.words import t
from viewer import codes
from viewer.remote import events as e
from viewer.remote.input.keyboard import InputMode
from viewer.remote.report import ReportOffer, Step
from viewer.remote.screen_stream import QualityMode
from viewer.remote.sharing import SharingView, refusal
from wire.control import messages as c
from wire.rfb.events import ExtendedKeysShown, Ready
from wire.terms import Options

__all__ = ["Facts", "RemoteModel", "Setting", "Status", "Tone"]

Tone: TypeAlias = Literal["info", "waiting", "danger", "connected"]
Depth: TypeAlias = Literal[8, 16, 24]
Setting: TypeAlias = Literal["control", "clipboard", "quality"]


@dataclass(frozen=True, slots=True)
class Status:
    """One sentence above the picture; `icon` is a name of desktop.drawing.ICONS."""

    tone: Tone
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands at the end of the bar."""

    connected_s: float | None
    line: Literal["ok", "unstable", "lost", "none", "ended"]
    quality: str
    rtt_ms: int | None
    way: Literal["direct", "relay"] | None
    people: tuple[c.Person, ...]
    is_recorded: bool
    words: tuple[str, ...]


class RemoteModel:
    """The state of one remote window."""

    def __init__(
        self, *, title: str, is_support: bool, options: Options | None = None, number: int | None = None
    ) -> None:
        """`is_support` False: a plain VNC server, where everything is allowed and nobody is asked."""
        self.title = title
        self.is_support = is_support
        self.options: Options = options or {}
        self.number = number
        self.machine: c.Machine | None = None
        self.sharing = SharingView()
        self.rights = c.Rights(-1) if is_support else _every_right()
        self.people: tuple[c.Person, ...] = ()
        self.words: tuple[str, ...] = ()
        self.words_changed = False
        self.line: c.Line | None = None
        self.link: Literal["ok", "unstable", "lost", "none"] = "none"
        self.rtt_ms: int | None = None
        self.way: Literal["direct", "relay"] | None = "relay" if is_support else None
        self.is_paused = False
        self.taken_back: c.TakenBack | None = None
        self.screen_is_open = False
        self.ended: e.Ended | None = None
        self.survey: str | None = None
        self.report: ReportOffer | None = None
        self.wants_control = not is_support or self.option("auto_control", default=True)
        self.wants_clipboard = self.option("clipboard_text", default=True)
        self.quality: QualityMode = "auto"
        self.depth: Depth = 24
        self.input_mode: InputMode = "unicode"
        self.can_send_places = False
        self.connected_at: float | None = None
        self.ended_at: float | None = None
        self._notice: tuple[Status, float] | None = None

    # -- questions

    def option(self, key: str, *, default: bool = True) -> bool:
        """Whether option `key` is on; without a support session everything is."""
        if not self.is_support:
            return default
        return bool(self.options.get(key, default))

    @property
    def pc_name(self) -> str:
        """The customer's PC for file names, or what the window is called."""
        return self.machine.pc if self.machine is not None else self.title

    @property
    def window_title(self) -> str:
        """What stands in the title bar; the customer's PC first, once it is known."""
        if self.machine is None or self.number is None:
            return self.title
        return t("%(pc)s · %(number)s번 고객 · BaroHelp", pc=self.machine.pc, number=self.number)

    @property
    def is_view_only(self) -> bool:
        """Whether the agent can never control here."""
        return self.option("view_only", default=False)

    @property
    def may_use_mouse(self) -> bool:
        """Whether pointer events are sent now."""
        return self._may_control and self.rights.mouse

    @property
    def may_use_keyboard(self) -> bool:
        """Whether key events are sent now."""
        return self._may_control and self.rights.keyboard

    @property
    def controls(self) -> bool:
        """Whether the agent's hand reaches the customer's PC at the moment."""
        return self.may_use_mouse or self.may_use_keyboard

    @property
    def may_give_clipboard(self) -> bool:
        """Whether our clipboard may be told to the other side."""
        return self.wants_clipboard and self.ended is None and self.rights.clipboard_in

    @property
    def may_take_clipboard(self) -> bool:
        """Whether the other side's clipboard may become ours."""
        return self.wants_clipboard and self.ended is None and self.rights.clipboard_out

    @property
    def needs_to_ask(self) -> bool:
        """Whether control would need the customer's word first (denied, revoked, taken by the button)."""
        asked = {"consent", "revoked"}
        by_button = self.taken_back is not None and self.taken_back.by == "button"
        return (
            self.is_support
            and not self.is_view_only
            and not (self.rights.mouse or self.rights.keyboard)
            and (by_button or bool(asked & set(self.rights.why.values())))
        )

    @property
    def _may_control(self) -> bool:
        return (
            self.wants_control
            and not self.is_view_only
            and not self.is_paused
            and self.ended is None
            and self.link != "lost"
        )

    def connected_s(self, now: float) -> float | None:
        """How long the support has lasted, None before it began."""
        if self.connected_at is None:
            return None
        return (self.ended_at or now) - self.connected_at

    def facts(self, now: float) -> Facts:
        """What the end of the bar shows."""
        return Facts(
            connected_s=self.connected_s(now),
            line="ended" if self.ended is not None else self.link,
            quality=self._quality_words(),
            rtt_ms=self.rtt_ms,
            way=self.way,
            people=self.people,
            is_recorded=any(person.recording for person in self.people),
            words=self.words,
        )

    def status(self, now: float) -> Status | None:
        """What to say above the picture, the most important thing only; None when all is well."""
        return (
            self._ended_status()
            or self._line_status()
            or self._sharing_status()
            or self._customer_status()
            or self._own_status()
            or self._notice_status(now)
        )

    # -- what happens

    def take(self, event: e.LinkEvent, now: float) -> None:
        """Take one event of the link; pixels are not for the model."""
        match event:
            case e.ScreenOpened():
                self.screen_is_open = True
                self.sharing.reconnected()
            case Ready():
                self.connected_at = self.connected_at if self.connected_at is not None else now
                if self.link == "none":
                    self.link = "ok"
            case ExtendedKeysShown():
                self.can_send_places = True
            case e.ScreenLost():
                self.screen_is_open = False
            case e.Words(words):
                self.words_changed = bool(self.words) and self.words != words
                self.words = words
            case e.WayChanged(way):
                self.way = way
            case e.LinkChanged(state, rtt_ms):
                self.link, self.rtt_ms = state, rtt_ms
            case e.ControlReceived(_, c.Sharing() as message):
                self._take_sharing(message, now)
            case e.ControlReceived(_, message):
                self._take_control(message, now)
            case e.Ended():
                self._end(event, now)

    def say(self, status: Status, now: float, for_s: float = 4.0) -> None:
        """Show `status` for a while, unless something more important is to be said."""
        self._notice = (status, now + for_s)

    def offer_report(self, types: tuple[tuple[str, str], ...], *, opens: bool) -> None:
        """The support may be described; an offer that comes again changes nothing."""
        if self.report is None:
            self.report = ReportOffer(types, "open" if opens else "offered")

    def move_report(self, step: Step, error: str = "") -> None:
        """The report goes on, or back with what went wrong."""
        if self.report is not None:
            self.report = replace(self.report, step=step, error=error)

    def toggle_control(self) -> bool:
        """The control button: locked at the first click, free at the second; what it is now."""
        self.wants_control = not self.wants_control
        return self.wants_control

    def keyboard_words(self, hangul: bool | None) -> str:
        """Whose 한/영 decides, in a few letters; `hangul`: what the agent typed last."""
        if self.input_mode == "scancode":
            return t("고객 한/영")
        return {True: "가", False: "A", None: t("내 한/영")}[hangul]

    def _take_control(self, message: c.ControlMessage, now: float) -> None:
        match message:
            case c.Rights():
                self.rights = message
                if "taken_back" not in message.why.values():
                    self.taken_back = None
                self.is_paused = self.is_paused and "paused" in message.why.values()
            case c.Machine():
                self.machine = message
            case c.People(people):
                self.people = people
            case c.Line():
                self.line = message
                self.rtt_ms = message.rtt_ms if self.rtt_ms is None else self.rtt_ms
            case c.Pause(on):
                self.is_paused = on
            case c.TakenBack():
                self.taken_back = message
            case c.Answer(ask_id, answer):
                self.sharing.answered(ask_id)
                self.say(_ANSWERS[answer](), now)
            case c.Refused():
                self.say(_refused(message), now)
            case c.Notice(code):
                self.say(Status("info", "info", codes.sentence(code)), now)
            case c.End(by, reason):
                self._end(e.Ended(by, reason), now)

    def _take_sharing(self, message: c.Sharing, now: float) -> None:
        news = self.sharing.take(message)
        if news is not None:
            self.say(Status("info", "monitor", news), now, for_s=6.0)

    def _end(self, ended: e.Ended, now: float) -> None:
        if self.ended is None:
            self.ended = ended
            self.ended_at = now
            self.screen_is_open = False

    # -- sentences

    def _ended_status(self) -> Status | None:
        if self.ended is None:
            return None
        return Status("info", "info", self.ended_sentence())

    def ended_sentence(self) -> str:
        """How it ended, for the agent."""
        if self.ended is None:
            return ""
        if not self.is_support:
            if self.ended.reason:
                return t("연결할 수 없습니다. %(reason)s", reason=self.ended.reason)
            return t("상대 컴퓨터가 연결을 끝냈습니다.")
        if self.ended.reason.startswith("B-"):
            return codes.sentence(self.ended.reason)
        if self.ended.reason == "elsewhere":
            return t("다른 창이나 프로그램에서 이 고객을 이어 보고 있습니다.")
        sentences = {
            "agent": t("지원을 끝냈습니다."),
            "customer": t("고객이 지원을 끝냈습니다."),
        }
        return sentences.get(self.ended.by, t("지원이 끝났습니다."))

    def _line_status(self) -> Status | None:
        if self.link == "lost":
            return Status("danger", "wifi-off", t("연결이 끊겼습니다. 다시 연결하고 있습니다. (B-12)"))
        if self.link == "unstable":
            return Status("waiting", "wifi", t("연결이 불안정합니다. 잠시 기다려 주십시오. (B-11)"))
        if self.connected_at is None:
            return Status("info", "clock", t("연결하고 있습니다."))
        if not self.screen_is_open:
            return Status("waiting", "wifi-off", t("화면 연결이 끊겼습니다. 다시 연결하고 있습니다. (B-12)"))
        return None

    def _sharing_status(self) -> Status | None:
        waiting = self.sharing.waiting_sentence()
        return None if waiting is None or self.is_paused else Status("waiting", "pause", waiting)

    def _customer_status(self) -> Status | None:
        if not self.is_support:
            return None
        if self.is_paused or "paused" in self.rights.why.values():
            return Status("waiting", "pause", t("고객이 화면을 잠시 멈췄습니다."))
        if self.taken_back is not None:
            if self.taken_back.by == "button":
                return Status(
                    "waiting",
                    "pointer",
                    t("고객이 제어를 거두었습니다. 제어 단추로 다시 요청할 수 있습니다."),
                )
            return Status("waiting", "pointer", t("고객이 직접 움직이고 있습니다. 멈추면 제어가 돌아옵니다."))
        if self.rights.serial >= 0 and not self.rights.view:
            return Status("waiting", "eye-off", t("고객이 화면 보기를 허용하지 않았습니다."))
        return None

    def _own_status(self) -> Status | None:
        if self.words_changed:
            return Status("danger", "shield", t("보안 단어가 바뀌었습니다. 고객과 다시 맞추어 보십시오."))
        return None

    def _notice_status(self, now: float) -> Status | None:
        if self._notice is None or now >= self._notice[1]:
            self._notice = None
            return None
        return self._notice[0]

    def control_sentence(self) -> str:
        """Why the agent controls or not, for the control button."""
        if self.is_view_only:
            return t("보기만 할 수 있도록 정해져 있습니다.")
        if self.needs_to_ask:
            return t("고객에게 제어를 요청합니다.")
        if self.wants_control:
            return t("제어를 잠급니다. 화면만 봅니다.")
        return t("제어를 다시 시작합니다.")

    def _quality_words(self) -> str:
        if self.line is None:
            return {"auto": t("자동"), "network": t("느린 망"), "speed": t("빠른 망")}[self.quality]
        return t("압축 화질") if self.line.lossy else t("원본 화질")


def _every_right() -> c.Rights:
    return c.Rights(0, view=True, mouse=True, keyboard=True, clipboard_in=True, clipboard_out=True)


_ANSWERS = {
    "allowed": lambda: Status("connected", "check", t("고객이 허용했습니다.")),
    "denied": lambda: Status("waiting", "close", t("고객이 허용하지 않았습니다.")),
    "timeout": lambda: Status("waiting", "clock", t("고객이 답하지 않았습니다.")),
}


def _refused(message: c.Refused) -> Status:
    reason = refusal(message.code)
    if reason is not None:
        return Status("waiting", "monitor", reason)
    if message.option is not None:
        return Status(
            "waiting",
            "lock",
            t("이 기능은 꺼져 있습니다. 관리자에게 문의하십시오. (%(code)s)", code=message.code),
        )
    return Status(
        "waiting", "lock", t("고객이 허용하지 않아 보낼 수 없습니다. (%(code)s)", code=message.code)
    )
