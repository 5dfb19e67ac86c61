"""Streams that foreign programs really sent (tests/vectors/README.md), replayed in slices of any size."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.wire.rfb.peers import Picture
from wire.rfb import events as e
from wire.rfb.constants import Encoding
from wire.rfb.server import ServerProtocol
from wire.rfb.viewer import ViewerProtocol

VECTORS = Path(__file__).parents[2] / "vectors"
INDEX: dict[str, Any] = json.loads((VECTORS / "vectors.json").read_text())
CLIENTS = [name for name in INDEX if name.startswith("client-")]
SERVERS = [name for name in INDEX if name.startswith("server-")]


def _bytes_of(name: str) -> bytes:
    return (VECTORS / f"{name}.bin").read_bytes()


def _feed(protocol: ServerProtocol | ViewerProtocol, data: bytes, size: int) -> list[Any]:
    for at in range(0, len(data), size):
        protocol.receive(data[at : at + size])
    return list(protocol.events())


def _client(name: str) -> tuple[ServerProtocol, list[Any]]:
    server = ServerProtocol(336, 248, "PC")
    return server, _feed(server, _bytes_of(name), 1 << 16)


@pytest.mark.parametrize("name", CLIENTS)
def test_it_hears_all_that_a_viewer_does(name: str) -> None:
    server, events = _client(name)
    kinds = Counter(type(event) for event in events)
    assert kinds[e.ClientReady] == 1
    assert kinds[e.PointerEvent] > 5
    assert kinds[e.QemuKeyEvent] > 5
    assert kinds[e.ContinuousUpdatesSet] >= 2
    assert e.FenceReceived(1, b"mark") in events
    assert [event for event in events if isinstance(event, e.CutTextReceived)][0].text.endswith("\n둘째 줄")
    assert server.client.continuous_area == (0, 0, 336, 248)
    assert server.client.supports_tight


def test_it_hears_hangul_and_a_wish_for_another_size_from_novnc() -> None:
    server, events = _client("client-novnc")
    assert e.KeyEvent(True, 0x0100AC00) in events
    sizes = [event for event in events if isinstance(event, e.DesktopSizeRequested)]
    assert (sizes[0].width, sizes[0].height) == (400, 300)
    assert server.client.pixel_format.red_shift == 0
    assert server.client.jpeg_quality == 9


@pytest.mark.parametrize("name", SERVERS)
def test_it_sees_what_a_server_shows(name: str) -> None:
    viewer = ViewerProtocol(encodings=INDEX[name]["encodings"])
    picture = Picture()
    for event in _feed(viewer, _bytes_of(name), 1 << 16):
        picture.take(event)
    assert picture.encodings & {INDEX[name]["encodings"][0]}
    assert picture.updates > 2
    if "picture" in INDEX[name]:
        assert picture.checksum() == INDEX[name]["picture"]
    kinds = {type(other) for other in picture.others}
    assert {e.Ready, e.Bell, e.CursorChanged, e.Resized} <= kinds
    if "xvnc" in name:
        assert {e.CutTextReceived(text="고객이 복사한 글")} <= {
            other for other in picture.others if isinstance(other, e.CutTextReceived)
        }
        assert viewer.supports(Encoding.QEMU_EXTENDED_KEY)
        assert viewer.supports(Encoding.CONTINUOUS_UPDATES)


@pytest.mark.parametrize("name", CLIENTS + SERVERS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_it_gives_the_same_for_any_slices(name: str, size: int) -> None:
    def fresh() -> ServerProtocol | ViewerProtocol:
        is_client = name in CLIENTS
        return (
            ServerProtocol(336, 248, "PC")
            if is_client
            else ViewerProtocol(encodings=INDEX[name]["encodings"])
        )

    data = _bytes_of(name)[: 1 << 16]
    at_once, sliced = fresh(), fresh()
    assert _feed(sliced, data, size) == _feed(at_once, data, len(data))
    assert sliced.outgoing() == at_once.outgoing()
