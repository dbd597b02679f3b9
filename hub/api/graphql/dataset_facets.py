"""What a dataset's facets say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from hub.domain.openlineage.facets import read_owners, read_schema, read_symlinks
from hub.queries import dataset_details as details
from hub.queries.datasets import DatasetRow
from hub.queries.labels import OwnerRow, TagRow, owners_of, symlinks_of, tags_of
from hub.queries.things import fields_once

_ReadT = TypeVar("_ReadT")
_RowT = TypeVar("_RowT")

# Small ones, which are loaded together.
_DESCRIPTIONS = frozenset(
    {
        "catalog",
        "dataQualityMetrics",
        "dataSource",
        "datasetType",
        "documentation",
        "hierarchy",
        "lifecycleStateChange",
        "storage",
    }
)


@strawberry.type
class DatasetFacets(Node):
    """The fields of a dataset that its facets alone answer."""

    row: strawberry.Private[DatasetRow]
    batch: strawberry.Private[ThingBatch[DatasetRow]]

    @field
    def fields(self) -> list[parts.Field]:
        """The fields of its schema, in order."""
        if self.batch.moment.is_now:
            found = self.batch.of_all_names(details.fields_of, join=fields_once)
            return [parts.make_field(row) for row in found.get(self.row.id, [])]
        return types.each_of(parts.Field, self._then("schema", read_schema))

    @field
    def aliases(self) -> list[parts.Alias]:
        """Its other names, known now, and who says that they are."""
        return parts.make_aliases(self.batch.things.with_id(self.row.id))

    @field
    def ownership(self) -> list[parts.Ownership]:
        """Who owns it, as its producers say."""
        return [parts.make_ownership(row) for row in self.said_owners()]

    @field
    def tags(self) -> list[str]:
        """The names of its tags."""
        return list(dict.fromkeys(row.name for row in self._tags() if not row.field))

    @field
    def labels(self) -> list[parts.Tag]:
        """Its tags and those of its fields, with their values."""
        return [parts.make_tag(row) for row in self._tags()]

    @field
    def symlinks(self) -> list[parts.Symlink]:
        """Its other names."""
        if self.batch.moment.is_now:
            return [parts.make_symlink(row) for row in self._own(symlinks_of)]
        links = self._then("symlinks", read_symlinks) or ()
        return [parts.Symlink(**name._asdict(), type=kind) for name, kind in links]

    @field
    def type(self) -> types.DatasetType | None:
        """What sort of dataset it is."""
        return types.maybe(types.DatasetType, self._said("datasetType", said.read_dataset_type))

    @field
    def documentation(self) -> types.Documentation | None:
        """What it is, in its producer's words."""
        found = self._said("documentation", said.read_documentation)
        return types.maybe(types.Documentation, found)

    @field
    def data_source(self) -> types.DataSource | None:
        """Where it comes from."""
        return types.maybe(types.DataSource, self._said("dataSource", said.read_data_source))

    @field
    def catalog(self) -> types.Catalog | None:
        """The catalog that it is registered in."""
        return types.make_catalog(self._said("catalog", said.read_catalog))

    @field
    def storage(self) -> types.Storage | None:
        """How it is stored."""
        return types.maybe(types.Storage, self._said("storage", said.read_storage))

    @field
    def lifecycle(self) -> types.Lifecycle | None:
        """What last happened to it."""
        return types.make_lifecycle(self._said("lifecycleStateChange", said.read_lifecycle))

    @field
    def hierarchy(self) -> list[types.HierarchyLevel]:
        """The levels above it, from the highest on."""
        return types.each_of(types.HierarchyLevel, self._said("hierarchy", said.read_hierarchy))

    @field
    def field_metrics(self) -> list[types.FieldMetrics]:
        """What was measured of its fields, where that was said of it itself and of no one use."""
        found = self._said("dataQualityMetrics", said.read_field_metrics)
        return types.make_field_metrics(found)

    @field
    def facets(self, names: Names = None) -> list[Facet]:
        """Its facets in force, by key."""
        return make_facets(facets_in_force(self.batch, self.row.id, "dataset", wanted(names)))

    @field
    def dropped_facets(self) -> list[DroppedFacet]:
        """Its facets in force that are too large to be kept beside their event."""
        return dropped_facets(self.batch, self.row.id, "dataset")

    def said_owners(self) -> list[OwnerRow]:
        """Return who owns it, as its producers say."""
        if self.batch.moment.is_now:
            return self.batch.of_all_names(owners_of, entity="dataset").get(self.row.id, [])
        return [OwnerRow(*each) for each in self._then("ownership", read_owners) or ()]

    def _tags(self) -> list[TagRow]:
        found = self.batch.of_all_names(tags_of, entity="dataset", moment=self.batch.moment)
        return found.get(self.row.id, [])

    def _own(self, load: Callable[..., Mapping[int, list[_RowT]]]) -> list[_RowT]:
        """Return what a table has of it now."""
        return self.batch.of_all_names(load).get(self.row.id, [])

    def _said(self, name: str, read: Callable[[Raw], _ReadT]) -> _ReadT | None:
        """Return what one of its descriptions says."""
        found = facets_in_force(self.batch, self.row.id, "dataset", _DESCRIPTIONS)
        return read_facet(found, name, read)

    def _then(self, name: str, read: Callable[[Raw], _ReadT]) -> _ReadT | None:
        """Return what a facet said at the moment that is asked about."""
        found = facets_in_force(self.batch, self.row.id, "dataset", frozenset({name}))
        return read_facet(found, name, read)
