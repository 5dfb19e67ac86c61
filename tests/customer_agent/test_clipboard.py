"""What of the customer's clipboard leaves the PC, and what comes in."""

from __future__ import annotations

from customer_agent.clipboard import ClipboardShare


class Desk:
    """A clipboard and the agent's ear."""

    def __init__(self, text: str | None = None) -> None:
        self.text = text
        self.told: list[str] = []
        self.too_large = 0
        self.share = ClipboardShare(lambda: self.text, self.write, self.told.append, self.count)

    def count(self) -> None:
        self.too_large += 1

    def write(self, text: str) -> None:
        self.text = text

    def copy(self, text: str, *, may_share: bool = True) -> None:
        self.text = text
        self.share.look(may_share=may_share)


def test_it_tells_what_is_copied() -> None:
    desk = Desk()
    desk.share.look(may_share=True)
    desk.copy("가나다")
    desk.copy("가나다")
    desk.copy("hello")
    assert desk.told == ["가나다", "hello"]


def test_it_keeps_what_was_copied_before_anybody_might_have_it() -> None:
    desk = Desk("my password")
    desk.share.look(may_share=False)
    desk.share.look(may_share=True)
    desk.share.look(may_share=True)
    assert desk.told == []


def test_it_keeps_what_is_copied_while_the_right_is_away() -> None:
    desk = Desk()
    desk.share.look(may_share=True)
    desk.copy("secret", may_share=False)
    desk.share.look(may_share=True)
    assert desk.told == []


def test_it_never_sends_back_what_the_agent_gave() -> None:
    desk = Desk()
    desk.share.look(may_share=True)
    desk.share.take("from the agent")
    desk.share.look(may_share=True)
    assert (desk.text, desk.told) == ("from the agent", [])


def test_it_keeps_what_is_too_large_for_the_line() -> None:
    desk = Desk()
    desk.share.look(may_share=True)
    desk.copy("가" * (4 << 20))
    assert (desk.told, desk.too_large) == ([], 1)


def test_it_tells_what_the_clipboards_thread_hears() -> None:
    desk = Desk()
    for text in ("one", "one", "two"):
        desk.share.copied(text)
    desk.share.take("three")
    desk.share.copied("three")
    assert (desk.told, desk.text) == (["one", "two"], "three")


def test_it_bears_a_clipboard_without_text() -> None:
    desk = Desk("text")
    desk.share.look(may_share=True)
    desk.text = None
    desk.share.look(may_share=True)
    assert desk.told == []
