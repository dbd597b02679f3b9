"""Which input fields each output field is made from, as far as the text of a SELECT tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage

from hub.spi.transform import ColumnSource

_DIALECT = "duckdb"


def trace_columns(
    sql: str, inputs: Mapping[str, pa.Table], outputs: Sequence[str]
) -> dict[str, list[ColumnSource]]:
    """Return the sources of each output field; one that cannot be traced has none.

    A failure to trace is no failure of the transform: the rows are right all the same.
    """
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for name, table in inputs.items():
        layer, _, dataset = name.partition(".")
        schema.setdefault(layer, {})[dataset] = dict.fromkeys(table.column_names, "text")
    found: dict[str, list[ColumnSource]] = {}
    for output in outputs:
        try:
            node = lineage(output, sql, schema=schema, dialect=_DIALECT)
        except (SqlglotError, ValueError, KeyError):
            continue
        sources = dict.fromkeys(_sources(node, inputs))
        if sources:
            found[output] = list(sources)
    return found


def _sources(root: Node, inputs: Mapping[str, pa.Table]) -> Iterator[ColumnSource]:
    subtype = _subtype(root.expression)
    for node in root.walk():
        table = node.expression
        if node.downstream or not isinstance(table, exp.Table):
            continue
        dataset = f"{table.db}.{table.name}"
        field = node.name.rpartition(".")[2].strip('"')
        if dataset in inputs and field in inputs[dataset].column_names:
            yield ColumnSource(dataset=dataset, field=field, subtype=subtype)


def _subtype(expression: exp.Expr) -> str:
    select = expression if isinstance(expression, exp.Select) else None
    projected = select.selects[0] if select is not None and select.selects else expression
    inner = projected.unalias()
    if isinstance(inner, exp.Column):
        return "IDENTITY"
    return "AGGREGATION" if inner.find(exp.AggFunc) else "TRANSFORMATION"
