"""Loading in company: what is asked of one row of a list is loaded for all of them, once.

Resolvers stay plain functions, and the number of statements depends on the shape of a query but
not on how many things it finds. A row's nested objects form the next batch.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Generic, TypeVar

from hub.api.graphql.reads import Reads
from hub.queries.moments import NOW, Moment

RowT = TypeVar("RowT")
ValueT = TypeVar("ValueT")


class Batch(Generic[RowT]):
    """The rows of one list, as of one moment."""

    def __init__(self, reads: Reads, rows: Iterable[RowT], moment: Moment = NOW) -> None:
        self.reads = reads
        self.rows = tuple(rows)
        self.moment = moment
        self._loaded: dict[Hashable, Any] = {}

    def once(self, load: Callable[..., ValueT], *options: Hashable) -> ValueT:
        """Return ``load(reads, rows, *options)``, called once for the whole list."""
        return self._remember((load, options), lambda: load(self.reads, self.rows, *options))

    def by_id(self, load: Callable[..., ValueT], **options: Hashable) -> ValueT:
        """Return ``load(connection, ids, **options)``, called once with the ids of all rows."""
        return self._remember(
            (load, *options.items()),
            lambda: load(
                self.reads.connection,
                [row.id for row in self.rows],  # type: ignore[attr-defined]  # lists of rows with ids
                **options,
            ),
        )

    def _remember(self, key: Hashable, load: Callable[[], ValueT]) -> ValueT:
        if key not in self._loaded:
            self._loaded[key] = load()
        found: ValueT = self._loaded[key]
        return found
