"""Each message against its literal bytes, both ways, at once and byte by byte."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wire.rfb.reading import both_ways, refused
from wire.errors import LimitExceeded, ProtocolError
from wire.rfb import messages as m
from wire.rfb.pixels import BGRX

BGRX_HEX = "20 18 00 01 00ff 00ff 00ff 10 08 00 000000"

CASES: list[tuple[Any, str]] = [
    (m.ProtocolVersion(3, 8), "52 46 42 20 30 30 33 2e 30 30 38 0a"),
    (m.SecurityTypes((1, 2)), "02 01 02"),
    (m.SecurityTypes((), "no"), "00 00000002 6e6f"),
    (m.DictatedSecurity(1), "00000001"),
    (m.DictatedSecurity(0, "no"), "00000000 00000002 6e6f"),
    (m.SecurityChoice(1), "01"),
    (m.VncAuthChallenge(bytes(range(16))), "000102030405060708090a0b0c0d0e0f"),
    (m.VncAuthResponse(bytes(range(16))), "000102030405060708090a0b0c0d0e0f"),
    (m.SecurityResult(True), "00000000"),
    (m.SecurityResult(False, "no"), "00000001 00000002 6e6f"),
    (m.ClientInit(True), "01"),
    (m.ServerInit(1920, 1080, BGRX, "한"), f"0780 0438 {BGRX_HEX} 00000003 ed959c"),
    (m.SetPixelFormat(BGRX), f"00 000000 {BGRX_HEX}"),
    (m.SetEncodings((7, -239, -1063131698)), "02 00 0003 00000007 ffffff11 c0a1e5ce"),
    (m.SetEncodings(()), "02 00 0000"),
    (m.UpdateRequest(True, 1, 2, 300, 400), "03 01 0001 0002 012c 0190"),
    (m.KeyEvent(True, 0x0100AC00), "04 01 0000 0100ac00"),
    (m.KeyEvent(False, 0xFF31), "04 00 0000 0000ff31"),
    (m.PointerEvent(5, 640, 480), "05 05 0280 01e0"),
    (m.ClientCutText(b"abc"), "06 000000 00000003 616263"),
    (m.ClientCutText(b"\x02\0\0\1", True), "06 000000 fffffffc 02000001"),
    (m.EnableContinuousUpdates(True, 0, 0, 800, 600), "96 01 0000 0000 0320 0258"),
    (m.Fence(0x80000001, b"xy"), "f8 000000 80000001 02 7879"),
    (
        m.SetDesktopSize(400, 300, (m.Screen(7, 0, 0, 400, 300),)),
        "fb 00 0190 012c 01 00 00000007 0000 0000 0190 012c 00000000",
    ),
    (m.QemuKeyEvent(True, 0x61, 30), "ff 00 0001 00000061 0000001e"),
    (m.FramebufferUpdate(3), "00 00 0003"),
    (m.ColourMapEntries(1, ((65535, 0, 256),)), "01 00 0001 0001 ffff 0000 0100"),
    (m.Bell(), "02"),
    (m.ServerCutText(b"abc"), "03 000000 00000003 616263"),
    (m.EndOfContinuousUpdates(), "96"),
]


@pytest.mark.parametrize(("message", "literal"), CASES, ids=lambda case: type(case).__name__)
def test_it_reads_and_writes_the_literal_bytes(message: Any, literal: str) -> None:
    data = bytes.fromhex(literal)
    assert message.encode() == data
    head = bytes((message.TYPE,)) if hasattr(message, "TYPE") else b""
    assert data.startswith(head)
    assert both_ways(type(message).read, data[len(head) :]) == message


def test_it_has_a_case_for_every_message() -> None:
    kinds = {kind for name in m.__all__ if hasattr(kind := getattr(m, name), "read")}
    assert kinds == {type(message) for message, _ in CASES}


def test_it_writes_a_rectangle() -> None:
    rectangle = m.Rectangle(1, 2, 3, 4, -239, b"pixels")
    assert rectangle.encode() == bytes.fromhex("0001 0002 0003 0004 ffffff11") + b"pixels"


@pytest.mark.parametrize(
    ("kind", "literal"),
    [
        (m.SetEncodings, "00 0401"),
        (m.ClientCutText, "000000 00a00001"),
        (m.ClientCutText, "000000 80000000"),
        (m.ServerCutText, "000000 7fffffff"),
        (m.Fence, "000000 00000000 41"),
        (m.SetDesktopSize, "00 0190 012c 11 00"),
        (m.ServerInit, f"4001 0001 {BGRX_HEX} 00000000"),
        (m.ServerInit, f"4000 4000 {BGRX_HEX} 00000000"),
        (m.ServerInit, f"0001 0001 {BGRX_HEX} 00000401"),
        (m.ColourMapEntries, "00 0000 0101"),
        (m.SecurityTypes, "00 00001001"),
        (m.SecurityResult, "00000001 ffffffff"),
    ],
)
def test_it_refuses_a_length_above_its_limit_before_waiting_for_it(kind: Any, literal: str) -> None:
    with pytest.raises(LimitExceeded):
        refused(kind.read, bytes.fromhex(literal))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (m.ProtocolVersion, b"SSH-2.0-Open"),
        (m.ProtocolVersion, b"RFB 003.0x8\n"),
        (m.QemuKeyEvent, b"\x01"),
        (m.SetPixelFormat, bytes.fromhex("000000 20 18 00 00 00ff 00ff 00ff 10 08 00 000000")),
    ],
)
def test_it_refuses_what_no_peer_may_say(kind: Any, data: bytes) -> None:
    with pytest.raises(ProtocolError):
        refused(kind.read, data)


def test_it_names_field_value_and_limit() -> None:
    with pytest.raises(LimitExceeded, match="fence payload is 65, the limit is 64") as caught:
        refused(m.Fence.read, bytes.fromhex("000000 00000000 41"))
    assert (caught.value.value, caught.value.limit) == (65, 64)
