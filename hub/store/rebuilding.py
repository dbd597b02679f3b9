"""Emptying the projections, and copying a journal, so that everything can be projected again."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection, MetaData, Table, select

from hub.store import tracking
from hub.store.database import Database
from hub.store.fingerprint import combine, fingerprint_tables
from hub.store.operations import OPERATIONS_TABLES
from hub.store.tables import dead_letter, journal_block, metadata

_PROJECT: Final = "project"
# What is no projection: facts, and how far each stage has come with them.
_KEPT: Final = frozenset({"journal_block", "journal_key", "store_meta", "tracking", "rebuild"})
# Written by the deliverer before it sends, so not in the journal.
_OPERATIONAL: Final = {"notification": frozenset({"attempts", "claimed_at"})}
_COPY_BLOCKS: Final = 100


def empty_projections(connection: Connection) -> None:
    """Delete every row that can be projected again, and send ``project`` back to the start."""
    for table in _projections(metadata):
        connection.execute(table.delete())
    tracking.reset(connection, _PROJECT)


def copy_journal(source: Connection, target: Database, *, up_to: int) -> None:
    """Copy the blocks that end at or before a position into an empty store."""
    statement = (
        select(journal_block)
        .where(journal_block.c.last_position <= up_to)
        .order_by(journal_block.c.first_position)
    )
    rows = source.execute(statement, execution_options={"yield_per": _COPY_BLOCKS})
    with target.write() as connection:
        for some in rows.mappings().partitions(_COPY_BLOCKS):
            connection.execute(journal_block.insert(), [dict(row) for row in some])


def digests(connection: Connection) -> dict[str, str]:
    """Return a digest of every projection: what events make, and what decisions do."""
    found = fingerprint_tables(connection)
    for table in (*OPERATIONS_TABLES, dead_letter):
        columns = [c for c in table.c if c.name not in _OPERATIONAL.get(table.name, ())]
        rows = sorted(
            msgspec.msgpack.encode([_plain(value) for value in row])
            for row in connection.execute(select(*columns))
        )
        found[table.name] = combine({str(index): row.hex() for index, row in enumerate(rows)})
    return found


def _projections(tables: MetaData) -> list[Table]:
    return [table for table in tables.sorted_tables if table.name not in _KEPT]


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value
