"""Loading in company: what is asked of one row of a list is loaded for all of them, once.

Resolvers stay plain functions, and the number of statements depends on the shape of a query but
not on how many things it finds. A row's nested objects form the next batch.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from hub.api.graphql.reads import Reads
from hub.graph.identities import Things
from hub.queries.moments import NOW, Moment
from hub.queries.things import distinct, together

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
            (load, *options.items()), lambda: load(self.reads.connection, self._ids(), **options)
        )

    def _ids(self) -> list[Any]:
        return [row.id for row in self.rows]  # type: ignore[attr-defined]  # lists of rows with ids

    def _remember(self, key: Hashable, load: Callable[[], ValueT]) -> ValueT:
        if key not in self._loaded:
            self._loaded[key] = load()
        found: ValueT = self._loaded[key]
        return found


class ThingBatch(Batch[RowT]):
    """Datasets or jobs; ``things`` tells which other ids they have."""

    def __init__(self, reads: Reads, rows: Iterable[RowT], moment: Moment, things: Things) -> None:
        super().__init__(reads, rows, moment)
        self.things = things

    def of_all_names(
        self,
        load: Callable[..., Mapping[int, ValueT]],
        *,
        join: Callable[[Sequence[Any]], Any] = distinct,
        **options: Hashable,
    ) -> Mapping[int, ValueT]:
        """Return what ``by_id`` does, with what is said under all names of a thing joined."""
        return self._remember(
            (load, join, *options.items()), lambda: self._joined(load, join, options)
        )

    def _joined(
        self,
        load: Callable[..., Mapping[int, ValueT]],
        join: Callable[[Sequence[Any]], Any],
        options: Mapping[str, Hashable],
    ) -> Mapping[int, ValueT]:
        keys = self._ids()
        found = load(self.reads.connection, self.things.ids(keys), **options)
        return together(self.things, keys, found, join)
