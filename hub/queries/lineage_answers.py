"""What ``lineage`` answers: a closure, of which a filter shows a part, folded where that is asked.

The catalog says what belongs where, as it is now; tags are those of the moment.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from hub.domain.belonging import Belongings, whole_of
from hub.domain.errors import InvalidInput
from hub.domain.names import DatasetName, JobName, NodeId, NodeKind, parse_node_id
from hub.graph.closure import Level, find_closure, find_joint_closure
from hub.graph.condensing import fold, hide
from hub.queries.datasets import find_datasets
from hub.queries.jobs import find_jobs
from hub.queries.labels import TagRow, tags_of
from hub.queries.lineage_then import as_it_was
from hub.queries.nodes import resolve_node

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog, Layer
    from hub.graph.closure import Closure, Extent
    from hub.graph.identities import Identities
    from hub.graph.index import LineageIndex
    from hub.queries.moments import Moment

_FOLDS = (NodeKind.PRODUCT, NodeKind.DOMAIN)


class LineageFilter(NamedTuple):
    """Which nodes are shown: those that have any of each list; an empty list means all.

    A tag is a name, or ``name=value``. A dataset has the tags of its fields too, a field those of
    its dataset as a whole.
    """

    namespaces: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()


ALL = LineageFilter()


def resolve_start(connection: Connection, text: str, known: Identities) -> NodeId:
    """Return the node that lineage is asked of: a dataset, a field, a job, a product or a domain.

    Raises:
        InvalidInput: nothing is named like that, or several things are.

    """
    if text.partition(":")[0] in _FOLDS:
        return parse_node_id(text)
    return resolve_node(connection, text, known)


def natural_level(start: NodeId) -> Level:
    """Return the level of what is asked about."""
    levels = {NodeKind.FIELD: Level.FIELD, NodeKind.PRODUCT: Level.PRODUCT}
    return levels.get(start.kind, Level.DOMAIN if start.kind is NodeKind.DOMAIN else Level.DATASET)


def find_lineage(
    connection: Connection,
    index: LineageIndex,
    catalog: Catalog,
    start: NodeId,
    extent: Extent,
    moment: Moment,
    chosen: LineageFilter = ALL,
) -> Closure | None:
    """Return what is up or down of ``start``, of that what is chosen, at the level asked for.

    None where no event has named it, or nothing that it consists of; of the past, by then.

    Raises:
        InvalidInput: ``start`` has no lineage at that level, a bound is out of range, or too many
            ways lead over what the filter hides.

    """
    known = index.identities(connection)
    belongings = Belongings(catalog, known.shown)
    folds = {Level.PRODUCT: belongings.product_or_wider, Level.DOMAIN: belongings.domain_or_wider}
    fold_of = folds.get(extent.level)
    closure = _walked(connection, index, belongings, start, extent, is_folded=fold_of is not None)
    closure = closure and as_it_was(connection, known, closure, start, moment)
    if closure is not None and chosen != ALL:
        found = _matching(belongings, closure, chosen)
        shown = _tagged(connection, known, found, chosen.tags, moment) if chosen.tags else found
        closure = hide(closure, shown)
    return closure if closure is None or fold_of is None else fold(closure, fold_of)


def _walked(
    connection: Connection,
    index: LineageIndex,
    belongings: Belongings,
    start: NodeId,
    extent: Extent,
    *,
    is_folded: bool,
) -> Closure | None:
    level = Level.FIELD if start.kind is NodeKind.FIELD else Level.DATASET
    walked = replace(extent, level=level) if is_folded else extent
    if start.kind not in _FOLDS:
        return find_closure(connection, index, start, walked)
    if walked.level is Level.FIELD:
        raise InvalidInput(f"{start} has no lineage at level FIELD", fix="ask for a dataset of it")
    return find_joint_closure(connection, index, belongings.datasets_in(start), walked)


def _matching(belongings: Belongings, closure: Closure, chosen: LineageFilter) -> set[NodeId]:
    """Return the nodes that a filter chooses, but for their tags."""
    found = {node.id for node in closure.nodes}
    if chosen.namespaces:
        found = {node for node in found if node.parts[0] in chosen.namespaces}
    if chosen.domains:
        found = {node for node in found if _domain(belongings, node) in chosen.domains}
    if chosen.layers:
        found = {node for node in found if belongings.of(node).layer in chosen.layers}
    return found


def _domain(belongings: Belongings, node: NodeId) -> str | None:
    domain = belongings.of(node).domain
    return domain.name if domain else None


def _tagged(
    connection: Connection,
    known: Identities,
    nodes: Collection[NodeId],
    wanted: Collection[str],
    moment: Moment,
) -> set[NodeId]:
    """Return those of some nodes that have any of some tags, under whatever name."""
    wholes = {whole_of(node) for node in nodes}
    by_kind = {
        kind: [
            name
            for each in wholes
            if each.kind is kind
            for name in known.of(kind).names_of(_name(each))
        ]
        for kind in (NodeKind.DATASET, NodeKind.JOB)
    }
    datasets = find_datasets(connection, {DatasetName(*n) for n in by_kind[NodeKind.DATASET]})
    jobs = find_jobs(connection, {JobName(*name) for name in by_kind[NodeKind.JOB]})
    tags: defaultdict[NodeId, list[TagRow]] = defaultdict(list)
    ids = [row.id for row in datasets.values()]
    of_datasets = tags_of(connection, ids, entity="dataset", moment=moment)
    for name, row in datasets.items():
        tags[known.shown(NodeId(NodeKind.DATASET, tuple(name)))] += of_datasets.get(row.id, ())
    ids = [row.id for row in jobs.values()]
    of_jobs = tags_of(connection, ids, entity="job", moment=moment)
    for job, job_row in jobs.items():
        tags[known.shown(NodeId(NodeKind.JOB, tuple(job)))] += of_jobs.get(job_row.id, ())
    has_any = partial(_has_any, wanted=frozenset(wanted))
    return {node for node in nodes if has_any(_own(node, tags[whole_of(node)]))}


def _name(node: NodeId) -> tuple[str, str]:
    return node.parts[0], node.parts[1]


def _own(node: NodeId, tags: Iterable[TagRow]) -> Iterable[TagRow]:
    if node.kind is not NodeKind.FIELD:
        return tags
    return (tag for tag in tags if tag.field in ("", node.parts[2]))


def _has_any(tags: Iterable[TagRow], *, wanted: frozenset[str]) -> bool:
    return any(tag.name in wanted or f"{tag.name}={tag.value}" in wanted for tag in tags)
