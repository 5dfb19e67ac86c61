"""Starts the demo customer's PC: an X server, a window manager, an editor, a terminal and Chromium on /demo.

With TigerVNC's Xvnc the newcomer's hand comes in through Xvnc's own devices and is a different one than the
agent's (XTEST), so that taking control back works as on a real PC. With only Xvfb the desktop is served by
our own customer program and both hands are one. No TCP port is opened but the loopback page; the X server
wants a cookie. Ends when the X server ends. Usage: python -m ops.demo_pc --port 8002
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from ops.demo_pc.page import DemoPage, Dial, novnc_folder
from ops.guard import become_subreaper, descendants_of, die_with_parent, end_all
from ops.places import LOOPBACK, ROOT, Places, free_port, read_places

WIDTH_PX: Final = 1280
HEIGHT_PX: Final = 800
START_DEADLINE_S: Final = 20.0
WEB_DEADLINE_S: Final = 120.0
LOOK: Final = Path(__file__).with_name("look")
FAMILY_LOCAL: Final = 256
FAMILY_WILD: Final = 0xFFFF
CHROMIUM_FLAGS: Final = (
    "--no-first-run --no-default-browser-check --disable-background-networking --disable-sync --disable-quic "
    "--disable-component-update --disable-gpu --password-store=basic --log-level=3 --window-position=520,20 "
    "--window-size=744,720 --disable-features=Translate,MediaRouter,OptimizationHints"
)
XTERM_PASTE: Final = "XTerm*VT100.translations: #override Ctrl Shift <Key>V: insert-selection(CLIPBOARD)"


@dataclass(frozen=True, slots=True)
class Screen:
    """A started X server and how to see it."""

    server: subprocess.Popen[bytes]
    display: str
    dial: Dial


class DemoPc:
    """Everything of one demo PC lives below `folder`; its home is made anew at each start."""

    def __init__(self, places: Places, language: str) -> None:
        self._places, self._language = places, language
        self.folder = places.var / "demo-pc"
        self.home = self.folder / "home"
        self.authority = self.folder / "xauthority"
        # The editor opens this file, so that Ctrl+S saves without a question.
        self.memo = self.home / "Documents" / ("메모.txt" if language == "ko" else "memo.txt")

    def prepare(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        for name in ("Downloads", "Documents", ".config/openbox", ".themes/BaroHelp/openbox-3"):
            (self.home / name).mkdir(parents=True)
        shutil.copy(LOOK / "rc.xml", self.home / ".config/openbox/rc.xml")
        shutil.copy(LOOK / "menu.xml", self.home / ".config/openbox/menu.xml")
        shutil.copy(LOOK / "themerc", self.home / ".themes/BaroHelp/openbox-3/themerc")
        folders = 'XDG_DOWNLOAD_DIR="$HOME/Downloads"\nXDG_DOCUMENTS_DIR="$HOME/Documents"\n'
        (self.home / ".config/user-dirs.dirs").write_text(folders)
        profile = self.home / ".chromium" / "Default"
        profile.mkdir(parents=True)
        (profile / "Preferences").write_text(json.dumps(self._chromium_preferences()))
        (self.home / ".bashrc").write_text("PS1='PC:\\w$ '\n")
        self.memo.touch()
        self._write_cookie(secrets.token_bytes(16))

    def _chromium_preferences(self) -> dict[str, object]:
        languages = "ko-KR,ko,en" if self._language == "ko" else "en-US,en,ko"
        return {
            "download": {"default_directory": str(self.home / "Downloads"), "prompt_for_download": False},
            "intl": {"accept_languages": languages, "selected_languages": languages},
            "safebrowsing": {"enabled": False},
            "credentials_enable_service": False,
            "translate": {"enabled": False},
            "browser": {"show_home_button": False, "has_seen_welcome_page": True},
        }

    def _write_cookie(self, cookie: bytes) -> None:
        """An Xauthority file with one cookie for every display of this machine (Xau.h).

        Twice: libX11 takes the entry for any machine, python-xlib only one that names this machine.
        """
        host = socket.gethostname().encode()
        parts = [(FAMILY_LOCAL, host), (FAMILY_WILD, b"")]
        self.authority.touch(0o600)
        self.authority.write_bytes(b"".join(_authority(family, name, cookie) for family, name in parts))

    def environment(self, display: str) -> dict[str, str]:
        """What the customer's programs see: their own home, none of the newcomer's desktop."""
        hidden = {"WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "MAKEFLAGS", "MAKELEVEL"}
        hidden |= {"LC_ALL", "LC_MESSAGES", "LC_CTYPE"}
        kept = {name: value for name, value in self._places.environment().items() if name not in hidden}
        # C.UTF-8 is on every Debian and lets LANGUAGE choose the words; our own programs read LANG as Korean.
        spoken = (
            {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "LANGUAGE": "ko"}
            if self._language == "ko"
            else {"LANG": "en_US.UTF-8", "LANGUAGE": "en"}
        )
        return {
            **kept,
            **spoken,
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_DATA_HOME": str(self.home / ".local/share"),
            "DISPLAY": display,
            "XAUTHORITY": str(self.authority),
            "GSETTINGS_BACKEND": "memory",
            "NO_AT_BRIDGE": "1",
            "DEMO_LANG": self._language,
            "PYTHONPATH": str(ROOT),
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        }

    def start_screen(self) -> Screen:
        """Xvnc where it is installed, else Xvfb seen through our own customer program."""
        size = f"{WIDTH_PX}x{HEIGHT_PX}"
        common = ["-auth", str(self.authority), "-nolisten", "tcp", "-noreset"]
        if shutil.which("Xvnc"):
            path = self.folder / "rfb.socket"
            path.unlink(missing_ok=True)
            server, display = _start_x(
                [
                    "Xvnc",
                    *common,
                    "-geometry",
                    size,
                    "-depth",
                    "24",
                    "-SecurityTypes",
                    "None",
                    "-AlwaysShared",
                    "-rfbport",
                    "-1",
                    "-rfbunixpath",
                    str(path),
                    "-rfbunixmode",
                    "0600",
                    "-AcceptSetDesktopSize=0",
                    "-desktop",
                    "BaroHelp",
                ],
            )
            return Screen(server, display, partial(_dial_unix, path))
        server, display = _start_x(["Xvfb", *common, "-screen", "0", f"{size}x24"])
        port = free_port()
        self.start(display, [sys.executable, "-m", "customer_agent", "--listen", f"{LOOPBACK}:{port}"], ROOT)
        return Screen(server, display, partial(socket.create_connection, (LOOPBACK, port), 5))

    def commands(self) -> dict[str, list[str]]:
        """What the icons start."""
        editor = [*_as_a_person(), "mousepad", "--disable-server", str(self.memo)]
        return {"web": self._chromium(), "editor": editor, "terminal": self._terminal()}

    def _chromium(self) -> list[str]:
        command = ["chromium", f"--user-data-dir={self.home / '.chromium'}", f"--lang={self._language}"]
        command += CHROMIUM_FLAGS.split()
        if os.geteuid() == 0:  # root cannot have the sandbox; the second flag hides the warning about that
            command += ["--no-sandbox", "--test-type"]
        if os.environ.get("DEMO_CDP_PORT"):  # only the story sets it, to press buttons in the page by name
            command += [f"--remote-debugging-port={int(os.environ['DEMO_CDP_PORT'])}"]
        return [*command, f"{self._places.public_url}/demo"]

    def _terminal(self) -> list[str]:
        title = "터미널" if self._language == "ko" else "Terminal"
        fonts = ["-fa", "DejaVu Sans Mono", "-fd", "Noto Sans Mono CJK KR", "-fs", "9"]
        look = ["-bg", "#182433", "-fg", "#e6eaf0", "-b", "8", "-geometry", "50x17", "-T", title]
        return ["xterm", "-u8", "-xrm", XTERM_PASTE, *fonts, *look, "-e", "bash", "--noprofile"]

    def start(self, display: str, command: Sequence[str], folder: Path) -> None:
        environment = self.environment(display)
        subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def fill(self, display: str) -> None:
        """Open what stands on a customer's screen; Chromium only once the page is there."""
        commands = self.commands()
        self.start(display, ["openbox", "--sm-disable"], self.home)
        desktop = [
            sys.executable,
            "-m",
            "ops.demo_pc.desktop",
            json.dumps(commands),
            str(self.home / "Downloads"),
        ]
        self.start(display, desktop, ROOT)
        self.start(display, commands["editor"], self.home / "Documents")
        self.start(display, commands["terminal"], self.home)
        _wait_for_web(f"{self._places.public_url}/demo")
        self.start(display, commands["web"], self.home)


