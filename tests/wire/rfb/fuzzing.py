"""Changed recordings against both protocols: `python -m tests.wire.rfb.fuzzing --inputs 20000 [--seed 1]`.

Most inputs are one recorded stream (tests/vectors) with one to four changes that know its structure: fields
and messages that our own parser found in it. Numbers get values at and around every limit; messages are
dropped, doubled, swapped, taken from other recordings or made up. Other inputs begin as a recording and go on
with messages made up (made_up.py). What comes out is decoded and painted, and every way to send is used.
Input number N of a seed is always the same: `--only N` runs it alone, with its traceback. Prints one JSON
object: inputs, refused (by error), crashes, seconds of CPU, slowest input, memory growth.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.wire.rfb.made_up import EDGES, Inventor
from tests.wire.rfb.peers import Picture
from wire.errors import ProtocolError
from wire.rfb import messages as m
from wire.rfb.constants import Encoding, FenceFlag
from wire.rfb.encodings.tight import TightEncoder
from wire.rfb.events import UpdateRequested
from wire.rfb.server import ServerProtocol
from wire.rfb.states import Phase
from wire.rfb.viewer import ViewerProtocol

VECTORS = Path(__file__).parents[2] / "vectors"
ALLOWED = ProtocolError


@dataclass(frozen=True)
class Recording:
    """A stream with the places where our parser finished a field or a message."""

    name: str
    data: bytes
    encodings: tuple[int, ...]
    fields: tuple[tuple[int, int], ...]
    messages: tuple[tuple[int, int], ...]

    @property
    def is_client(self) -> bool:
        """Whether a viewer sent it."""
        return self.name.startswith("client-")

    def fresh(self) -> ServerProtocol | ViewerProtocol:
        """The protocol that it goes to."""
        return ServerProtocol(336, 248, "PC") if self.is_client else ViewerProtocol(encodings=self.encodings)


def load() -> list[Recording]:
    """Read all recordings and find their structure by feeding them byte by byte."""
    index = json.loads((VECTORS / "vectors.json").read_text())
    return [_trace(name, tuple(index[name]["encodings"])) for name in sorted(index)]


def _trace(name: str, encodings: tuple[int, ...]) -> Recording:
    data = (VECTORS / f"{name}.bin").read_bytes()
    protocol: Any = Recording(name, data, encodings, (), ()).fresh()
    field_ends, message_ends = [0], [0]
    for at in range(len(data)):
        protocol.receive(data[at : at + 1])
        if len(protocol._buffer) == 0:
            field_ends.append(at + 1)
            waits_for = protocol._parser.gi_yieldfrom
            if protocol.phase is Phase.NORMAL and waits_for.__name__ == "u8":  # for the next message's type
                message_ends.append(at + 1)
    pairs = [tuple(zip(ends, ends[1:], strict=False)) for ends in (field_ends, message_ends)]
    return Recording(name, data, encodings, *pairs)


class Mutator:
    """Makes inputs from recordings; the same for the same seed and number."""

    def __init__(self, recordings: list[Recording], seed: int) -> None:
        self._recordings = recordings
        self._seed = seed
        self._changes = [
            self._edge, self._edge, self._edge, self._flip, self._drop, self._double, self._swap,
            self._splice, self._cut, self._noise, self._make_up, self._make_up,
        ]  # fmt: skip
        self._random = random.Random()
        self._inventor = Inventor(self._random)

    def make(self, number: int) -> tuple[Recording, list[bytes]]:
        """Return the recording that input `number` comes from, and the input in one to four slices."""
        rng = self._random
        rng.seed(f"{self._seed}:{number}")
        recording = self._recordings[number % len(self._recordings)]
        data = self._made_up(recording) if rng.random() < 0.4 else self._changed(recording)
        cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(4)))
        return recording, [bytes(data[a:b]) for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    def _changed(self, recording: Recording) -> bytearray:
        data = bytearray(recording.data)
        for _ in range(self._random.choice((1, 1, 1, 2, 3, 4))):
            self._random.choice(self._changes)(recording, data)
        return data

    def _made_up(self, recording: Recording) -> bytearray:
        """The recording's first messages, then some that nobody sent."""
        begin = self._random.choice(recording.messages[:6])[0]
        data = bytearray(recording.data[:begin])
        for _ in range(self._random.randrange(1, 10)):
            data += self._invent(recording)
        return data

    def _field(self, recording: Recording) -> tuple[int, int]:
        return self._random.choice(recording.fields)

    def _message(self, recording: Recording) -> tuple[int, int]:
        return self._random.choice(recording.messages)

    def _edge(self, recording: Recording, data: bytearray) -> None:
        start, end = self._field(recording)
        size = self._random.choice((1, 2, 4))
        at = self._random.randrange(start, max(start + 1, end - size + 1)) if end - start < 64 else start
        value = self._random.choice(EDGES) if self._random.random() < 0.8 else self._random.getrandbits(32)
        if self._random.random() < 0.2:
            value = -value
        data[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "big")

    def _flip(self, recording: Recording, data: bytearray) -> None:
        for _ in range(self._random.randrange(1, 9)):
            at = self._random.randrange(len(data)) if data else 0
            data[at : at + 1] = bytes((self._random.getrandbits(8),))

    def _drop(self, recording: Recording, data: bytearray) -> None:
        start, end = self._random.choice((self._field, self._message))(recording)
        del data[start:end]

    def _double(self, recording: Recording, data: bytearray) -> None:
        start, end = self._random.choice((self._field, self._message))(recording)
        data[end:end] = data[start:end]

    def _swap(self, recording: Recording, data: bytearray) -> None:
        (a, b), (c, d) = sorted((self._message(recording), self._message(recording)))
        if b <= c:
            data[a:d] = data[c:d] + data[b:c] + data[a:b]

    def _splice(self, recording: Recording, data: bytearray) -> None:
        others = [other for other in self._recordings if other.is_client == recording.is_client]
        other = self._random.choice(others)
        start, end = self._message(other)
        at = self._message(recording)[0]
        data[at:at] = other.data[start:end]

    def _cut(self, recording: Recording, data: bytearray) -> None:
        del data[self._field(recording)[self._random.randrange(2)] :]

    def _noise(self, recording: Recording, data: bytearray) -> None:
        at = self._field(recording)[0]
        data[at:at] = self._random.randbytes(self._random.randrange(1, 40))

    def _make_up(self, recording: Recording, data: bytearray) -> None:
        at = self._message(recording)[0]
        data[at:at] = self._invent(recording)

    def _invent(self, recording: Recording) -> bytes:
        inventor = self._inventor
        return inventor.client_message() if recording.is_client else inventor.server_message()


