"""The secrets of one store.

With one the digests of dedup keys tell nothing of what was received; with the other the links in
pages are signed.
"""

from __future__ import annotations

import os
from typing import Final

from sqlalchemy import select

from hub.store import dialect
from hub.store.database import Database
from hub.store.tables import store_meta

_DEDUP: Final = "dedup-secret"
_LINKS: Final = "link-secret"
_BYTES: Final = 32


def dedup_secret(database: Database) -> bytes:
    """Return what dedup keys are hashed with; the first who asks makes it."""
    return _secret(database, _DEDUP)


def link_secret(database: Database) -> bytes:
    """Return what links are signed with; the first who asks makes it."""
    return _secret(database, _LINKS)


def _secret(database: Database, name: str) -> bytes:
    wanted = select(store_meta.c.value).where(store_meta.c.name == name)
    with database.write() as connection:
        row = {"name": name, "value": os.urandom(_BYTES)}
        connection.execute(dialect.insert(connection, store_meta).on_conflict_do_nothing(), row)
        return bytes(connection.execute(wanted).scalar_one())
