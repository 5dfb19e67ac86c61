"""What the agent is told of this computer: its name, system, own address and language. No secrets, no
serials.
"""

from __future__ import annotations

import contextlib
import platform

VERSION = "0.1.0"


def pc_name() -> str:
    """The computer's name as its owner knows it."""
    return (platform.node() or "PC")[:120]


def system_name() -> str:
    """The operating system in words: "Debian GNU/Linux 12", "Windows 11", "macOS 15.1"."""
    if platform.system() == "Linux":
        with contextlib.suppress(OSError):
            release = platform.freedesktop_os_release()
            return release.get("PRETTY_NAME", "Linux")[:120]
    if platform.system() == "Darwin":
        return f"macOS {platform.mac_ver()[0]}"[:120]
    return f"{platform.system()} {platform.release()}".strip()[:120]
