"""JSON objects become checked values, or ProtocolErrors that name field, value and limit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import pytest

from wire.errors import LimitExceeded, ProtocolError
from wire.record import Between, Items, Pattern, Record, Size, Text, dump_object, load_object


@dataclass(frozen=True, slots=True)
class Inner(Record):
    x: Annotated[int, Between(-5, 5)]


@dataclass(frozen=True, slots=True)
class Sample(Record):
    TYPE: ClassVar[str] = "sample"
    name: Annotated[str, Text(5)]
    count: int
    share: Annotated[float, Between(0, 1)]
    on: bool
    key: Annotated[bytes, Size(2, 2)]
    mode: Literal["a", "b", 8]
    places: Annotated[tuple[Inner, ...], Items(2)]
    pair: tuple[bool, str]
    extra: Annotated[Mapping[str, int], Items(2)]
    id: Annotated[str, Pattern("[a-z]{1,3}")] | None = None
    text: Annotated[str, Text(20, lines=True)] = ""


GOOD: dict[str, Any] = {
    "t": "sample",
    "name": "하나",
    "count": 3,
    "share": 0.5,
    "on": True,
    "key": "AAE=",
    "mode": "a",
    "places": [{"x": -5}, {"x": 5}],
    "pair": [False, "tenant"],
    "extra": {"a": 1},
    "id": "abc",
    "text": "두\n줄",
}


def test_it_reads_and_writes_the_same_object() -> None:
    sample = Sample.from_json(GOOD)
    assert sample.key == b"\x00\x01"
    assert sample.places == (Inner(-5), Inner(5))
    assert sample.to_json() == GOOD


def test_it_ignores_unknown_fields_and_leaves_out_what_is_none() -> None:
    sample = Sample.from_json({**GOOD, "id": None, "later": {"a": [1]}})
    assert sample.id is None
    assert "id" not in sample.to_json()


@pytest.mark.parametrize("field", sorted(set(GOOD) - {"t", "id", "text"}))
def test_it_requires_every_field_without_a_default(field: str) -> None:
    with pytest.raises(ProtocolError, match=rf"sample\.{field} is missing"):
        Sample.from_json({name: value for name, value in GOOD.items() if name != field})


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("name", 5),
        ("name", "longer"),
        ("name", "a\nb"),
        ("name", "a\u202eb"),
        ("name", "\ud800"),
        ("count", True),
        ("count", 1.0),
        ("count", -1),
        ("count", 10**400),
        ("count", "3"),
        ("share", 1.01),
        ("share", float("nan")),
        ("share", True),
        ("on", 1),
        ("on", "true"),
        ("key", "AAECAw=="),
        ("key", "AAE"),
        ("key", "가나다라"),
        ("key", "A" * 100_000),
        ("mode", "c"),
        ("mode", True),
        ("mode", 8.0),
        ("mode", []),
        ("places", [{"x": 6}]),
        ("places", [{"x": 1}] * 3),
        ("places", {"x": 1}),
        ("places", ["x"]),
        ("pair", [True]),
        ("pair", [True, "a", "b"]),
        ("pair", "ab"),
        ("extra", {"a": 1, "b": 2, "c": 3}),
        ("extra", {"bad name": 1}),
        ("extra", {"a": "1"}),
        ("extra", [1]),
        ("id", "ABC"),
        ("id", "abc\n"),
        ("text", "a\x00b"),
    ],
)
def test_it_refuses_hostile_values(field: str, bad: object) -> None:
    with pytest.raises(ProtocolError, match="sample"):
        Sample.from_json({**GOOD, field: bad})


@pytest.mark.parametrize("data", [None, [], "x", 5, [GOOD]])
def test_it_refuses_what_is_no_object(data: object) -> None:
    with pytest.raises(ProtocolError, match="sample is not an object"):
        Sample.from_json(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        '{"a":NaN}',
        '{"a":Infinity}',
        '{"a":' + "9" * 5000 + "}",
        "[" * 15_000,
        '{"a":' * 3000,
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
    ],
)
def test_it_loads_nothing_but_one_object(text: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        load_object(text, 16_384)


def test_it_measures_bytes_before_it_parses() -> None:
    with pytest.raises(LimitExceeded, match="message bytes is 17"):
        load_object('{"a":"가나다"}', 16)
    assert load_object('{"a":"가나다"}', 17) == {"a": "가나다"}


def test_it_writes_compact_text_within_the_limit() -> None:
    assert dump_object({"a": "가", "b": [1, None]}, 100) == '{"a":"가","b":[1,null]}'
    with pytest.raises(LimitExceeded):
        dump_object({"a": "가" * 10}, 30)
    assert json.loads(dump_object({"a": 1}, 10)) == {"a": 1}
