"""What an ODCS quality rule demands of a number, and how the number is measured.

Source: Open Data Contract Standard 3, "Data Quality": library metrics, operators, units.
``mustBeBetween`` includes both ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

import pyarrow as pa

from hub.spi.gate import Check
from hub_gate_duckdb.errors import Unevaluable
from hub_gate_duckdb.sql import FIELDS, column, filled, text
from hub_gate_duckdb.values import fitting

_ONE: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "mustBe": ("exactly", lambda found, wanted: found == wanted),
    "mustNotBe": ("anything but", lambda found, wanted: found != wanted),
    "mustBeGreaterThan": ("more than", lambda found, wanted: found > wanted),
    "mustBeGreaterOrEqualTo": ("at least", lambda found, wanted: found >= wanted),
    "mustBeLessThan": ("less than", lambda found, wanted: found < wanted),
    "mustBeLessOrEqualTo": ("at most", lambda found, wanted: found <= wanted),
}
_TWO = {"mustBeBetween": "between", "mustNotBeBetween": "not between"}


class Expectation(NamedTuple):
    """What a rule demands of a number, in words and as a test."""

    words: str
    holds: Callable[[Decimal], bool]


class Rows(NamedTuple):
    """A metric that counts rows: those for which a condition holds."""

    condition: str


class Query(NamedTuple):
    """A metric that needs a query of its own; ``failing`` selects the rows to show, if any."""

    query: str
    failing: str | None = None


Measurement: TypeAlias = Rows | Query


def expectation(check: Check) -> Expectation:
    """Return what the rule's one operator demands.

    Raises:
        Unevaluable: there is no operator, several, or one without fitting numbers.

    """
    named = [name for name in (*_ONE, *_TWO) if name in check.rule]
    if len(named) != 1:
        raise Unevaluable(f"it needs one operator, and has {', '.join(named) or 'none'}")
    name, wanted = named[0], check.rule[named[0]]
    unit = " percent" if is_percent(check) else ""
    if name in _ONE:
        words, holds = _ONE[name]
        number = _number(wanted)
        return Expectation(f"{words} {wanted}{unit}", lambda found: holds(found, number))
    if not isinstance(wanted, list) or len(wanted) != 2:  # noqa: PLR2004 - both ends
        raise Unevaluable(f"{name} takes two numbers")
    low, high = map(_number, wanted)
    is_inside = name == "mustBeBetween"
    words = f"{_TWO[name]} {wanted[0]} and {wanted[1]}{unit}"
    return Expectation(words, lambda found: (low <= found <= high) == is_inside)


def is_percent(check: Check) -> bool:
    """Tell whether a rule counts in percent of all rows."""
    return check.rule.get("unit") == "percent"


def measurement(check: Check, schema: pa.Schema) -> Measurement:
    """Return how to measure a rule over a batch of a schema.

    Raises:
        Unevaluable: the metric is unknown, or does not fit the batch.

    """
    if check.rule.get("type") == "sql":
        return Query(filled(str(check.rule.get("query") or ""), check.field))
    metric = check.rule.get("metric") or check.rule.get("rule")
    if metric == "duplicateValues":
        return _duplicates(check, schema)
    if metric not in _CONDITIONS:
        raise Unevaluable(f"there is no metric {metric!r}")
    return Rows(_CONDITIONS[metric](check, schema))


def _duplicates(check: Check, schema: pa.Schema) -> Query:
    """Count the surplus rows; as in SQL, a row with a null in the key is like no other."""
    names = _arguments(check).get("properties") or [check.field]
    columns = [column(_place(name, schema)) for name in names]
    key = ", ".join(columns)
    whole = f"{FIELDS} where {' and '.join(f'{each} is not null' for each in columns)}"
    copies = f"select count(*) as copies from {whole} group by {key}"  # noqa: S608 - our own names
    return Query(
        f"select coalesce(sum(copies - 1), 0) from ({copies})",  # noqa: S608 - our own names
        f"{whole} qualify count(*) over (partition by {key}) > 1",
    )


def _is_null(check: Check, schema: pa.Schema) -> str:
    return f"{column(_place(check.field, schema))} is null"


def _is_missing(check: Check, schema: pa.Schema) -> str:
    place = _place(check.field, schema)
    values = _arguments(check).get("missingValues", [None])
    # A text such as "N/A" is no value of a number's field: none of its rows can hold it.
    stand_ins = fitting([value for value in values if value is not None], schema.field(place).type)
    listed = f" or {column(place)} in ({', '.join(stand_ins)})" if stand_ins else ""
    return f"{column(place)} is null{listed}"


def _is_invalid(check: Check, schema: pa.Schema) -> str:
    place = _place(check.field, schema)
    arguments, field = _arguments(check), column(place)
    conditions = []
    if listed := [value for value in arguments.get("validValues") or () if value is not None]:
        kind = schema.field(place).type
        valid = fitting(listed, kind)
        if not valid:
            raise Unevaluable(f"none of its validValues can be a value of {kind}")
        conditions.append(f"{field} not in ({', '.join(valid)})")
    if pattern := arguments.get("pattern"):
        whole = f"regexp_full_match(cast({field} as varchar), {text(str(pattern))})"
        conditions.append(f"not {whole}")
    if not conditions:
        raise Unevaluable("invalidValues needs validValues or a pattern")
    return f"{field} is not null and ({' or '.join(conditions)})"


_CONDITIONS: dict[object, Callable[[Check, pa.Schema], str]] = {
    "rowCount": lambda _check, _schema: "true",
    "nullValues": _is_null,
    "missingValues": _is_missing,
    "invalidValues": _is_invalid,
}


def _arguments(check: Check) -> dict[str, Any]:
    found = check.rule.get("arguments") or {}
    if not isinstance(found, dict):
        raise Unevaluable("its arguments are no mapping")
    return found


def _place(name: object, schema: pa.Schema) -> int:
    names: Sequence[str] = schema.names
    if name not in names:
        raise Unevaluable(f"there is no field {name!r}")
    return names.index(str(name))


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN
        raise Unevaluable(f"{value!r} is no number")
    return Decimal(str(value))
