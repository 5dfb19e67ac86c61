"""The lines between the waiting program and its windows."""

from __future__ import annotations

import io
from typing import Any

import pytest

from viewer.lines import MAX_LINE, command_from_json, command_to_json, read_line, read_lines, write_line
from wire.errors import ProtocolError
from wire.signal.commands import LinkReport, TicketNeed
from wire.signal.messages import KeyOpen

PARTICIPANT = "p" * 26


def test_it_writes_and_reads_a_line() -> None:
    stream = io.BytesIO()
    write_line(stream, {"t": "survey", "grade": "만족"})
    assert stream.getvalue() == '{"t":"survey","grade":"만족"}\n'.encode()
    assert read_line(io.BytesIO(stream.getvalue())) == {"t": "survey", "grade": "만족"}


def test_it_skips_what_is_no_message() -> None:
    seen: list[dict[str, Any]] = []
    read_lines(io.BytesIO(b'noise\n[1]\n{"x":1}\n{"t":"close"}\n'), seen.append)
    assert seen == [{"t": "close"}]


def test_it_stops_at_a_line_that_is_too_long() -> None:
    seen: list[dict[str, Any]] = []
    read_lines(io.BytesIO(b" " * (MAX_LINE + 1) + b'\n{"t":"close"}\n'), seen.append)
    assert seen == []


@pytest.mark.parametrize(
    "command",
    [
        TicketNeed(PARTICIPANT, "screen", 3),
        LinkReport(PARTICIPANT, "control", "unstable", 1600),
        KeyOpen(PARTICIPANT, 1, b"\x04" + b"k" * 64),
    ],
)
def test_it_carries_commands(command: Any) -> None:
    assert command_from_json(command_to_json(command)) == command


@pytest.mark.parametrize("data", [{"t": "rm"}, {"t": "ticket.need"}, {"t": "key.open", "pub": 7}])
def test_it_refuses_other_commands(data: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        command_from_json(data)
