"""The agent's programs: `python -m viewer` waits for customers, `--vnc HOST:PORT` shows any RFB server.

Reads the command line and starts one of them. A password is never taken from the command line.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import resources

from desktop import words
from desktop.logs import start_log


def main(arguments: list[str] | None = None) -> int:
    """Run the program; its exit code."""
    options = _parser().parse_args(arguments)
    start_log()
    words.add_table(resources.files("desktop") / "locale" / "viewer.en.json")
    if options.language:
        words.set_language(options.language)
    if options.vnc:
        from viewer.remote.vnc import run_vnc

        return run_vnc(options.vnc, dark=options.dark)
    if options.window:
        from viewer.remote.support import run_window

        return run_window(dark=options.dark)
    from viewer.waiting.app import run_waiting

    return run_waiting(server=options.server, tenant=options.tenant, login_id=options.id, dark=options.dark)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m viewer", description="BaroHelp, the agent's program")
    server = os.environ.get("BAROHELP_SERVER", "")
    parser.add_argument("--server", default=server, help="address of the web half; else the remembered one")
    parser.add_argument("--tenant", default="", help="company id, filled in for the log-in")
    parser.add_argument("--id", default="", help="agent id, filled in for the log-in")
    parser.add_argument("--language", choices=words.LANGUAGES, help="ko or en; else what LANG says")
    parser.add_argument("--dark", action="store_true", help="the dark look")
    parser.add_argument("--vnc", metavar="HOST:PORT", help="show and control an RFB server, without log-in")
    # A remote window of the waiting program, which talks to it in JSON lines; not for people.
    parser.add_argument("--window", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
