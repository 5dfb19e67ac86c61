"""How this program reaches the network: which proxy, which authorities, whether straight to the other end.

Decides the proxy of an address from what was set in the program, the environment (HTTPS_PROXY, ALL_PROXY,
NO_PROXY, BAROHELP_CA_FILE) or the system (Windows, macOS, GNOME), in this order. One setting a program: every
connection asks `current()`. Leaves the handshakes to proxy.py. Proxy scripts (PAC) are not run: their proxy
is written down by hand.
"""

from __future__ import annotations

import fnmatch
import functools
import ipaddress
import json
import logging
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from desktop.proxy import Proxy, parse_proxy
from desktop.secret_store import Secrets, write_private

__all__ = ["Mode", "NetworkSettings", "NetworkStore", "current", "find_proxy", "from_environment", "use"]

Mode: TypeAlias = Literal["system", "none", "manual"]
_ACCOUNT = "proxy"
_GSETTINGS_S = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """What a person may set. `proxy` is scheme://host:port without log-in and counts in mode "manual".

    `direct`, `upnp` and `forwarded` are of the agent's program, which listens: whether it may be reached
    straight, whether the router is asked to let that in, and HOST:PORT or HOST:PORT-PORT that it does let in.
    """

    mode: Mode = "system"
    proxy: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str | None = None
    direct: bool = True
    upnp: bool = True
    forwarded: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NetworkSettings:
        """Return what `asdict` made; what does not fit is left at its default."""
        usual = cls()
        kept = {
            name: data[name]
            for name in cls.__dataclass_fields__
            if name in data and (isinstance(data[name], type(getattr(usual, name))) or name == "ca_file")
        }
        if kept.get("mode", "system") not in get_args(Mode):
            del kept["mode"]
        return cls(**kept)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object, password and all: for a pipe between our own programs only."""
        return asdict(self)


_current: NetworkSettings | None = None


def use(settings: NetworkSettings) -> None:
    """Set how this program reaches the network from now on; open connections stay."""
    global _current
    _current = settings
    _system_proxies.cache_clear()


def current() -> NetworkSettings:
    """Return what `use` set, otherwise what the environment says."""
    return _current or from_environment(os.environ)


def from_environment(environ: Mapping[str, str]) -> NetworkSettings:
    """Return the usual settings with the private authority that BAROHELP_CA_FILE names."""
    return NetworkSettings(ca_file=environ.get("BAROHELP_CA_FILE") or None)


def find_proxy(url: str, settings: NetworkSettings | None = None) -> Proxy | None:
    """Return the proxy for `url` (http, https, ws or wss), None for the straight way.

    Raises ValueError for a proxy that makes no sense. May ask the system, once: not on the link thread.
    """
    settings = settings or current()
    parts = urlsplit(url)
    if settings.mode == "none":
        return None
    if settings.mode == "manual":
        made = parse_proxy(settings.proxy)
        user, password = settings.user or made.user, settings.password or made.password
        return Proxy(made.kind, made.host, made.port, user, password)
    host, port = parts.hostname or "", parts.port
    if _is_loopback(host):
        return None
    is_secure = parts.scheme in ("https", "wss")
    proxies = _system_proxies()
    text = proxies.get("https" if is_secure else "http") or proxies.get("all")
    if not text or _is_exempt(host, port, proxies.get("no", "")):
        return None
    made = parse_proxy(text)
    if settings.user and not made.user:
        return Proxy(made.kind, made.host, made.port, settings.user, settings.password)
    return made


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_exempt(host: str, port: int | None, rules: str) -> bool:
    """NO_PROXY as curl reads it: names, .suffixes, addresses, networks, `*`, with a :port if wanted."""
    return any(_fits(host.lower(), port, rule.strip().lower()) for rule in rules.split(",") if rule.strip())


def _fits(host: str, port: int | None, rule: str) -> bool:
    name, colon, rule_port = rule.rpartition(":")
    if colon and rule_port.isdigit() and name.count(":") == 0:
        if port != int(rule_port):
            return False
        rule = name
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        pass
    if "*" in rule:
        return fnmatch.fnmatchcase(host, rule)
    suffix = rule.lstrip(".")
    return host == suffix or host.endswith(f".{suffix}")


@functools.cache
def _system_proxies() -> Mapping[str, str]:
    """{"http", "https", "all", "no"}: the environment's where it names one, else the system's."""
    found = urllib.request.getproxies_environment()
    if any(found.get(name) for name in ("http", "https", "all")):
        return found
    if sys.platform.startswith(("win", "darwin")):
        return {**urllib.request.getproxies(), "no": found.get("no", "")}
    return _gnome_proxies()


def _gnome_proxies() -> dict[str, str]:
    """What the desktop's settings say; nothing where there is no gsettings, or it does not answer."""
    if shutil.which("gsettings") is None or not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return {}
    if _gsetting("org.gnome.system.proxy", "mode") != "manual":
        return {}
    found: dict[str, str] = {}
    for name, scheme in (("http", "http"), ("https", "http"), ("socks", "socks5")):
        schema = f"org.gnome.system.proxy.{name}"
        host, port = _gsetting(schema, "host"), _gsetting(schema, "port")
        if host and port not in ("", "0"):
            found["all" if name == "socks" else name] = f"{scheme}://{host}:{port}"
    hosts = _gsetting("org.gnome.system.proxy", "ignore-hosts")
    return {**found, "no": ",".join(part.strip(" []'\"") for part in hosts.split(","))}


def _gsetting(schema: str, key: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # fixed words
            ["gsettings", "get", schema, key],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=_GSETTINGS_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().strip("'") if done.returncode == 0 else ""


class NetworkStore:
    """Keeps the settings of the agent's program: a file without the password, which the secrets keep."""

    def __init__(self, folder: Path, secrets: Secrets) -> None:
        self._path = folder / "network.json"
        self._secrets = secrets

    def load(self) -> NetworkSettings:
        """Return what was kept, over what the environment says."""
        usual = from_environment(os.environ)
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return usual
        if not isinstance(data, dict):
            return usual
        kept = {name: value for name, value in data.items() if name != "password"}
        password = self._secrets.read(_ACCOUNT) if kept.get("user") else None
        return NetworkSettings.from_json({"ca_file": usual.ca_file, **kept, "password": password or ""})

    def keep(self, settings: NetworkSettings) -> None:
        """Write them; what cannot be written is logged, never in the way."""
        data = settings.to_json()
        password = data.pop("password")
        if data["ca_file"] == os.environ.get("BAROHELP_CA_FILE"):
            del data["ca_file"]
        try:
            write_private(self._path, json.dumps(data, ensure_ascii=False))
        except OSError as error:
            log.warning("network_not_kept", extra={"reason": error.strerror})
        if password and settings.user:
            self._secrets.write(_ACCOUNT, password)
        else:
            self._secrets.forget(_ACCOUNT)
