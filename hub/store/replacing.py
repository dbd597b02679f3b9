"""Putting a rebuilt projection in the place of the live one, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from hub.store import tracking
from hub.store.operations import PENDING
from hub.store.tables import OF_DELIVERER, metadata, notification

# What is no projection: facts, and how far each stage has come with them.
_KEPT: Final = frozenset(
    {"journal_archive", "journal_block", "journal_key", "store_meta", "tracking"}
)
_FETCH: Final = 2_000


def replace_projection(live: Connection, rebuilt: Connection, positions: Mapping[str, int]) -> None:
    """Fill every projected table of ``live`` with the rows of ``rebuilt``.

    The consumers that wrote those go on from ``positions``. What the deliverer has noted for itself
    is kept.
    """
    columns = [notification.c.id, *(notification.c[name] for name in OF_DELIVERER)]
    # Who claims one now waits until this is over, and then sees that it is not the row it was.
    claims = live.execute(select(*columns).with_for_update()).mappings().all()
    for table in metadata.sorted_tables:
        if table.name in _KEPT:
            continue
        live.execute(delete(table))
        _copy(table, rebuilt, live)
    kept = [{f"old_{name}": value for name, value in row.items()} for row in claims]
    if kept:
        statement = update(notification).where(
            notification.c.id == bindparam("old_id"), notification.c.state == PENDING
        )
        live.execute(
            statement.values({name: bindparam(f"old_{name}") for name in OF_DELIVERER}), kept
        )
    for consumer, position in positions.items():
        tracking.reset(live, consumer)
        if position:
            tracking.advance(live, consumer, expected=0, to=position)


def _copy(table: Table, source: Connection, target: Connection) -> None:
    rows = source.execute(select(table), execution_options={"yield_per": _FETCH})
    for some in rows.mappings().partitions():
        target.execute(insert(table), [dict(row) for row in some])
