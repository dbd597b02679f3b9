"""Opening a store for work: the database, checked or migrated, with its journal."""

from __future__ import annotations

from typing import NamedTuple

from hub.domain.errors import StoreUnavailable
from hub.store import schema
from hub.store.database import Database, is_missing
from hub.store.journal import Journal


class Store(NamedTuple):
    """An open store. The modules of ``hub.store`` do the rest on connections of ``database``."""

    database: Database
    journal: Journal

    def close(self) -> None:
        """Close every connection."""
        self.database.close()


def open_store(url: str) -> Store:
    """Open the store at ``url``; an embedded one is created and migrated on the way.

    Raises:
        InvalidInput: the URL is malformed or names a database that the hub does not support.
        StoreUnavailable: the database cannot be reached, was made by a newer hub, or is a server
            whose schema is behind: others may be using it, so an operator says when.

    """
    database = Database(url)
    try:
        _make_current(database)
    except BaseException:
        database.close()
        raise
    return Store(database, Journal(database))


def open_present(url: str) -> Store:
    """Open the store at ``url`` for whoever only reads: one that is not there stays so.

    Raises:
        InvalidInput: as ``open_store``.
        StoreUnavailable: there is no such embedded store, or as ``open_store``.

    """
    if is_missing(url):
        fix = "name another with --database, or start `hub serve`"
        raise StoreUnavailable(f"there is no store at {url}", fix=fix)
    return open_store(url)


def _make_current(database: Database) -> None:
    with database.read() as connection:
        found = schema.revision(connection)
    if found == schema.HEAD:
        return
    if not database.is_sqlite:
        state = "has no tables of the hub" if found is None else f"is at schema {found!r}"
        message = f"database {database.masked_url!r} {state}; this hub needs {schema.HEAD!r}"
        fix = f"hub migrate --database '{database.masked_url}'"
        raise StoreUnavailable(message, fix=fix)
    with database.write() as connection:
        schema.upgrade(connection)
