"""`python -m relay.ticket`: test tickets for a running relay, and the key pair of an installation.

python -m relay.ticket --relay ws://HOST:PORT --session S --channel screen [--count N] [--ttl SECONDS]
    one JSON object a line: {"agent": URL, "customer": URL}, the two complete addresses of a pair;
    with --count N, N pairs of the sessions S-0, S-1, ...; signed with TICKET_SIGNING_KEY
python -m relay.ticket --make-keys DIR
    DIR/ticket_sign.pem (0600) and DIR/ticket_verify/KEYID.pem; keys that are there stay
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.relay_settings import signing_key_path
from relay.keys import KeyFileError, load_signing_key, write_key_pair
from wire.limits import TICKET_LIFETIME_S
from wire.ticket import Channel, Role, Via, issue_ticket, relay_id


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was asked for; returns the exit code."""
    parser = _make_parser()
    wanted = parser.parse_args(arguments)
    try:
        if wanted.make_keys:
            print(write_key_pair(Path(wanted.make_keys)))
            return 0
        if not (wanted.relay and wanted.session):
            parser.error("--relay and --session are needed")
        key = load_signing_key(signing_key_path())
        for pair in _make_pairs(key, wanted):
            print(json.dumps(pair))
    except (KeyFileError, OSError, ValueError) as error:
        print(f"relay.ticket: {error}", file=sys.stderr)
        return 1
    return 0


def _make_pairs(key: Ed25519PrivateKey, wanted: argparse.Namespace) -> Iterator[dict[str, str]]:
    url = wanted.relay.rstrip("/")
    sessions = [wanted.session]
    if wanted.count is not None:
        sessions = [f"{wanted.session}-{number}" for number in range(wanted.count)]
    for session in sessions:
        addresses = {}
        for role in get_args(Role):
            ticket = issue_ticket(
                key,
                relay=relay_id(url),
                tenant=wanted.tenant,
                session=session,
                participant=wanted.participant,
                channel=wanted.channel,
                role=role,
                via=wanted.via,
                epoch=wanted.epoch,
                now=time.time(),
                lifetime_s=wanted.ttl,
            )
            addresses[role] = f"{url}/relay/{session}?ticket={ticket}"
        yield addresses


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m relay.ticket", description="Test tickets and key pairs.")
    parser.add_argument("--make-keys", metavar="DIR", help="write the key pair of an installation")
    parser.add_argument("--relay", metavar="URL", help="ws://HOST:PORT as in RELAYS")
    parser.add_argument("--session", metavar="S", help="support session, [A-Za-z0-9_-]")
    parser.add_argument("--channel", choices=get_args(Channel), default="screen")
    parser.add_argument("--count", metavar="N", type=int, help="N pairs, sessions S-0 .. S-(N-1)")
    parser.add_argument("--ttl", metavar="SECONDS", type=int, default=TICKET_LIFETIME_S)
    parser.add_argument("--tenant", default="test")
    parser.add_argument("--participant", default="1")
    parser.add_argument("--epoch", type=int, default=1)
    parser.add_argument("--via", choices=get_args(Via), default="program")
    return parser


if __name__ == "__main__":
    sys.exit(main())
