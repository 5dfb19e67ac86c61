"""The state tables against what the protocols do, row by row."""

from __future__ import annotations

import itertools

import pytest

from wire.errors import WrongState
from wire.rfb import messages as m
from wire.rfb.constants import Encoding
from wire.rfb.server import ServerProtocol
from wire.rfb.states import CLIENT_NEEDS, SERVER_STEPS, VIEWER_STEPS, Phase, check_announced, check_step
from wire.rfb.viewer import ViewerProtocol

MESSAGES = [kind for name in m.__all__ if hasattr(kind := getattr(m, name), "read")]
EVERY = [*itertools.product(Phase, MESSAGES, Phase)]
AREA = (0, 0, 10, 10)
EXTENSIONS = [
    m.EnableContinuousUpdates(True, *AREA),
    m.Fence(1 << 31, b"x"),
    m.SetDesktopSize(10, 10, ()),
    m.QemuKeyEvent(True, 97, 30),
]


@pytest.mark.parametrize("steps", [SERVER_STEPS, VIEWER_STEPS], ids=["server", "viewer"])
def test_it_allows_exactly_the_rows_of_the_table(steps: frozenset[tuple[Phase, type, Phase]]) -> None:
    for row in EVERY:
        if row in steps:
            assert check_step(steps, *row) is row[2]
        else:
            with pytest.raises(WrongState):
                check_step(steps, *row)


def test_it_never_leaves_failed_or_normal() -> None:
    for steps in (SERVER_STEPS, VIEWER_STEPS):
        assert not [row for row in steps if row[0] is Phase.FAILED]
        assert {to for phase, _, to in steps if phase is Phase.NORMAL} == {Phase.NORMAL}


@pytest.mark.parametrize("message", EXTENSIONS, ids=lambda message: type(message).__name__)
def test_it_ties_a_message_to_its_extension(message: m.Message) -> None:
    with pytest.raises(WrongState, match="was not agreed on"):
        check_announced(type(message), set())
    check_announced(type(message), {CLIENT_NEEDS[type(message)]})
    check_announced(m.KeyEvent, set())


@pytest.mark.parametrize("message", EXTENSIONS, ids=lambda message: type(message).__name__)
def test_it_refuses_an_extension_that_was_not_announced(message: m.Message) -> None:
    server = ServerProtocol(10, 10, "x")
    server.receive(b"RFB 003.008\n\1\1")
    with pytest.raises(WrongState):
        server.receive(message.encode())
    assert server.phase is Phase.FAILED
    with pytest.raises(WrongState):
        server.receive(b"")


@pytest.mark.parametrize("message", EXTENSIONS, ids=lambda message: type(message).__name__)
def test_it_takes_an_extension_that_was_announced(message: m.Message) -> None:
    server = ServerProtocol(10, 10, "x")
    needed = CLIENT_NEEDS[type(message)]
    server.receive(b"RFB 003.008\n\1\1" + m.SetEncodings((needed,)).encode() + message.encode())
    assert server.phase is Phase.NORMAL


def test_it_sends_nothing_as_viewer_before_it_is_ready() -> None:
    viewer = ViewerProtocol()
    with pytest.raises(WrongState, match="phase version"):
        viewer.send(m.KeyEvent(True, 97))
    with pytest.raises(WrongState):
        viewer.send_cut_text("text")


def test_it_sends_nothing_as_server_before_it_is_ready() -> None:
    server = ServerProtocol(10, 10, "x")
    for send in (
        lambda: server.send_update([]),
        server.send_bell,
        lambda: server.send_cut_text("x"),
        lambda: server.send_fence(0, b"x"),
        lambda: server.send_desktop_size(5, 5),
        server.refuse_desktop_size,
    ):
        with pytest.raises(WrongState):
            send()


def test_it_names_pseudo_encodings_only() -> None:
    assert set(CLIENT_NEEDS.values()) <= {number for number in Encoding if number < 0}
