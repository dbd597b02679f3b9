"""Executing operations: in a worker thread, each on a snapshot of its own.

Resolvers are plain functions that read the store, so a whole operation runs in one thread: this
is the one boundary between the event loop and the store. Each event of a subscription is executed
like a query.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from hub.api.graphql.reads import Reads
from hub.api.graphql.sessions import Session

ResultT = TypeVar("ResultT")

# Fewer than the store's connections, so that nobody waits for one of those.
_MAX_THREADS = 10
_threads: RunVar[CapacityLimiter] = RunVar("graphql_threads")


class ThreadedExecutor(StrawberryGraphQLCoreExecutionContext):
    """Runs an operation in a thread; resolvers get the snapshot that its session opens."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: ANN401, FBT001 - the base class' signature
        """Return an awaitable of the result."""
        session: Session = self.context_value
        return on_snapshot(session, lambda reads: self._execute(reads, serially))

    def _execute(self, reads: Reads, serially: bool | None) -> Any:  # noqa: ANN401, FBT001 - as above
        self.context_value = reads
        return super().execute_operation(serially)


async def on_snapshot(session: Session, work: Callable[[Reads], ResultT]) -> ResultT:
    """Do something with a snapshot, in a thread."""

    def opened() -> ResultT:
        with closing(session.open()) as reads:
            return work(reads)

    return await to_thread.run_sync(opened, limiter=_limiter())


def _limiter() -> CapacityLimiter:
    try:
        return _threads.get()
    except LookupError:
        limiter = CapacityLimiter(_MAX_THREADS)
        _threads.set(limiter)
        return limiter
