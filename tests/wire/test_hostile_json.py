"""Seeded, structure-aware mutations of every literal message: the only way out is ProtocolError."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.wire.control.test_messages import CASES as CONTROL
from tests.wire.signal.test_commands import CASES as COMMANDS
from tests.wire.signal.test_messages import CASES as MESSAGES
from wire.control import messages as control
from wire.control.protocol import ControlProtocol
from wire.errors import ProtocolError
from wire.signal.client import SignalClient
from wire.signal.commands import AGENT_COMMANDS, CUSTOMER_COMMANDS, read_command
from wire.signal.messages import AGENT_MESSAGES, CUSTOMER_MESSAGES, read_message

STRANGE: list[Any] = [
    None,
    True,
    -1,
    0.5,
    1e308,
    2**63,
    10**40,
    "",
    "\x00",
    "\ud800",
    "가" * 5000,
    "../..",
    [],
    [[[[]]]],
    {},
    {"": {}},
    ["x"] * 500,
    {str(n): n for n in range(300)},
]
ROUNDS = 8000


def mutate(value: Any, dice: random.Random) -> Any:
    """Change, drop or add something somewhere inside."""
    if isinstance(value, dict) and value and dice.random() < 0.8:
        changed = dict(value)
        name = dice.choice(sorted(changed))
        deed = dice.randrange(4)
        if deed == 0:
            del changed[name]
        elif deed == 1:
            changed[dice.choice(["n", "i", "t", "re", "id", "x" * 70, name])] = dice.choice(STRANGE)
        else:
            changed[name] = mutate(changed[name], dice)
        return changed
    if isinstance(value, list) and value and dice.random() < 0.8:
        at = dice.randrange(len(value))
        return [*value[:at], mutate(value[at], dice), *value[at:]]
    return dice.choice(STRANGE)


def spoil(text: str, dice: random.Random) -> bytes:
    """A mutated message, sometimes with spoiled bytes."""
    value = json.loads(text)
    for _ in range(dice.randrange(1, 4)):
        value = mutate(value, dice)
    data = bytearray(json.dumps(value).encode())
    if dice.random() < 0.2 and data:
        data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data)


def receive_signal(data: bytes) -> None:
    for table in (AGENT_MESSAGES, CUSTOMER_MESSAGES):
        read_message(data, table)


def receive_command(data: bytes) -> None:
    for table in (AGENT_COMMANDS, CUSTOMER_COMMANDS):
        read_command(data, table)


def receive_control(data: bytes) -> None:
    for side in ("agent", "customer"):
        protocol = ControlProtocol(side)  # type: ignore[arg-type]
        protocol.peer_hello = control.Hello(1, "x")
        protocol.receive(data, 0.0)
        protocol.outgoing()


def receive_as_client(data: bytes) -> None:
    client = SignalClient("agent")
    client.connected(0.0)
    client.receive('{"t":"hello","stream":"s","last":0,"resumed":false}', 0.0)
    client.receive(MESSAGES[10][2], 0.0)
    client.receive(data.decode("utf-8", "replace"), 0.0)


@pytest.mark.parametrize(
    ("texts", "receive"),
    [
        ([case[2] for case in MESSAGES], receive_signal),
        ([case[2] for case in COMMANDS], receive_command),
        ([case[4].replace("{", '{"i":1,', 1) for case in CONTROL], receive_control),
        ([case[2] for case in MESSAGES], receive_as_client),
    ],
    ids=["messages", "commands", "control", "client"],
)
def test_it_answers_hostile_json_with_protocol_errors_only(
    texts: list[str], receive: Callable[[bytes], None]
) -> None:
    dice = random.Random(3)
    refused = 0
    for _ in range(ROUNDS):
        try:
            receive(spoil(dice.choice(texts), dice))
        except ProtocolError:
            refused += 1
    assert refused > ROUNDS // 2
