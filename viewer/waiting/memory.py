"""What this PC remembers of an agent's log-in: company, id, server, and a refresh token, never the password.

The token goes to the system's keyring; where there is none, to a file that only its owner can read
(0600). What is not secret stands in a small JSON file beside it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

__all__ = [
    "FileSecrets",
    "KeyringSecrets",
    "Memory",
    "Remembered",
    "Secrets",
    "default_folder",
    "open_secrets",
]

_SERVICE = "BaroHelp"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the log-in window fills in; empty where nothing is known."""

    server: str = ""
    tenant: str = ""
    login_id: str = ""
    is_remembered: bool = False
    sound_is_on: bool = True


class Secrets(Protocol):
    """Where one refresh token per account is kept. None of the methods raises."""

    def read(self, account: str) -> str | None: ...
    def write(self, account: str, secret: str) -> bool: ...
    def forget(self, account: str) -> None: ...


class FileSecrets:
    """A JSON file with mode 0600, {account: token}."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, account: str) -> str | None:
        """The token, None where there is none."""
        value = self._load().get(account)
        return value if isinstance(value, str) else None

    def write(self, account: str, secret: str) -> bool:
        """Keep the token; whether that worked."""
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
            _write_private(self._path, json.dumps(data))
        except OSError as error:
            log.warning("refresh_token_not_kept", extra={"reason": error.strerror})
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
        """The token, None where there is none."""
        with contextlib.suppress(Exception):
            return self._keyring.get_password(_SERVICE, account)
        return None

    def write(self, account: str, secret: str) -> bool:
        """Keep the token; whether that worked."""
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


class Memory:
    """The settings file and the secrets of the waiting program."""

    def __init__(self, folder: Path, secrets: Secrets) -> None:
        self._path = folder / "waiting.json"
        self._secrets = secrets

    def load(self) -> Remembered:
        """What was kept; empty where nothing was or it cannot be read."""
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            names = Remembered.__dataclass_fields__
            return Remembered(**{key: value for key, value in data.items() if key in names})
        except (OSError, ValueError, TypeError, AttributeError):
            return Remembered()

    def keep(self, remembered: Remembered) -> None:
        """Write it; a folder that cannot be written is logged, never in the way."""
        try:
            _write_private(self._path, json.dumps(asdict(remembered), ensure_ascii=False))
        except OSError as error:
            log.warning("settings_not_kept", extra={"reason": error.strerror})

    def refresh_token(self, remembered: Remembered) -> str | None:
        """The refresh token of that account."""
        return self._secrets.read(_account(remembered)) if remembered.is_remembered else None

    def keep_refresh_token(self, remembered: Remembered, token: str | None) -> None:
        """Keep the newest token, or (None) forget it."""
        if token is None:
            self._secrets.forget(_account(remembered))
        else:
            self._secrets.write(_account(remembered), token)


def _account(remembered: Remembered) -> str:
    return f"{remembered.tenant}/{remembered.login_id}@{remembered.server}"


def _write_private(path: Path, text: str) -> None:
    """Replace `path` by `text`, readable by its owner only from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)
