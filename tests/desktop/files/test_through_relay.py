"""Files through the real `python -m relay`, sealed: both ways at once, and on where they were when it is
killed.
"""

from __future__ import annotations

import hashlib
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop.files.desk import FilesDesk
from desktop.files.porter import Ends
from desktop.files.views import JobView
from tests.desktop.servers import wait_until
from tests.desktop.test_support_link import End, Switchboard
from tests.desktop.test_support_link_relay import RealStory, SigningBoard
from wire.files import messages as m
from wire.limits import MAX_FILE_WINDOW
from wire.signal import commands as c
from wire.terms import Side

pytestmark = pytest.mark.flow

SIZE = 12_000_000


class FilesBoard(SigningBoard):
    """Offers files by themselves when an end wants them, as the web half does."""

    def take(self, side: Side, command: c.Command) -> None:
        if not (isinstance(command, c.TicketNeed) and command.channel == "files"):
            super().take(side, command)
        elif command.epoch == self.epoch:
            self.offer_channels("files", epoch=self.epoch)


class Carrier:
    """A program's files: its desk on its end of the story."""

    def __init__(self, end: End, folder: Path) -> None:
        self.folder = folder
        self.views: tuple[JobView, ...] = ()
        self.chunk_bytes = 0
        self.desk = FilesDesk(end.side, end.link, Ends(on_views=self._show, folder=lambda _job: folder))
        link: Any = end.link
        link._extras.names = {"files"}
        tell, send = link._tell, link.send
        opened, lost = tell.channel_open, tell.channel_lost
        tell.channel_open = lambda name: (opened(name), name == "files" and self.desk.opened())
        tell.channel_lost = lambda name: (lost(name), name == "files" and self.desk.lost())
        tell.plain = lambda name, data: name == "files" and self.desk.take(data)

        def count(channel: str, plain: bytes, *, epoch: int | None = None) -> bool:
            if plain[:1] == b"\x01":
                self.chunk_bytes += len(plain) - m.Chunk.HEAD.size
            return bool(send(channel, plain, epoch=epoch))

        link.send = count

    def _show(self, views: tuple[JobView, ...]) -> None:
        self.views = views

    def done(self, way: str) -> int:
        return sum(view.done for view in self.views if view.way == way)

    def is_done(self) -> bool:
        return bool(self.views) and all(view.state == "done" for view in self.views)


class FilesStory(RealStory):
    def __init__(self, keys: Path, folder: Path) -> None:
        super().__init__(keys)
        self.carriers = Carrier(self.agent, folder / "agent"), Carrier(self.customer, folder / "customer")

    def make_board(self) -> Switchboard:
        return FilesBoard(self)

    def close(self) -> None:
        for carrier in self.carriers:
            carrier.desk.close()
        super().close()


@pytest.fixture
def story(keys: Path, tmp_path: Path) -> Iterator[FilesStory]:
    made = FilesStory(keys, tmp_path)
    made.begin()
    yield made
    made.close()


def make_file(path: Path, seed: int) -> str:
    data = random.Random(seed).randbytes(SIZE)
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_it_goes_on_where_it_was_when_the_relay_is_killed(story: FilesStory, tmp_path: Path) -> None:
    """12 MB each way at once, the relay killed in the middle; at most a window is sent twice."""
    agent, customer = story.carriers
    for carrier in story.carriers:
        carrier.desk._screen_moved_at = float("inf")  # slow enough to be met on its way
    hashes = make_file(tmp_path / "하나.bin", 1), make_file(tmp_path / "둘.bin", 2)
    agent.desk.porter.send([tmp_path / "하나.bin"])
    customer.desk.porter.send([tmp_path / "둘.bin"])
    wait_until(lambda: all(one.done(way) > SIZE / 5 for one in story.carriers for way in ("in", "out")), 20.0)
    assert not any(one.is_done() for one in story.carriers), "killed in the middle"
    story.restart(signal.SIGKILL)
    wait_until(lambda: agent.is_done() and customer.is_done(), 30.0)
    assert (sha256(customer.folder / "하나.bin"), sha256(agent.folder / "둘.bin")) == hashes
    for carrier in story.carriers:
        assert SIZE <= carrier.chunk_bytes <= SIZE + MAX_FILE_WINDOW
    assert len(story.agent.words) == 1, "the same keys"
    assert [path.name for path in customer.folder.iterdir()] == ["하나.bin"]


def test_it_disturbs_nothing_else(story: FilesStory, tmp_path: Path) -> None:
    make_file(tmp_path / "a.bin", 3)
    story.carriers[0].desk.porter.send([tmp_path / "a.bin"])
    wait_until(lambda: story.carriers[0].is_done() and story.carriers[1].is_done(), 20.0)
    assert story.board.epoch == 2
    assert story.agent.lost == []
    assert story.agent.states[-1:] == ["ok"]
