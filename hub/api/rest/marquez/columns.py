"""``GET /column-lineage``: which fields are made from which.

As in Marquez, an edge among ``inEdges`` leads from the field to what it is made from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from hub.api.rest.marquez.asking import Asking, refuse_past
from hub.api.rest.marquez.datasets import transformation_of
from hub.api.rest.marquez.descriptions import COLUMN_LINEAGE, descriptions_in
from hub.api.rest.marquez.held import held_facets
from hub.api.rest.marquez.lineage import Named, named, unknown
from hub.api.rest.marquez.problems import coded
from hub.api.rest.marquez.versions import find_version, only_version, version_ids
from hub.domain.names import DatasetName, FieldName, NodeId, NodeKind
from hub.graph.closure import MAX_LIMIT, Closure, Direction, Extent, Level, find_closure
from hub.queries.dataset_details import fields_of
from hub.queries.datasets import DatasetRow, datasets_by_id, find_datasets
from hub.queries.lineage_then import as_it_was, was_there
from hub.queries.marquez.columns import (
    Dependence,
    dependences_between,
    field_types,
    fields_made_by,
)
from hub.queries.marquez.versions import Reading, newest_versions, versions_read
from hub.queries.moments import NOW, Moment
from hub.store import natural_keys

Shape = dict[str, Any]

_NO_RUN: Final = 0


class _Ends(NamedTuple):
    target: FieldName
    source: FieldName
    transformation: str | None
    description: str | None = None


def get_column_lineage(asking: Asking) -> Shape:
    """Return the graph of what a dataset, a field, or a job's output is made from."""
    found = named(asking, asking.required("nodeId"))
    with_downstream = asking.flag("withDownstream")
    if found.version is not None and with_downstream:
        raise coded(400, "Node version cannot be specified when withDownstream is true")
    moment = _moment(asking, found)
    direction = Direction.BOTH if with_downstream else Direction.UPSTREAM
    extent = Extent(
        direction=direction,
        depth=asking.depth(),
        level=Level.FIELD,
        as_of=moment.as_of,
        known_at=moment.position,
        limit=MAX_LIMIT,
    )
    closure = find_closure(asking.connection, asking.sources.lineage, found.node, extent)
    if not asking.moment.is_now:
        closure = _as_it_was(asking, found.node, closure)
    nodes = closure.nodes if closure is not None else ()
    fields = {key for node in nodes if node.id.kind is not NodeKind.JOB for key in node.keys}
    known = asking.identities
    if found.node.kind is NodeKind.JOB:
        job = natural_keys.find_job(asking.connection, found.node.job)
        for key in known.jobs.ids([job or 0]):
            fields |= fields_made_by(asking.connection, key, moment=moment)
    names = {
        key: FieldName(DatasetName(*known.datasets.shown(name.dataset)), name.field)
        for key, name in natural_keys.field_names(asking.connection, fields).items()
    }
    between = dependences_between(asking.connection, fields, moment=moment)
    ends = _described(asking, sorted(set(_ends(between, names))))
    is_versioned = found.version is not None
    return {"graph": _graph(asking, names, ends, moment, is_versioned=is_versioned)}


def _as_it_was(asking: Asking, start: NodeId, closure: Closure | None) -> Closure:
    known, moment = asking.identities, asking.moment
    is_job = start.kind is NodeKind.JOB
    if is_job and not was_there(asking.connection, known, start, moment):
        raise unknown(start)
    found = closure and as_it_was(asking.connection, known, closure, start, moment)
    if found is None:
        raise unknown(start)
    return found


def _moment(asking: Asking, found: Named) -> Moment:
    """Return when the version was written that is asked about; else what the clocks say."""
    if found.version is None:
        return asking.moment
    refuse_past(asking.query, "column lineage of a version")
    if found.node.kind is NodeKind.JOB:
        return NOW
    name = found.node.dataset
    row = find_datasets(asking.connection, [name])[name]
    return Moment(as_of=find_version(asking, row, found.version).at)


def _ends(dependences: Collection[Dependence], names: Mapping[int, FieldName]) -> Iterator[_Ends]:
    """Yield edges between fields; what all of a dataset depends on, each of its fields does."""
    by_dataset: dict[DatasetName, list[FieldName]] = defaultdict(list)
    for name in names.values():
        if name.field:
            by_dataset[name.dataset].append(name)
    for each in dependences:
        target, source = names[each.target_id], names[each.source_id]
        transformation = transformation_of(each.kind, each.subtype)
        if source.field:
            for made in [target] if target.field else by_dataset[target.dataset]:
                yield _Ends(made, source, transformation)


