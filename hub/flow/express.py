"""The express lane: from failures to pages, past the backlog that they are in (ADR 37)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hub.flow.backlog import Backlog
from hub.flow.project import ProjectOperations

if TYPE_CHECKING:
    from hub.flow.evaluate import Evaluate
    from hub.flow.route import Route
    from hub.store.opening import Store


class Express:
    """A stage that goes before the others, and works while the projection is late.

    It has evaluate and route judge what does not need the projection, with what they remember.
    """

    name = "express"

    def __init__(
        self, store: Store, evaluate: Evaluate, route: Route, *, clock: Callable[[], int]
    ) -> None:
        """Prepare the stage, for the thread of the two others; ``clock`` µs UTC."""
        self._store = store
        self._backlog = Backlog(store.journal, clock=clock)
        self._evaluate = evaluate
        self._operations = ProjectOperations(store, self._backlog)
        self._route = route

    def step(self) -> bool:
        """Judge, project what was decided, and decide on that; tell whether there was any of it."""
        with self._store.database.read() as connection:
            if not self._backlog.is_late(connection):
                return False
        has_judged = self._evaluate.judge_failures(self._backlog)
        has_projected = self._operations.step()
        has_decided = self._route.decide_ahead(self._backlog)
        return has_judged or has_projected or has_decided
