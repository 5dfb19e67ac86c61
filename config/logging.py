"""How the server processes log: constant event names with fields, secrets left out, long values cut.

For people in development (one short line), for machines in production (one JSON object a line); the same for
our own events and for those of libraries, which come through the standard module.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor

from config.settings import Settings

__all__ = ["configure", "leave_out_secrets"]

MAX_VALUE: Final = 500
#: Fields whose values never reach a log, whoever passes them.
SECRET_FIELDS: Final = frozenset(
    {"password", "token", "refresh", "ticket", "code", "credential", "secret", "cookie", "authorization"}
)


def configure(settings: Settings) -> None:
    """Set up logging for this process; a repeat replaces what was set."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        leave_out_secrets,
    ]
    is_machine = settings.environment == "production"
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=settings.environment != "test",
    )
    last: list[Processor] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if is_machine
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=28)]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    logging.getLogger("alembic").setLevel(logging.WARNING)


def leave_out_secrets(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Blank out secret fields and cut long texts."""
    for name, value in event.items():
        if name in SECRET_FIELDS:
            event[name] = "…"
        elif isinstance(value, str) and len(value) > MAX_VALUE and name not in ("exception", "event"):
            event[name] = f"{value[:MAX_VALUE]}… ({len(value)} characters)"
    return event