def _described(asking: Asking, ends: Collection[_Ends]) -> list[_Ends]:
    """Return edges with what the facets in force of the fields that are made say of them."""
    rows = _rows(asking, {each.target.dataset for each in ends})
    ids = [row.id for row in rows.values()]
    facets = held_facets(asking, ids, "dataset", frozenset({COLUMN_LINEAGE}))
    shown = asking.identities.datasets.shown
    said = {
        (FieldName(target, field), FieldName(DatasetName(*shown(source.dataset)), source.field)): it
        for target, row in rows.items()
        for (field, source), it in descriptions_in(facets.get(row.id, {})).items()
    }
    return [each._replace(description=said.get((each.target, each.source))) for each in ends]


def _graph(
    asking: Asking,
    names: Mapping[int, FieldName],
    ends: Collection[_Ends],
    moment: Moment,
    *,
    is_versioned: bool,
) -> list[Shape]:
    made_from: dict[FieldName, list[_Ends]] = defaultdict(list)
    made_into: dict[FieldName, list[_Ends]] = defaultdict(list)
    for each in ends:
        made_from[each.target].append(each)
        made_into[each.source].append(each)
    shown = sorted(made_from.keys() | made_into.keys())
    versions = _versions(
        asking, {name.dataset for name in shown}, moment.as_of if is_versioned else None
    )
    type_of = _types(asking, names)

    def node_id(name: FieldName) -> str:
        plain = f"datasetField:{name.dataset.namespace}:{name.dataset.name}:{name.field}"
        return f"{plain}#{versions[name.dataset]}" if is_versioned else plain

    def edges(name: FieldName, others: Collection[FieldName]) -> list[Shape]:
        far = sorted({node_id(other) for other in others})
        return [{"origin": node_id(name), "destination": other} for other in far]

    return [
        {
            "id": node_id(name),
            "type": "DATASET_FIELD",
            "data": {
                **_place(name, versions),
                "fieldType": type_of.get(name, ""),
                "transformationDescription": _first([each.description for each in made_from[name]]),
                "transformationType": _first([each.transformation for each in made_from[name]]),
                "inputFields": [
                    {
                        **_place(each.source, versions),
                        "transformationDescription": each.description,
                        "transformationType": each.transformation,
                    }
                    for each in made_from[name]
                ],
            },
            "inEdges": edges(name, [each.source for each in made_from[name]]),
            "outEdges": edges(name, [each.target for each in made_into[name]]),
        }
        for name in shown
    ]


def _types(asking: Asking, names: Mapping[int, FieldName]) -> dict[FieldName, str]:
    if asking.moment.is_now:
        fields = [key for key, name in names.items() if name.field]
        types = field_types(asking.connection, fields)
        return {names[key]: kind for key, kind in types.items()}
    rows = _rows(asking, {name.dataset for name in names.values()})
    keys = {row.id: name for name, row in rows.items()}
    schemas = fields_of(asking.connection, keys, moment=asking.moment)
    return {
        FieldName(keys[key], each.name): each.type
        for key, schema in schemas.items()
        for each in schema
        if each.type is not None
    }


def _place(name: FieldName, versions: Mapping[DatasetName, str]) -> Shape:
    return {
        "namespace": name.dataset.namespace,
        "dataset": name.dataset.name,
        "datasetVersion": versions[name.dataset],
        "field": name.field,
    }


def _first(words: list[str | None]) -> str | None:
    return words[0] if words else None


def _versions(
    asking: Asking, datasets: Collection[DatasetName], as_of: int | None
) -> dict[DatasetName, str]:
    """Return the version of each dataset that was current at an instant; else when it is asked."""
    rows = _rows(asking, datasets)
    keys = {row.id: name for name, row in rows.items()}
    if as_of is None:
        found = newest_versions(asking.connection, list(keys), moment=asking.moment)
    else:
        readings = [Reading(_NO_RUN, key, as_of) for key in keys]
        read = versions_read(asking.connection, readings)
        found = {reading.dataset_id: version for reading, version in read.items()}
    chosen = {row.id: found.get(row.id) or only_version(row) for row in rows.values()}
    ids = version_ids(asking, chosen.values(), keys)
    return {keys[key]: ids[version] for key, version in chosen.items()}


def _rows(asking: Asking, names: Collection[DatasetName]) -> dict[DatasetName, DatasetRow]:
    """Return datasets that edges lead to, whether or not anything else names them still."""
    if not names:
        return {}
    ids = natural_keys.find_datasets(asking.connection, names)
    found = datasets_by_id(asking.connection, ids.values())
    return {row.key: row for row in found.values()}
