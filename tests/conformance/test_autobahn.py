"""Our sockets under Autobahn: cases 1 to 7 and 10, none failed. Not run where there is no Python 2.7."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from relay.keys import write_key_pair
from tests.conformance.autobahn import GOOD, python2, verdicts
from tests.conformance.echo import RelayFront, start_worker
from tests.displays import stop_process, wait_for
from tests.relay.processes import RelayProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(620)]


@pytest.fixture
def suite() -> str:
    python = python2()
    if python is None:
        pytest.skip("not run: there is no Python 2.7 for the Autobahn suite")
    return python


def failed(found: dict[str, str]) -> dict[str, str]:
    assert found
    return {case: verdict for case, verdict in found.items() if verdict not in GOOD}


@pytest.mark.parametrize("loop", [["--text"], ["--text", "--python-only"]], ids=["compiled", "python"])
def test_the_relay_passes_with_an_echo_at_its_other_end(suite: str, loop: list[str], tmp_path: Path) -> None:
    write_key_pair(tmp_path)
    with RelayProcess(tmp_path, *loop) as relay:
        front = RelayFront(relay)
        front.start()
        found = verdicts(suite, front.url, tmp_path)
        front.close()
    assert failed(found) == {}


def test_the_web_halfs_sockets_pass(suite: str, tmp_path: Path) -> None:
    process, url = start_worker(tmp_path)
    try:
        wait_for(lambda: answers(url), what="the worker")
        assert failed(verdicts(suite, url, tmp_path)) == {}
    finally:
        stop_process(process)


def answers(url: str) -> bool:
    try:
        socket.create_connection((str(urlsplit(url).hostname), urlsplit(url).port or 0), 1).close()
    except OSError:
        return False
    return True
