"""What the waiting program and its remote windows say to each other: one JSON object a line, both ways.

Parent to window
    {"t": "open", "session", "participant", "number", "agent_name", "company", "epoch", "keys_lost",
     "language", "network"}                   first, once; "network" as NetworkSettings.to_json
    {"t": "signal", "message": {...}}         a signal message of this participant, unchanged
    {"t": "options", "options": {...}}        the options in force, key -> on
    {"t": "survey", "grade"}                  the customer answered
    {"t": "report", "types", "opens"}         the support may be described; types as [[id, name]]
    {"t": "reported", "code"}                 the report is kept (code null), or why not
    {"t": "signal_state", "state"}            online | offline: whether ticket.need can be heard
    {"t": "close"}                            close the window without a word
Window to parent
    {"t": "command", "command": {...}}        a signal command: key.open, ticket.need, link, end, report
    {"t": "state", "link", "has_picture"}     on change
    {"t": "closed"}                           the window is gone, the process ends next
The end of the stream is the end of the other process: a window whose parent died closes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import IO, Any, Final

from wire.errors import ProtocolError
from wire.signal.commands import AGENT_COMMANDS, Command

__all__ = ["MAX_LINE", "command_from_json", "command_to_json", "read_line", "read_lines", "write_line"]

MAX_LINE: Final = 64 * 1024


def write_line(stream: IO[bytes], message: Mapping[str, Any]) -> None:
    """Write one message and send it at once. Raises OSError or ValueError: the other end is gone."""
    stream.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    stream.flush()


def read_lines(stream: IO[bytes], take: Callable[[dict[str, Any]], object]) -> None:
    """Call `take` for each message until the stream ends; lines that are none are skipped."""
    while (message := read_line(stream)) is not None:
        if message:
            take(message)


def read_line(stream: IO[bytes]) -> dict[str, Any] | None:
    """The next message; empty for a line that is none, None at the end or after a line that is too long."""
    line = stream.readline(MAX_LINE + 1)
    if not line or len(line) > MAX_LINE:
        return None
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) and isinstance(message.get("t"), str) else {}


def command_to_json(command: Command) -> dict[str, Any]:
    """A signal command as it stands in a line."""
    return {"t": command.TYPE, **command.to_json()}


def command_from_json(data: Mapping[str, Any]) -> Command:
    """The signal command of a line. Raises ProtocolError: unknown, or a bad field."""
    kind = AGENT_COMMANDS.get(str(data.get("t")))
    if kind is None:
        raise ProtocolError(f"command {data.get('t')!r} is not one of the agent's program")
    return kind.from_json(data)
