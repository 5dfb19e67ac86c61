"""The seal: the same values as the shared vectors, and nothing between the two ends goes unnoticed."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.vectors import seal as vectors
from wire.errors import SealBroken, WrongState
from wire.limits import MAX_RECORD, MAX_SEALED_PLAIN
from wire.seal import ParticipantKey, SealedStream, commit_of, new_salt, words_for
from wire.terms import Side

AGENT, CUSTOMER = ParticipantKey.generate(), ParticipantKey.generate()
KNOWN = json.loads(vectors.FILE.read_text(encoding="utf-8"))


def make(role: Side, **other: object) -> SealedStream:
    own, peer = (AGENT, CUSTOMER) if role == "agent" else (CUSTOMER, AGENT)
    given = {
        "own": own,
        "peer_public": peer.public,
        "session": "s1",
        "participant": "p1",
        "channel": "screen",
        "epoch": 1,
    }
    return SealedStream(role=role, **{**given, **other})  # type: ignore[arg-type]


def meet(agent: SealedStream, customer: SealedStream) -> None:
    """Pass the handshake on, as the relay does."""
    for _ in range(2):
        records = agent.outgoing(), customer.outgoing()
        for record in records[0]:
            customer.receive(record)
        for record in records[1]:
            agent.receive(record)


@pytest.fixture
def ends() -> tuple[SealedStream, SealedStream]:
    """An open channel: (agent, customer)."""
    agent, customer = make("agent"), make("customer")
    meet(agent, customer)
    return agent, customer


def sealed(stream: SealedStream, *plains: bytes) -> list[bytes]:
    for plain in plains:
        stream.seal(plain)
    return stream.outgoing()


def is_dead(stream: SealedStream, record: bytes) -> bool:
    """Whether this record, and then everything else, is refused."""
    for attempt in (
        lambda: stream.receive(record),
        lambda: stream.receive(record),
        lambda: stream.seal(b"x"),
    ):
        with pytest.raises(SealBroken):
            attempt()
    return not stream.is_open and stream.outgoing() == []


def test_it_carries_bytes_both_ways(ends: tuple[SealedStream, SealedStream]) -> None:
    agent, customer = ends
    assert agent.is_open
    assert customer.is_open
    assert [customer.receive(record) for record in sealed(agent, b"a", b"bb")] == [[b"a"], [b"bb"]]
    assert [agent.receive(record) for record in sealed(customer, "가".encode())] == [["가".encode()]]


def test_it_shows_nothing_of_the_plain_text(ends: tuple[SealedStream, SealedStream]) -> None:
    first, second = sealed(ends[0], b"same text" * 9, b"same text" * 9)
    assert b"same" not in first + second
    assert first != second
    assert len(first) == 9 * 9 + 16


def test_it_cuts_long_texts_into_records_within_the_limit(ends: tuple[SealedStream, SealedStream]) -> None:
    plain = random.Random(1).randbytes(2 * MAX_SEALED_PLAIN + 1)
    records = sealed(ends[0], plain)
    assert [len(record) for record in records] == [MAX_RECORD, MAX_RECORD, 17]
    assert b"".join(part for record in records for part in ends[1].receive(record)) == plain


def test_it_sends_nothing_before_the_other_end_has_proved_its_keys() -> None:
    agent, customer = make("agent"), make("customer")
    with pytest.raises(WrongState):
        agent.seal(b"x")
    (hello,) = customer.outgoing()
    agent.receive(hello)
    assert not agent.is_open
    with pytest.raises(WrongState):
        agent.seal(b"x")


def test_it_seals_nothing_for_an_empty_text(ends: tuple[SealedStream, SealedStream]) -> None:
    assert sealed(ends[0], b"") == []


def test_it_makes_other_keys_for_every_connection() -> None:
    first, second = make("agent"), make("agent")
    assert first.outgoing() != second.outgoing()


# -- tampering


def flip(record: bytes, at: int, bit: int) -> bytes:
    changed = bytearray(record)
    changed[at] ^= 1 << bit
    return bytes(changed)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: flip(record, 0, 0),
        lambda record: flip(record, len(record) - 1, 7),
        lambda record: record[:-1],
        lambda record: record[1:],
        lambda record: record + b"\x00",
        lambda record: record[:15],
        lambda record: b"",
        lambda record: bytes(len(record)),
        lambda record: bytes(MAX_RECORD + 1),
    ],
)
def test_it_dies_of_a_changed_record(
    ends: tuple[SealedStream, SealedStream], spoil: Callable[[bytes], bytes]
) -> None:
    (record,) = sealed(ends[0], b"click here")
    assert is_dead(ends[1], spoil(record))


def test_it_dies_of_a_dropped_record(ends: tuple[SealedStream, SealedStream]) -> None:
    _, second = sealed(ends[0], b"one", b"two")
    assert is_dead(ends[1], second)


def test_it_dies_of_swapped_records(ends: tuple[SealedStream, SealedStream]) -> None:
    first, second, third = sealed(ends[0], b"one", b"two", b"three")
    assert ends[1].receive(first) == [b"one"]
    assert is_dead(ends[1], third)
    assert is_dead(ends[1], second)


def test_it_dies_of_a_repeated_record(ends: tuple[SealedStream, SealedStream]) -> None:
    (record,) = sealed(ends[0], b"again")
    ends[1].receive(record)
    assert is_dead(ends[1], record)


def test_it_dies_of_its_own_record_coming_back(ends: tuple[SealedStream, SealedStream]) -> None:
    (record,) = sealed(ends[0], b"mirror")
    assert is_dead(ends[0], record)


@pytest.mark.parametrize(
    "other",
    [
        {"channel": "control"},
        {"epoch": 2},
        {"participant": "p2"},
        {"session": "s2"},
    ],
)
def test_it_dies_of_a_hello_from_another_place(other: dict[str, object]) -> None:
    """Same keys, but the ends do not mean the same channel, epoch, participant or support session."""
    agent, customer = make("agent"), make("customer", **other)
    (hello,) = agent.outgoing()
    customer.receive(hello)
    agent.receive(customer.outgoing()[0])
    (confirmation,) = agent.outgoing()
    assert is_dead(customer, confirmation)


@pytest.mark.parametrize("other", [{"channel": "control"}, {"epoch": 2}, {"participant": "p2"}])
def test_it_dies_of_a_record_of_another_channel(
    ends: tuple[SealedStream, SealedStream], other: dict[str, object]
) -> None:
    agent, customer = make("agent", **other), make("customer", **other)
    meet(agent, customer)
    (record,) = sealed(agent, b"elsewhere")
    assert is_dead(ends[1], record)


def test_it_dies_of_an_earlier_connection_of_the_same_keys(ends: tuple[SealedStream, SealedStream]) -> None:
    agent, customer = make("agent"), make("customer")
    meet(agent, customer)
    (recorded,) = sealed(agent, b"yesterday")
    assert is_dead(ends[1], recorded)


# -- handshake


def test_it_dies_of_its_own_hello_coming_back() -> None:
    agent = make("agent")
    (hello,) = agent.outgoing()
    assert is_dead(agent, hello)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda hello: hello[:-1],
        lambda hello: hello + b"\x00",
        lambda hello: b"BHSEAL2" + hello[7:],
        lambda hello: hello[:7] + b"X" + hello[8:],
        lambda hello: hello[:8] + bytes(65),
        lambda hello: hello[:8] + b"\x04" + b"\xff" * 64,
        lambda hello: b"",
        lambda hello: b"RFB 003.008\n",
    ],
)
def test_it_dies_of_a_spoiled_hello(spoil: Callable[[bytes], bytes]) -> None:
    (hello,) = make("customer").outgoing()
    assert is_dead(make("agent"), spoil(hello))


def test_it_dies_of_an_exchanged_ephemeral_key() -> None:
    """The relay puts a key of its own into the customer's hello: the agent's confirmation does not open."""
    agent, customer = make("agent"), make("customer")
    (hello,) = customer.outgoing()
    customer.receive(agent.outgoing()[0])
    agent.receive(hello[:8] + ParticipantKey.generate().public)
    assert is_dead(customer, agent.outgoing()[0])


def test_it_dies_when_data_stands_in_place_of_the_confirmation() -> None:
    agent, customer = make("agent"), make("customer")
    hello = agent.outgoing()[0]
    agent.receive(customer.outgoing()[0])
    agent.outgoing()
    customer.receive(hello)
    agent.receive(customer.outgoing()[0])
    (data,) = sealed(agent, b"no confirmation came before this")
    assert is_dead(customer, data)


def test_it_does_not_open_for_somebody_without_the_participants_key() -> None:
    """The relay knows both public keys and both hellos; without a private key it cannot confirm."""
    stranger = make("customer", own=ParticipantKey.generate(), peer_public=AGENT.public)
    agent = make("agent")
    agent.receive(stranger.outgoing()[0])
    stranger.receive(agent.outgoing()[0])
    assert is_dead(agent, stranger.outgoing()[0])


def test_it_refuses_its_own_key_as_the_peers() -> None:
    with pytest.raises(SealBroken, match="our own key"):
        make("agent", peer_public=AGENT.public)


def test_it_refuses_keys_that_are_not_on_p256() -> None:
    with pytest.raises(SealBroken, match="not a point"):
        make("agent", peer_public=b"\x04" + bytes(64))
    with pytest.raises(ValueError, match="P-256"):
        ParticipantKey(ec.generate_private_key(ec.SECP384R1()))


def test_it_refuses_ten_thousand_mutated_records() -> None:
    """Seeded: bits flipped, bytes cut, parts swapped, records joined; every one must be refused."""
    agent, customer = make("agent"), make("customer")
    meet(agent, customer)
    dice = random.Random(20261120)
    records = sealed(agent, *(dice.randbytes(dice.randrange(1, 200)) for _ in range(16)))
    opener = customer._receive
    assert opener is not None
    refused = 0
    for _ in range(10_000):
        record = bytearray(records[dice.randrange(16)])
        choice = dice.randrange(4)
        if choice == 0:
            record[dice.randrange(len(record))] ^= 1 << dice.randrange(8)
        elif choice == 1:
            del record[dice.randrange(len(record)) :]
        elif choice == 2:
            record += dice.randbytes(dice.randrange(1, 20))
        else:
            other = records[dice.randrange(16)]
            at = dice.randrange(1, min(len(record), len(other)))
            record[:at] = bytes(byte ^ 0x55 for byte in other[:at])
        opener._number = 1 + dice.randrange(16)  # whatever number it hopes to pass as
        with pytest.raises(SealBroken):
            opener.open(record)
        refused += 1
    assert refused == 10_000


def test_it_stops_before_a_key_is_used_too_often(ends: tuple[SealedStream, SealedStream]) -> None:
    sender = ends[0]._send
    assert sender is not None
    sender._number = 2**32
    with pytest.raises(SealBroken, match="under one key"):
        ends[0].seal(b"one more")


# -- commitment, words, vectors


def test_it_binds_a_commitment_to_key_and_salt() -> None:
    salt = new_salt()
    assert AGENT.commit(salt) == commit_of(AGENT.public, salt) != CUSTOMER.commit(salt)
    assert AGENT.commit(new_salt()) != AGENT.commit(salt)


@pytest.mark.parametrize(("public", "salt"), [(bytes(64), bytes(33)), (bytes(66), bytes(31)), (b"", b"")])
def test_it_refuses_a_commitment_of_odd_lengths(public: bytes, salt: bytes) -> None:
    with pytest.raises(SealBroken):
        commit_of(public, salt)


def test_it_gives_other_words_for_every_part() -> None:
    given = ("s1", "p1", CUSTOMER.public, AGENT.public, "ko")
    variants = {words_for(*given)}
    for at, value in ((0, "s2"), (1, "p2"), (2, AGENT.public), (3, CUSTOMER.public), (4, "en")):
        variants.add(words_for(*given[:at], value, *given[at + 1 :]))  # type: ignore[arg-type]
    assert len(variants) == 6
    assert all(len(words) == 6 for words in variants)


def test_it_makes_what_the_shared_vectors_say() -> None:
    assert vectors.make() == KNOWN


def test_it_opens_the_vectors_records_with_keys_worked_out_by_hand() -> None:
    for side in ("agent", "customer"):
        cipher = AESGCM(bytes.fromhex(KNOWN["keys"][side]))
        prefix = bytes.fromhex(KNOWN["nonce_prefixes"][side])
        plains = [b"barohelp.seal.1 confirm", *map(bytes.fromhex, KNOWN["plain"][side])]
        for number, (record, plain) in enumerate(zip(KNOWN["records"][side][1:], plains, strict=True)):
            assert cipher.decrypt(prefix + number.to_bytes(8, "big"), bytes.fromhex(record), None) == plain


@pytest.mark.flow
def test_it_agrees_with_the_webcrypto_twin() -> None:
    """tests/vectors/seal_twin.mjs is written from docs/wire.md with WebCrypto alone, as a browser has it."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    twin = vectors.FILE.with_name("seal_twin.mjs")
    done = subprocess.run([node, str(twin)], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("agreed\n", "")
