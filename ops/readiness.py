"""When is everything ready? Three questions a newcomer's first minute depends on, each asked for real.

The page of the demo tenant answers, the relay pairs a test ticket and carries bytes both ways, and the signal
door answers. Each check returns None when it is so, else what was seen.
"""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable

from ops.places import LOOPBACK, ROOT, Places

Check = Callable[[], str | None]


def web_answers(places: Places) -> str | None:
    """The demo tenant's page."""
    return _status_is(places.web_port, "/demo", {200})


def signal_answers(places: Places) -> str | None:
    """The signal door: it refuses a socket without a ticket in words of its own, before any upgrade."""
    headers = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }  # fmt: skip
    return _status_is(places.web_port, "/signal?ticket=none", {400, 401, 403}, headers)


def _status_is(port: int, path: str, wanted: set[int], headers: dict[str, str] | None = None) -> str | None:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path, headers=headers or {})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{path}: {error or type(error).__name__}"
    finally:
        connection.close()
    return None if status in wanted else f"{path}: HTTP {status}"


def relay_pairs(places: Places) -> str | None:
    """Two legs with a test ticket meet at the relay and a message crosses each way."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    try:
        with socket.create_connection((LOOPBACK, places.relay_port), timeout=3):
            pass  # cheap while the relay is still starting; the ticket below costs a process
        addresses = _test_pair(places)
        with (
            connect(addresses["agent"], open_timeout=3, proxy=None) as agent,
            connect(addresses["customer"], open_timeout=3, proxy=None) as customer,
        ):
            agent.send(b"?")
            question = customer.recv(timeout=3)
            customer.send(b"!")
            answer = agent.recv(timeout=3)
    except (OSError, WebSocketException, ValueError) as error:
        return f"{places.relay_url}: {error or type(error).__name__}"
    return None if (question, answer) == (b"?", b"!") else "the relay changed bytes"


def _test_pair(places: Places) -> dict[str, str]:
    """The complete addresses of one pair, signed with this installation's own key."""
    session = f"readiness-{time.monotonic_ns()}"
    made = subprocess.run(
        [sys.executable, "-m", "relay.ticket", "--relay", places.relay_url, "--session", session,
         "--channel", "screen"],
        cwd=ROOT, env=places.environment(), capture_output=True, text=True, timeout=10, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        raise ValueError(made.stderr.strip().splitlines()[-1] if made.stderr.strip() else "no ticket")
    return dict(json.loads(made.stdout.splitlines()[0]))


def wait_until_ready(
    checks: dict[str, Check], *, deadline_s: float, on_wait: Callable[[], bool]
) -> dict[str, str]:
    """Ask until every check passes; what still fails when the time is over, by name.

    `on_wait` is called between rounds and says whether to go on (a person pressed Ctrl-C: it says False).
    """
    deadline = time.monotonic() + deadline_s
    open_checks, seen = dict(checks), dict.fromkeys(checks, "")
    while open_checks:
        for name, check in list(open_checks.items()):
            problem = check()
            if problem is None:
                del open_checks[name]
            else:
                seen[name] = problem
        if not open_checks or not on_wait() or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return {name: seen[name] for name in open_checks}
