"""The customer's program against an agent's: options, rights, wishes, folders, notes for the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from customer_agent import rights as r
from customer_agent.files.desk import CustomerFiles
from customer_agent.gate import Gate
from customer_agent.rights import Rights
from desktop.files.desk import FilesDesk
from desktop.files.porter import Ends
from desktop.files.views import JobView
from tests.desktop.files.two import linked
from tests.desktop.servers import wait_until
from wire.files import events as e
from wire.files import messages as m
from wire.signal.commands import FilesNote

P = "p1"
ALL_ON = {"send_file": True, "get_file": True, "two_way_files": True, "consent_to_files": False}


class Story:
    """An agent's desk that does what it likes, and the customer's with its gate."""

    def __init__(self, folder: Path, **options: bool) -> None:
        self.gate = Gate()
        self.gate.set_options({**ALL_ON, **options})
        self.gate.admit(P, r.consented({"view": True}, {**ALL_ON, **options}))
        self.folder = folder / "customer"
        self.agent_views: tuple[JobView, ...] = ()
        self.views: tuple[JobView, ...] = ()
        self.answers: list[e.FilesEvent] = []
        self.wants: list[int] = []
        self.notes: list[FilesNote] = []
        agent_link, link = linked()
        self.link = link
        self.agent = FilesDesk(
            "agent",
            agent_link,
            Ends(
                on_views=self._agent_shows, on_request=self.answers.append, folder=lambda _: folder / "agent"
            ),
        )
        self.customer = CustomerFiles(
            link,
            self.gate,
            P,
            on_views=self._show,
            on_want=self.wants.append,
            send_note=self._note,
            folder=self.folder,
        )
        agent_link.desk, link.desk = self.agent, self.customer
        # As if the screen moved all the time: a file takes long enough to be met on its way.
        self.agent._screen_moved_at = float("inf")
        self.gate.on_change = self.customer.rights_changed

    def _show(self, views: tuple[JobView, ...]) -> None:
        self.views = views

    def _agent_shows(self, views: tuple[JobView, ...]) -> None:
        self.agent_views = views

    def _note(self, note: FilesNote, done: Callable[[], None]) -> None:
        self.notes.append(note)
        done()

    def ask(self, make: Callable[[int], Any]) -> e.FilesEvent:
        before = len(self.answers)
        self.agent.porter.ask(make, lambda _number: None)
        wait_until(lambda: len(self.answers) > before)
        return self.answers[-1]

    def agent_state(self) -> tuple[str, str]:
        return (self.agent_views[-1].state, self.agent_views[-1].code) if self.agent_views else ("", "")

    def close(self) -> None:
        self.agent.close()
        self.customer.close()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Story]]:
    made: list[Story] = []

    def make_one(**options: bool) -> Story:
        made.append(Story(tmp_path, **options))
        return made[-1]

    yield make_one
    for story in made:
        story.close()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "보고서.txt"
    path.write_bytes(b"words" * 1000)
    return path


def test_it_stores_what_the_agent_may_send_and_notes_it(make: Callable[..., Story], report: Path) -> None:
    story = make()
    story.agent.porter.send([report])
    wait_until(lambda: story.agent_state()[0] == "done")
    assert (story.folder / "보고서.txt").read_bytes() == report.read_bytes()
    wait_until(lambda: story.notes)
    (note,) = story.notes
    assert (note.way, note.result, note.files[0].name) == ("to_customer", "done", "보고서.txt")
    assert len(note.files[0].sha256) == 64


@pytest.mark.parametrize(
    ("options", "code"),
    [({"send_file": False}, "option"), ({"consent_to_files": True}, "not_allowed")],
)
def test_it_refuses_what_the_agent_may_not_send(
    make: Callable[..., Story], report: Path, options: dict[str, bool], code: str
) -> None:
    story = make(**options)
    story.agent.porter.send([report])
    wait_until(lambda: story.agent_state() == ("refused", code))
    assert not story.folder.exists()
    assert story.gate.refused >= 1


def test_it_allows_what_the_customer_allowed_later(make: Callable[..., Story], report: Path) -> None:
    story = make(consent_to_files=True)
    story.gate.change(lambda rights: r.allow(rights, "files_in"), P)
    story.agent.porter.send([report])
    wait_until(lambda: story.agent_state()[0] == "done")


@pytest.mark.parametrize(
    ("options", "ask"),
    [
        ({"get_file": False}, m.Want),
        ({"get_file": False}, lambda n: m.Get(n, "/etc/hostname")),
        ({"two_way_files": False}, lambda n: m.Get(n, "/etc/hostname")),
        ({"two_way_files": False}, m.ListFolder),
        ({"consent_to_files": True}, m.ListFolder),
    ],
)
def test_it_gives_nothing_that_may_not_go(
    make: Callable[..., Story], options: dict[str, bool], ask: Callable[[int], Any]
) -> None:
    story = make(**options)
    answer = story.ask(ask)
    assert isinstance(answer, e.RequestRefused)
    assert answer.code in ("option", "not_allowed")
    assert story.wants == []


def test_it_stops_in_mid_file_when_the_screen_is_paused(make: Callable[..., Story], tmp_path: Path) -> None:
    story = make()
    large = tmp_path / "large"
    large.write_bytes(bytes(3_000_000))
    story.agent.porter.send([large])
    wait_until(lambda: story.views and story.views[0].done > 200_000)
    story.gate.change(lambda rights: r.pause(rights, True))
    wait_until(lambda: story.customer.porter._protocol.inbox.is_halted)
    assert not (story.folder / "large").exists()
    story.gate.change(lambda rights: r.pause(rights, False))
    wait_until(lambda: story.agent_state()[0] == "done")
    assert (story.folder / "large").stat().st_size == 3_000_000


def test_it_ends_what_runs_when_the_participant_is_gone(make: Callable[..., Story], tmp_path: Path) -> None:
    story = make()
    large = tmp_path / "large"
    large.write_bytes(bytes(3_000_000))
    story.agent.porter.send([large])
    wait_until(lambda: story.views and story.views[0].done > 200_000)
    story.customer.close()
    assert list(story.folder.iterdir()) == []


def test_it_asks_the_customer_and_sends_what_they_choose(
    make: Callable[..., Story], report: Path, tmp_path: Path
) -> None:
    story = make()
    story.agent.porter.ask(m.Want, lambda _number: None)
    wait_until(lambda: story.wants)
    story.customer.send([report], reply=story.wants[0])
    wait_until(lambda: story.agent_state()[0] == "done")
    assert (tmp_path / "agent" / "보고서.txt").read_bytes() == report.read_bytes()
    wait_until(lambda: story.notes and story.notes[0].way == "to_agent")


def test_it_tells_that_the_customer_gives_nothing(make: Callable[..., Story]) -> None:
    story = make()
    story.agent.porter.ask(m.Want, lambda _number: None)
    wait_until(lambda: story.wants)
    story.customer.refuse_want(story.wants[0])
    wait_until(lambda: story.answers)
    assert story.answers == [e.RequestRefused(story.wants[0], "refused")]


def test_the_customers_own_hand_needs_no_question(make: Callable[..., Story], report: Path) -> None:
    story = make(consent_to_files=True)
    assert story.customer.may_send
    story.customer.send([report])
    wait_until(lambda: story.agent_state()[0] == "done")


def test_the_customers_own_hand_needs_the_option(make: Callable[..., Story], report: Path) -> None:
    story = make(get_file=False)
    assert not story.customer.may_send
    story.customer.send([report])
    assert story.link.wants == 0


def test_it_lists_and_gives_what_the_agent_chose(make: Callable[..., Story], report: Path) -> None:
    story = make()
    listed = story.ask(lambda n: m.ListFolder(n, str(report.parent)))
    assert isinstance(listed, e.Listed)
    assert m.Entry("보고서.txt", 5000, int(report.stat().st_mtime)) in listed.entries
    story.agent.porter.ask(lambda n: m.Get(n, str(report)), lambda _number: None)
    wait_until(lambda: story.agent_state()[0] == "done")


@pytest.mark.parametrize("path", ["relative", "../..", "/nowhere", "/dev/null", "/etc/shadow/x"])
def test_it_says_that_there_is_no_such_thing(make: Callable[..., Story], path: str) -> None:
    story = make()
    answer = story.ask(lambda n: m.ListFolder(n, path))
    assert isinstance(answer, e.RequestRefused)
    assert answer.code in ("missing", "not_a_file", "unreadable")


def test_a_stranger_may_nothing(make: Callable[..., Story], report: Path) -> None:
    story = make()
    story.gate.forget(P)
    story.agent.porter.send([report])
    wait_until(lambda: story.agent_state()[0] == "refused")


def test_rights_know_the_messages_of_files() -> None:
    """Unknown kinds stay refused; what needs no right passes."""
    rights = Rights(frozenset({"view", "files_in"}))
    assert r.permits(m.Job(1, "a", 1, 0, 1), rights, ALL_ON, 0.0)
    assert r.permits(m.Chunk(1, 1, 0, 0, b"x"), rights, ALL_ON, 0.0)
    assert not r.permits(m.Get(1, "/a"), rights, ALL_ON, 0.0)
    assert not r.permits(m.Chunk(1, 1, 0, 0, b"x"), r.pause(rights, True), ALL_ON, 0.0)
    assert not r.permits(m.Listing(1, "/"), rights, ALL_ON, 0.0), "the customer's own message"
    assert not r.permits(object(), rights, ALL_ON, 0.0)
