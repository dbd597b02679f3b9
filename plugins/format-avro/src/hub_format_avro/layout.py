"""Checks that bytes are exactly one value of a schema, and says where they are not.

fastavro takes a union's branch -1 for the last one, 7 for true and any number for an int, and dies
of a deeply nested message; so the layout is walked before a record is built.
Source: Apache Avro 1.12 specification, "Binary Encoding".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

# From a buffer, a position and a depth to the position behind the value.
Walk: TypeAlias = Callable[[bytes, int, int], int]

_MAX_DEPTH = 64
# More items than bytes left are possible only where items take none.
_MAX_EMPTY_ITEMS = 10_000
_INT = range(-(2**31), 2**31)
_LONG = range(-(2**63), 2**63)
_MAX_VARINT_BYTES = 10
# The bit of a number's byte that says that more follow.
_MORE = 0x80


class BrokenLayout(Exception):
    """The bytes are no value of the schema. ``path`` leads to the field, innermost first."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []

    def __str__(self) -> str:
        """Return the reason, with the field where there is one."""
        where = ".".join(reversed(self.path))
        return f"{where}: {self.reason}" if where else self.reason


def walk_of(schema: Any) -> Walk:  # noqa: ANN401 - an Avro schema: text, list or mapping
    """Return the walk of a parsed schema."""
    return _Walks().of(schema)


class _Walks:
    """Builds walks. A named type is looked up when it is walked: it may contain itself."""

    def __init__(self) -> None:
        self._named: dict[str, Walk] = {}
        self._complex: dict[str, Callable[[Mapping[str, Any]], Walk]] = {
            "array": lambda schema: _blocks(self.of(schema["items"])),
            "map": lambda schema: _blocks(
                _sequence([("", _string), ("", self.of(schema["values"]))])
            ),
            "record": self._record,
            "enum": lambda schema: self._name(schema, _enum(schema["symbols"])),
            "fixed": lambda schema: self._name(schema, _fixed(schema["size"])),
        }

    def of(self, schema: Any) -> Walk:  # noqa: ANN401 - an Avro schema: text, list or mapping
        if isinstance(schema, list):
            return _union([self.of(branch) for branch in schema])
        if isinstance(schema, str):
            return _PRIMITIVES[schema] if schema in _PRIMITIVES else self._reference(schema)
        build = self._complex.get(schema["type"]) if isinstance(schema["type"], str) else None
        return build(schema) if build else self.of(schema["type"])

    def _record(self, schema: Mapping[str, Any]) -> Walk:
        return self._name(
            schema, _sequence([(part["name"], self.of(part["type"])) for part in schema["fields"]])
        )

    def _name(self, schema: Mapping[str, Any], walk: Walk) -> Walk:
        self._named[schema["name"]] = walk
        return walk

    def _reference(self, name: str) -> Walk:
        def walk(data: bytes, at: int, depth: int) -> int:
            if depth > _MAX_DEPTH:
                raise BrokenLayout(f"it is nested more than {_MAX_DEPTH} deep")
            return self._named[name](data, at, depth + 1)

        return walk


def _sequence(parts: Sequence[tuple[str, Walk]]) -> Walk:
    def walk(data: bytes, at: int, depth: int) -> int:
        name = ""
        try:
            for name, part in parts:  # noqa: B007 - the last name says where it broke
                at = part(data, at, depth)
        except BrokenLayout as broken:
            if name:
                broken.path.append(name)
            raise
        return at

    return walk


def _union(branches: Sequence[Walk]) -> Walk:
    def walk(data: bytes, at: int, depth: int) -> int:
        index, at = _varint(data, at, _LONG)
        if not 0 <= index < len(branches):
            raise BrokenLayout(f"branch {index} of a union with {len(branches)}")
        return branches[index](data, at, depth)

    return walk


def _enum(symbols: Sequence[str]) -> Walk:
    def walk(data: bytes, at: int, _depth: int) -> int:
        index, at = _varint(data, at, _INT)
        if not 0 <= index < len(symbols):
            raise BrokenLayout(f"symbol {index} of an enum with {len(symbols)}")
        return at

    return walk


def _blocks(item: Walk) -> Walk:
    def walk(data: bytes, at: int, depth: int) -> int:
        while True:
            count, at = _varint(data, at, _LONG)
            if count == 0:
                return at
            end = None
            if count < 0:
                size, at = _varint(data, at, _LONG)
                count, end = -count, at + size
            if count > max(len(data) - at, _MAX_EMPTY_ITEMS):
                raise BrokenLayout(f"{count} items in the {len(data) - at} bytes that are left")
            for _ in range(count):
                at = item(data, at, depth)
            if end not in (None, at):
                raise BrokenLayout("a block is not as long as it says")

    return walk


def _fixed(size: int) -> Walk:
    return lambda data, at, _depth: _advance(data, at, size)


def _boolean(data: bytes, at: int, _depth: int) -> int:
    end = _advance(data, at, 1)
    if data[at] > 1:
        raise BrokenLayout(f"{data[at]} is no boolean")
    return end


def _bytes(data: bytes, at: int, _depth: int) -> int:
    size, at = _varint(data, at, _LONG)
    return _advance(data, at, size)


def _string(data: bytes, at: int, _depth: int) -> int:
    size, at = _varint(data, at, _LONG)
    end = _advance(data, at, size)
    try:
        data[at:end].decode()
    except UnicodeDecodeError as error:
        raise BrokenLayout(f"text that is not UTF-8: {error.reason}") from error
    return end


def _advance(data: bytes, at: int, size: int) -> int:
    if not 0 <= size <= len(data) - at:
        raise BrokenLayout(f"a value of {size} bytes where {len(data) - at} are left")
    return at + size


def _varint(data: bytes, at: int, allowed: range) -> tuple[int, int]:
    if at < len(data) and (byte := data[at]) < _MORE:
        return (byte >> 1) ^ -(byte & 1), at + 1
    number = shift = 0
    for byte in data[at : at + _MAX_VARINT_BYTES]:
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < _MORE:
            value = (number >> 1) ^ -(number & 1)
            if value not in allowed:
                raise BrokenLayout(f"{value} is out of range")
            return value, at
        shift += 7
    if shift >= 7 * _MAX_VARINT_BYTES:
        raise BrokenLayout("a number without end")
    raise BrokenLayout("the bytes end in the middle of the record")


_PRIMITIVES: dict[str, Walk] = {
    "null": lambda _data, at, _depth: at,
    "boolean": _boolean,
    "int": lambda data, at, _depth: _varint(data, at, _INT)[1],
    "long": lambda data, at, _depth: _varint(data, at, _LONG)[1],
    "float": _fixed(4),
    "double": _fixed(8),
    "bytes": _bytes,
    "string": _string,
}
