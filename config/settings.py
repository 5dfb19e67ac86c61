"""One typed, frozen `Settings` for every server process, built once from the environment.

Decides which variables exist, what they mean and which are needed; nothing else reads the environment
(tests/test_architecture.py proves it). It opens no socket and no database. Secrets have no defaults:
they come from the environment or from `<STORAGE_DIR>/secrets.env`, which `make setup` writes.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from config.relay_addresses import RelayAddress, read_relays

__all__ = ["Network", "RelayAddress", "Settings", "SettingsError", "SmtpServer", "load"]

Environment = Literal["dev", "production", "test"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ROOT = Path(__file__).resolve().parent.parent
MIN_SECRET_BYTES = 32


class SettingsError(Exception):
    """A variable is missing or wrong; the text names it and says what it should be."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in: `smtps` is TLS from the first byte, `smtp` begins in the clear.

    `must_starttls`: refuse a server that does not offer to encrypt; a password is never sent in the clear.
    """

    scheme: Literal["smtp", "smtps"]
    host: str
    port: int
    user: str = ""
    password: str = field(repr=False, default="")
    must_starttls: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the web half may ask about its surroundings. Times in seconds, sizes in bytes.

    `redis_url` None means one process and no broker; `migration_database_url` is the owner of the tables,
    which the web half itself is not (docs/decisions/0025-the-wall.md).
    """

    environment: Environment
    database_url: str
    migration_database_url: str
    redis_url: str | None
    relays: tuple[RelayAddress, ...]
    public_url: str
    bind_host: str
    bind_port: int
    web_workers: int
    trusted_proxies: tuple[Network, ...]
    ticket_signing_key: Path
    storage_dir: Path
    download_dir: Path
    secret_key: str = field(repr=False)
    code_pepper: bytes = field(repr=False)
    code_seal_key: bytes = field(repr=False)
    audit_key: bytes = field(repr=False)
    totp_key: bytes = field(repr=False)
    #: None: mail waits in the outbox until a mail server is named.
    smtp: SmtpServer | None = None
    mail_from: str = ""
    #: Where the operator's console may be opened from; empty means everywhere.
    operator_networks: tuple[Network, ...] = ()
    ticket_lifetime_s: int = 60
    code_lifetime_s: int = 600
    resume_window_s: int = 300
    log_in_lifetime_s: int = 12 * 3600
    refresh_lifetime_s: int = 30 * 86_400
    web_idle_s: int = 1800
    max_request_bytes: int = 2 * 1024 * 1024
    log_level: str = "info"

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.database_url.startswith("sqlite")

    @property
    def is_embedded(self) -> bool:
        """Whether everything lives in one web process: SQLite, or nobody to wake the other workers."""
        return self.is_sqlite or self.redis_url is None

    @property
    def uses_tls(self) -> bool:
        """Whether browsers reach us over https, so that cookies may carry the `__Host-` prefix."""
        return self.public_url.startswith("https://")


def load(environ: Mapping[str, str]) -> Settings:
    """Build the settings from `environ` and the secrets file. Raises SettingsError naming the variable."""
    storage_dir = Path(environ.get("STORAGE_DIR") or ROOT / "var").resolve()
    values = {**_read_secrets(storage_dir / "secrets.env"), **environ}
    environment = _environment(values)
    bind_host, bind_port = _listen(values)
    database_url = _database_url(values, storage_dir)
    settings = Settings(
        environment=environment,
        database_url=database_url,
        migration_database_url=_driver(values.get("MIGRATION_DATABASE_URL") or database_url),
        redis_url=values.get("REDIS_URL") or None,
        relays=_relays(values),
        public_url=_public_url(values, bind_host, bind_port),
        bind_host=bind_host,
        bind_port=bind_port,
        web_workers=_positive(values, "WEB_WORKERS", 1),
        trusted_proxies=_networks(values, "TRUSTED_PROXIES"),
        ticket_signing_key=Path(values.get("TICKET_SIGNING_KEY") or storage_dir / "keys" / "ticket_sign.pem"),
        storage_dir=storage_dir,
        download_dir=Path(values.get("DOWNLOAD_DIR") or storage_dir / "downloads"),
        secret_key=_text_secret(values, "SECRET_KEY"),
        code_pepper=_secret(values, "CODE_PEPPER"),
        code_seal_key=_secret(values, "CODE_SEAL_KEY"),
        audit_key=_secret(values, "AUDIT_KEY"),
        totp_key=_secret(values, "TOTP_KEY"),
        smtp=_smtp(values),
        mail_from=_mail_from(values),
        operator_networks=_networks(values, "OPERATOR_NETWORKS"),
        code_lifetime_s=_positive(values, "CODE_LIFETIME_S", 600),
        resume_window_s=_positive(values, "RESUME_WINDOW_S", 300),
        log_level=values.get("LOG_LEVEL", "info").lower(),
    )
    if settings.web_workers > 1 and settings.is_embedded:
        raise SettingsError(
            f"WEB_WORKERS is {settings.web_workers}, but more than one worker needs "
            "DATABASE_URL=postgresql://… and REDIS_URL=redis://…"
        )
    return settings


