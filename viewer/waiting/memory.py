"""What this PC remembers of an agent's log-in: company, id, server, and a refresh token, never the password.

The token goes to the system's keyring; where there is none, to a file that only its owner can read
(0600). What is not secret stands in a small JSON file beside it.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from desktop.secret_store import (
    FileSecrets,
    KeyringSecrets,
    Secrets,
    default_folder,
    open_secrets,
    write_private,
)

__all__ = [
    "FileSecrets",
    "KeyringSecrets",
    "Memory",
    "Remembered",
    "Secrets",
    "default_folder",
    "open_secrets",
]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the log-in window fills in; empty where nothing is known."""

    server: str = ""
    tenant: str = ""
    login_id: str = ""
    is_remembered: bool = False
    sound_is_on: bool = True


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
            write_private(self._path, json.dumps(asdict(remembered), ensure_ascii=False))
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
