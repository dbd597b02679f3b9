"""Typed columns from texts or JSON values: exactly, or with the reason why not.

Nothing is guessed where the contract gives a type. Arrow by itself would take 1.5 for 1 and true
for 1.0 in a list of Python values, so the kind of each value is looked at first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from hub.domain.errors import DataError

Faults = dict[int, list[str]]

_UTC = pa.timestamp("us", "UTC")
_ARROW = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": _UTC,
    "string": pa.string(),
}
# In JSON these are written as text.
_AS_TEXT = ("date", "time", "timestamp")
_NESTED = ("array", "object", "map")
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
    "map": (dict,),
    **dict.fromkeys(_AS_TEXT, (str,)),
}
_CANNOT = (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError)


class Typing:
    """The types that a contract expects, and what is wrong with values that don't fit them."""

    def __init__(self, expected: Mapping[str, str], timezone: str) -> None:
        self._expected = expected
        self._timezone = timezone

    def texts(self, name: str, values: Sequence[str | None], faults: Faults) -> pa.Array:
        """Return texts as a column; without an expected type they stay texts.

        Values that don't fit are null in the column, and told in ``faults`` by row.
        """
        kind = self._expected.get(name, "string")
        if kind in _NESTED:
            parsed = _each(name, values, msgspec.json.decode, kind, faults)
            return self.values(name, parsed, faults)
        column = pa.array(values, pa.string())
        if kind == "string" or kind not in _ARROW:
            return column
        try:
            return self._cast(column, kind)
        except pa.ArrowInvalid:
            found = _each(
                name, values, lambda text: self._cast(pa.array([text]), kind)[0], kind, faults
            )
            return pa.array([each and each.as_py() for each in found], _ARROW[kind])

    def values(self, name: str, values: Sequence[Any], faults: Faults) -> pa.Array:
        """Return JSON values as a column; without an expected type, as they are.

        What has no common type, or is nested without being expected so, becomes JSON text.
        """
        kind = self._expected.get(name)
        if kind is None or kind not in _JSON_TYPES:
            return _as_they_are(values)
        allowed = _JSON_TYPES[kind]
        if not {type(value) for value in values} <= {*allowed, type(None)}:
            values = _each(name, values, lambda value: _demand(value, allowed), kind, faults)
        if kind in _AS_TEXT:
            return self.texts(name, values, faults)
        if kind in _NESTED:
            return _nested(name, values)
        try:
            return pa.array(values, _ARROW[kind])
        except _CANNOT:
            values = _each(name, values, lambda value: _storable(value, kind), kind, faults)
            return pa.array(values, _ARROW[kind])

    def _cast(self, column: pa.Array, kind: str) -> pa.Array:
        if kind == "number":
            return _finite(column, column.cast(pa.float64()))
        if kind != "timestamp":
            return column.cast(_ARROW[kind])
        try:
            return column.cast(_UTC)
        except pa.ArrowInvalid:
            local = column.cast(pa.timestamp("us"))
            return pc.assume_timezone(local, timezone=self._timezone).cast(_UTC)


def without_faults(table: pa.Table, faults: Faults) -> pa.Table:
    """Return the rows that nothing is wrong with."""
    if not faults:
        return table
    keep = [True] * table.num_rows
    for row in faults:
        keep[row] = False
    return table.filter(pa.array(keep))


def _each(
    name: str,
    values: Sequence[Any],
    convert: Callable[[Any], Any],
    kind: str,
    faults: Faults,
) -> list[Any]:
    converted: list[Any] = []
    for row, value in enumerate(values):
        try:
            converted.append(None if value is None else convert(value))
        except (*_CANNOT, msgspec.DecodeError, TypeError, RecursionError):
            converted.append(None)
            faults.setdefault(row, []).append(f"{name}: {_shown(value)} is no {kind}")
    return converted


def _demand(value: Any, allowed: tuple[type, ...]) -> Any:  # noqa: ANN401  # any JSON value
    if type(value) in allowed:
        return value
    # JSON has one type of number: 1.0 is an integer.
    if allowed == (int,) and type(value) is float and value.is_integer():
        return int(value)
    raise TypeError


def _storable(value: Any, kind: str) -> Any:  # noqa: ANN401  # any JSON value
    pa.array([value], _ARROW[kind])
    return value


def _finite(texts: pa.Array, numbers: pa.Array) -> pa.Array:
    """Return the numbers, unless a text such as 1e400 became infinite by being too large."""
    infinite = pc.is_inf(numbers)
    if pc.any(infinite).as_py():
        said = pc.match_substring(pc.filter(texts, infinite), "inf", ignore_case=True)
        if not pc.all(said).as_py():
            raise pa.ArrowInvalid("number out of range")
    return numbers


def _nested(name: str, values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except _CANNOT as error:
        raise DataError(
            f"field {name}: its values have no type in common: {error}",
            fix="make it a string in the contract, or give its parts one type each",
        ) from error


def _as_they_are(values: Sequence[Any]) -> pa.Array:
    if not any(isinstance(value, (list, dict)) for value in values):
        try:
            return pa.array(values)
        except _CANNOT:
            pass
    encode = msgspec.json.encode
    texts = [value if value is None else encode(value).decode() for value in values]
    return pa.array(texts, pa.string())


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004  # what fits a line
