"""`make run` with a folder and ports of its own, so that a story disturbs nothing and begins with nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ops.guard import descendants_of, die_with_parent
from ops.places import ROOT, Places, free_port
from ops.story.waiting import StoryFailed, wait_for

START_DEADLINE_S: Final = 180.0
STOP_DEADLINE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Login:
    """What a person types into the waiting program."""

    tenant: str
    id: str
    password: str


class Product:
    """One run of everything; `start` returns when it says that it is ready."""

    def __init__(self, var: Path, language: str) -> None:
        self.places = Places(var, free_port(), free_port(), free_port())
        self.language = language
        self.cdp_port = free_port()
        self.ui_map = var / "ui-map"
        self.output = var / "make-run.log"
        self._process: subprocess.Popen[bytes] | None = None

    def clear(self, *, keep: tuple[str, ...] = ("downloads", "build")) -> None:
        """Forget what an earlier story left; the built customer program stays, it takes a minute."""
        self.places.var.mkdir(parents=True, exist_ok=True)
        for path in self.places.var.iterdir():
            if path.name in keep:
                continue
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        self.ui_map.mkdir()

    def environment(self, **more: str) -> dict[str, str]:
        places = self.places
        ours = {
            "BAROHELP_VAR": str(places.var),
            "WEB_PORT": str(places.web_port),
            "RELAY_PORT": str(places.relay_port),
            "DEMO_PORT": str(places.demo_port),
            "DEMO_CDP_PORT": str(self.cdp_port),
            "DEMO_LANG": self.language,
            "BAROHELP_UI_MAP": str(self.ui_map),
        }
        hidden = ("DATABASE_URL", "REDIS_URL", "LC_ALL", "LC_MESSAGES", "LANGUAGE", "T")
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        return {**kept, **ours, **more}

    def start(self, **more: str) -> None:
        """`make run` itself; `more` is the display of the agent. Raises StoryFailed with its last words."""
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                ["make", "--no-print-directory", "run"],
                cwd=ROOT, env=self.environment(**more), stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True, preexec_fn=die_with_parent,  # noqa: PLW1509 (one thread at this point)
            )  # fmt: skip
        wait_for(self._is_ready, "make run to be ready", deadline_s=START_DEADLINE_S, every_s=0.1)

    def _is_ready(self) -> bool:
        text = self.output.read_text(encoding="utf-8", errors="replace")
        if self._process is None or self._process.poll() is not None:
            raise StoryFailed(f"make run ended: {text.strip()[-400:]}")
        return "Ctrl-C" in text

    def stop(self) -> None:
        """Press Ctrl-C and look whether anything is left. Raises StoryFailed when it is."""
        if self._process is None or self._process.poll() is not None:
            return
        started = descendants_of(self._process.pid)
        os.killpg(self._process.pid, signal.SIGINT)
        try:
            self._process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            raise StoryFailed("make run did not stop after Ctrl-C") from None
        left = [pid for pid in started if _is_alive(pid)]
        if left:
            raise StoryFailed(f"processes are left after Ctrl-C: {left}")

    def login(self, role: str = "agent") -> Login:
        """The first login of this role in the file that make run points to."""
        text = self.places.demo_logins.read_text(encoding="utf-8")
        for line in text.splitlines():
            words = re.split(r"[\s,|]+", line.strip())
            if len(words) >= 3 and role in line:  # noqa: PLR2004
                return Login("demo", words[-2], words[-1])
        raise StoryFailed(f"no login of an {role} in {self.places.demo_logins}")

    def demo_pc(self) -> dict[str, str]:
        """Where the demo PC is: display, authority, home, address."""
        path = self.places.var / "demo-pc.json"
        wait_for(path.is_file, "the demo PC")
        return dict(json.loads(path.read_text()))


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
