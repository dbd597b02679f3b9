"""How far each consumer of the journal has come.

A consumer moves its position in the transaction that writes its output, so after a crash neither
is there without the other.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from hub.domain.errors import Conflict
from hub.store import dialect
from hub.store.tables import store_meta, tracking

# Made once, as these are asked all the time.
_POSITION: Final = select(tracking.c.position).where(tracking.c.consumer == bindparam("of"))
_META: Final = select(store_meta.c.value).where(store_meta.c.name == bindparam("name"))
_ADVANCE: Final = (
    update(tracking)
    .where(tracking.c.consumer == bindparam("of"), tracking.c.position == bindparam("expected"))
    .values(position=bindparam("to"))
)


def position(connection: Connection, consumer: str) -> int:
    """Return the last journal position that the consumer has handled; 0 before its first."""
    return connection.scalar(_POSITION, {"of": consumer}) or 0


def positions(connection: Connection) -> dict[str, int]:
    """Return the position of every consumer that has handled something."""
    rows = connection.execute(select(tracking.c.consumer, tracking.c.position))
    return {row.consumer: row.position for row in rows}


def advance(connection: Connection, consumer: str, *, expected: int, to: int) -> None:
    """Move the consumer from ``expected`` to ``to``.

    Raises:
        Conflict: another process has moved it in the meantime. The transaction must be rolled
            back, and whatever the consumer remembers of the store forgotten.

    """
    if expected == 0:
        row = {"consumer": consumer, "position": 0}
        connection.execute(dialect.insert(connection, tracking).on_conflict_do_nothing(), row)
    moved = connection.execute(_ADVANCE, {"of": consumer, "expected": expected, "to": to})
    if moved.rowcount != 1:
        message = f"consumer {consumer!r} is no longer at position {expected}: another moved it"
        raise Conflict(message)


def turns(connection: Connection, consumer: str) -> int:
    """Return how often any process has taken a turn of the consumer."""
    return int(connection.scalar(_META, {"name": f"turns of {consumer}"}) or 0)


def take_turn(connection: Connection, consumer: str, *, after: int) -> None:
    """Take the consumer's next turn, which others wait for the end of.

    Raises:
        Conflict: another process has taken it. The transaction must be rolled back, and whatever
            the consumer remembers of the store forgotten.

    """
    before = {"name": f"turns of {consumer}", "value": str(after).encode()}
    if after == 0:
        connection.execute(dialect.insert(connection, store_meta).on_conflict_do_nothing(), before)
    columns = store_meta.c
    taken = connection.execute(
        update(store_meta)
        .where(columns.name == before["name"], columns.value == before["value"])
        .values(value=str(after + 1).encode())
    )
    if taken.rowcount != 1:
        raise Conflict(f"another process has taken turn {after + 1} of {consumer!r}")


def reset(connection: Connection, consumer: str) -> None:
    """Send the consumer back to before the first entry, as a rebuild does."""
    connection.execute(tracking.delete().where(tracking.c.consumer == consumer))
    count = str(resets(connection, consumer) + 1).encode()
    statement = dialect.insert(connection, store_meta).values(name=resets_of(consumer), value=count)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": count})
    )


def resets(connection: Connection, consumer: str) -> int:
    """Return how often the consumer has been sent back.

    What a process remembers of the consumer's output by its surrogate keys holds until then.
    """
    return int(connection.scalar(_META, {"name": resets_of(consumer)}) or 0)


def resets_of(consumer: str) -> str:
    """Return the name that ``store_meta`` has for how often a consumer has been sent back."""
    return f"resets of {consumer}"
