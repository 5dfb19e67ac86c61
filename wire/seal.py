"""End-to-end encryption of one channel of one participant, and the keys it stands on. Sans-I/O.

Decides: nobody between the two programs (relay, proxy, web half) can read, change, repeat, drop, reorder,
reflect or move a record to another channel, epoch or participant without the channel closing. There is no
unencrypted mode and no going on after a failure. Leaves how the participant's public keys reach the other
end to wire/signal/keys.py, and that two people compare the six words to the people.

docs/wire.md part 3 has every byte, and tests/vectors/seal.json the values a twin in another language must
produce. Why these primitives: WebCrypto in browsers has P-256, HKDF and AES-GCM, and a program needs no
other library.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from collections import deque
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wire.errors import SealBroken, WrongState
from wire.limits import MAX_RECORD, MAX_SEALED_PLAIN
from wire.terms import CHANNELS, Channel, Side
from wire.words import WORD_COUNT, words_of

__all__ = [
    "PUBLIC_BYTES",
    "SALT_BYTES",
    "ParticipantKey",
    "SealedStream",
    "commit_of",
    "new_salt",
    "words_for",
]

PUBLIC_BYTES: Final = 65
SALT_BYTES: Final = 32

Path: TypeAlias = Literal["relay", "direct"]

_MAGIC: Final = b"BHSEAL1"
_LABEL: Final = b"barohelp.seal.1"
_HELLO: Final = struct.Struct(f"!{len(_MAGIC)}sc{PUBLIC_BYTES}s")
_SIDE_BYTE: Final[dict[Side, bytes]] = {"agent": b"A", "customer": b"C"}
_OTHER: Final[dict[Side, Side]] = {"agent": "customer", "customer": "agent"}
_CONFIRM: Final = b"barohelp.seal.1 confirm"
# AES-GCM with one key stays far from its bounds below this (NIST SP 800-38D, 8.3); 256 KiB x 2^32 is 1 PiB.
MAX_RECORDS_PER_KEY: Final = 2**32


class ParticipantKey:
    """One end's P-256 key pair for one participant; it lasts over all epochs and never leaves the process."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        """Wrap a private key on P-256; raises ValueError for another curve."""
        if not isinstance(private.curve, ec.SECP256R1):
            raise ValueError(f"the key is on {private.curve.name}, not on P-256")
        self._private = private
        self.public: Final[bytes] = private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    @classmethod
    def generate(cls) -> ParticipantKey:
        """Return a new key pair from the system's random numbers."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    def commit(self, salt: bytes) -> bytes:
        """Return SHA-256(pub || salt), what `key.commit` carries; `salt` is 32 random bytes."""
        return commit_of(self.public, salt)

    def agree(self, peer_public: bytes) -> bytes:
        """Return the 32 bytes of ECDH with `peer_public`; raises SealBroken when it is no point of the
        curve.
        """
        try:
            peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), peer_public)
        except ValueError as error:
            raise SealBroken("the peer's key is not a point of P-256") from error
        return self._private.exchange(ec.ECDH(), peer)


def new_salt() -> bytes:
    """Return a fresh salt for a commitment."""
    return secrets.token_bytes(SALT_BYTES)


def commit_of(public: bytes, salt: bytes) -> bytes:
    """Return SHA-256(pub || salt); raises SealBroken unless pub has 65 bytes and salt 32, so that no two
    pairs of them can make one text.
    """
    if len(public) != PUBLIC_BYTES or len(salt) != SALT_BYTES:
        raise SealBroken(f"a key of {len(public)} bytes with a salt of {len(salt)}")
    return hashlib.sha256(public + salt).digest()


def words_for(
    session: str, participant: str, pub_customer: bytes, pub_agent: bytes, language: str
) -> tuple[str, ...]:
    """Return the six words that both people see: the first 66 bits of SHA-256("words" || session ||
    participant || pub_customer || pub_agent), 11 bits a word, `language` ko or en.
    """
    text = b"words" + session.encode() + participant.encode() + pub_customer + pub_agent
    bits = int.from_bytes(hashlib.sha256(text).digest()[:9], "big") >> 6
    step = WORD_COUNT.bit_length() - 1
    list_of_words = words_of(language)
    return tuple(list_of_words[bits >> shift & (WORD_COUNT - 1)] for shift in range(5 * step, -1, -step))


class SealedStream:
    """One end of one sealed channel, for one epoch.

    Feed records (one WebSocket binary message each) to `receive`, send what `outgoing` returns. Each end
    first sends a hello with a fresh ephemeral key, then a confirmation under the new keys; when the other's
    confirmation has opened, `is_open` is true. Any failure raises SealBroken and the object refuses
    everything from then on.
    """

    def __init__(
        self,
        *,
        role: Side,
        own: ParticipantKey,
        peer_public: bytes,
        session: str,
        participant: str,
        channel: Channel,
        epoch: int,
        path: Path = "relay",
        ephemeral: ParticipantKey | None = None,
    ) -> None:
        """`role` is this end; `own` and `peer_public` are the participant's keys of key.open. `path` is part
        of the keys, so that nobody can join one way's end to the other's. `ephemeral` is for test vectors
        only.
        """
        if channel not in CHANNELS:
            raise ValueError(f"{channel} is no channel")
        if hmac.compare_digest(own.public, peer_public):
            raise SealBroken("the peer shows our own key")
        self.role: Side = role
        self.is_open = False
        self._broken: str | None = None
        self._static = own.agree(peer_public)
        self._ephemeral = ephemeral or ParticipantKey.generate()
        self._context = _Context(
            session=session,
            participant=participant,
            channel=channel,
            epoch=epoch,
            path=path,
            role=role,
            own_public=own.public,
            peer_public=peer_public,
        )
        self._hello = _HELLO.pack(_MAGIC, _SIDE_BYTE[role], self._ephemeral.public)
        self._send: _Direction | None = None
        self._receive: _Direction | None = None
        self._out: deque[bytes] = deque([self._hello])

    def outgoing(self) -> list[bytes]:
        """Return the records to send, in order, and forget them."""
        records = list(self._out)
        self._out.clear()
        return records

    def receive(self, record: bytes | bytearray | memoryview) -> list[bytes]:
        """Take one record; return the plain texts it held (none during the handshake). Raises SealBroken."""
        self._check()
        try:
            if len(record) > MAX_RECORD:
                raise SealBroken(f"a record of {len(record)} bytes, the limit is {MAX_RECORD}")
            if self._receive is None:
                self._take_hello(bytes(record))
                return []
            plain = self._receive.open(record)
            if self.is_open:
                return [plain]
            self._take_confirmation(plain)
        except SealBroken as error:
            self._die(str(error))
            raise
        return []

    def seal(self, plain: bytes | bytearray | memoryview) -> None:
        """Queue `plain` as records of at most MAX_SEALED_PLAIN bytes each. Raises WrongState before
        `is_open`, SealBroken after a failure.
        """
        self._check()
        if self._send is None or not self.is_open:
            raise WrongState("the channel is not open yet")
        if len(plain) <= MAX_SEALED_PLAIN:
            if plain:
                self._out.append(self._send.seal(plain))
            return
        view = memoryview(plain)
        for start in range(0, len(view), MAX_SEALED_PLAIN):
            self._out.append(self._send.seal(view[start : start + MAX_SEALED_PLAIN]))

    def mark(self) -> None:
        """Queue an empty record: a sign of life, or "the stream begins anew here" (docs/wire.md part 3).

        Raises as seal does.
        """
        self._check()
        if self._send is None or not self.is_open:
            raise WrongState("the channel is not open yet")
        self._out.append(self._send.seal(b""))

    def _check(self) -> None:
        if self._broken is not None:
            raise SealBroken(f"this channel is broken: {self._broken}")

    def _die(self, why: str) -> None:
        self._broken = why
        self.is_open = False
        self._send = self._receive = None
        self._out.clear()

    def _take_hello(self, record: bytes) -> None:
        if len(record) != _HELLO.size:
            raise SealBroken(f"a hello of {len(record)} bytes, not {_HELLO.size}")
        magic, side, ephemeral = _HELLO.unpack(record)
        if magic != _MAGIC:
            raise SealBroken("the hello is of another version")
        if side != _SIDE_BYTE[_OTHER[self.role]] or ephemeral == self._ephemeral.public:
            raise SealBroken("our own hello came back")
        secret = self._ephemeral.agree(ephemeral) + self._static
        keys = self._context.keys(secret, self._hello, record)
        self._send, self._receive = keys[self.role], keys[_OTHER[self.role]]
        self._out.append(self._send.seal(_CONFIRM))

    def _take_confirmation(self, plain: bytes) -> None:
        if plain != _CONFIRM:
            raise SealBroken("the first sealed record is no confirmation")
        self.is_open = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What the keys of one channel are bound to."""

    session: str
    participant: str
    channel: Channel
    epoch: int
    path: Path
    role: Side
    own_public: bytes
    peer_public: bytes

    def keys(self, secret: bytes, own_hello: bytes, peer_hello: bytes) -> dict[Side, _Direction]:
        """Return the key of each sender."""
        publics, hellos = (self.own_public, self.peer_public), (own_hello, peer_hello)
        if self.role == "agent":
            publics, hellos = publics[::-1], hellos[::-1]
        way = () if self.path == "relay" else (self.path,)
        names = (self.session, self.participant, self.channel, str(self.epoch), *way)
        parts = (_LABEL, *(name.encode() for name in names), *publics, *hellos)
        transcript = hashlib.sha256(b"".join(map(_with_length, parts))).digest()
        return {side: self._direction(secret, transcript, side) for side in _OTHER}

    def _direction(self, secret: bytes, transcript: bytes, sender: Side) -> _Direction:
        info = b"|".join((_LABEL, self.channel.encode(), str(self.epoch).encode(), sender.encode()))
        material = HKDF(algorithm=hashes.SHA256(), length=36, salt=transcript, info=info).derive(secret)
        return _Direction(material[:32], material[32:])


def _with_length(part: bytes) -> bytes:
    return struct.pack("!H", len(part)) + part


class _Direction:
    """One key, one way: the record's number is its nonce's last eight bytes and never comes twice."""

    def __init__(self, key: bytes, prefix: bytes) -> None:
        self._cipher = AESGCM(key)
        self._prefix = prefix
        self._number = 0

    def _nonce(self) -> bytes:
        if self._number >= MAX_RECORDS_PER_KEY:
            raise SealBroken(f"{MAX_RECORDS_PER_KEY} records under one key")
        nonce = self._prefix + self._number.to_bytes(8, "big")
        self._number += 1
        return nonce

    def seal(self, plain: bytes | bytearray | memoryview) -> bytes:
        return self._cipher.encrypt(self._nonce(), plain, None)

    def open(self, record: bytes | bytearray | memoryview) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(), record, None)
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"record {self._number - 1} does not open") from error
