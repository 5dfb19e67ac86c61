"""The relay's settings: its command line, with defaults from the environment the web half uses too.

The only place that reads os.environ for the relay and for `python -m relay.ticket`. Variables:
TICKET_VERIFY_KEYS (folder of public keys), TICKET_SIGNING_KEY (relay.ticket only), PUBLIC_URL (the page whose
Origin may dial the relay).
"""

from __future__ import annotations

import argparse
import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from wire.limits import HANDSHAKE_TIMEOUT_S, PAIR_WAIT_S
from wire.ticket import relay_id

VERIFY_KEYS_DEFAULT: Final = "var/keys/ticket_verify"
SIGNING_KEY_DEFAULT: Final = "var/keys/ticket_sign.pem"
DRAIN_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """What one relay process runs with; times in seconds.

    `public_id` is the relay's id in tickets (decision D2), None when it is the listening address itself.
    `takes_text` forwards text messages, which conformance suites send and our programs never do;
    `is_compiled` lets the compiled inner loop run where it was built (wire/transform.py).
    """

    host: str
    port: int
    public_id: str | None
    verify_keys: Path
    origins: frozenset[str]
    head_timeout_s: float = HANDSHAKE_TIMEOUT_S
    pair_wait_s: float = PAIR_WAIT_S
    drain_s: float = DRAIN_S
    dies_with_parent: bool = False
    is_compiled: bool = True
    takes_text: bool = False


def parse_relay_arguments(
    arguments: Sequence[str], environ: Mapping[str, str] | None = None
) -> RelaySettings:
    """The settings in `arguments`; a wrong one ends the program with one sentence (SystemExit 2)."""
    values = os.environ if environ is None else environ
    parser = _make_parser(values)
    wanted = parser.parse_args(arguments)
    try:
        host, port = _split_address(wanted.listen)
        public_id = relay_id(wanted.public) if wanted.public else None
        origins = frozenset(_origin(text) for text in wanted.origins or _own_origins(values))
    except ValueError as error:
        parser.error(str(error))
    if public_id is None and not _is_loopback(host):
        parser.error(f"--listen {wanted.listen} is open to other machines: --public must give its address")
    return RelaySettings(
        host=host,
        port=port,
        public_id=public_id,
        verify_keys=Path(wanted.verify_keys),
        origins=origins,
        head_timeout_s=wanted.head_timeout,
        pair_wait_s=wanted.pair_wait,
        dies_with_parent=wanted.die_with_parent,
        is_compiled=not wanted.python_only,
        takes_text=wanted.text,
    )


def signing_key_path(environ: Mapping[str, str] | None = None) -> Path:
    """The file of the web half's signing key."""
    values = os.environ if environ is None else environ
    return Path(values.get("TICKET_SIGNING_KEY") or SIGNING_KEY_DEFAULT)


def _make_parser(values: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m relay",
        description="Pairs the two ends of each channel of a support session and forwards sealed bytes.",
    )
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:8001", help="default %(default)s")
    parser.add_argument(
        "--public", metavar="URL", help="the address in tickets, ws(s)://HOST:PORT; default: --listen"
    )
    parser.add_argument(
        "--verify-keys",
        metavar="DIR",
        default=values.get("TICKET_VERIFY_KEYS") or VERIFY_KEYS_DEFAULT,
        help="folder of the web half's public keys, KEYID.pem; default %(default)s",
    )
    parser.add_argument(
        "--origins", metavar="ORIGIN", nargs="+", help="pages that may dial, default the one of PUBLIC_URL"
    )
    parser.add_argument(
        "--head-timeout",
        metavar="S",
        type=_seconds,
        default=HANDSHAKE_TIMEOUT_S,
        help="default %(default)s s",
    )
    parser.add_argument(
        "--pair-wait", metavar="S", type=_seconds, default=PAIR_WAIT_S, help="default %(default)s s"
    )
    parser.add_argument(
        "--python-only", action="store_true", help="leave out the compiled inner loop where it was built"
    )
    parser.add_argument("--text", action="store_true", help="forward text too, for conformance suites only")
    parser.add_argument("--die-with-parent", action="store_true", help="end when the starting process ends")
    return parser


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not within 0..3600 seconds")
    return value


def _split_address(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.port is None:
        raise ValueError(f"--listen {text} is not HOST:PORT")
    return parts.hostname, parts.port


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _own_origins(values: Mapping[str, str]) -> list[str]:
    public_url = values.get("PUBLIC_URL")
    return [public_url] if public_url else ["http://127.0.0.1:8000", "http://localhost:8000"]


def _origin(url: str) -> str:
    """The Origin that a browser sends for a page at `url`: a default port is left out."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is no origin: http(s)://HOST[:PORT] is")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, default) else "")
