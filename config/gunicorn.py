"""gunicorn's options for the web half: `gunicorn --config config/gunicorn.py wsgi:app`.

Decides the number of workers (exactly one where everything is embedded: SQLite, or nobody to wake the others,
decision D18), connections, and how soon a stop is a stop. Settings come from config/settings.py.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from gunicorn.errors import AppImportError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.settings import SettingsError, load  # noqa: E402  # the line above makes it importable

try:
    _settings = load(os.environ)
except SettingsError as error:
    sys.exit(f"BaroHelp cannot start: {error}.")

_host = f"[{_settings.bind_host}]" if ":" in _settings.bind_host else _settings.bind_host
bind = f"{_host}:{_settings.bind_port}"
worker_class = "gevent"
workers = _settings.web_workers
# The default of 1,000 silently stops the 1,001st agent (measured).
worker_connections = 12_000
# Its socket lies at one path per user: two installations of one user would fight for it.
control_socket_disable = True
# Live sockets never end by themselves; Ctrl-C shall be over in three seconds.
graceful_timeout = 1
timeout = 60
# Also the time a request's head may take.
keepalive = 5
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 4096
# Forwarded headers are read in app/remote.py, from TRUSTED_PROXIES only.
forwarded_allow_ips = ""
forwarder_headers = ""
#: How long Ctrl-C waits for the programs' sockets to be told.
GOODBYE_S = 0.5
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  # gunicorn's own heartbeat file
accesslog = None
errorlog = "-"
loglevel = "warning"


def on_starting(server: Any) -> None:
    """Refuse workers that could not hear each other, whatever the command line said."""
    if server.cfg.workers > 1 and _settings.is_embedded:
        sys.exit(
            f"BaroHelp cannot start: {server.cfg.workers} workers need DATABASE_URL=postgresql://… and "
            "REDIS_URL=redis://…; with SQLite or without Redis it is exactly one."
        )


def post_worker_init(worker: Any) -> None:
    """Let the app look at its database before the first request (app/start_checks.py)."""
    problem = worker.wsgi.extensions["check_start"]()
    if problem:
        # The one exception after which gunicorn does not start the worker again and again.
        raise AppImportError(f"BaroHelp cannot start: {problem}")
    signal.signal(signal.SIGTERM, functools.partial(_stop_gracefully, worker))


def _stop_gracefully(worker: Any, number: int, frame: Any) -> None:
    """SIGTERM: send the programs to another worker (close code 1012), then stop as gunicorn does.

    gunicorn has no hook for this moment: worker_exit comes when the sockets have been killed already.
    """
    import gevent  # the worker class has loaded it; a signal handler itself must not wait

    gevent.spawn(worker.wsgi.extensions["support.sweep"].stop)
    worker.handle_exit(number, frame)


def worker_int(worker: Any) -> None:
    """Ctrl-C: end now, with a word to the programs. Live sockets would otherwise hold the process until it is
    killed a second later.

    Nothing is lost by that: what was acknowledged is committed, and the kernel closes the sockets.
    """
    sweep = getattr(worker.wsgi, "extensions", {}).get("support.sweep")
    if sweep is not None and sweep.count():
        sweep.stop()
        until = time.monotonic() + GOODBYE_S
        while sweep.count() and time.monotonic() < until:
            time.sleep(0.02)  # gevent's: the sockets' greenlets run meanwhile
    sys.stderr.flush()
    os._exit(0)
