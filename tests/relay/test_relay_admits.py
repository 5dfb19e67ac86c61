"""A real relay at its door: tickets, Origins, heads, half-sent requests."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from relay.listener import KERNEL_BUFFER, UNSENT_LOW, open_listener
from tests.relay.processes import DEADLINE_S, PAGE, ROOT, End, RelayProcess, request

pytestmark = pytest.mark.flow


def test_it_accepts_one_of_a_hundred_with_the_same_ticket(relay: RelayProcess) -> None:
    data = request("replay", relay.ticket("agent", "replay"))
    ends = [End(relay.dial()) for _ in range(100)]
    start = threading.Barrier(100)

    def knock(end: End) -> None:
        start.wait()
        end.sock.sendall(data)

    threads = [threading.Thread(target=knock, args=(end,)) for end in ends]
    for thread in threads:
        thread.start()
    assert Counter(end.read_status() for end in ends) == {101: 1, 403: 99}
    for thread, end in zip(threads, ends, strict=True):
        thread.join()
        end.sock.close()


def test_it_refuses_a_spent_ticket_after_a_restart_and_at_another_relay(keys: Path) -> None:
    with RelayProcess(keys) as first, RelayProcess(keys) as other:
        port, ticket = first.port, first.ticket("agent")
        assert first.status_of("s1", ticket) == 101
        assert other.status_of("s1", ticket) == 403
        unspent = first.ticket("agent", "s2")
    with RelayProcess(keys, port=port) as again:
        assert again.relay == first.relay
        assert again.status_of("s1", ticket) == 403
        assert again.status_of("s2", unspent) == 403
        assert again.status_of("s1", again.ticket("agent")) == 101


@pytest.mark.parametrize(
    ("via", "origin", "status"),
    [
        ("program", None, 101),
        ("program", "https://evil.example", 403),
        ("program", "null", 403),
        ("browser", PAGE, 101),
        ("browser", None, 403),
        ("browser", "null", 403),
        ("browser", f"{PAGE}.evil.example", 403),
    ],
)
def test_it_checks_where_a_page_comes_from(
    relay: RelayProcess, via: str, origin: str | None, status: int
) -> None:
    session = f"origin-{via}-{status}-{len(origin or '')}"
    assert relay.status_of(session, relay.ticket("agent", session, via=via), origin) == status


def test_it_refuses_a_ticket_of_another_session(relay: RelayProcess) -> None:
    ticket = relay.ticket("agent", "mine")
    assert relay.status_of("theirs", ticket) == 403
    assert relay.status_of("mine", ticket) == 101


def test_it_never_pairs_two_with_the_ticket_of_one_role(relay: RelayProcess) -> None:
    later = time.time() + 1  # within the skew that a relay allows
    with relay.end("agent", "role") as first, relay.end("agent", "role", now=later) as second:
        second.send(b"is anybody there?")
        assert first.read_close() == 4001


@pytest.mark.parametrize(
    ("session", "ticket", "status"), [("s1", "", 401), ("s1", "a.b.c", 403), ("s1", "x" * 2049, 401)]
)
def test_it_refuses_what_is_no_ticket(relay: RelayProcess, session: str, ticket: str, status: int) -> None:
    assert relay.status_of(session, ticket) == status


def test_it_speaks_with_a_stock_client_and_the_ticket_command(relay: RelayProcess, keys: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "relay.ticket", "--relay", f"ws://127.0.0.1:{relay.port}", "--session", "cli"]
        + ["--channel", "files", "--count", "2", "--ttl", "30"],
        cwd=ROOT,
        env={**os.environ, "TICKET_SIGNING_KEY": str(keys / "ticket_sign.pem")},
        capture_output=True,
        check=True,
    )
    first, second = (json.loads(line) for line in made.stdout.splitlines())
    assert "/relay/cli-1?" in second["agent"]
    with connect(first["agent"], proxy=None) as agent, connect(first["customer"], proxy=None) as customer:
        agent.send(b"?")
        assert customer.recv(5) == b"?"
        customer.send([b"an", b"sw", b"er"])
        assert agent.recv(5) == b"answer"
        agent.ping().wait(5)
    with pytest.raises(InvalidStatus):
        connect(first["agent"], proxy=None)


def test_it_bounds_the_head(relay: RelayProcess) -> None:
    with End(relay.dial()) as end:
        end.sock.sendall(b"GET /relay/s1 HTTP/1.1\r\nX: " + b"x" * 8192)
        assert end.read_status() == 431


@pytest.mark.parametrize("data", [b"\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"])
def test_it_refuses_what_is_no_request(relay: RelayProcess, data: bytes) -> None:
    with End(relay.dial()) as end:
        end.sock.sendall(data)
        assert end.read_status() == 400


def test_it_takes_a_head_that_comes_byte_by_byte(relay: RelayProcess) -> None:
    with End(relay.dial()) as end:
        for byte in request("slow", relay.ticket("agent", "slow")):
            end.sock.sendall(bytes([byte]))
        assert end.read_status() == 101


def test_it_closes_half_sent_requests_in_time_and_serves_others_meanwhile(keys: Path) -> None:
    with RelayProcess(keys, "--head-timeout", "2") as relay:
        half_sent = [relay.dial() for _ in range(300)]
        for sock in half_sent:
            sock.sendall(b"GET /relay/s1?ticket=")
        agent, customer = relay.pair()
        with agent, customer:
            agent.send(b"meanwhile")
            assert customer.read().data == b"meanwhile"
            half_sent[-1].setblocking(False)
            with pytest.raises(BlockingIOError):  # it is open still
                half_sent[-1].recv(1)
            for sock in half_sent:
                sock.settimeout(DEADLINE_S)
                assert sock.recv(1) == b""
                sock.close()
            agent.send(b"afterwards")
            assert customer.read().data == b"afterwards"


def test_it_serves_others_when_descriptors_run_out(keys: Path) -> None:
    with RelayProcess(keys, "--head-timeout", "1") as relay:
        resource.prlimit(relay.process.pid, resource.RLIMIT_NOFILE, (64, 64))
        half_sent = [relay.dial() for _ in range(100)]
        agent, customer = relay.pair()
        agent.send(b"room was made")
        assert customer.read().data == b"room was made"
        for sock in (agent.sock, customer.sock, *half_sent):
            sock.close()


def test_it_names_a_taken_port(relay: RelayProcess, keys: Path) -> None:
    command = [sys.executable, "-m", "relay", "--listen", f"127.0.0.1:{relay.port}", "--verify-keys"]
    command += [str(keys / "ticket_verify")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"relay: 127.0.0.1:{relay.port}: ")
    assert len(ended.stderr.splitlines()) == 1


def test_it_bounds_what_the_kernel_keeps_and_finds_half_open_legs() -> None:
    listener = open_listener("127.0.0.1", 0)
    with listener, socket.create_connection(listener.getsockname()):
        listener.settimeout(5)
        sock, _ = listener.accept()
        with sock:
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) <= 2 * KERNEL_BUFFER
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * KERNEL_BUFFER
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == UNSENT_LOW
