"""What the relays carry: full pipes, bursts, paced messages, round trips, idle and stalled pairs.

The load runs on core 1, sender and receiver in a process each, so that one waits for neither. Frames are made
beforehand, each with a random masking key. A websocket relay takes the key off: 4 bytes less a frame arrive.
"""

from __future__ import annotations

import os
import selectors
import socket
import statistics
import struct
import time
from collections.abc import Callable
from typing import Final

from websockets.speedups import apply_mask

from bench.relay_peers import Pair, Peer

LOAD_CORE: Final = 1
KIB: Final = 1024


def masked(size: int) -> bytes:
    """A binary frame of random bytes as our programs send it."""
    key = os.urandom(4)
    head = struct.pack(">BBQ", 0x82, 0xFF, size) if size >= 1 << 16 else struct.pack(">BBH", 0x82, 0xFE, size)
    return head + key + apply_mask(os.urandom(size), key)


def arriving(peer: Peer, sent: int, frames: int) -> int:
    """How many bytes come out for what went in."""
    return sent - 4 * frames if peer.is_websocket else sent


def full_pipe(peer: Peer, size: int, count: int, at_once: int) -> float:
    """CPU seconds of the relay to carry `count` messages of `size` bytes, `at_once` a write."""
    block = b"".join(masked(size) for _ in range(at_once))
    writes = count // at_once
    ((near, far),) = peer.pairs(1)

    def send() -> None:
        for _ in range(writes):
            near.sendall(block)

    began = peer.cpu_s()
    child = _in_child(send)
    _receive(far, arriving(peer, writes * len(block), writes * at_once))
    spent = peer.cpu_s() - began
    os.waitpid(child, 0)
    _close([(near, far)])
    return spent / (writes * at_once)


def paced(peer: Peer, pairs: list[Pair], size: int, rate: int, seconds: float) -> float:
    """CPU seconds for each message when every pair gets `rate` a second, spread evenly."""
    frames = [masked(size) for _ in range(16)]
    count = int(len(pairs) * rate * seconds)
    step_s = 1 / (len(pairs) * rate)

    def send() -> None:
        began = time.perf_counter()
        for number in range(count):
            ahead = began + number * step_s - time.perf_counter()
            if ahead > 0.0002:
                time.sleep(ahead)
            pairs[number % len(pairs)][0].sendall(frames[number % 16])

    expected = arriving(peer, count * len(frames[0]), count)
    began = peer.cpu_s()
    child = _in_child(send)
    with selectors.EpollSelector() as selector:
        for _, far in pairs:
            selector.register(far, selectors.EVENT_READ)
        room = bytearray(256 * KIB)
        while expected > 0:
            for key, _ in selector.select(5):
                expected -= key.fileobj.recv_into(room)  # type: ignore[union-attr]
    spent = peer.cpu_s() - began
    os.waitpid(child, 0)
    return spent / count


def round_trip(peer: Peer, trips: int = 2000) -> float:
    """Median seconds for 64 bytes there and back."""
    ((near, far),) = peer.pairs(1)
    there, back = masked(126), masked(126)
    expected = arriving(peer, len(there), 1)
    times = []
    for _ in range(trips):
        began = time.perf_counter()
        near.sendall(there)
        far.recv(expected, socket.MSG_WAITALL)
        far.sendall(back)
        near.recv(expected, socket.MSG_WAITALL)
        times.append(time.perf_counter() - began)
    _close([(near, far)])
    return statistics.median(times)


def idle_pairs(peer: Peer, count: int) -> tuple[float, list[Pair]]:
    """KiB of process memory for each pair that says nothing, and the pairs."""
    _close(peer.pairs(count // 10))
    time.sleep(0.5)
    before = peer.memory_kib()
    pairs = peer.pairs(count)
    time.sleep(0.5)
    return (peer.memory_kib() - before) / count, pairs


def active_pairs(peer: Peer, count: int) -> float:
    """KiB of process memory for each pair that has carried a screen update of 12.5 KB ten times, each way."""
    before = peer.memory_kib()
    pairs = peer.pairs(count)
    frame = masked(12_500)
    room = bytearray(64 * KIB)
    for _ in range(10):
        for pair in pairs:
            for near, far in (pair, pair[::-1]):
                near.sendall(frame)
                left = arriving(peer, len(frame), 1)
                while left > 0:
                    left -= far.recv_into(room)
    grown = (peer.memory_kib() - before) / count
    _close(pairs)
    return grown


def stalled_pairs(peer: Peer, count: int) -> tuple[float, float]:
    """KiB of process memory, and KiB between the ends in all, for each pair whose receiver does not read.

    A sender gives up after 32 MiB: a relay that takes so much has no bound.
    """
    block = masked(60_000)
    pairs = peer.pairs(count)
    before = peer.memory_kib()
    taken = 0
    for near, far in pairs:
        far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * KIB)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * KIB)
        near.settimeout(0.3)
        sent = 0
        try:
            while sent < 32 * KIB * KIB:
                sent += near.send(block[sent % len(block) :])
        except TimeoutError:
            pass
        taken += sent
    grown = (peer.memory_kib() - before) / count
    _close(pairs)
    return grown, taken / count / KIB


def _receive(sock: socket.socket, expected: int) -> None:
    room = bytearray(1024 * KIB)
    while expected > 0:
        size = sock.recv_into(room)
        if not size:
            raise EOFError("the relay hung up")
        expected -= size


def _in_child(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def _close(pairs: list[Pair]) -> None:
    for pair in pairs:
        for sock in pair:
            sock.close()
