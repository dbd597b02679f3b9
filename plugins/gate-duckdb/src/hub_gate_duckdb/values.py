"""Values that a rule lists, as literals of the field's own type.

YAML knows nothing of the type: ``1`` may stand for a decimal, ``2026-01-01`` for a date. A value
that the type cannot hold exactly equals no row's, and is left out: a cast would round 1.5 to 2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.types as kinds

from hub_gate_duckdb.errors import Unevaluable
from hub_gate_duckdb.sql import text

_INTEGER_BITS = 64


def fitting(values: Sequence[Any], kind: pa.DataType) -> list[str]:
    """Return those of the values that a type can hold, as SQL.

    Raises:
        Unevaluable: single values of that type cannot be written down.

    """
    if not values or kinds.is_null(kind):
        return []
    if kinds.is_dictionary(kind):
        kind = kind.value_type
    for is_kind, write in _WRITERS:
        if is_kind(kind):
            written = (write(value, kind) for value in values)
            return [literal for literal in written if literal is not None]
    raise Unevaluable(f"values of {kind} cannot be listed")


def _text(value: Any, _kind: pa.DataType) -> str:  # noqa: ANN401 - from the document
    return text(str(value).lower() if isinstance(value, bool) else str(value))


def _boolean(value: Any, _kind: pa.DataType) -> str | None:  # noqa: ANN401 - from the document
    said = str(value).lower()
    return said if said in ("true", "false") else None


def _integer(value: Any, _kind: pa.DataType) -> str | None:  # noqa: ANN401 - from the document
    number = _number(value)
    if number is None or number != number.to_integral_value() or abs(number) >= 1 << _INTEGER_BITS:
        return None
    return str(int(number))


def _decimal(value: Any, kind: pa.DataType) -> str | None:  # noqa: ANN401 - from the document
    number = _number(value)
    if number is None:
        return None
    try:
        pa.scalar(number, kind)
    except (pa.ArrowInvalid, OverflowError):
        return None
    return f"{text(format(number, 'f'))}::decimal({kind.precision}, {kind.scale})"


def _floating(value: Any, kind: pa.DataType) -> str | None:  # noqa: ANN401 - from the document
    try:
        number = None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if number is None:
        return None
    return f"{text(repr(number))}::{'double' if kinds.is_float64(kind) else 'float'}"


def _date(value: Any, _kind: pa.DataType) -> str | None:  # noqa: ANN401 - from the document
    found = _parsed(date.fromisoformat, value)
    return found and f"{text(found.isoformat())}::date"


def _time(value: Any, _kind: pa.DataType) -> str | None:  # noqa: ANN401 - from the document
    found = _parsed(time.fromisoformat, value)
    return found and f"{text(found.isoformat())}::time"


def _timestamp(value: Any, kind: pa.DataType) -> str | None:  # noqa: ANN401 - from the document
    found = _parsed(datetime.fromisoformat, value)
    if found is None:
        return None
    if found.tzinfo is not None:
        found = found.astimezone(UTC).replace(tzinfo=None)
    if kind.tz is None:
        return f"{text(found.isoformat(' '))}::timestamp"
    return f"{text(found.isoformat(' ') + '+00')}::timestamptz"


def _number(value: Any) -> Decimal | None:  # noqa: ANN401 - from the document
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _parsed(parse: Callable[[str], Any], value: Any) -> Any:  # noqa: ANN401 - a date or time
    try:
        return parse(value if isinstance(value, str) else value.isoformat())
    except (AttributeError, TypeError, ValueError):
        return None


def _is_text(kind: pa.DataType) -> bool:
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


_Is = Callable[[pa.DataType], bool]
_Write = Callable[[Any, pa.DataType], str | None]
_WRITERS: tuple[tuple[_Is, _Write], ...] = (
    (_is_text, _text),
    (kinds.is_boolean, _boolean),
    (kinds.is_integer, _integer),
    (kinds.is_decimal, _decimal),
    (kinds.is_floating, _floating),
    (kinds.is_date, _date),
    (kinds.is_time, _time),
    (kinds.is_timestamp, _timestamp),
)
