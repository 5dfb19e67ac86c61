"""The zlib streams, with isal and without."""

from __future__ import annotations

import pytest

from wire.errors import LimitExceeded, ProtocolError
from wire.rfb.encodings import streams
from wire.rfb.encodings.streams import Deflater, Inflater


@pytest.fixture(params=["isal", "standard library"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "standard library":
        monkeypatch.setattr(streams, "isal_zlib", None)


@pytest.mark.parametrize("level", [1, 3, 9])
def test_it_unpacks_what_it_packed_flush_by_flush(level: int) -> None:
    deflater, inflater = Deflater(level), Inflater()
    for size in (12, 1, 100_000, 500):
        data = bytes(range(250)) * (size // 250) + b"z" * (size % 250)
        assert inflater.unpack(deflater.pack(data), size) == data


def test_it_refuses_more_or_less_than_expected() -> None:
    packed = Deflater().pack(bytes(100))
    with pytest.raises(LimitExceeded, match="unpacked size is 100, the limit is 99"):
        Inflater().unpack(packed, 99)
    with pytest.raises(ProtocolError, match="100 bytes, expected 101"):
        Inflater().unpack(packed, 101)


def test_it_refuses_what_is_not_packed() -> None:
    with pytest.raises(ProtocolError, match="does not unpack"):
        Inflater().unpack(b"not packed at all", 10)