def run(recording: Recording, slices: list[bytes]) -> None:
    """Feed one input, paint or answer what comes of it; raises ProtocolError, or another: a crash."""
    protocol = recording.fresh()
    picture = Picture()
    for data in slices:
        protocol.receive(data)
        for event in protocol.events():
            if isinstance(protocol, ViewerProtocol):
                picture.take(event)
            elif isinstance(event, UpdateRequested):
                protocol.send_update([])
        protocol.outgoing()
    if isinstance(protocol, ServerProtocol) and protocol.phase is Phase.NORMAL:
        _answer(protocol)


def _answer(server: ServerProtocol) -> None:
    """Use every way to send, with whatever the input made the server believe of its viewer."""
    encoder = TightEncoder(pixel_format=server.client.pixel_format)
    picture = np.zeros((9, 9, 4), np.uint8)
    server.send_cursor(picture, 0, 0)
    server.send_update([m.Rectangle(0, 0, 9, 9, Encoding.TIGHT, encoder.encode_full(picture))])
    server.send_cut_text("가")
    server.send_fence(FenceFlag.SYNC_NEXT, b"x")
    server.send_desktop_size(20, 20)
    server.outgoing()


def main() -> int:
    """Run the inputs and print the sum; returns 1 when one crashed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    chosen = parser.parse_args()
    recordings = load()
    mutator = Mutator(recordings, chosen.seed)
    if chosen.only is not None:
        run(*mutator.make(chosen.only))
        return 0
    for recording in recordings:
        run(recording, [recording.data])
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused: Counter[str] = Counter()
    crashes: list[str] = []
    slowest = (0.0, 0)
    begin = time.process_time()
    for number in range(chosen.inputs):
        recording, slices = mutator.make(number)
        start = time.process_time()
        try:
            run(recording, slices)
        except ALLOWED as error:
            refused[type(error).__name__] += 1
        except Exception:
            crashes.append(f"input {number} from {recording.name}: {traceback.format_exc(limit=-3)}")
        slowest = max(slowest, (time.process_time() - start, number))
    report = {
        "inputs": chosen.inputs,
        "refused": dict(refused),
        "crashes": crashes[:20],
        "crash_count": len(crashes),
        "cpu_s": round(time.process_time() - begin, 1),
        "slowest_s": round(slowest[0], 3),
        "slowest_input": slowest[1],
        "memory_growth_mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) // 1024,
    }
    print(json.dumps(report))
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
