"""What windows show of a job of files, and what the record keeps of it. Values only."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

__all__ = ["FileFact", "JobRecord", "JobView", "Speed", "State", "Way", "is_over"]

Way: TypeAlias = Literal["out", "in"]
State: TypeAlias = Literal[
    "waiting", "asked", "running", "paused", "paused_there", "broken", "done", "partly", "failed", "refused"
]

_OVER: Final = frozenset({"done", "partly", "failed", "refused"})


def is_over(state: State) -> bool:
    """Whether nothing more happens to the job."""
    return state in _OVER


@dataclass(frozen=True, slots=True)
class JobView:
    """One line of a list: a job as it stands. `code` says why it failed; `remaining_s` None = not known."""

    key: int
    way: Way
    name: str
    files: int
    folders: int
    size: int
    done: int = 0
    files_done: int = 0
    state: State = "waiting"
    code: str = ""
    current: str = ""
    bytes_per_s: float = 0.0
    remaining_s: float | None = None
    failures: tuple[tuple[str, str], ...] = ()
    place: str = ""
    may_retry: bool = False


@dataclass(frozen=True, slots=True)
class FileFact:
    """What became of one file: `result` stored, or the code of what went wrong."""

    name: str
    size: int
    sha256: str
    result: str


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job that is over, for the support session's record."""

    way: Way
    name: str
    size: int
    result: str
    files: tuple[FileFact, ...]


class Speed:
    """Bytes a second over the last few seconds."""

    _SPAN_S: Final = 3.0

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, done: int, now: float) -> None:
        """`done` bytes are through."""
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while now - self._seen[0][0] > self._SPAN_S and len(self._seen) > 2:
            self._seen.popleft()

    def rest(self) -> None:
        """Nothing moves: what was measured before says nothing of what comes."""
        self._seen.clear()

    @property
    def bytes_per_s(self) -> float:
        """The speed; 0 while there is too little to tell."""
        if len(self._seen) < 2:
            return 0.0
        (since, before), (until, done) = self._seen[0], self._seen[-1]
        return (done - before) / (until - since) if until - since > 0.2 else 0.0
