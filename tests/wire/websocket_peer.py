"""The server's end of a WebSocket for tests, by `websockets`' own protocol object."""

from __future__ import annotations

from typing import Any

from websockets.frames import Frame
from websockets.http11 import Request
from websockets.server import ServerProtocol


class Peer:
    """Accepts the upgrade at once; `frames` holds what the client sent."""

    def __init__(self, *, status: int | None = None) -> None:
        self.protocol = ServerProtocol(max_size=None)
        self.request: Request | None = None
        self.frames: list[Frame] = []
        self._status = status

    def receive(self, data: bytes) -> None:
        """Take the client's bytes."""
        if data:
            self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                self.request = event
                if self._status is None:
                    self.protocol.send_response(self.protocol.accept(event))
                else:
                    self.protocol.send_response(self.protocol.reject(self._status, "no\n"))
            elif isinstance(event, Frame):
                self.frames.append(event)

    def outgoing(self) -> bytes:
        """Bytes for the client; the sentinel of the end is left out."""
        return b"".join(self.protocol.data_to_send())

    def datas(self) -> list[bytes]:
        """Payloads of the frames so far."""
        return [bytes(frame.data) for frame in self.frames]


def exchange(client: Any, peer: Peer, rounds: int = 3) -> None:
    """Pass bytes both ways until quiet."""
    for _ in range(rounds):
        peer.receive(client.outgoing())
        client.receive(peer.outgoing())
