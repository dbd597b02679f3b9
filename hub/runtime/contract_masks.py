"""Checking a whole Arrow table against a contract, column by column.

A mask finds the rows that may break a rule; only those go through the record checker, which is
the one authority on what is broken and lists every reason. A rule that has no vectorised form
sends its column's rows there: slower, never different.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hub.domain.contracts import Contract, FieldRule, Violation

_IS_TYPE: dict[str, Callable[[pa.DataType], bool]] = {
    "string": lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
    "integer": pa.types.is_integer,
    "number": lambda kind: (
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    ),
    "boolean": pa.types.is_boolean,
    "date": pa.types.is_date,
    "timestamp": pa.types.is_timestamp,
    "time": pa.types.is_time,
}
# What holds, not what breaks: NaN holds nothing, so it must come out of the negation as suspect.
_LIMITS = {
    "minimum": pc.greater_equal,
    "maximum": pc.less_equal,
    "exclusiveMinimum": pc.greater,
    "exclusiveMaximum": pc.less,
}
_LENGTHS = {"minLength": pc.greater_equal, "maxLength": pc.less_equal}


def split_table(
    contract: Contract, table: pa.Table
) -> tuple[pa.Table, list[tuple[int, list[Violation]]]]:
    """Return the rows that keep the contract; of each other its index and its violations."""
    suspects = _suspects(contract, table)
    if suspects is None:
        return table, []
    check = contract.checker()
    rows = pc.indices_nonzero(suspects).to_pylist()
    records = table.take(rows).to_pylist()
    refused = [
        (row, violations)
        for row, record in zip(rows, records, strict=True)
        if (violations := check(record))
    ]
    if not refused:
        return table, []
    keep = [True] * table.num_rows
    for row, _violations in refused:
        keep[row] = False
    return table.filter(pa.array(keep)), refused


def _suspects(contract: Contract, table: pa.Table) -> pa.Array | None:
    """Return a mask of the rows to look at, or None when every row surely keeps the contract."""
    masks = [mask for rule in contract.fields for mask in _field_masks(rule, table)]
    if not masks:
        return None
    combined = masks[0]
    for mask in masks[1:]:
        combined = pc.or_(combined, mask)
    return combined if pc.any(combined).as_py() else None


def _field_masks(rule: FieldRule, table: pa.Table) -> list[pa.Array]:
    if rule.name not in table.column_names:
        return [pa.repeat(pa.scalar(value=True), table.num_rows)] if rule.is_required else []
    column = table.column(rule.name).combine_chunks()
    absent = [column.is_null()] if rule.is_required and column.null_count else []
    broken = [pc.fill_null(mask, fill_value=False) for mask in _value_masks(rule, column)]
    return absent + broken


def _value_masks(rule: FieldRule, column: pa.Array) -> list[pa.Array]:
    """Return masks of the values that may break a rule; null where there is no value."""
    present = column.is_valid()
    if rule.logical_type:
        is_type = _IS_TYPE.get(rule.logical_type)
        if is_type is None or not is_type(column.type):
            return [present]
    masks = []
    if rule.allowed:
        allowed = [value for value in rule.allowed if value is not None]
        masks.append(_or_all(lambda: _outside(column, allowed), present))
    for option, limit in rule.options.items():
        masks.extend(_option_masks(option, limit, column, present))
    return masks


def _outside(column: pa.Array, allowed: list[Any]) -> pa.Array:
    known = pc.is_in(column, pa.array(allowed).cast(column.type))
    return pc.and_(pc.invert(known), column.is_valid())


def _option_masks(option: str, limit: Any, column: pa.Array, present: pa.Array) -> list[pa.Array]:  # noqa: ANN401 - from the document
    if option in _LIMITS:
        return [_or_all(lambda: _breaks_limit(option, limit, column), present)]
    if option in _LENGTHS:
        holds = _LENGTHS[option]
        return [_or_all(lambda: pc.invert(holds(pc.utf8_length(column), limit)), present)]
    if option == "pattern":
        anchored = f"^(?:{limit})$"
        return [_or_all(lambda: pc.invert(pc.match_substring_regex(column, anchored)), present)]
    return [present] if option == "multipleOf" else []


def _breaks_limit(option: str, limit: Any, column: pa.Array) -> pa.Array:  # noqa: ANN401 - from the document
    bound = pa.scalar(limit)
    return pc.invert(
        _LIMITS[option](column, bound.cast(column.type) if isinstance(limit, str) else bound)
    )


def _or_all(mask: Callable[[], pa.Array], present: pa.Array) -> pa.Array:
    """Return the mask; where Arrow cannot compute it, every row that has a value."""
    try:
        return mask()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, TypeError):
        return present
