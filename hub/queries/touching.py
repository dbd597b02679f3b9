"""Which incidents touch a dataset that they do not name: of many, they only name some."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, json
from sqlalchemy import select

from hub.graph.neighbourhood import Neighbourhood
from hub.store.tables import incident_signal, signal

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog
    from hub.graph.index import LineageIndex
    from hub.queries.incidents import IncidentRow


class _Broken(Struct):
    """As much of a signal as is asked about: the node ids of the datasets that it is about."""

    datasets: tuple[str, ...] = ()


def touched_unnamed(
    connection: Connection,
    index: LineageIndex,
    catalog: Catalog,
    incidents: Sequence[IncidentRow],
    datasets: Collection[str],
) -> dict[str, frozenset[str]]:
    """Return which of some datasets are broken, or made from what is, by the ids of incidents.

    Of those incidents whose names are cut; as lineage is by now. Datasets are node ids.
    """
    cut = [each.id for each in incidents if each.explanation.blast.is_cut]
    if not cut or not datasets:
        return {}
    lineage, asked = Neighbourhood(connection, index, catalog), [*datasets]
    broken = _broken_in(connection, cut)
    return {key: frozenset(asked) - lineage.beside(asked, broken[key]) for key in cut}


def _broken_in(connection: Connection, incidents: Sequence[str]) -> dict[str, list[str]]:
    columns = incident_signal.c
    statement = (
        select(columns.incident_id, signal.c.body)
        .join(signal, signal.c.id == columns.signal_id)
        .where(columns.incident_id.in_(incidents))
    )
    found: dict[str, list[str]] = {each: [] for each in incidents}
    for key, body in connection.execute(statement):
        found[key] += json.decode(body, type=_Broken).datasets
    return found
