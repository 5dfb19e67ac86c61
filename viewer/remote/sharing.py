"""What the customer shows, as this window was told: the menu of monitors, what may be asked, the sentences.

Takes `sharing` messages and answers questions; decides nothing that the customer program would not decide
anew. No Tk. Times are seconds of a steady clock, passed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from desktop.words import t
from wire.control import messages as c

__all__ = ["Entry", "SharingView", "Wish", "refusal"]

Wish: TypeAlias = Literal["window", "region", "all"]

ASK_EVERY_S: Final = 5.5
# The customer has a minute to answer; an answer that got lost must not block the next question for ever.
ASK_FORGOTTEN_S: Final = 70.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu: show monitor `monitor` (None: all), or ask the customer for `wish`."""

    name: str
    text: str
    monitor: int | None = None
    wish: Wish | None = None
    is_chosen: bool = False
    is_enabled: bool = True


class SharingView:
    """The newest `sharing` message and the open question."""

    def __init__(self) -> None:
        self.told: c.Sharing | None = None
        self._open_ask: str | None = None
        self._asked_at = float("-inf")

    # What happens

    def take(self, told: c.Sharing) -> str | None:
        """Take a message; the sentence that tells the agent what is new, if anything is."""
        before, self.told = self.told, told
        if told.why:
            return _why_words(told) if before is None or before.why != told.why else None
        if before is not None and (before.kind, before.title) == (told.kind, told.title):
            return None
        if told.kind == "window":
            return t("고객이 창 하나만 보여 줍니다: %(title)s", title=told.title)
        if told.kind == "region":
            return t("고객이 화면의 한 부분만 보여 줍니다.")
        was_partial = before is not None and before.kind in ("window", "region")
        return t("고객이 화면 전체를 보여 줍니다.") if was_partial else None

    def reconnected(self) -> None:
        """A new channel knows no open questions."""
        self._open_ask = None

    def may_ask(self, now: float) -> bool:
        """Whether the customer may be asked something now."""
        since_s = now - self._asked_at
        return since_s >= (ASK_EVERY_S if self._open_ask is None else ASK_FORGOTTEN_S)

    def asked(self, ask_id: str, now: float) -> None:
        """A question is on its way."""
        self._open_ask, self._asked_at = ask_id, now

    def answered(self, ask_id: str) -> None:
        """The customer answered a question, perhaps this one."""
        if ask_id == self._open_ask:
            self._open_ask = None

    # What is shown

    @property
    def _shows_desktop(self) -> bool:
        return self.told is not None and self.told.kind in ("all", "monitor")

    def waiting_sentence(self) -> str | None:
        """Why there is no picture at the moment; None: there is one, as far as the customer's choice goes."""
        if self.told is None:
            return None
        if self.told.why == "minimised":
            return t("고객이 보여 주는 창이 최소화되어 있습니다. 다시 열리면 이어집니다.")
        if self.told.why == "off_screen":
            return t("고객이 보여 주던 부분이 화면 밖에 있습니다.")
        if self.told.kind != "nothing":
            return None
        return {
            "closed": t("고객이 보여 주던 창이 닫혔습니다. 고객이 다시 고를 때까지 기다려 주십시오."),
            "failed": t("고객이 고른 창을 보여 줄 수 없습니다. 고객이 다시 고를 때까지 기다려 주십시오."),
        }.get(self.told.why, t("고객이 보여 줄 것을 고르고 있습니다."))

    def button_words(self) -> str:
        """What the bar's button says."""
        if self.told is not None and self.told.kind == "monitor":
            return t("모니터 %(number)d", number=self._place_of(self.told.monitor))
        if self.told is not None and self.told.kind == "window":
            return t("창 하나")
        if self.told is not None and self.told.kind == "region":
            return t("한 부분")
        return t("모니터")

    def neighbour(self, step: int) -> int | None:
        """The monitor `step` places further in the round; None where there is none to change to."""
        if not self._shows_desktop or self.told is None or len(self.told.monitors) < 2:
            return None
        ids = [one.id for one in self.told.monitors]
        if self.told.monitor not in ids:
            return ids[0] if step > 0 else ids[-1]
        return ids[(ids.index(self.told.monitor) + step) % len(ids)]

    # The menu

    def entries(self, *, may_ask: bool) -> tuple[Entry, ...]:
        """The lines of the menu; `may_ask`: the company's options let agents ask for a part."""
        return (*self._monitor_entries(), *(self._wish_entries() if may_ask else ()))

    def _monitor_entries(self) -> Sequence[Entry]:
        told = self.told
        if told is None or not self._shows_desktop or not told.monitors:
            return ()
        found = []
        if len(told.monitors) > 1:
            width = max(one.x + one.w for one in told.monitors) - min(one.x for one in told.monitors)
            height = max(one.y + one.h for one in told.monitors) - min(one.y for one in told.monitors)
            text = t("모든 모니터 · %(size)s", size=f"{width} × {height}")
            is_possible = told.why != "too_large"
            found.append(Entry("monitor-all", text, None, None, told.kind == "all", is_possible))
        for place, one in enumerate(told.monitors, start=1):
            facts = [t("모니터 %(number)d", number=place), f"{one.w} × {one.h}"]
            facts += [one.name] if one.name else []
            facts += [t("주 모니터")] if one.primary and len(told.monitors) > 1 else []
            is_chosen = told.monitor == one.id or len(told.monitors) == 1
            found.append(Entry(f"monitor-{place}", " · ".join(facts), one.id, None, is_chosen))
        return found

    def _wish_entries(self) -> Sequence[Entry]:
        wishes = [
            Entry("ask-window", t("고객에게 창 하나만 보여 달라고 하기"), wish="window"),
            Entry("ask-region", t("고객에게 화면의 한 부분만 보여 달라고 하기"), wish="region"),
        ]
        if not self._shows_desktop:
            wishes.append(Entry("ask-all", t("고객에게 화면 전체를 보여 달라고 하기"), wish="all"))
        return wishes

    def _place_of(self, monitor: int | None) -> int:
        ids = [one.id for one in self.told.monitors] if self.told is not None else []
        return ids.index(monitor) + 1 if monitor in ids else 1


def refusal(code: str) -> str | None:
    """Why a choice was refused; None: the code is not one of sharing."""
    return {
        "not_lead": t("모니터는 이 지원을 이끄는 상담원만 고를 수 있습니다."),
        "share": t("고객이 일부만 보여 주고 있어 모니터를 고를 수 없습니다."),
        "monitor": t("그 모니터는 이제 없습니다."),
    }.get(code)


def _why_words(told: c.Sharing) -> str | None:
    if told.why == "too_large":
        return t("모든 모니터를 합치면 너무 커서 주 모니터를 보여 줍니다.")
    if told.why != "monitor_gone":
        return None
    if told.monitor is None:
        return t("보던 모니터가 없어져 모든 모니터를 보여 줍니다.")
    return t("보던 모니터가 없어져 다른 모니터를 보여 줍니다.")
