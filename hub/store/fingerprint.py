"""One hash of everything that ``project`` derives from OpenLineage events alone.

It covers neither positions nor the hub's clock, nor what evaluate, route and operators have
decided. So any store that has been given the same events has the same one, in whatever order they
came and however often.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import msgspec
from sqlalchemy import Connection

from hub.store.natural_rows import NATURAL_TABLES, sum_up

_DIGEST_BYTES: Final = 16


def fingerprint_tables(
    connection: Connection, on_progress: Callable[[int, int], None] = lambda _done, _of: None
) -> dict[str, str]:
    """Return a digest of each table's content."""
    tables = [table for table in NATURAL_TABLES if table.is_of_events]
    found = {}
    for done, table in enumerate(tables, start=1):
        found[table.name] = sum_up(connection, table).digest
        on_progress(done, len(tables))
    return found


def combine(tables: dict[str, str]) -> str:
    """Return one digest of all tables' digests."""
    whole = msgspec.json.encode(sorted(tables.items()))
    return blake2b(whole, digest_size=_DIGEST_BYTES).hexdigest()
