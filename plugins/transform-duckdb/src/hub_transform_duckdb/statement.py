"""What a transform's SQL may say: one query over its inputs, the same answer every time.

The engine itself is closed to files and the network; this check says so before it runs, in the
author's words, and adds what the engine has no switch for: clocks, chance and hidden state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, TypeAlias

import duckdb
import msgspec

from hub.domain.errors import InvalidInput

Node: TypeAlias = dict[str, Any]

# Table functions that make rows from their arguments alone.
_TABLE_FUNCTIONS = frozenset(
    {"generate_series", "json_each", "json_tree", "range", "repeat", "unnest"}
)
_CLOCKS = frozenset(
    {
        "ago",
        "current_date",
        "current_localtime",
        "current_localtimestamp",
        "current_time",
        "current_timestamp",
        "get_current_time",
        "get_current_timestamp",
        "localtime",
        "localtimestamp",
        "now",
        "today",
        "transaction_timestamp",
    }
)
_CHANCE = frozenset({"gen_random_uuid", "random", "uuid", "uuidv4", "uuidv7"})
_STATE = frozenset(
    {
        "currval",
        "current_connection_id",
        "current_query_id",
        "current_setting",
        "current_transaction_id",
        "getvariable",
        "nextval",
        "setseed",
        "setval",
        "sleep_ms",
        "txid_current",
        "write_log",
    }
)
_REPEATABLE = "a transform must give the same output for the same inputs"


def refuse_all_but_one_query(
    connection: duckdb.DuckDBPyConnection, sql: str, fields: Collection[str]
) -> None:
    """Let pass a single SELECT (or WITH, FROM, VALUES) that depends on its inputs alone.

    ``fields`` are the inputs' own, which may be called like a function without parentheses.

    Raises:
        InvalidInput: it is something else, or more than one.
        duckdb.ParserException: it is no SQL.

    """
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise InvalidInput(
            f"a transform is one SELECT, and this SQL has {len(statements)} statements",
            fix="split it into steps, or use WITH",
        )
    # Bound as a parameter: the text is parsed here, never run.
    (answer,) = connection.execute("select json_serialize_sql(?)", [sql]).fetchall()
    document = msgspec.json.decode(answer[0])
    if document["error"]:
        kind = statements[0].type.name
        what = "a PIVOT without IN" if kind == "MULTI" else f"{kind} statement"
        raise InvalidInput(
            f"a transform is one SELECT or WITH, not {what}",
            fix="return the rows: the runtime writes them to the step's dataset",
        )
    known = {name.lower() for name in fields}
    for node in _nodes(document["statements"]):
        _refuse_node(node, known)


def _nodes(tree: object) -> Iterator[Node]:
    if isinstance(tree, dict):
        yield tree
        for child in tree.values():
            yield from _nodes(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _nodes(child)


def _refuse_node(node: Node, fields: Collection[str]) -> None:
    kind = node.get("type")
    if kind == "SHOW_REF" or (isinstance(kind, str) and kind.endswith("_QUERY_NODE")):
        what = str(kind).removesuffix("_QUERY_NODE").replace("SHOW_REF", "DESCRIBE")
        raise InvalidInput(f"a transform only selects, and this SQL has {what} inside")
    if kind == "TABLE_FUNCTION":
        _refuse_table_function(str(node["function"].get("function_name", "")).lower())
    elif kind == "FUNCTION":
        name = str(node["function_name"]).lower()
        is_age_of_today = name == "age" and len(node["arguments"]) == 1
        _refuse_unrepeatable("now" if is_age_of_today else name)
    elif kind == "COLUMN_REF":
        (name, *more) = (part.lower() for part in node["column_names"])
        if not more and name not in fields:
            _refuse_unrepeatable(name)
    sample = node.get("sample")
    if isinstance(sample, dict) and sample.get("seed") in (None, -1):
        raise InvalidInput(
            f"sampling without a seed is chance; {_REPEATABLE}",
            fix="name method and seed: USING SAMPLE 10% (bernoulli, 42)",
        )


def _refuse_table_function(name: str) -> None:
    if name not in _TABLE_FUNCTIONS:
        raise InvalidInput(
            f"a transform reads its inputs alone, and this SQL reads from {name}()",
            fix="bring the data in through a lane, and list its dataset in the step's `reads`",
        )


def _refuse_unrepeatable(name: str) -> None:
    for kind, names in (("a clock", _CLOCKS), ("chance", _CHANCE), ("hidden state", _STATE)):
        if name in names:
            raise InvalidInput(
                f"{name} is {kind}; {_REPEATABLE}",
                fix="take times and keys from the rows",
            )
