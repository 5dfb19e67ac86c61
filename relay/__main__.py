"""`python -m relay --listen HOST:PORT [--public URL] [--verify-keys DIR] [--origins ORIGIN ...]`.

Prints one line when it is ready, logs to standard error, and ends with 0 after a drain.
"""

from __future__ import annotations

import logging
import sys

from config.relay_settings import RelaySettings, parse_relay_arguments
from relay.keys import KeyFileError
from relay.parent import Parent

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class _FieldFormatter(logging.Formatter):
    """A constant event name, then the fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        fields = [f"{name}={value}" for name, value in vars(record).items() if name not in _PLAIN]
        return " ".join([super().format(record), *fields])


def main() -> int:
    """Run one relay process; returns its exit code."""
    parent = Parent()
    settings = parse_relay_arguments(sys.argv[1:])
    if settings.dies_with_parent:
        parent.die_with_it()
    handler = logging.StreamHandler()
    handler.setFormatter(_FieldFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    _raise_descriptor_limit()
    return _run(settings, parent)


def _run(settings: RelaySettings, parent: Parent) -> int:
    from relay.server import Server  # gevent loads only after the arguments are known to be right

    try:
        server = Server(settings, parent)
    except (KeyFileError, OSError) as error:
        where = f"{settings.host}:{settings.port}: " if isinstance(error, OSError) else ""
        print(f"relay: {where}{error}", file=sys.stderr)
        return 1
    print(f"relay {server.relay} listens on {server.address}", flush=True)
    server.run()
    return 0


def _raise_descriptor_limit() -> None:
    """Two descriptors a pair: take all the system allows."""
    try:
        import resource
    except ImportError:  # not on Windows, where a relay is for trying out only
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())
