"""The remote windows as child processes: start them, talk to them in lines, notice when they are gone.

Each window is `python -m viewer --window` (viewer/lines.py): five decoders escape one interpreter lock, and
a crash loses one window. One spare is kept ready behind the scenes, everything loaded and no window shown:
loading Python, numpy and Tk takes longer than connecting. A child ends when its standard input does, so none
outlives this process, however it dies.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Final

from viewer.lines import read_lines, write_line

__all__ = ["RemoteWindows", "window_command"]

_CLOSE_WAIT_S: Final = 3.0

log = logging.getLogger(__name__)


def window_command() -> list[str]:
    """How this program starts a remote window of itself, also when it is one frozen file."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--window"]
    return [sys.executable, "-m", "viewer", "--window"]


class RemoteWindows:
    """The windows by participant. Methods are for the Tk thread, callbacks come on the pipes' threads."""

    def __init__(
        self,
        on_line: Callable[[str, dict[str, Any]], object],
        on_gone: Callable[[str, int], object],
        command: Sequence[str] | None = None,
    ) -> None:
        """on_line(participant, message); on_gone(participant, exit code), once for each window."""
        self._on_line = on_line
        self._on_gone = on_gone
        self._command = list(command or window_command())
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._spare: subprocess.Popen[bytes] | None = None

    def is_open(self, participant: str) -> bool:
        """Whether that participant has a window."""
        child = self._children.get(participant)
        return child is not None and child.poll() is None

    @property
    def participants(self) -> list[str]:
        """Who has a window."""
        return [participant for participant in self._children if self.is_open(participant)]

    def prepare(self) -> None:
        """Keep a spare ready for the next window; a spare that cannot be started is not missed."""
        if self._spare is not None and self._spare.poll() is None:
            return
        try:
            self._spare = self._start()
        except OSError as error:
            log.warning("spare_window_not_started", extra={"reason": error.strerror})

    def open(self, participant: str, opening: Mapping[str, Any]) -> None:
        """Turn the spare (or a new process) into this window. Raises OSError: none can be started."""
        child, self._spare = self._spare, None
        if child is None or child.poll() is not None:
            child = self._start()
        self._children[participant] = child
        log.info("window_opened", extra={"participant": participant, "pid": child.pid})
        threading.Thread(
            target=self._listen, args=(participant, child), name=f"window-{child.pid}", daemon=True
        ).start()
        self.tell(participant, {"t": "open", **opening})

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  (our own program)
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def tell(self, participant: str, message: Mapping[str, Any]) -> bool:
        """Send a line to a window; False when it has none."""
        child = self._children.get(participant)
        if child is None or child.stdin is None:
            return False
        try:
            write_line(child.stdin, message)
        except (OSError, ValueError):
            return False
        return True

    def tell_all(self, message: Mapping[str, Any]) -> None:
        """Send a line to every window."""
        for participant in list(self._children):
            self.tell(participant, message)

    def close(self, participant: str) -> None:
        """Let a window close, which it does when its standard input ends; one that is gone stays so."""
        child = self._children.get(participant)
        if child is not None and child.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                child.stdin.close()

    def close_all(self) -> None:
        """Ask every window to close, wait ≤ 3 s for each, then end those that did not."""
        children = list(self._children.values())
        spare, self._spare = self._spare, None
        if spare is not None:
            children.append(spare)
        for child in children:
            with contextlib.suppress(OSError, ValueError):
                if child.stdin is not None:
                    child.stdin.close()
        for child in children:
            try:
                child.wait(_CLOSE_WAIT_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if spare is not None and spare.stdout is not None:
            spare.stdout.close()
        self._children.clear()

    def _listen(self, participant: str, child: subprocess.Popen[bytes]) -> None:
        stdout: IO[bytes] | None = child.stdout
        assert stdout is not None
        with stdout, contextlib.suppress(OSError, ValueError):
            read_lines(stdout, lambda message: self._on_line(participant, message))
        code = child.wait()
        with contextlib.suppress(OSError):
            if child.stdin is not None:
                child.stdin.close()
        log.info("window_gone", extra={"participant": participant, "exit_code": code})
        self._on_gone(participant, code)
