"""What a run's events say of one use of a dataset."""

from __future__ import annotations

import strawberry

from hub.api.graphql import descriptions as types
from hub.api.graphql.described import field
from hub.api.graphql.facets import (
    DroppedFacet,
    Facet,
    Names,
    make_dropped,
    make_facets,
    read_facet,
)
from hub.domain.openlineage.descriptions import read_field_metrics, read_subset
from hub.queries.run_reports import Said


@strawberry.type
class UseFacets:
    """The fields of a use that its facets alone answer."""

    said: strawberry.Private[dict[str, Said]]

    @field
    def subset(self) -> types.Subset | None:
        """The part of it that was used, where it was said."""
        return types.maybe(types.Subset, read_facet(self.said, "subset", read_subset))

    @field
    def field_metrics(self) -> list[types.FieldMetrics]:
        """What was measured of its fields."""
        found = read_facet(self.said, "dataQualityMetrics", read_field_metrics)
        return types.make_field_metrics(found)

    @field
    def facets(self, names: Names = None) -> list[Facet]:
        """The facets that hold for this use alone: OpenLineage's inputFacets or outputFacets."""
        return make_facets(self.said, names)

    @field
    def dropped_facets(self) -> list[DroppedFacet]:
        """Those of them that are too large to be shown."""
        return make_dropped(self.said)
