"""What became of files, told to the web half for the support session's timeline, a little at a time.

Large jobs come in several notes; the next leaves when the last was answered, so that thousands of files do
not push other commands out of the signal's queue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from desktop.files.views import JobRecord
from wire.signal.commands import FileNote, FilesNote

__all__ = ["FilesRecorder", "notes_of"]

_FILES_A_NOTE: Final = 8
_MOST_NOTES: Final = 2000
_NAME: Final = 255
_PATH: Final = 400

Send = Callable[[FilesNote, Callable[[], None]], None]


def notes_of(participant: str, record: JobRecord) -> Iterator[FilesNote]:
    """The notes of one job; at least one, also where no file was in it."""
    way = "to_customer" if record.way == "in" else "to_agent"
    facts = [FileNote(file.name[-_PATH:], file.size, file.sha256, file.result) for file in record.files]
    for start in range(0, max(1, len(facts)), _FILES_A_NOTE):
        yield FilesNote(
            participant=participant,
            way=way,  # type: ignore[arg-type]
            name=record.name[:_NAME],
            size=record.size,
            result=record.result,
            files=tuple(facts[start : start + _FILES_A_NOTE]),
        )


class FilesRecorder:
    """Sends one note after the other; `send(note, done)` calls `done` when it was answered. Any thread."""

    def __init__(self, participant: str, send: Send) -> None:
        self._participant = participant
        self._send = send
        self._waiting: deque[FilesNote] = deque()
        self._is_sending = False

    def note(self, record: JobRecord) -> None:
        """Keep what became of a job."""
        for note in notes_of(self._participant, record):
            if len(self._waiting) < _MOST_NOTES:
                self._waiting.append(note)
        if not self._is_sending:
            self._next()

    def _next(self) -> None:
        if self._waiting:
            self._is_sending = True
            self._send(self._waiting.popleft(), self._next)
        else:
            self._is_sending = False
