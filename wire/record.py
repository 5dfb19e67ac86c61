"""JSON objects <-> frozen dataclasses, for the signal socket and the control channel.

Decides: that a field is checked by its annotation before a message exists, that unknown fields are ignored,
and that every refusal is a ProtocolError naming field, value and limit. Leaves what the messages are to
wire/signal and wire/control, and when they are allowed to their protocols. Described in docs/wire.md.

    class SlotOpened(Record):
        TYPE = "slot.opened"
        position: Annotated[int, Between(1, 5)]

Annotations understood: str, int, float, bool, bytes (base64 in JSON), Literal[...], tuple[X, ...], tuple[X,
Y], Mapping[str, X], a nested Record, `X | None`, each with Text, Between, Size or Items beside it in
Annotated.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    Self,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from wire.errors import LimitExceeded, ProtocolError

__all__ = [
    "Between",
    "Items",
    "Pattern",
    "Record",
    "Size",
    "Text",
    "dump_object",
    "load_object",
    "without_unprintable",
]

# A number in JSON is exact in Python and in JavaScript up to here (RFC 8259, section 6).
MAX_EXACT: Final = 2**53 - 1
DEFAULT_TEXT: Final = 200
DEFAULT_ITEMS: Final = 64

# Control characters and the marks that turn the reading direction: a name with one of them would show the
# customer another company than the registered one.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNPRINTABLE_LINES: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def without_unprintable(text: str, *, lines: bool = False) -> str:
    """`text` without the characters that a Text field refuses, as a form may have brought them."""
    return (_UNPRINTABLE_LINES if lines else _UNPRINTABLE).sub("", text)


@dataclass(frozen=True, slots=True)
class Text:
    """At most `limit` characters, at least `least`; one line unless `lines`."""

    limit: int = DEFAULT_TEXT
    least: int = 0
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """The whole text matches `expression`; write a bounded expression, it is the length limit too."""

    expression: str


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `low` to `high`, both included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes, from `low` to `high` of them after base64."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Items:
    """At most `limit` entries in a tuple or mapping."""

    limit: int = DEFAULT_ITEMS


_Reader: TypeAlias = Callable[[object, str], Any]
_Writer: TypeAlias = Callable[[Any], Any]
_Rule = TypeVar("_Rule")


class Record:
    """A frozen, slotted dataclass that reads itself from, and writes itself to, a JSON object."""

    __slots__ = ()
    TYPE: ClassVar[str] = ""

    @classmethod
    def from_json(cls, data: object, *, at: str = "") -> Self:
        """Return the checked value of a decoded JSON object; unknown fields are ignored.

        Raises ProtocolError (LimitExceeded among them) for a missing field, a wrong type or a value out of
        range. `at` is the path of a nested record in that error's text.
        """
        if not isinstance(data, dict):
            raise ProtocolError(f"{at or cls.TYPE or cls.__name__} is not an object")
        prefix = at or cls.TYPE
        values: dict[str, Any] = {}
        for field in _fields(cls):
            value = data.get(field.name)
            if value is not None:
                values[field.name] = field.read(value, f"{prefix}.{field.name}")
            elif field.may_be_none:
                values[field.name] = None
            elif not field.has_default:
                raise ProtocolError(f"{prefix}.{field.name} is missing")
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object: `t` first where the record has a TYPE, fields that are None left out."""
        result: dict[str, Any] = {"t": self.TYPE} if self.TYPE else {}
        for field in _fields(type(self)):
            value = getattr(self, field.name)
            if value is not None:
                result[field.name] = field.write(value)
        return result


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    has_default: bool
    may_be_none: bool
    read: _Reader
    write: _Writer


_known: Final[dict[type, tuple[_Field, ...]]] = {}


def _fields(cls: type[Record]) -> tuple[_Field, ...]:
    if cls not in _known:
        _known[cls] = _read_fields(cls)
    return _known[cls]


