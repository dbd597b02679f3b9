"""Facets in force, as Marquez's shapes hold them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hub.api.rest.marquez.asking import Asking
from hub.domain.openlineage.lenient import value_of
from hub.queries.facet_contents import Entity, facets_of
from hub.queries.moments import NOW, Moment


def held_facets(
    asking: Asking,
    ids: Collection[int],
    entity: Entity,
    names: frozenset[str] | None = None,
    *,
    moment: Moment = NOW,
) -> dict[int, dict[str, Any]]:
    """Return the facets of each dataset or job, or some of them, by the store's ids."""
    found = facets_of(asking.connection, ids, entity=entity, moment=moment, names=names)
    return {
        key: {name: value_of(row.body) for name, row in rows.items() if row.body is not None}
        for key, rows in found.items()
    }
