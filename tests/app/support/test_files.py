"""The files channel's offers, and what became of files in the timeline."""

from __future__ import annotations

import json
import time

import pytest

from app.errors import NotFound
from app.support.actions import channels, files
from app.support.errors import FilesOff
from app.support.models import Participant, SessionEvent
from app.support.signal.models import SignalMessage
from app.support.signal.outgoing import text_of
from app.support.timeline import first_broken_line
from tenants.database import db, now_utc
from tests.cast import Cast
from tests.factories import support as make
from wire.signal.commands import FileNote, FilesNote, TicketNeed

pytestmark = pytest.mark.usefixtures("in_maru")


@pytest.fixture
def connected(cast: Cast) -> tuple[make.Waiting, int, Participant]:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    make.exchange_keys(cast.bora, waiting, participant.public_id, stream)
    return waiting, stream, participant


def need(cast: Cast, connected: tuple[make.Waiting, int, Participant], epoch: int = 1) -> None:
    _, stream, participant = connected
    channels.need_tickets(
        TicketNeed(participant.public_id, "files", epoch),
        agent=make.agent_row(cast.bora),
        session_id=None,
        stream_id=stream,
        now=now_utc(),
    )


def offers(stream: int) -> list[dict[str, object]]:
    return [one for one in make.messages_of(stream) if one["t"] == "offer"]


def test_it_offers_files_alone_and_keeps_the_epoch(
    cast: Cast, connected: tuple[make.Waiting, int, Participant]
) -> None:
    need(cast, connected)
    assert [(one["epoch"], list(one["tickets"])) for one in offers(connected[1])] == [(1, []), (1, ["files"])]  # type: ignore[call-overload]


def test_it_makes_a_ticket_for_files_alone(
    cast: Cast, connected: tuple[make.Waiting, int, Participant]
) -> None:
    need(cast, connected)
    rows = db.session.query(SignalMessage).filter_by(stream_id=connected[1]).order_by(SignalMessage.n)
    told = json.loads(text_of(rows.all()[-1], "agent", now=time.time()))
    assert set(told["tickets"]) == {"files"}
    assert told["tickets"]["files"] != "later"


def test_it_offers_nothing_for_an_epoch_that_is_over(
    cast: Cast, connected: tuple[make.Waiting, int, Participant]
) -> None:
    need(cast, connected, epoch=0)
    assert len(offers(connected[1])) == 1


def test_it_offers_nothing_where_both_options_are_off(
    cast: Cast, connected: tuple[make.Waiting, int, Participant], monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.support import queries

    off = {**queries.options_of(cast.bora.id), "send_file": False, "get_file": False}
    monkeypatch.setattr(queries, "options_of", lambda agent_id: off)
    with pytest.raises(FilesOff):
        need(cast, connected)
    assert len(offers(connected[1])) == 1


def note(participant: str, **changed: object) -> FilesNote:
    facts = (FileNote("보고서.pdf", 9, "0f" * 32, "stored"), FileNote("b", 1, "", "changed"))
    given = {
        "way": "to_customer",
        "name": "보고서",
        "size": 10,
        "result": "partly",
        "files": facts,
        **changed,
    }
    return FilesNote(participant, **given)  # type: ignore[arg-type]


def test_it_keeps_what_became_of_each_file(connected: tuple[make.Waiting, int, Participant]) -> None:
    waiting, _, participant = connected
    files.note_files(waiting.session_id, note(participant.public_id), now=now_utc())
    line = db.session.query(SessionEvent).filter_by(kind="files").one()
    data = json.loads(line.data)
    assert (data["way"], data["name"], data["result"]) == ("to_customer", "보고서", "partly")
    assert data["files"][0] == {"name": "보고서.pdf", "size": 9, "sha256": "0f" * 32, "result": "stored"}
    assert first_broken_line(waiting.session_id) is None


def test_it_keeps_nothing_of_a_stranger(connected: tuple[make.Waiting, int, Participant]) -> None:
    with pytest.raises(NotFound):
        files.note_files(connected[0].session_id, note("nobody"), now=now_utc())


def test_it_keeps_only_so_many_lines(
    connected: tuple[make.Waiting, int, Participant], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, _, participant = connected
    monkeypatch.setattr(files, "MOST_LINES", 2)
    for _ in range(4):
        files.note_files(waiting.session_id, note(participant.public_id), now=now_utc())
    assert db.session.query(SessionEvent).filter_by(kind="files").count() == 2
