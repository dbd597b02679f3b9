"""Brings rows into the types that Delta stores, and refuses what would arrive damaged.

Left alone, the engine truncates 1.5 to 1 in an integer column and nanoseconds to microseconds
without a word. So every change of type happens here, by pyarrow's checked casts.
"""

from __future__ import annotations

import pyarrow as pa

from hub.domain.errors import ContractViolation, DataError

_WIDER = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.int64(),
    pa.float16(): pa.float32(),
    pa.large_string(): pa.string(),
    pa.string_view(): pa.string(),
    pa.large_binary(): pa.binary(),
    pa.binary_view(): pa.binary(),
    pa.date64(): pa.date32(),
}
_DECIMAL_DIGITS = 38


def stored_type(kind: pa.DataType) -> pa.DataType:
    """Return the type as which Delta keeps values of ``kind``."""
    if pa.types.is_dictionary(kind):
        return stored_type(kind.value_type)
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC" if kind.tz else None)
    if pa.types.is_decimal(kind):
        # The digits that a batch happens to have are no property of its column.
        return pa.decimal128(_DECIMAL_DIGITS, kind.scale)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(stored_type(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(part.name, stored_type(part.type)) for part in kind])
    return _WIDER.get(kind, kind)


def for_new_dataset(dataset: str, table: pa.Table) -> pa.Table:
    """Return the rows as a dataset of their own stores them.

    A column of nothing but untyped nulls is left out: it gets its type from the first value.
    """
    typed = [part.name for part in table.schema if not pa.types.is_null(part.type)]
    table = table.select(typed)
    return _cast(dataset, table, {part.name: stored_type(part.type) for part in table.schema})


def for_dataset(dataset: str, table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the rows as they fit into a dataset with ``schema``; new columns come last.

    Columns may come to a dataset but not go, and keep their type: that is how a renamed column
    is told from a new one where no contract says so.

    Raises:
        ContractViolation: a column is missing, or has another type than the dataset's.
        DataError: a value does not fit into its column's type.

    """
    if gone := [name for name in schema.names if name not in table.column_names]:
        raise ContractViolation(
            f"lake dataset {dataset}: the batch lacks the columns {', '.join(gone)}; "
            f"it has {', '.join(table.column_names)}",
            fix="bring the source back to what it was, or give the step a contract in which the "
            "column is optional",
        )
    kept = for_new_dataset(dataset, table)
    types = {part.name: part.type for part in kept.schema}
    for part in schema:
        if types.get(part.name, part.type) != part.type:
            raise ContractViolation(
                f"lake dataset {dataset}: column {part.name} comes as {types[part.name]}, and is "
                f"stored as {part.type}",
                fix="bring the source back to the stored type, or write to another dataset",
            )
    new = [name for name in kept.column_names if name not in schema.names]
    stored = {part.name: part.type for part in schema}
    return _cast(dataset, table.select([*schema.names, *new]), types | stored)


def _cast(dataset: str, table: pa.Table, types: dict[str, pa.DataType]) -> pa.Table:
    for at, name in enumerate(table.column_names):
        if table.schema.field(at).type == types[name]:
            continue
        try:
            column = table.column(at).cast(types[name])
        except pa.ArrowInvalid as error:
            raise DataError(
                f"lake dataset {dataset}: column {name} cannot be stored as {types[name]}: {error}"
            ) from error
        table = table.set_column(at, name, column)
    return table
