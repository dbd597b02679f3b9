"""Commands as the store knows them: those that wait for somebody, and the answers to the others.

Commands on incidents wait in the journal, where route comes across them. Those that may take long
wait here, so that nothing else waits for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hub.domain.commands import PENDING, Answer
from hub.store.tables import command_outcome

if TYPE_CHECKING:
    from sqlalchemy import Connection


def answer_of(connection: Connection, position: int) -> Answer | None:
    """Return the answer to the command at a journal position, once there is one."""
    columns = command_outcome.c
    statement = select(command_outcome).where(columns.position == position, columns.code != PENDING)
    row = connection.execute(statement).first()
    return None if row is None else Answer(row.code, position, row.message, row.subject)


def first_pending(connection: Connection) -> int | None:
    """Return the journal position of the command that has waited longest."""
    columns = command_outcome.c
    statement = select(columns.position).where(columns.code == PENDING)
    return connection.scalar(statement.order_by(columns.position).limit(1))
