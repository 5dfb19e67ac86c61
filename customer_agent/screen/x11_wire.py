"""The few X requests that the screen thread sends for every picture, written and read by hand.

A general X library takes a millisecond to build, queue and parse what is here one `sendall` and one `recv`:
damage out of the server, pixels into shared memory. Rare questions (monitors, the pointer's picture) stay
with python-xlib on a connection of their own. Pure protocol: no C library besides libc is loaded.
Sources: X11 protocol, MIT-SHM (shmproto.h), XFIXES 5 (xfixesproto.txt), DAMAGE 1.1, RANDR 1.2.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from Xlib.support import unix_connect

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.capture import Area

__all__ = ["Extension", "SharedMemory", "XRefused", "XWire", "packed"]

_REPLY: Final = 1
_ERROR: Final = 0
_EVENT_MASK: Final = 1 << 11
_STRUCTURE_NOTIFY: Final = 1 << 17
_SUBSTRUCTURE_NOTIFY: Final = 1 << 19
_Z_PIXMAP: Final = 2
_NON_EMPTY: Final = 3
_IPC_PRIVATE, _IPC_CREAT, _IPC_RMID = 0, 0o1000, 0
_SHM_FAILED: Final = ctypes.c_void_p(-1).value
CONFIGURE_NOTIFY: Final = 22


class XRefused(Exception):
    """The X server answered a request with an error; `code` is its number (8: the area leaves the screen)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the X server answered with error {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Extension:
    """Where the X server put an extension's requests and events."""

    opcode: int
    first_event: int


class XWire:
    """One connection to an X server, for one thread; `events` collects the kinds of events that came
    along.
    """

    def __init__(self, name: str) -> None:
        """Connect as python-xlib does, with the same authority; raises Unsupported when refused."""
        parts = unix_connect.get_display(name)
        self._socket: socket.socket = unix_connect.get_socket(*parts[:4])
        self._in = bytearray()
        self.events: list[int] = []
        try:
            self._set_up(*unix_connect.get_auth(self._socket, *parts[:4]))
        except BaseException:
            self._socket.close()
            raise

    def _set_up(self, scheme: bytes, cookie: bytes) -> None:
        head = struct.pack("=BxHHHHxx", ord("l"), 11, 0, len(scheme), len(cookie))
        self._socket.sendall(head + _padded(scheme) + _padded(cookie))
        status, _, _, _, words = struct.unpack("=BBHHH", self._exactly(8))
        answer = self._exactly(words * 4)
        if status != 1:
            raise Unsupported("X11 display", "The X server refused the connection.")
        self._next_id: int = struct.unpack_from("=I", answer, 4)[0]

    def new_id(self) -> int:
        """A number for a new object of the X server."""
        self._next_id += 1
        return self._next_id

    def fileno(self) -> int:
        """The socket."""
        return self._socket.fileno()

    def close(self) -> None:
        """Disconnect; the X server frees what this connection made."""
        self._socket.close()

    # Reading

    @property
    def has_events(self) -> bool:
        """Whether events came along with an answer: the socket says nothing of them any more."""
        return bool(self.events) or len(self._in) >= 32

    def read_events(self) -> list[int]:
        """Every event that has come, by number, without waiting; raises OSError when the server is gone."""
        with contextlib.suppress(BlockingIOError):
            self._fill(socket.MSG_DONTWAIT)
        while len(self._in) >= 32:
            self._take_message()
        events, self.events = self.events, []
        return events

    def _reply(self) -> bytes:
        """The next reply; raises XRefused when an error came instead."""
        while True:
            while len(self._in) < 32:
                self._fill(0)
            found = self._take_message()
            if found is not None:
                return found

    def _take_message(self) -> bytes | None:
        kind = self._in[0]
        size = 32
        if kind == _REPLY:
            size += int.from_bytes(self._in[4:8], "little") * 4
            while len(self._in) < size:
                self._fill(0)
        message = bytes(self._in[:size])
        del self._in[:size]
        if kind == _REPLY:
            return message
        if kind == _ERROR:
            raise XRefused(message[1])
        self.events.append(kind & 0x7F)
        return None

    def _exactly(self, size: int) -> bytes:
        while len(self._in) < size:
            self._fill(0)
        found = bytes(self._in[:size])
        del self._in[:size]
        return found

    def _fill(self, flags: int) -> None:
        data = self._socket.recv(65536, flags)
        if not data:
            raise ConnectionError("the X server closed the connection")
        self._in += data

    # Requests

    def send(self, request: bytes) -> None:
        """Send requests that have no answer; one that is refused raises XRefused at the next answer."""
        self._socket.sendall(request)

    def extension(self, name: str) -> Extension | None:
        """Where an extension is, or None."""
        body = _padded(name.encode())
        self._socket.sendall(struct.pack("=BxHHxx", 98, 2 + len(body) // 4, len(name)) + body)
        present, opcode, first_event = struct.unpack_from("=BBB", self._reply(), 8)
        return Extension(opcode, first_event) if present else None

    def query_version(self, extension: Extension, major: int, minor: int) -> None:
        """Tell XFIXES or DAMAGE which version is spoken; both want it first."""
        self._socket.sendall(struct.pack("=BBHII", extension.opcode, 0, 3, major, minor))
        self._reply()

    def watch_window(self, window: int) -> None:
        """Be told when the window's size changes."""
        self._socket.sendall(struct.pack("=BxHIII", 2, 4, window, _EVENT_MASK, _STRUCTURE_NOTIFY))

    def watch_children(self, window: int) -> None:
        """Be told when windows inside it come, go or move; not of the window itself any more."""
        self._socket.sendall(struct.pack("=BxHIII", 2, 4, window, _EVENT_MASK, _SUBSTRUCTURE_NOTIFY))

    def watch_cursor(self, fixes: Extension, window: int) -> None:
        """Be told when the pointer's picture changes."""
        self._socket.sendall(struct.pack("=BBHII", fixes.opcode, 3, 3, window, 1))

    def watch_screens(self, randr: Extension, window: int) -> None:
        """Be told when monitors change."""
        self._socket.sendall(struct.pack("=BBHIHxx", randr.opcode, 4, 3, window, 1))

    def watch_damage(self, damage: Extension, fixes: Extension, window: int) -> bytes:
        """Be told once when something was drawn; returns the request for `take_damage`, which asks again."""
        number, region = self.new_id(), self.new_id()
        self._socket.sendall(
            struct.pack("=BBHIIBxxx", damage.opcode, 1, 4, number, window, _NON_EMPTY)
            + struct.pack("=BBHI", fixes.opcode, 5, 2, region)
        )
        subtract = struct.pack("=BBHIII", damage.opcode, 3, 4, number, 0, region)
        return subtract + struct.pack("=BBHI", fixes.opcode, 19, 2, region)

    def take_damage(self, request: bytes) -> list[Area]:
        """Where was drawn since the last call, as the server's own rectangles."""
        self._socket.sendall(request)
        reply = self._reply()
        return [Area(*each) for each in struct.iter_unpack("=hhHH", reply[32:])]

    def forget(self, kind: int) -> None:
        """Drop the events of one kind that came along: what they tell is known."""
        self.events = [each for each in self.events if each != kind]

    def hold(self) -> None:
        """Let nobody else draw until `release`."""
        self._socket.sendall(struct.pack("=BxH", 36, 1))

    def release(self) -> None:
        """Let everybody draw again."""
        self._socket.sendall(struct.pack("=BxH", 37, 1))

    def sync(self) -> None:
        """Wait until everything before is done; raises XRefused when something of it was refused."""
        self._socket.sendall(struct.pack("=BxH", 43, 1))
        self._reply()

    def get_images(self, opcode: int, window: int, segment: int, places: Sequence[tuple[Area, int]]) -> None:
        """Let the server write each area at its place (px) in a shared segment, all of one moment.

        Raises XRefused when an area leaves the screen; the other areas are written none the less.
        """
        requests = []
        for area, place in places:
            where = (window, *area, 0xFFFFFFFF, _Z_PIXMAP, segment, place * 4)
            requests.append(struct.pack("=BBHIhhHHIBxxxII", opcode, 4, 8, *where))
        # Nobody draws between the parts of one picture.
        if len(places) > 1:
            requests = [struct.pack("=BxH", 36, 1), *requests, struct.pack("=BxH", 37, 1)]
        self._socket.sendall(b"".join(requests))
        refused: XRefused | None = None
        for _ in places:
            try:
                self._reply()
            except XRefused as error:
                refused = error
        if refused is not None:
            raise refused

    def attach(self, opcode: int, segment: int, shmid: int) -> None:
        """Attach shared memory in the server; raises XRefused where it runs on another machine."""
        self._socket.sendall(struct.pack("=BBHIIBxxx", opcode, 1, 4, segment, shmid, 0))
        self.sync()

    def detach(self, opcode: int, segment: int) -> None:
        """Let the server forget a segment."""
        self._socket.sendall(struct.pack("=BBHI", opcode, 2, 2, segment))


class SharedMemory:
    """One System V segment that the X server writes into; freed by the kernel at the last detach."""

    def __init__(self, wire: XWire, size_bytes: int) -> None:
        """Attach here and in the X server; raises Unsupported where either refuses (a display over ssh)."""
        extension = wire.extension("MIT-SHM")
        if extension is None:
            raise Unsupported("MIT-SHM")
        self._wire = wire
        self._opcode = extension.opcode
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.shmat.restype = ctypes.c_void_p
        self._libc.shmdt.argtypes = [ctypes.c_void_p]
        shmid = self._libc.shmget(_IPC_PRIVATE, ctypes.c_size_t(size_bytes), _IPC_CREAT | 0o600)
        if shmid < 0:
            raise Unsupported("MIT-SHM", os.strerror(ctypes.get_errno()))
        self._address = self._libc.shmat(shmid, None, 0)
        self._segment = wire.new_id()
        try:
            if self._address in (None, _SHM_FAILED):
                raise Unsupported("MIT-SHM", os.strerror(ctypes.get_errno()))
            self._attach(shmid)
        finally:
            # Marked for removal at once: a killed program leaves no segment behind.
            self._libc.shmctl(shmid, _IPC_RMID, None)
        memory = (ctypes.c_uint8 * size_bytes).from_address(self._address)
        # Unmapped when the last picture that lies in it is gone, whoever holds that.
        weakref.finalize(memory, self._libc.shmdt, self._address).atexit = False
        self.buffer = memoryview(memory)

    def _attach(self, shmid: int) -> None:
        try:
            self._wire.attach(self._opcode, self._segment, shmid)
        except XRefused as error:
            self._libc.shmdt(self._address)
            raise Unsupported("MIT-SHM", "the X server runs on another machine") from error

    def grab(self, window: int, areas: Sequence[Area]) -> None:
        """Let the X server write `areas` of `window` one behind the other, B G R X; raises XRefused."""
        self.grab_at(window, packed(areas))

    def grab_at(self, window: int, places: Sequence[tuple[Area, int]]) -> None:
        """Let the X server write areas of `window` where they are said to go (px); raises XRefused."""
        self._wire.get_images(self._opcode, window, self._segment, places)

    def close(self) -> None:
        """Let the X server forget it; here it stays as long as arrays lie over `buffer`."""
        self._wire.detach(self._opcode, self._segment)


def packed(areas: Sequence[Area], start: int = 0) -> list[tuple[Area, int]]:
    """The areas with their places one behind the other from `start` (px) on."""
    places = []
    for area in areas:
        places.append((area, start))
        start += area.width * area.height
    return places


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
