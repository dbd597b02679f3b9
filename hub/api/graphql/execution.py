"""Executing operations: in a worker thread, each on a snapshot of its own.

Resolvers are plain functions that read the store, so a whole operation runs in one thread: this
is the one boundary between the event loop and the store. Each event of a subscription is executed
like a query.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from hub.api.graphql.sessions import Session

# Fewer than the store's connections, so that nobody waits for one of those.
_MAX_THREADS = 10
_threads: RunVar[CapacityLimiter] = RunVar("graphql_threads")


class ThreadedExecutor(StrawberryGraphQLCoreExecutionContext):
    """Runs an operation in a thread; resolvers get the snapshot that its session opens."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: ANN401, FBT001 - the base class' signature
        """Return an awaitable of the result."""
        return to_thread.run_sync(self._execute, serially, limiter=_limiter())

    def _execute(self, serially: bool | None) -> Any:  # noqa: ANN401, FBT001 - as above
        session: Session = self.context_value
        with closing(session.open()) as reads:
            self.context_value = reads
            return super().execute_operation(serially)


def _limiter() -> CapacityLimiter:
    try:
        return _threads.get()
    except LookupError:
        limiter = CapacityLimiter(_MAX_THREADS)
        _threads.set(limiter)
        return limiter
