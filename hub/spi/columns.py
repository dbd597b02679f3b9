"""Typed columns from texts or JSON values: exactly, or with the reason why not.

For lanes whose sources have no types of their own, or lie about them. Nothing is guessed where the
contract gives a type. Arrow by itself would take 1.5 for 1 and true for 1.0 in a list of Python
values, 0x10 for 16 in a text, and the nearest double for any digits: so each is looked at first.

It loads Arrow: import it where a lane reads, not where a plugin registers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import time
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from hub.domain.errors import DataError

# What is wrong with rows, by row.
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
# So many characters say no more than a double keeps.
_KEPT_DIGITS = 15
# A double's own value, written out, has no more digits before its point.
_DOUBLE_DIGITS = 310
# Zeros beyond a microsecond.
_NOTHING_MORE = r"(\.\d{6})0+"
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?")


class Typing:
    """The types that a contract expects, and what is wrong with values that don't fit them."""

    def __init__(self, expected: Mapping[str, str], timezone: str) -> None:
        self._expected = expected
        self._timezone = timezone

    def expects(self, name: str, kind: str) -> bool:
        """Tell whether a field is expected to be of a type."""
        return self._expected.get(name) == kind

    def texts(
        self,
        name: str,
        values: Sequence[str | None] | pa.Array,
        faults: Faults,
        stored: pa.DataType | None = None,
    ) -> pa.Array:
        """Return texts as a column; without an expected type they stay texts.

        Values that don't fit are null in the column, and told in ``faults`` by row. ``stored`` is
        the type to give them where the source knows better than the contract, as of decimals.
        """
        column = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
        kind = self._expected.get(name, "string") if stored is None else str(stored)
        if kind in _NESTED:
            texts = column.to_pylist()
            parsed = _each(name, texts, msgspec.json.decode, kind, faults)
            return self.values(name, parsed, faults)
        wanted = stored or _ARROW.get(kind, pa.string())
        if wanted == pa.string():
            return column
        try:
            return self._cast(column, wanted)
        except pa.ArrowInvalid:
            found = _each(
                name,
                column.to_pylist(),
                lambda text: self._cast(pa.array([text]), wanted)[0],
                kind,
                faults,
            )
            plain = [None if each is None else each.as_py() for each in found]
            return pa.array(plain, wanted)

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

    def _cast(self, column: pa.Array, wanted: pa.DataType) -> pa.Array:
        if pa.types.is_timestamp(wanted):
            return self._instants(column)
        if pa.types.is_time(wanted):
            return pa.array(_times(column), wanted)
        if pa.types.is_integer(wanted) and pc.any(pc.match_substring(column, "x")).as_py():
            raise pa.ArrowInvalid("hexadecimal digits")
        found = column.cast(wanted)
        return _kept(column, found) if pa.types.is_floating(wanted) else found

    def _instants(self, column: pa.Array) -> pa.Array:
        column = pc.replace_substring_regex(column, _NOTHING_MORE, r"\1")
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


def _kept(texts: pa.Array, numbers: pa.Array) -> pa.Array:
    """Return the numbers, unless one says less than its text: a double keeps some 17 digits."""
    long = pc.greater(pc.utf8_length(texts), _KEPT_DIGITS)
    # However short: 1e-400 is as good as nothing.
    vanished = pc.and_(pc.equal(numbers, 0), pc.match_substring(texts, "e", ignore_case=True))
    long = pc.or_(long, vanished)
    pairs = zip(texts.filter(long).to_pylist(), numbers.filter(long).to_pylist(), strict=True)
    for text, number in pairs:
        if not keeps(text, number):
            raise pa.ArrowInvalid(f"{text} has more digits than a number keeps")
    infinite = pc.is_inf(numbers)
    if pc.any(infinite).as_py():
        said = pc.match_substring(pc.filter(texts, infinite), "inf", ignore_case=True)
        if not pc.all(said).as_py():
            raise pa.ArrowInvalid("number out of range")
    return numbers


def keeps(text: str, number: float) -> bool:
    """Tell whether a number, written with as many digits as its text, reads the same."""
    said = Decimal(text)
    if not (said.is_finite() and math.isfinite(number)):
        return True
    context = Context(prec=len(text) + _DOUBLE_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN)
    try:
        return Decimal(number).quantize(said, context=context) == said
    except InvalidOperation:
        return False


def _times(column: pa.Array) -> list[time | None]:
    found = column.to_pylist()
    for text in found:
        if text is not None and _TIME.fullmatch(text) is None:
            raise pa.ArrowInvalid(f"{text} is no time")
    try:
        return [None if text is None else time.fromisoformat(text) for text in found]
    except ValueError as error:
        raise pa.ArrowInvalid(str(error)) from error


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
