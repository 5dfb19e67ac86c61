"""A line that can break: TCP on loopback through which every connection of the ends goes.

Modes for what is open and for what comes: `pass`; `mute` (the bytes vanish and nobody is told, as behind a
router that forgot); `shake` (300 ms each way, one piece in twenty a second late); `crawl` (10 kB/s). `unplug`
is a network that is away: what is open is mute, and whoever dials hears nothing, not even a refusal.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import threading
from dataclasses import dataclass
from typing import Final, Literal

Mode = Literal["pass", "mute", "shake", "crawl"]
DELAY_S: Final = 0.3
LATE_S: Final = 1.0
CRAWL_BPS: Final = 10_000
_BACKLOG: Final = 512
_FILL: Final = 4  # connections that fill a queue of one


@dataclass(eq=False)
class _Way:
    mode: Mode


class Line:
    """Listens on `port`, dials `target_port`; `set` changes what becomes of the bytes, from any thread."""

    def __init__(self, target_port: int, seed: int) -> None:
        self._target_port = target_port
        self._random = random.Random(seed)  # noqa: S311 - a repeatable line, no secret
        self._door = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self.port = int(self._door.getsockname()[1])
        self._ways: set[_Way] = set()
        self._new: Mode = "pass"
        self._fill: list[socket.socket] = []
        self._loop = asyncio.new_event_loop()
        self._never = asyncio.Event()
        self._server: asyncio.Server | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def set(self, mode: Mode, *, new: Mode | None = None) -> None:
        """What is open gets `mode`; what comes afterwards `new`, or the same."""
        self._new = new or mode
        for way in list(self._ways):
            way.mode = mode

    def unplug(self) -> None:
        """Nothing passes, and nobody who dials is answered, until `heal`.

        The kernel answers for a listening socket; it stays silent where the queue of those who wait to be
        accepted is full. As on a real line the dialling side asks again after 1, 3 and 7 seconds.
        """
        self.set("mute")
        asyncio.run_coroutine_threadsafe(self._close_door(), self._loop).result(5)

    def heal(self) -> None:
        """New connections pass. What was muted stays mute: its bytes are gone."""
        if self._fill:
            asyncio.run_coroutine_threadsafe(self._open_door(), self._loop).result(5)
        self._new = "pass"
        for way in list(self._ways):
            if way.mode != "mute":
                way.mode = "pass"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._open_door())
        self._loop.run_forever()

    async def _open_door(self) -> None:
        for one in self._fill:
            one.close()
        self._fill.clear()
        self._door.listen(_BACKLOG)
        self._server = await asyncio.start_server(self._carry, sock=self._door.dup(), backlog=_BACKLOG)

    async def _close_door(self) -> None:
        assert self._server is not None
        self._server.close()
        self._door.listen(0)
        for _ in range(_FILL):
            self._fill.append(socket.socket())
            self._fill[-1].setblocking(False)
            with contextlib.suppress(BlockingIOError):
                self._fill[-1].connect(("127.0.0.1", self.port))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        way = _Way(self._new)
        self._ways.add(way)
        try:
            onward = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            self._ways.discard(way)
            writer.transport.abort()
            return
        both = (self._pump(way, reader, onward[1]), self._pump(way, onward[0], writer))
        await asyncio.gather(*both)
        self._ways.discard(way)
        for one in (writer, onward[1]):
            one.transport.abort()

    async def _pump(self, way: _Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction; a reset at one side is a reset at the other."""
        try:
            while data := await reader.read(2_000 if way.mode == "crawl" else 65_536):
                if way.mode == "mute":
                    await self._never.wait()
                if way.mode == "shake":
                    is_late = self._random.random() < 0.05
                    await asyncio.sleep(DELAY_S + (LATE_S if is_late else 0.0))
                elif way.mode == "crawl":
                    await asyncio.sleep(len(data) / CRAWL_BPS)
                writer.write(data)
                await writer.drain()
            if way.mode != "mute":
                writer.write_eof()
        except OSError:
            writer.transport.abort()
