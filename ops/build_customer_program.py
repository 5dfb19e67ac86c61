"""Builds the customer program of this platform as one file and puts it into the download folder.

One program serves all companies: the address of this deployment is baked in (PUBLIC_URL, and
BAROHELP_SERVER still overrides it), the company and the join token ride in the name under which the page
hands it out. Checks itself afterwards: size and start. Usage: python -m ops.build_customer_program
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from ops.places import ROOT, Places, check_folder, read_places
from ops.say import CannotStart, say, stop, title
from ops.setup import hash_of

MAX_BYTES: Final = 60 * 1024 * 1024
PACKAGES: Final = ("wire", "desktop", "customer_agent")
ENDINGS: Final = {"win32": ".exe"}


def program_name() -> str:
    """The file's name in the download folder: BaroHelp-linux-x86_64, BaroHelp-windows-amd64.exe, …"""
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    return f"BaroHelp-{system}-{platform.machine().lower()}{ENDINGS.get(sys.platform, '')}"


def build(places: Places) -> Path:
    """The built program in the download folder; quick when nothing that goes into it changed."""
    folder = places.var / "build"
    target = places.downloads / program_name()
    stamp = places.downloads / f".{program_name()}.made-of"
    state = _made_of(places.public_url)
    if target.is_file() and stamp.is_file() and stamp.read_text() == state:
        say(f"이미 최신입니다: {target}", "The customer program is up to date.")
        return target
    title("고객 프로그램을 만듭니다 (1분쯤)", "Building the customer program (about a minute)")
    begun = time.monotonic()
    _write_inputs(folder, places.public_url)
    _run_pyinstaller(folder)
    made = folder / "dist" / f"BaroHelp{ENDINGS.get(sys.platform, '')}"
    size = made.stat().st_size
    if size > MAX_BYTES:
        raise CannotStart(
            f"고객 프로그램이 너무 큽니다: {size / 2**20:.0f} MiB.",
            f"The customer program is too large: {size:,} bytes.",
        )
    places.downloads.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    shutil.copy(made, partial)
    partial.chmod(0o755)
    partial.replace(target)
    shutil.copy(folder / "NOTICES.txt", places.downloads / "NOTICES.txt")
    stamp.write_text(state)
    say(
        f"됨: {target} ({size / 2**20:.0f} MiB, {time.monotonic() - begun:.0f}초)",
        f"Built for {places.public_url}; the page hands it out from now on.",
    )
    return target


def _made_of(address: str) -> str:
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    own = [ROOT / "ops" / "customer_program.spec", Path(__file__), ROOT / "constraints.txt"]
    return hash_of(
        [path for path in [*sources, *own] if "__pycache__" not in path.parts], address, sys.version
    )


def _write_inputs(folder: Path, address: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    start = ["from customer_agent.__main__ import main", "raise SystemExit(main())"]
    (folder / "start.py").write_text("\n".join(start) + "\n")
    baked = ["import os", f'os.environ.setdefault("BAROHELP_SERVER", {address!r})']
    (folder / "server_address.py").write_text("\n".join(baked) + "\n")


def _run_pyinstaller(folder: Path) -> None:
    log = folder / "build.log"
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(folder / "dist"), "--workpath", str(folder / "work")]
    environment = {**os.environ, "BAROHELP_BUILD": str(folder), "PYTHONHASHSEED": "1"}
    with log.open("wb") as output:
        code = subprocess.run(
            [*command, str(ROOT / "ops" / "customer_program.spec")],
            cwd=folder, env=environment, stdout=output, stderr=output, check=False,
        ).returncode  # fmt: skip
    if code != 0:
        raise CannotStart(
            f"고객 프로그램을 만들지 못했습니다. 이유는 {log}에 있습니다.",
            f"The customer program could not be built; the reason is in {log}.",
        )


if __name__ == "__main__":
    try:
        chosen = read_places()
        check_folder(chosen.var)
        build(chosen)
    except CannotStart as problem:
        stop(problem)
