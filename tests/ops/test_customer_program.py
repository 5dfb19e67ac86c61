"""The one-file customer program as a customer gets it: alone, in an empty folder, without our checkout."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import build_customer_program
from ops.places import LOOPBACK, ROOT, Places, free_port
from tests.displays import Display, require_programs, start_xvfb, wait_for

pytestmark = [pytest.mark.flow, pytest.mark.display, pytest.mark.timeout(240)]
START_S = 2.0


@pytest.fixture(scope="module")
def program() -> Path:
    """The program of this checkout; built only when something that goes into it changed."""
    require_programs("objdump")
    return build_customer_program.build(Places(ROOT / "var", 8000, 8001, 8002))


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    shown = start_xvfb()
    yield shown
    shown.stop()


class Alone:
    """The program in an empty folder with `env -i`; neither our checkout nor a Python can be seen."""

    def __init__(self, program: Path, folder: Path, display: Display) -> None:
        require_programs("unshare")
        (folder / "empty").mkdir()
        (folder / "unpacked").mkdir()
        self.unpacked = folder / "unpacked"
        copy = folder / "empty" / "BaroHelp"
        shutil.copy2(program, copy)
        self.port = free_port()
        hidden = {str(ROOT), os.path.realpath(os.sys.base_prefix)} - {"/usr"}  # type: ignore[attr-defined]
        hide = " && ".join(f"mount -t tmpfs none {path}" for path in sorted(hidden))
        start = f"{hide} && exec env -i DISPLAY={display.name} TMPDIR={self.unpacked} {copy}"
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
             f"{start} --listen {LOOPBACK}:{self.port}"],
            cwd=folder / "empty", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip

    def greets(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as viewer:
                return viewer.recv(12) == b"RFB 003.008\n"
        except OSError:
            return False

    def files_in_use(self) -> list[str]:
        """Every file that is mapped into the program; its bootloader's child is the one that works."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        lines = Path(f"/proc/{children[0]}/maps").read_text().splitlines()
        return sorted({line.split(maxsplit=5)[5] for line in lines if len(line.split(maxsplit=5)) > 5})

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture
def alone(program: Path, tmp_path: Path, display: Display) -> Iterator[Alone]:
    running = Alone(program, tmp_path, display)
    yield running
    running.end()


def test_it_is_small_enough_to_wait_for(program: Path) -> None:
    assert program.stat().st_size <= build_customer_program.MAX_BYTES


def test_it_starts_alone_and_removes_its_unpacked_folder(alone: Alone) -> None:
    wait_for(alone.greets, what="the program's greeting", deadline_s=3 * START_S)
    assert any(alone.unpacked.iterdir())
    strange = [path for path in alone.files_in_use() if path.startswith((str(ROOT), "/root/.pyenv"))]
    assert strange == []
    alone.end()
    assert list(alone.unpacked.iterdir()) == []


def test_it_carries_the_notices_of_what_is_inside(program: Path) -> None:
    notices = program.with_name("NOTICES.txt").read_text(encoding="utf-8")
    for name in ("numpy", "cryptography", "python-xlib", "websockets", "Python 3"):
        assert f"\n{name}" in notices


def test_it_leaves_out_what_a_customer_must_not_get(program: Path) -> None:
    from PyInstaller.archive.readers import CArchiveReader

    archive = CArchiveReader(str(program))
    modules = set(archive.open_embedded_archive("PYZ.pyz").toc)
    tops = {name.partition(".")[0] for name in modules}
    assert {"customer_agent", "wire", "desktop"} <= tops
    assert not tops & {
        "app",
        "tenants",
        "config",
        "relay",
        "viewer",
        "ops",
        "tests",
        "flask",
        "gevent",
        "sqlalchemy",
    }
