"""Makes tests/vectors/seal.json: what every implementation of the seal must produce from fixed keys.

    python -m tests.vectors.seal          writes the file again; a change of it is a change of the protocol

The keys are fixed numbers, good for nothing else. docs/wire.md part 3 explains each value.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from wire.limits import MAX_SEALED_PLAIN
from wire.seal import ParticipantKey, SealedStream, words_for
from wire.terms import Channel, Side
from wire.words import words_of

FILE = Path(__file__).with_name("seal.json")
SESSION, PARTICIPANT = "7k3f9m0r1t5v8x2z4b6d0g3h5j", "4b6d0g3h5j7k3f9m0r1t5v8x2z"
SALT = bytes(range(32))
PRIVATE = {
    "customer": 0x1F1E1D1C1B1A191817161514131211100F0E0D0C0B0A09080706050403020101,
    "agent": 0x2F2E2D2C2B2A292827262524232221201F1E1D1C1B1A19181716151413121111,
    "customer_ephemeral": 0x3F3E3D3C3B3A393837363534333231302F2E2D2C2B2A29282726252423222121,
    "agent_ephemeral": 0x4F4E4D4C4B4A494847464544434241403F3E3D3C3B3A39383736353433323131,
}
PLAINS = {
    "agent": [b"RFB 003.008\n", b"\x00" * 5],
    "customer": ["가나다 안녕하세요".encode(), bytes(range(256))],
}


def fixed_key(name: str) -> ParticipantKey:
    """One of the four key pairs."""
    return ParticipantKey(ec.derive_private_key(PRIVATE[name], ec.SECP256R1()))


def make_stream(role: Side, channel: Channel = "screen", epoch: int = 3) -> SealedStream:
    """One end of the vector's channel."""
    other = "customer" if role == "agent" else "agent"
    return SealedStream(
        role=role,
        own=fixed_key(role),
        peer_public=fixed_key(other).public,
        session=SESSION,
        participant=PARTICIPANT,
        channel=channel,
        epoch=epoch,
        ephemeral=fixed_key(f"{role}_ephemeral"),
    )


def play() -> dict[str, list[bytes]]:
    """Return the records of both ends, in order: hello, confirmation, then the plain texts."""
    ends: dict[Side, SealedStream] = {"agent": make_stream("agent"), "customer": make_stream("customer")}
    records: dict[str, list[bytes]] = {"agent": [], "customer": []}

    def pass_on() -> None:
        for side, other in (("agent", "customer"), ("customer", "agent")):
            for record in ends[side].outgoing():  # type: ignore[index]
                records[side].append(record)
                ends[other].receive(record)  # type: ignore[index]

    for _ in range(3):
        pass_on()
    for side, plains in PLAINS.items():
        for plain in plains:
            ends[side].seal(plain)  # type: ignore[index]
    pass_on()
    return records


def keys_by_hand() -> dict[str, Any]:
    """Return transcript, keys and nonce prefixes, worked out from docs/wire.md, not by wire/seal.py."""
    customer, agent = fixed_key("customer"), fixed_key("agent")
    hello = {
        side: b"BHSEAL1" + letter + fixed_key(f"{side}_ephemeral").public
        for side, letter in (("customer", b"C"), ("agent", b"A"))
    }
    parts = [b"barohelp.seal.1", SESSION.encode(), PARTICIPANT.encode(), b"screen", b"3"]
    parts += [customer.public, agent.public, hello["customer"], hello["agent"]]
    transcript = hashlib.sha256(b"".join(len(part).to_bytes(2, "big") + part for part in parts)).digest()
    secret = fixed_key("customer_ephemeral").agree(fixed_key("agent_ephemeral").public)
    secret += customer.agree(agent.public)
    pseudorandom = hmac.digest(transcript, secret, "sha256")
    keys: dict[str, Any] = {"transcript": transcript.hex(), "keys": {}, "nonce_prefixes": {}}
    for side in ("agent", "customer"):
        info = f"barohelp.seal.1|screen|3|{side}".encode()
        first = hmac.digest(pseudorandom, info + b"\x01", "sha256")
        second = hmac.digest(pseudorandom, first + info + b"\x02", "sha256")
        keys["keys"][side], keys["nonce_prefixes"][side] = first.hex(), second[:4].hex()
    return keys


def make() -> dict[str, Any]:
    """Return the whole file as a value."""
    customer, agent = fixed_key("customer"), fixed_key("agent")
    publics = (customer.public, agent.public)
    return {
        "about": "barohelp.seal.1; bytes are hexadecimal; see docs/wire.md part 3",
        "session": SESSION,
        "participant": PARTICIPANT,
        "channel": "screen",
        "epoch": 3,
        "private": {name: f"{number:064x}" for name, number in PRIVATE.items()},
        "public": {name: fixed_key(name).public.hex() for name in PRIVATE},
        "salt": SALT.hex(),
        "commit": customer.commit(SALT).hex(),
        "words": {
            language: list(words_for(SESSION, PARTICIPANT, *publics, language)) for language in ("ko", "en")
        },
        "word_numbers": [
            words_of("ko").index(word) for word in words_for(SESSION, PARTICIPANT, *publics, "ko")
        ],
        "ecdh": {
            "static": customer.agree(agent.public).hex(),
            "ephemeral": fixed_key("customer_ephemeral").agree(fixed_key("agent_ephemeral").public).hex(),
        },
        **keys_by_hand(),
        "max_plain": MAX_SEALED_PLAIN,
        "plain": {side: [plain.hex() for plain in plains] for side, plains in PLAINS.items()},
        "records": {side: [record.hex() for record in records] for side, records in play().items()},
    }


def main() -> None:
    """Write the file."""
    FILE.write_text(json.dumps(make(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
