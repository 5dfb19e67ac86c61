"""What JPEG pictures of a peer are let through."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.wire.rfb.encodings.pictures import smooth
from wire.errors import ProtocolError
from wire.rfb.encodings import jpeg


def _pillow(**options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(smooth(20, 10)[..., :3])).save(out, "JPEG", **options)
    return out.getvalue()


def test_it_takes_pictures_of_any_baseline_encoder() -> None:
    for data in (jpeg.encode(smooth(20, 10), 80, "420"), _pillow(), _pillow(optimize=True)):
        jpeg.check(data, 20, 10)
        jpeg.decode(memoryview(data), np.zeros((10, 20, 4), np.uint8))


def test_it_decodes_straight_into_a_whole_picture_and_into_a_part() -> None:
    data = jpeg.encode(smooth(20, 10), 100, "444")
    whole, larger = np.zeros((10, 20, 4), np.uint8), np.zeros((30, 30, 4), np.uint8)
    jpeg.decode(data, whole)
    jpeg.decode(data, larger[5:15, 5:25])
    assert (larger[5:15, 5:25] == whole).all()
    assert np.abs(whole[..., :3].astype(int) - smooth(20, 10)[..., :3]).max() < 24


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (_pillow(progressive=True), "unexpected marker"),
        (b"PNG", "does not begin"),
        (_pillow()[:8], "ends before"),
        (_pillow()[: _pillow().index(b"\xff\xc0") + 6], "ends in its frame"),
        (_pillow()[:300].replace(b"\xff\xc4", b"\xfe\xc4"), "unexpected marker"),
        (_pillow().replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c"), "12 bits"),
        (_pillow().replace(b"\xff\xda\x00\x0c\x03", b"\xff\xda\x00\x0c\x01"), "more than one scan"),
    ],
)
def test_it_refuses_what_may_cost_too_much(data: bytes, why: str) -> None:
    with pytest.raises(ProtocolError, match=why):
        jpeg.check(data, 20, 10)


def test_it_refuses_a_picture_of_another_size() -> None:
    with pytest.raises(ProtocolError, match="20x10, its rectangle 21x10"):
        jpeg.check(_pillow(), 21, 10)


def test_it_paints_what_there_is_of_a_torn_picture() -> None:
    data = _pillow()
    jpeg.decode(data[: len(data) - 40], np.zeros((10, 20, 4), np.uint8))
