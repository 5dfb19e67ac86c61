"""A channel that opens when an end wants it: in the same epoch, again after breaks, and nobody else
notices.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.desktop.servers import wait_until
from tests.desktop.test_support_link import Story, Switchboard
from wire.signal import commands as c
from wire.terms import Side


class FilesBoard(Switchboard):
    """Answers a need of files with tickets for files alone, as the web half does."""

    def take(self, side: Side, command: c.Command) -> None:
        if isinstance(command, c.TicketNeed) and command.channel == "files":
            with self._lock:
                self.commands.append((side, command))
                if command.epoch == self.epoch:
                    self.offer_channels("files", epoch=self.epoch)
        else:
            super().take(side, command)


class FilesStory(Story):
    def __init__(self) -> None:
        super().__init__()
        for end in (self.agent, self.customer):
            end.link._extras.names = {"files"}

    def make_board(self) -> Switchboard:
        return FilesBoard(self.relay.port)

    def has_files(self) -> bool:
        ends = (self.agent, self.customer)
        return all(("files", self.board.epoch) in end.opened for end in ends)


@pytest.fixture
def story() -> Iterator[FilesStory]:
    made = FilesStory()
    made.begin()
    wait_until(lambda: made.agent.states == made.customer.states == ["ok"])
    yield made
    made.close()


def needs_of_files(story: FilesStory) -> list[c.TicketNeed]:
    return [
        need for side in ("agent", "customer") for need in story.board.needs(side) if need.channel == "files"
    ]  # type: ignore[arg-type]


@pytest.mark.parametrize("side", ["agent", "customer"])
def test_it_opens_when_either_end_wants_it(story: FilesStory, side: str) -> None:
    assert not any(name == "files" for name, _ in story.agent.opened)
    end = story.agent if side == "agent" else story.customer
    end.link.want("files")
    wait_until(story.has_files)
    story.customer.link.send("files", b"hello")
    wait_until(lambda: story.agent.plain.get("files") == b"hello")
    assert story.board.epoch == 2, "nothing else was disturbed"
    assert story.agent.states == story.customer.states == ["ok"]


def test_it_opens_once_when_both_want_it_at_once(story: FilesStory) -> None:
    story.agent.link.want("files")
    story.customer.link.want("files")
    wait_until(story.has_files)
    story.agent.link.send("files", b"x")
    wait_until(lambda: story.customer.plain.get("files") == b"x")


def test_it_comes_back_after_a_break(story: FilesStory) -> None:
    story.agent.link.want("files")
    wait_until(story.has_files)
    story.relay.drop()
    wait_until(lambda: story.board.epoch > 2 and story.has_files())
    story.agent.link.send("files", b"again")
    wait_until(lambda: story.customer.plain.get("files", b"").endswith(b"again"))
    assert "files" in story.agent.lost


def test_it_ignores_an_offer_of_another_epoch(story: FilesStory) -> None:
    """A replayed one may name the present epoch without the channels that make it."""
    board = story.board
    assert isinstance(board, FilesBoard)
    board.offer_channels("files", epoch=board.epoch + 1)
    board.offer_channels("files", epoch=board.epoch - 1)
    story.agent.link.want("files")
    wait_until(story.has_files)
    assert story.agent.link.epoch == board.epoch == 2


def test_it_never_opens_again_what_was_refused(story: FilesStory) -> None:
    story.agent.link.want("files")
    wait_until(story.has_files)
    story.customer.link.refuse_channel("files")
    wait_until(lambda: "files" in story.agent.lost and "files" in story.customer.lost)
    asked = len(needs_of_files(story))
    story.agent.link.want("files")
    wait_until(lambda: len(needs_of_files(story)) > asked)
    assert asked == 1, "nobody knocks at a door that was shut on purpose, until somebody wants it again"
    assert story.customer.opened.count(("files", 2)) == 1
    assert story.agent.states == story.customer.states == ["ok"]
