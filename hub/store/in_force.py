"""Which revision of the files the process decides by that runs the stages, as the others see it."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from hub.store import dialect
from hub.store.tables import store_meta

_NAME: Final = "files in force"


class InForce(Struct, frozen=True):
    """A revision, and since when it is decided by (microseconds UTC)."""

    revision: str
    since: int


def files_in_force(connection: Connection) -> InForce | None:
    """Return what the stages decide by; None where none have run since the store was made."""
    found = connection.scalar(select(store_meta.c.value).where(store_meta.c.name == _NAME))
    return None if found is None else msgspec.json.decode(found, type=InForce)


def put_in_force(connection: Connection, put: InForce) -> None:
    """Note what the stages decide by from now on."""
    row = {"name": _NAME, "value": msgspec.json.encode(put)}
    statement = dialect.insert(connection, store_meta).values(row)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": statement.excluded.value}
        )
    )
