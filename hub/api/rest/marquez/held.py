"""Facets in force, as Marquez's shapes hold them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hub.api.rest.marquez.asking import Asking
from hub.domain.openlineage.lenient import value_of
from hub.queries.facet_contents import Entity, facets_of
from hub.queries.moments import Moment


def held_facets(
    asking: Asking,
    ids: Collection[int],
    entity: Entity,
    names: frozenset[str] | None = None,
    *,
    moment: Moment | None = None,
) -> dict[int, dict[str, Any]]:
    """Return the facets of each dataset or job, or some of them, by the store's ids.

    They are those of ``moment``, or of what is asked about.
    """
    then = asking.moment if moment is None else moment
    found = facets_of(asking.connection, ids, entity=entity, moment=then, names=names)
    return {
        key: {name: value_of(row.body) for name, row in rows.items() if row.body is not None}
        for key, rows in found.items()
    }
