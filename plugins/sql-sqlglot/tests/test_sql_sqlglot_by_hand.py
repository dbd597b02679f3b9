"""Statements of many databases, with what each reads, writes and makes of what, told by hand.

Each in ``told_by_hand.sql`` has three lines before it: what it is; its dialect, and the fields that
are known of tables; what it reads and writes, and which field becomes which. Nothing is said of
what is not parsed.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from hub_sql_sqlglot.reader import Sqlglot

_NOTHING: Final = "nothing"


class Told(NamedTuple):
    """A text, and what a person says that it does."""

    dialect: str
    fields: dict[str, list[str]]
    inputs: set[str]
    outputs: set[str]
    edges: set[str]
    sql: str


def _told(text: str) -> tuple[str, Told]:
    title, known, said, sql = text.split("\n", 3)
    dialect, _, names = known.removeprefix("-- ").partition(":")
    fields: defaultdict[str, list[str]] = defaultdict(list)
    for table, _, field in (each.rpartition(".") for each in names.split()):
        fields[table].append(field)
    tables, _, edges = said.removeprefix("-- ").partition(": ")
    inputs, outputs = ({*side.split()} - {_NOTHING} for side in tables.split(" -> "))
    told = Told(dialect, dict(fields), inputs, outputs, {*edges.split()}, sql)
    return title.removeprefix("-- "), told


TOLD: Final = dict(
    map(_told, Path(__file__).with_name("told_by_hand.sql").read_text().split("\n\n"))
)


@pytest.mark.parametrize("name", TOLD)
def test_a_statement_is_read_as_a_person_reads_it(name: str) -> None:
    told = TOLD[name]

    found = Sqlglot().tables(told.sql, told.dialect)
    columns = Sqlglot().columns(told.sql, told.dialect, told.fields)

    assert {*(found.inputs if found else ())} == told.inputs
    assert {*(found.outputs if found else ())} == told.outputs
    edges = {f"{e.source}.{e.source_field}>{e.target}.{e.target_field}" for e in columns}
    assert edges == told.edges
