"""The secret of one store: with it the digests of dedup keys tell nothing of what was received."""

from __future__ import annotations

import os
from typing import Final

from sqlalchemy import select

from hub.store import dialect
from hub.store.database import Database
from hub.store.tables import store_meta

_NAME: Final = "dedup-secret"
_BYTES: Final = 32


def dedup_secret(database: Database) -> bytes:
    """Return the store's secret; the first who asks makes it."""
    wanted = select(store_meta.c.value).where(store_meta.c.name == _NAME)
    with database.write() as connection:
        row = {"name": _NAME, "value": os.urandom(_BYTES)}
        connection.execute(dialect.insert(connection, store_meta).on_conflict_do_nothing(), row)
        return bytes(connection.execute(wanted).scalar_one())
