"""From an ODCS quality rule to SQL, and from the number that comes back to a verdict.

Source: Open Data Contract Standard 3, "Data Quality": library metrics, operators, units.
``mustBeBetween`` includes both ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any, NamedTuple

from hub.domain.errors import InvalidInput
from hub.spi.gate import Check

TABLE = "batch"

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
    holds: Callable[[Any], bool]


class Measurement(NamedTuple):
    """How a rule is measured: a condition on rows, or a whole query."""

    # A condition that holds for the rows that the metric counts; None where it counts no rows.
    condition: str | None
    query: str


def expectation(check: Check) -> Expectation:
    """Return what the rule's one operator demands.

    Raises:
        InvalidInput: there is no operator, several, or one without fitting numbers.

    """
    named = [name for name in (*_ONE, *_TWO) if name in check.rule]
    if len(named) != 1:
        raise broken(check, f"it needs one operator, and has {', '.join(named) or 'none'}")
    name, wanted = named[0], check.rule[named[0]]
    unit = " percent" if check.rule.get("unit") == "percent" else ""
    if name in _ONE:
        words, holds = _ONE[name]
        number = _number(check, wanted)
        return Expectation(f"{words} {wanted}{unit}", lambda found: holds(found, number))
    if not isinstance(wanted, list) or len(wanted) != 2:  # noqa: PLR2004 - both ends
        raise broken(check, f"{name} takes two numbers")
    low, high = (_number(check, each) for each in wanted)
    is_inside = name == "mustBeBetween"
    words = f"{_TWO[name]} {wanted[0]} and {wanted[1]}{unit}"
    return Expectation(words, lambda found: (low <= found <= high) == is_inside)


def measurement(check: Check, fields: Collection[str]) -> Measurement:
    """Return how to measure a rule.

    Raises:
        InvalidInput: the metric is unknown, or names a field that the batch does not have.

    """
    if check.rule.get("type") == "sql":
        query = str(check.rule.get("query", "")).replace("{object}", TABLE)
        query = query.replace("{property}", quoted(check.field or ""))
        return Measurement(None, query.replace("${object}", TABLE))
    metric = check.rule.get("metric") or check.rule.get("rule")
    if metric == "rowCount":
        return Measurement(None, f"select count(*) from {TABLE}")  # noqa: S608 - our own name
    if metric == "duplicateValues":
        return _duplicates(check, fields)
    conditions = {
        "nullValues": _is_null,
        "missingValues": _is_missing,
        "invalidValues": _is_invalid,
    }
    if metric not in conditions:
        raise broken(check, f"there is no metric {metric!r}")
    condition = conditions[metric](check, _field(check, check.field, fields))
    return Measurement(condition, f"select count(*) from {TABLE} where {condition}")  # noqa: S608 - quoted


def broken(check: Check, why: str) -> InvalidInput:
    """Return the error for a rule that cannot be run."""
    return InvalidInput(f"quality rule {check.name}: {why}", fix="mend the rule in the contract")


def quoted(name: str) -> str:
    """Return an identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _duplicates(check: Check, fields: Collection[str]) -> Measurement:
    names = check.rule.get("arguments", {}).get("properties") or [check.field]
    columns = ", ".join(_field(check, name, fields) for name in names)
    copies = f"count(*) over (partition by {columns})"
    query = (
        f"select coalesce(sum(copies - 1), 0) from (select count(*) as copies from {TABLE}"  # noqa: S608 - quoted
        f" group by {columns})"
    )
    return Measurement(f"true qualify {copies} > 1", query)


def _is_null(_check: Check, field: str) -> str:
    return f"{field} is null"


def _is_missing(check: Check, field: str) -> str:
    values = check.rule.get("arguments", {}).get("missingValues", [None])
    texts = ", ".join(_text(value) for value in values if value is not None)
    listed = f" or cast({field} as varchar) in ({texts})" if texts else ""
    return f"({field} is null{listed})"


def _is_invalid(check: Check, field: str) -> str:
    arguments = check.rule.get("arguments", {})
    conditions = []
    if valid := arguments.get("validValues"):
        texts = ", ".join(_text(value) for value in valid)
        conditions.append(f"cast({field} as varchar) not in ({texts})")
    if pattern := arguments.get("pattern"):
        matches = f"regexp_full_match(cast({field} as varchar), {_text(pattern)})"
        conditions.append(f"not {matches}")
    if not conditions:
        raise broken(check, "invalidValues needs validValues or a pattern")
    return f"({field} is not null and ({' or '.join(conditions)}))"


def _field(check: Check, name: str | None, fields: Collection[str]) -> str:
    if name not in fields:
        raise broken(check, f"there is no field {name!r}")
    return quoted(str(name))


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _number(check: Check, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise broken(check, f"{value!r} is no number")
    return Decimal(str(value))
