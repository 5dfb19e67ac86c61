"""The customer program from its first line to its last: what runs when, and how it ends.

Keeps imports late: windows, screen and link are loaded when they are needed, so that the first window comes
quickly. Everything that matters is decided elsewhere: start.py, model.py, rights.py.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from customer_agent.platform_errors import Unsupported
from customer_agent.start import StartError, StartPlan, read_start
from desktop.logs import start_log

EXIT_MISUSE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit code."""
    start_log()
    try:
        plan = read_start(sys.argv[1:] if arguments is None else arguments, program_file(), os.environ)
        if plan.listen is not None:
            return _listen(plan.listen)
        return _help(plan)
    except (StartError, Unsupported) as problem:
        print(problem.reason if isinstance(problem, Unsupported) else problem, file=sys.stderr)
        return EXIT_MISUSE


def program_file() -> str:
    """The file this program was started from: the one-file program's own name, else the script."""
    return sys.executable if getattr(sys, "frozen", False) else sys.argv[0]


def _listen(address: str) -> int:
    from customer_agent.listen import ListenServer, NotLoopback, parse_address
    from customer_agent.machine import pc_name
    from customer_agent.rights import Rights

    try:
        host, port = parse_address(address)
    except (NotLoopback, ValueError) as problem:
        raise StartError(str(problem)) from problem
    rights = Rights(frozenset({"view", "mouse", "keyboard"}))
    try:
        server = ListenServer(host, port, rights=rights, name=pc_name())
    except OSError as problem:
        raise StartError(f"{address} cannot be opened: {problem.strerror}.") from problem
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.stop())
    server.serve(lambda: print(f"Listening on {host}:{server.port}", flush=True))
    return 0


def _help(plan: StartPlan) -> int:
    from customer_agent.support_app import run_support

    return run_support(plan)
