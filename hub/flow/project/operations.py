"""Projecting what has been decided about incidents before the events that it waits behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.entries import EntryKind
from hub.flow.backlog import OPERATIONS, told_until
from hub.store import tracking
from hub.store.operations import is_of_incidents, needs_all_before, write_operation

if TYPE_CHECKING:
    from hub.flow.backlog import Backlog
    from hub.store.opening import Store


class ProjectOperations:
    """Goes ahead of ``Project``, which passes over what was projected by then.

    Entries about incidents keep their order among themselves. One that needs what is projected of
    others too is left to ``Project``, with all that follow it.
    """

    def __init__(self, store: Store, backlog: Backlog) -> None:
        self._store = store
        self._backlog = backlog
        self._stopped_before = 0

    def step(self) -> bool:
        """Project what there is; tell whether there was any.

        Raises:
            Conflict: another process has projected some of it.

        """
        with self._store.database.read() as connection:
            held = tracking.position(connection, OPERATIONS)
            after = told_until(connection)
            ahead = self._backlog.read(connection, after=after)
        others = [each for each in ahead.entries if each.kind is not EntryKind.EVENT]
        if after + 1 == self._stopped_before or not any(map(is_of_incidents, others)):
            return False
        reached = ahead.reached
        with self._store.database.write() as connection:
            # First, as project does: or of two processes each waits for the other.
            tracking.advance(connection, OPERATIONS, expected=held, to=held)
            for entry in others:
                if needs_all_before(connection, entry):
                    self._stopped_before = entry.position
                    reached = entry.position - 1
                    break
                if is_of_incidents(entry):
                    write_operation(connection, entry)
            tracking.advance(connection, OPERATIONS, expected=held, to=reached)
        return reached > after
