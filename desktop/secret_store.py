"""Where the agent's programs keep what must not be read by others: a refresh token, a proxy's password.

The system's keyring where one works, otherwise a file that only its owner can read (0600).
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from pathlib import Path
from typing import Protocol

__all__ = ["FileSecrets", "KeyringSecrets", "Secrets", "default_folder", "open_secrets", "write_private"]

_SERVICE = "BaroHelp"

log = logging.getLogger(__name__)


class Secrets(Protocol):
    """Where one secret per account is kept. None of the methods raises."""

    def read(self, account: str) -> str | None: ...
    def write(self, account: str, secret: str) -> bool: ...
    def forget(self, account: str) -> None: ...


class FileSecrets:
    """A JSON file with mode 0600, {account: secret}."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, account: str) -> str | None:
        """The secret, None where there is none."""
        value = self._load().get(account)
        return value if isinstance(value, str) else None

    def write(self, account: str, secret: str) -> bool:
        """Keep the secret; whether that worked."""
        return self._store({**self._load(), account: secret})

    def forget(self, account: str) -> None:
        """Keep nothing for that account."""
        known = self._load()
        if known.pop(account, None) is not None:
            self._store(known)

    def _load(self) -> dict[str, object]:
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def _store(self, data: dict[str, object]) -> bool:
        try:
            write_private(self._path, json.dumps(data))
        except OSError as error:
            log.warning("secret_not_kept", extra={"reason": error.strerror})
            return False
        return True


class KeyringSecrets:
    """The system's keyring. Raises RuntimeError at construction: this PC has none that works."""

    def __init__(self) -> None:
        import keyring
        from keyring.backends import fail

        backend = keyring.get_keyring()
        if isinstance(backend, fail.Keyring) or getattr(backend, "priority", 0) <= 0:
            raise RuntimeError("no keyring")
        self._keyring = keyring

    def read(self, account: str) -> str | None:
        """The secret, None where there is none."""
        with contextlib.suppress(Exception):
            return self._keyring.get_password(_SERVICE, account)
        return None

    def write(self, account: str, secret: str) -> bool:
        """Keep the secret; whether that worked."""
        with contextlib.suppress(Exception):
            self._keyring.set_password(_SERVICE, account, secret)
            return True
        return False

    def forget(self, account: str) -> None:
        """Keep nothing for that account."""
        with contextlib.suppress(Exception):
            self._keyring.delete_password(_SERVICE, account)


def default_folder() -> Path:
    """Where programs of this system keep their settings."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home())) / "BaroHelp"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "BaroHelp"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "barohelp"


def open_secrets(folder: Path) -> Secrets:
    """The keyring where one works, otherwise a private file in `folder`."""
    try:
        return KeyringSecrets()
    except Exception as error:  # keyring's back ends raise what they like
        log.info("keyring_missing", extra={"reason": str(error)})
        return FileSecrets(folder / "refresh.json")


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text`, readable by its owner only from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)