def _authority(family: int, host: bytes, cookie: bytes) -> bytes:
    """One entry: family, then host, display number (none = any), scheme and cookie, each with its length."""
    fields = (host, b"", b"MIT-MAGIC-COOKIE-1", cookie)
    return struct.pack(">H", family) + b"".join(struct.pack(">H", len(field)) + field for field in fields)


def _as_a_person() -> list[str]:
    """Where we are root, a user namespace in which the editor is not: it would warn in red all the time."""
    prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return []
    works = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if works else []


def _start_x(command: Sequence[str]) -> tuple[subprocess.Popen[bytes], str]:
    """Start an X server that chooses its own number; the server and its DISPLAY."""
    read, write = os.pipe()
    server = subprocess.Popen(
        [*command, "-displayfd", str(write)], pass_fds=[write], stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent,  # noqa: PLW1509 (before any thread is started)
    )  # fmt: skip
    os.close(write)
    number = b""
    with os.fdopen(read, "rb") as lines:
        number = lines.readline().strip()
    if not number:
        raise SystemExit(f"{command[0]} did not start: exit {server.wait(START_DEADLINE_S)}")
    return server, f":{number.decode()}"


def _dial_unix(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    connection.connect(str(path))
    connection.settimeout(None)
    return connection


def _wait_for_web(address: str) -> None:
    deadline = time.monotonic() + WEB_DEADLINE_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 (our own http address)
                return
        except OSError:
            time.sleep(0.2)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, required=True, help="of the loopback page")
    port = parser.parse_args().port
    places = read_places()
    novnc = novnc_folder()
    if novnc is None:
        raise SystemExit("noVNC is not there: make setup")
    become_subreaper()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        return _serve(places, novnc, port)
    finally:
        end_all(lambda: descendants_of(os.getpid()), grace_s=1.0)


def _serve(places: Places, novnc: Path, port: int) -> int:
    """Show the desktop until its X server ends; that server's exit code."""
    pc = DemoPc(places, "en" if os.environ.get("DEMO_LANG") == "en" else "ko")
    pc.prepare()
    address = f"http://{LOOPBACK}:{port}/{(token := secrets.token_urlsafe(16))}/"
    _tell(places, "demo-pc.url", address + "\n")
    screen = pc.start_screen()
    page = DemoPage(port, token, novnc, screen.dial)
    facts = {"display": screen.display, "authority": str(pc.authority), "home": str(pc.home)}
    _tell(places, "demo-pc.json", json.dumps({**facts, "memo": str(pc.memo), "address": address}))
    threading.Thread(target=page.serve_forever, name="page", daemon=True).start()
    pc.fill(screen.display)
    return screen.server.wait()


def _tell(places: Places, name: str, text: str) -> None:
    """Write a file that only its owner may read: the token in it opens the desktop."""
    path = places.var / name
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_text(text)


if __name__ == "__main__":
    raise SystemExit(main())