def _read_secrets(path: Path) -> dict[str, str]:
    """The NAME=value lines of the secrets file; a file that is not there is an empty one."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


def _environment(values: Mapping[str, str]) -> Environment:
    name = values.get("BAROHELP_ENV") or "dev"
    if name not in ("dev", "production", "test"):
        raise SettingsError(f"BAROHELP_ENV is {name!r}, it must be dev, production or test")
    return name  # type: ignore[return-value]  # narrowed by the line above, which mypy cannot follow


def _listen(values: Mapping[str, str]) -> tuple[str, int]:
    text = values.get("WEB_LISTEN") or "127.0.0.1:8000"
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise SettingsError(f"WEB_LISTEN is {text!r}, it must be HOST:PORT")
    return host.strip("[]"), int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _public_url(values: Mapping[str, str], host: str, port: int) -> str:
    """The address people type; never built from a Host header (decision D1)."""
    text = values.get("PUBLIC_URL", "").rstrip("/")
    if not text:
        if not _is_loopback(host):
            raise SettingsError(
                f"PUBLIC_URL is missing; it is needed because WEB_LISTEN is {host}, not loopback"
            )
        return f"http://{'[' + host + ']' if ':' in host else host}:{port}"
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise SettingsError(f"PUBLIC_URL is {text!r}, it must be http(s)://HOST[:PORT] without a path")
    return text


def _driver(url: str) -> str:
    """The same address, naming the one driver that works under gevent (docs/decisions/0028)."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _database_url(values: Mapping[str, str], storage_dir: Path) -> str:
    url = _driver(values.get("DATABASE_URL") or f"sqlite:///{storage_dir / 'barohelp.sqlite3'}")
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        scheme = url.split(":", 1)[0]
        raise SettingsError(f"DATABASE_URL starts with {scheme!r}, it must be sqlite:/// or postgresql://")
    return url


def _relays(values: Mapping[str, str]) -> tuple[RelayAddress, ...]:
    try:
        return read_relays(values.get("RELAYS") or "r1=ws://127.0.0.1:8001")
    except ValueError as error:
        raise SettingsError(f"RELAYS {error}") from error


def _networks(values: Mapping[str, str], name: str) -> tuple[Network, ...]:
    entries = [entry.strip() for entry in values.get(name, "").split(",") if entry.strip()]
    try:
        return tuple(ipaddress.ip_network(entry) for entry in entries)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}; it must be addresses or networks") from error


def _smtp(values: Mapping[str, str]) -> SmtpServer | None:
    """`smtp://[USER:PASSWORD@]HOST[:587][?starttls=required]` or `smtps://…[:465]`; the text is not shown."""
    text = values.get("SMTP_URL", "")
    if not text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise SettingsError("SMTP_URL must be smtp(s)://[USER:PASSWORD@]HOST[:PORT]")
    if not values.get("MAIL_FROM"):
        raise SettingsError("MAIL_FROM is missing; it is needed because SMTP_URL is set")
    return SmtpServer(
        scheme="smtps" if parts.scheme == "smtps" else "smtp",
        host=parts.hostname,
        port=port or (465 if parts.scheme == "smtps" else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        must_starttls=parts.query == "starttls=required",
    )


def _mail_from(values: Mapping[str, str]) -> str:
    text = values.get("MAIL_FROM", "").strip()
    if text and ("@" not in text or any(c in text for c in "\r\n")):
        raise SettingsError(f"MAIL_FROM is {text!r}, it must be an address")
    return text


def _positive(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name) or str(default)
    if not text.isdigit() or int(text) < 1:
        raise SettingsError(f"{name} is {text!r}, it must be a whole number above 0")
    return int(text)


def _text_secret(values: Mapping[str, str], name: str) -> str:
    return _secret(values, name).hex()


def _secret(values: Mapping[str, str], name: str) -> bytes:
    """The bytes behind a secret, written in base64 or hex; at least 32 of them."""
    text = values.get(name, "")
    if not text:
        raise SettingsError(f"{name} is missing; `make setup` writes one into var/secrets.env")
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise SettingsError(f"{name} is neither hex nor base64") from error
    if len(raw) < MIN_SECRET_BYTES:
        raise SettingsError(f"{name} has {len(raw)} bytes, it needs at least {MIN_SECRET_BYTES}")
    return raw
