"""Which files the process decides by that runs the stages, and what was declared by them."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from hub.domain.names import JobName
from hub.store import dialect
from hub.store.tables import store_meta

_NAME: Final = "files in force"
_DECLARED: Final = "declared by files"


class InForce(Struct, frozen=True):
    """A revision, and since when it is decided by (microseconds UTC)."""

    revision: str
    since: int


class Declared(Struct, frozen=True):
    """What the journal was told that files declare: when at last, and a digest for each job."""

    at: int
    jobs: dict[JobName, str]


def files_in_force(connection: Connection) -> InForce | None:
    """Return what the stages decide by; None where none have run since the store was made."""
    found = _get(connection, _NAME)
    return None if found is None else msgspec.json.decode(found, type=InForce)


def put_in_force(connection: Connection, put: InForce) -> None:
    """Note what the stages decide by from now on."""
    _put(connection, _NAME, msgspec.json.encode(put))


def what_was_declared(connection: Connection) -> Declared:
    """Return what the journal was told that files declare, to be replaced in this transaction."""
    # Of two processes that read their files at once, the other waits from here on.
    statement = dialect.insert(connection, store_meta)
    row = {"name": _DECLARED, "value": msgspec.msgpack.encode(Declared(0, {}))}
    connection.execute(statement.on_conflict_do_nothing(), row)
    where = store_meta.c.name == _DECLARED
    found = connection.scalar(select(store_meta.c.value).where(where).with_for_update())
    return msgspec.msgpack.decode(found or b"", type=Declared)


def put_declared(connection: Connection, put: Declared) -> None:
    """Note what the journal was told."""
    _put(connection, _DECLARED, msgspec.msgpack.encode(put))


def _get(connection: Connection, name: str) -> bytes | None:
    return connection.scalar(select(store_meta.c.value).where(store_meta.c.name == name))


def _put(connection: Connection, name: str, value: bytes) -> None:
    row = {"name": name, "value": value}
    statement = dialect.insert(connection, store_meta).values(row)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": statement.excluded.value}
        )
    )
