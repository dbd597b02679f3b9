"""What a job's facets say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import strawberry
from msgspec import Raw

from hub.api.graphql import descriptions as types
from hub.api.graphql import estate_parts as parts
from hub.api.graphql.batches import ThingBatch
from hub.api.graphql.described import field
from hub.api.graphql.facets import (
    DroppedFacet,
    Facet,
    Names,
    dropped_facets,
    facets_in_force,
    make_facets,
    read_facet,
    wanted,
)
from hub.api.graphql.nodes import Node
from hub.domain.openlineage import descriptions as said
from hub.domain.openlineage.facets import read_owners
from hub.queries.jobs import JobRow
from hub.queries.labels import OwnerRow, TagRow, owners_of, tags_of

_ReadT = TypeVar("_ReadT")

# Loaded together.
_DESCRIPTIONS = frozenset({"documentation", "jobType", "sourceCode", "sourceCodeLocation", "sql"})


@strawberry.type
class JobFacets(Node):
    """The fields of a job that its facets alone answer."""

    row: strawberry.Private[JobRow]
    batch: strawberry.Private[ThingBatch[JobRow]]

    @field
    def owners(self) -> list[str]:
        """Who owns it, as its producers say."""
        return list(dict.fromkeys(row.name for row in self._owners()))

    @field
    def aliases(self) -> list[parts.Alias]:
        """Its other names, known now, and who says that they are."""
        return parts.make_aliases(self.batch.things.with_id(self.row.id))

    @field
    def ownership(self) -> list[parts.Ownership]:
        """Who owns it, as its producers say, and in which role."""
        return [parts.make_ownership(row) for row in self._owners()]

    @field
    def tags(self) -> list[str]:
        """The names of its tags."""
        return list(dict.fromkeys(row.name for row in self._tags()))

    @field
    def labels(self) -> list[parts.Tag]:
        """Its tags with their values."""
        return [parts.make_tag(row) for row in self._tags()]

    @field
    def documentation(self) -> types.Documentation | None:
        """What it is, in its producer's words."""
        found = self._said("documentation", said.read_documentation)
        return types.maybe(types.Documentation, found)

    @field
    def sql(self) -> types.Sql | None:
        """The statement that it runs."""
        return types.maybe(types.Sql, self._said("sql", said.read_sql))

    @field
    def source_code(self) -> types.SourceCode | None:
        """The code that it runs."""
        return types.maybe(types.SourceCode, self._said("sourceCode", said.read_source_code))

    @field
    def source_code_location(self) -> types.SourceCodeLocation | None:
        """Where its code is kept."""
        found = self._said("sourceCodeLocation", said.read_source_code_location)
        return types.maybe(types.SourceCodeLocation, found)

    @field
    def emission(self) -> types.Emission | None:
        """When its events come, and whether each of them tells all."""
        return types.maybe(types.Emission, self._said("jobType", said.read_emission))

    @field
    def facets(self, names: Names = None) -> list[Facet]:
        """Its facets in force, by key."""
        return make_facets(facets_in_force(self.batch, self.row.id, "job", wanted(names)))

    @field
    def dropped_facets(self) -> list[DroppedFacet]:
        """Its facets in force that are too large to be kept beside their event."""
        return dropped_facets(self.batch, self.row.id, "job")

    def _owners(self) -> list[OwnerRow]:
        if self.batch.moment.is_now:
            return self.batch.of_all_names(owners_of, entity="job").get(self.row.id, [])
        return [OwnerRow(*each) for each in self._then("ownership", read_owners) or ()]

    def _tags(self) -> list[TagRow]:
        found = self.batch.of_all_names(tags_of, entity="job", moment=self.batch.moment)
        return found.get(self.row.id, [])

    def _said(self, name: str, read: Callable[[Raw], _ReadT]) -> _ReadT | None:
        """Return what one of its descriptions says."""
        found = facets_in_force(self.batch, self.row.id, "job", _DESCRIPTIONS)
        return read_facet(found, name, read)

    def _then(self, name: str, read: Callable[[Raw], _ReadT]) -> _ReadT | None:
        """Return what a facet said at the moment that is asked about."""
        found = facets_in_force(self.batch, self.row.id, "job", frozenset({name}))
        return read_facet(found, name, read)