def _read_fields(cls: type[Record]) -> tuple[_Field, ...]:
    hints = get_type_hints(cls, include_extras=True)
    result = []
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        defaults = {field.default, field.default_factory} - {dataclasses.MISSING}
        read, write = _codec(hints[field.name])
        result.append(_Field(field.name, bool(defaults), _may_be_none(hints[field.name]), read, write))
    return tuple(result)


def _may_be_none(annotation: Any) -> bool:
    return NoneType in get_args(_unwrap(annotation)[0])


def _codec(annotation: Any) -> tuple[_Reader, _Writer]:
    annotation, rules = _unwrap(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        (inner,) = [argument for argument in arguments if argument is not NoneType]
        return _codec(Annotated[inner, *rules] if rules else inner)
    if origin is Literal:
        return _literal(arguments), _same
    if origin is tuple:
        return _tuple(arguments, rules)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(arguments[1], rules)
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return _nested(annotation)
    return _PLAIN[annotation](rules)


def _unwrap(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(annotation) is Annotated:
        inner, *rules = get_args(annotation)
        return inner, tuple(rules)
    return annotation, ()


def _rule(rules: tuple[Any, ...], kind: type[_Rule]) -> _Rule | None:
    return next((rule for rule in rules if isinstance(rule, kind)), None)


def _same(value: Any) -> Any:
    return value


def _text(rules: tuple[Any, ...]) -> tuple[_Reader, _Writer]:
    limits = _rule(rules, Text) or Text()
    wanted = _rule(rules, Pattern)
    expression = re.compile(wanted.expression) if wanted else None
    unprintable = _UNPRINTABLE_LINES if limits.lines else _UNPRINTABLE

    def read(value: object, at: str) -> str:
        if not isinstance(value, str):
            raise ProtocolError(f"{at} is not a text")
        if len(value) > limits.limit:
            raise LimitExceeded(at, len(value), limits.limit)
        if len(value) < limits.least:
            raise ProtocolError(f"{at} is shorter than {limits.least}")
        if unprintable.search(value):
            raise ProtocolError(f"{at} holds a character that cannot be shown")
        if expression and not expression.fullmatch(value):
            raise ProtocolError(f"{at} does not have the form {expression.pattern}")
        return value

    return read, _same


def _integer(rules: tuple[Any, ...]) -> tuple[_Reader, _Writer]:
    between = _rule(rules, Between) or Between(0, MAX_EXACT)

    def read(value: object, at: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ProtocolError(f"{at} is not a whole number")
        _check_between(value, between, at)
        return value

    return read, _same


def _number(rules: tuple[Any, ...]) -> tuple[_Reader, _Writer]:
    between = _rule(rules, Between) or Between(0, MAX_EXACT)

    def read(value: object, at: str) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ProtocolError(f"{at} is not a number")
        _check_between(value, between, at)
        return float(value)

    return read, _same


def _check_between(value: float, between: Between, at: str) -> None:
    # Compared as it came: a whole number of a thousand digits has no float.
    if isinstance(value, float) and not math.isfinite(value):
        raise ProtocolError(f"{at} is not a finite number")
    if value > between.high:
        raise LimitExceeded(at, min(int(value), MAX_EXACT), int(between.high))
    if value < between.low:
        raise ProtocolError(f"{at} is below {between.low}")


def _truth(_rules: tuple[Any, ...]) -> tuple[_Reader, _Writer]:
    def read(value: object, at: str) -> bool:
        if not isinstance(value, bool):
            raise ProtocolError(f"{at} is neither true nor false")
        return value

    return read, _same


def _bytes(rules: tuple[Any, ...]) -> tuple[_Reader, _Writer]:
    size = _rule(rules, Size) or Size(0, 256)

    def read(value: object, at: str) -> bytes:
        if not isinstance(value, str):
            raise ProtocolError(f"{at} is not base64 text")
        if len(value) > (size.high + 2) // 3 * 4:
            raise LimitExceeded(at, len(value) * 3 // 4, size.high)
        try:
            decoded = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ProtocolError(f"{at} is not base64") from error
        if not size.low <= len(decoded) <= size.high:
            raise ProtocolError(f"{at} has {len(decoded)} bytes, not {size.low} to {size.high}")
        return decoded

    return read, lambda value: base64.b64encode(value).decode("ascii")


def _literal(allowed: tuple[Any, ...]) -> _Reader:
    def read(value: object, at: str) -> Any:
        # 1 == True in Python: the type counts too.
        if isinstance(value, str | int) and any(value == one and type(value) is type(one) for one in allowed):
            return value
        raise ProtocolError(f"{at} is none of {', '.join(map(str, allowed))}")

    return read


def _tuple(arguments: tuple[Any, ...], rules: tuple[Any, ...]) -> tuple[_Reader, _Writer]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return _list(arguments[0], (_rule(rules, Items) or Items()).limit)
    codecs = [_codec(argument) for argument in arguments]

    def read(value: object, at: str) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != len(codecs):
            raise ProtocolError(f"{at} is not a list of {len(codecs)}")
        return tuple(codec[0](one, at) for codec, one in zip(codecs, value, strict=True))

    def write(value: tuple[Any, ...]) -> list[Any]:
        return [codec[1](one) for codec, one in zip(codecs, value, strict=True)]

    return read, write


def _list(inner: Any, limit: int) -> tuple[_Reader, _Writer]:
    read_one, write_one = _codec(inner)

    def read(value: object, at: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ProtocolError(f"{at} is not a list")
        if len(value) > limit:
            raise LimitExceeded(at, len(value), limit)
        return tuple(read_one(one, f"{at}[{index}]") for index, one in enumerate(value))

    return read, lambda value: [write_one(one) for one in value]


def _mapping(inner: Any, rules: tuple[Any, ...]) -> tuple[_Reader, _Writer]:
    limit = (_rule(rules, Items) or Items()).limit
    read_name = _text((Pattern("[A-Za-z0-9_.-]{1,64}"),))[0]
    read_one, write_one = _codec(inner)

    def read(value: object, at: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ProtocolError(f"{at} is not an object")
        if len(value) > limit:
            raise LimitExceeded(at, len(value), limit)
        return {read_name(name, f"{at} name"): read_one(one, f"{at}.{name}") for name, one in value.items()}

    return read, lambda value: {name: write_one(one) for name, one in value.items()}


def _nested(inner: type[Record]) -> tuple[_Reader, _Writer]:
    def read(value: object, at: str) -> Record:
        return inner.from_json(value, at=at)

    return read, lambda value: value.to_json()


_PLAIN: Final[Mapping[Any, Callable[[tuple[Any, ...]], tuple[_Reader, _Writer]]]] = {
    str: _text,
    int: _integer,
    float: _number,
    bool: _truth,
    bytes: _bytes,
}


def load_object(text: str | bytes, limit: int) -> dict[str, Any]:
    """Return the JSON object in `text`, at most `limit` bytes of UTF-8.

    Raises LimitExceeded before parsing, ProtocolError for anything that is not one object: bad UTF-8, NaN,
    numbers of thousands of digits, nesting that would overflow the stack.
    """
    size = len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    if size > limit:
        raise LimitExceeded("message bytes", size, limit)
    try:
        # Decoded here: given bytes, json guesses at UTF-16 and takes a byte order mark.
        decoded = text.decode() if isinstance(text, bytes) else text
        value = json.loads(decoded, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("the message is not JSON") from error
    if not isinstance(value, dict):
        raise ProtocolError("the message is not a JSON object")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def dump_object(value: Mapping[str, Any], limit: int) -> str:
    """Return `value` as compact JSON text; raises LimitExceeded when it is over `limit` bytes of UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    size = len(text.encode("utf-8"))
    if size > limit:
        raise LimitExceeded("message bytes", size, limit)
    return text
