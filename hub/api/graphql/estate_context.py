"""What surrounds datasets and jobs: products, SLOs, incidents, and the types that jobs had."""

from __future__ import annotations

from collections.abc import Iterable

from hub.api.graphql.facets import read_facet
from hub.api.graphql.incidents import Incident, make_incidents
from hub.api.graphql.products import DataProduct, Slo, make_products, make_slos
from hub.api.graphql.reads import Reads
from hub.domain.catalog import Product
from hub.domain.errors import InvalidInput
from hub.domain.names import DatasetName, NodeKind, dataset_id, parse_node_id
from hub.domain.openlineage.facets import JobType, read_job_type
from hub.graph.identities import Identities
from hub.queries.datasets import DatasetRow
from hub.queries.facet_contents import facets_of
from hub.queries.incidents import open_incidents
from hub.queries.jobs import JobRow
from hub.queries.labels import OwnerRow
from hub.queries.moments import Moment
from hub.queries.touching import touched_unnamed


def owner_names(said: Iterable[OwnerRow], reads: Reads, declared: Product | None) -> list[str]:
    """Return who owns a dataset: as its producers say, then as its product declares."""
    names = [row.name for row in said]
    if declared is not None:
        domain = reads.catalog.domains.get(declared.domain)
        names += [owner.name for owner in (declared.owner or (domain and domain.owner),) if owner]
    return list(dict.fromkeys(names))


def declared_products(reads: Reads, rows: tuple[DatasetRow, ...]) -> dict[DatasetName, Product]:
    """Return the products that datasets belong to."""
    declared = reads.catalog.products_by_dataset
    things = reads.identities.datasets
    return {
        row.key: declared[name]
        for row in rows
        for name in (DatasetName(*each) for each in things.names_of(row.key))
        if name in declared
    }


def products_by_name(reads: Reads, rows: tuple[DatasetRow, ...]) -> dict[str, DataProduct]:
    """Return the products that datasets belong to, by their names."""
    names = dict.fromkeys(each.name for each in declared_products(reads, rows).values())
    return {made.name: made for made in make_products(reads, names)}


def slos_by_dataset(reads: Reads, rows: tuple[DatasetRow, ...]) -> dict[DatasetName, list[Slo]]:
    """Return what is promised of datasets."""
    things = reads.identities.datasets
    wanted = {name: row.key for row in rows for name in things.names_of(row.key)}
    declared = [slo for slo in reads.catalog.slos if reads.catalog.dataset(slo.dataset) in wanted]
    found: dict[DatasetName, list[Slo]] = {}
    for slo in make_slos(reads, declared):
        found.setdefault(wanted[reads.catalog.dataset(slo.declared.dataset)], []).append(slo)
    return found


def incidents_by_node(
    reads: Reads, rows: tuple[DatasetRow | JobRow, ...]
) -> dict[str, list[Incident]]:
    """Return the incidents that are not resolved, by the node ids that they touch.

    Of what an incident touches and does not name, those of the rows.
    """
    found: dict[str, list[Incident]] = {}
    opened = open_incidents(reads.connection)
    asked = [dataset_id(each.key) for each in rows if isinstance(each, DatasetRow)]
    unnamed = touched_unnamed(reads.connection, reads.lineage, reads.catalog, opened, asked)
    for made in make_incidents(reads, opened):
        blast = made.row.explanation.blast
        named = made.row.root, *blast.datasets, *blast.held_back
        touched = {*named, *unnamed.get(made.row.id, ())}
        for each in {_shown(reads.identities, name) for name in touched}:
            found.setdefault(each, []).append(made)
    return found


def _shown(known: Identities, text: str) -> str:
    try:
        node = parse_node_id(text)
    except InvalidInput:
        return text
    is_thing = node.kind in (NodeKind.DATASET, NodeKind.FIELD, NodeKind.JOB)
    return str(known.shown(node)) if is_thing else text


def with_types(reads: Reads, found: Iterable[JobRow], moment: Moment) -> Iterable[JobRow]:
    """Return jobs with the types that they had then."""
    rows = [*found]
    if moment.is_now:
        return rows
    names = frozenset({"jobType"})
    said = facets_of(
        reads.connection, [row.id for row in rows], entity="job", moment=moment, names=names
    )
    types = {row.id: read_facet(said.get(row.id, {}), "jobType", read_job_type) for row in rows}
    return [row._replace(**(types[row.id] or JobType(None, None, None))._asdict()) for row in rows]
