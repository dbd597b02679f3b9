"""What surrounds datasets and jobs: products, SLOs, incidents, and the types that jobs had."""

from __future__ import annotations

from collections.abc import Iterable

from hub.api.graphql.facets import read_facet
from hub.api.graphql.incidents import Incident, make_incidents
from hub.api.graphql.products import DataProduct, Slo, make_products, make_slos
from hub.api.graphql.reads import Reads
from hub.domain.catalog import Product
from hub.domain.facets import JobType, read_job_type
from hub.domain.names import DatasetName
from hub.queries.datasets import DatasetRow
from hub.queries.facet_contents import facets_of
from hub.queries.incidents import open_incidents
from hub.queries.jobs import JobRow
from hub.queries.labels import OwnerRow
from hub.queries.moments import Moment


def owner_names(said: Iterable[OwnerRow], reads: Reads, declared: Product | None) -> list[str]:
    """Return who owns a dataset: as its producers say, then as its product declares."""
    names = [row.name for row in said]
    if declared is not None:
        domain = reads.catalog.domains.get(declared.domain)
        names += [owner.name for owner in (declared.owner or (domain and domain.owner),) if owner]
    return list(dict.fromkeys(names))


def declared_products(reads: Reads, rows: tuple[DatasetRow, ...]) -> dict[DatasetName, Product]:
    """Return the products that datasets belong to."""
    declared = {
        reads.catalog.dataset(step.writes): reads.catalog.products[step.product]
        for step in reads.catalog.steps
    }
    return {row.key: declared[row.key] for row in rows if row.key in declared}


def products_by_name(reads: Reads, rows: tuple[DatasetRow, ...]) -> dict[str, DataProduct]:
    """Return the products that datasets belong to, by their names."""
    names = dict.fromkeys(each.name for each in declared_products(reads, rows).values())
    return {made.name: made for made in make_products(reads, names)}


def slos_by_dataset(reads: Reads, rows: tuple[DatasetRow, ...]) -> dict[DatasetName, list[Slo]]:
    """Return what is promised of datasets."""
    wanted = {row.key for row in rows}
    declared = [slo for slo in reads.catalog.slos if reads.catalog.dataset(slo.dataset) in wanted]
    found: dict[DatasetName, list[Slo]] = {}
    for slo in make_slos(reads, declared):
        found.setdefault(reads.catalog.dataset(slo.declared.dataset), []).append(slo)
    return found


def incidents_by_node(reads: Reads, _rows: tuple[object, ...]) -> dict[str, list[Incident]]:
    """Return the incidents that are not resolved, by the node ids that they touch."""
    found: dict[str, list[Incident]] = {}
    for made in make_incidents(reads, open_incidents(reads.connection)):
        blast = made.row.explanation.blast
        for touched in {made.row.root, *blast.datasets, *blast.held_back}:
            found.setdefault(touched, []).append(made)
    return found


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
