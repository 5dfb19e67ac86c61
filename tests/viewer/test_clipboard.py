"""The agent's share of the clipboard where no thread of X11's does it: Windows and macOS."""

from __future__ import annotations

from viewer.remote.clipboard import ClipboardDesk, ClipboardNews
from wire.limits import MAX_CUT_TEXT


class Agent:
    """A clipboard of Tk's, and the other side's ear."""

    def __init__(self) -> None:
        self.text: str | None = None
        self.sent: list[str] = []
        self.news: list[ClipboardNews] = []
        self.desk = ClipboardDesk(
            None, read=lambda: self.text, write=self.write, send=lambda one: self.sent.append(one.text),
            tell=self.news.append,
        )  # fmt: skip
        self.desk.may_give = self.desk.may_take = True

    def write(self, text: str) -> None:
        self.text = text


def test_it_tells_each_text_once_when_looked_at() -> None:
    agent = Agent()
    agent.desk.look()
    agent.text = "가나다"
    for _ in range(3):
        agent.desk.look()
    assert agent.sent == ["가나다"]


def test_it_writes_on_tks_thread_only_and_sends_nothing_back() -> None:
    agent = Agent()
    agent.desk.take("from the customer")
    assert agent.text is None
    agent.desk.put_down()
    agent.desk.look()
    assert (agent.text, agent.sent) == ("from the customer", [])


def test_it_keeps_still_without_the_rights() -> None:
    agent = Agent()
    agent.text = "secret"
    agent.desk.may_give = agent.desk.may_take = False
    agent.desk.look()
    agent.desk.take("theirs")
    agent.desk.put_down()
    assert (agent.text, agent.sent) == ("secret", [])


def test_it_says_what_is_large_and_what_is_too_large() -> None:
    agent = Agent()
    agent.text = "가" * (MAX_CUT_TEXT // 6)
    agent.desk.look()
    agent.text = "가" * (MAX_CUT_TEXT // 3 + 9)
    agent.desk.look()
    agent.desk.take("나" * 500_000)
    assert [what for what, _ in agent.news] == ["sent", "too_large", "received"]
    assert len(agent.sent) == 1
