"""Datasets and their versions, as Marquez shows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from hub.api.rest.marquez.asking import Asking
from hub.api.rest.marquez.descriptions import descriptions_in
from hub.api.rest.marquez.held import held_facets
from hub.api.rest.marquez.identifiers import schema_uuid
from hub.api.rest.marquez.legacy_events import OWN
from hub.api.rest.marquez.runs import run_shapes, said_by
from hub.api.rest.marquez.times import written
from hub.api.rest.marquez.versions import find_version, only_version, version_ids
from hub.domain.names import DatasetName, FieldName
from hub.queries.dataset_details import (
    AssertionRow,
    FieldRow,
    assertions_of,
    fields_of,
    last_written_at,
    schema_versions_of,
    whole_if_any,
)
from hub.queries.datasets import DatasetRow
from hub.queries.labels import TagRow, tags_of
from hub.queries.marquez.columns import dependences_of_datasets
from hub.queries.marquez.lists import Span, slice_datasets, spans_of_unnamed_datasets
from hub.queries.marquez.versions import (
    Version,
    count_versions,
    newest_versions,
    versions_of,
)
from hub.queries.moments import Moment
from hub.queries.run_events import Use
from hub.queries.runs import runs_by_id
from hub.store.natural_keys import field_names

Shape = dict[str, Any]

# What the lists and graphs read of facets; the details show all of them.
_READ: Final = frozenset(("dataSource", "documentation", "lifecycleStateChange", OWN))
DEFAULT_SOURCE: Final = "default"
DB_TABLE: Final = "DB_TABLE"
_NEVER: Final = Span(0, 0)
_CHECKS: Final = "dataQualityAssertions"


def get_dataset(asking: Asking) -> Shape:
    """Answer ``GET /namespaces/{}/datasets/{}``."""
    row = asking.dataset()
    return dataset_shapes(asking, [row])[row.id]


def list_datasets(asking: Asking) -> Shape:
    """Answer ``GET /namespaces/{}/datasets``."""
    [namespace] = asking.names
    asking.namespace()
    listed = slice_datasets(asking.connection, namespace, asking.slice(), moment=asking.moment)
    shapes = dataset_shapes(asking, listed.rows)
    return {"datasets": [shapes[row.id] for row in listed.rows], "totalCount": listed.total}


def list_versions(asking: Asking) -> Shape:
    """Answer ``GET /namespaces/{}/datasets/{}/versions``."""
    row, wanted = asking.dataset(), asking.slice()
    found = versions_of(asking.connection, row.id, wanted, moment=asking.moment)
    total = count_versions(asking.connection, row.id, moment=asking.moment)
    if not total:
        found, total = [only_version(row)][wanted.offset :][: wanted.limit], 1
    return {"versions": version_shapes(asking, row, found), "totalCount": total}


def get_version(asking: Asking) -> Shape:
    """Answer ``GET /namespaces/{}/datasets/{}/versions/{}``."""
    row = asking.dataset()
    [shape] = version_shapes(asking, row, [find_version(asking, row, asking.names[2])])
    return shape


def dataset_shapes(asking: Asking, rows: Collection[DatasetRow]) -> dict[int, Shape]:
    """Return datasets with all that is known of them, by the store's ids."""
    ids = [row.id for row in rows]
    facets = held_facets(asking, ids, "dataset")
    shapes = dataset_nodes(asking, rows, facets)
    current = _current_versions(asking, rows)
    columns = _column_lineage(asking, rows, facets)
    outcomes = assertions_of(asking.connection, ids, moment=asking.moment)
    for row in rows:
        held = dict(facets.get(row.id, {}))
        legacy = held.pop(OWN, {})
        if checks := outcomes.get(row.id):
            held[_CHECKS] = _checks(_mapping(held.get(_CHECKS)), checks)
        shape = shapes[row.id]
        shape["currentVersion"] = current[row.id]
        shape["columnLineage"] = columns.get(row.id)
        shape["facets"] = held
        if location := legacy.get("schemaLocation"):
            shape["schemaLocation"] = location
        shape["deleted"] = shape["lastLifecycleState"] == "DROP"
    return shapes


def dataset_nodes(
    asking: Asking,
    rows: Collection[DatasetRow],
    facets: Mapping[int, Mapping[str, Any]] | None = None,
) -> dict[int, Shape]:
    """Return datasets as the nodes of a graph show them, by the store's ids."""
    ids = [row.id for row in rows]
    if facets is None:
        facets = held_facets(asking, ids, "dataset", _READ)
    moment = asking.moment
    fields = fields_of(asking.connection, ids, moment=moment)
    tags = tags_of(asking.connection, ids, entity="dataset", moment=moment)
    modified = last_written_at(asking.connection, ids, moment=moment)
    unnamed = [row.id for row in rows if row.last_seen is None]
    spans = spans_of_unnamed_datasets(asking.connection, unnamed)
    return {
        row.id: {
            **_head(row.key, _Told.of(facets.get(row.id, {}))),
            "createdAt": written(row.first_seen or spans.get(row.id, _NEVER).first_seen),
            "updatedAt": written(row.last_seen or spans.get(row.id, _NEVER).last_seen),
            "fields": _field_shapes(fields.get(row.id, []), tags.get(row.id, [])),
            "tags": [each.name for each in tags.get(row.id, []) if not each.field],
            "lastModifiedAt": written(modified.get(row.id)),
            "description": _Told.of(facets.get(row.id, {})).description,
            "lastLifecycleState": _Told.of(facets.get(row.id, {})).lifecycle_state,
        }
        for row in rows
    }


def version_shapes(asking: Asking, row: DatasetRow, versions: Sequence[Version]) -> list[Shape]:
    """Return versions of a dataset, each with the run that wrote it."""
    keys = [each.run_id for each in versions if each.run_id is not None]
    runs = asking.then(runs_by_id(asking.connection, keys).values())
    said = said_by(asking, keys)
    shown = run_shapes(asking, runs, said)
    ids = version_ids(asking, versions, {row.id: row.key})
    found = schema_versions_of(asking.connection, [row.id], moment=asking.moment)
    every = found.get(row.id, [])
    seen = whole_if_any(every)
    schemas = {each.digest: each.fields for each in every}
    # Of a schema that another one has followed, what was in force when it was seen last.
    moments = {each.digest: asking.moment._replace(as_of=each.last_seen) for each in seen[1:]}
    in_force = dataset_nodes(asking, [row])[row.id]
    of_row = tags_of(asking.connection, [row.id], entity="dataset", moment=asking.moment)
    tags = of_row.get(row.id, [])
    shapes = []
    for each in versions:
        use = said[each.run_id].outputs.get(row.key) if each.run_id is not None else None
        fields = _field_shapes(schemas[each.schema], tags) if each.schema in schemas else None
        shapes.append(
            {
                "id": {**row.key._asdict(), "version": ids[each]},
                **{name: in_force[name] for name in _IN_ANY_VERSION},
                "createdAt": written(each.at) if each.at else in_force["createdAt"],
                "version": ids[each],
                "fields": in_force["fields"] if fields is None else fields,
                "lifecycleState": in_force["lastLifecycleState"],
                "currentSchemaVersion": schema_uuid(row.key, each.schema) if each.schema else None,
                "createdByRun": shown.get(each.run_id) if each.run_id is not None else None,
                "facets": _facets_of_use(use)
                if each.run_id is not None
                else _facets_at(asking, row, moments.get(each.schema or b"", asking.moment)),
            }
        )
    return shapes


_IN_ANY_VERSION: Final = (
    "type",
    "name",
    "physicalName",
    "namespace",
    "sourceName",
    "tags",
    "description",
)


class _Told(NamedTuple):
    """What facets tell of a dataset that Marquez has a place of its own for."""

    type: str
    source: str
    physical_name: str | None
    description: str | None
    lifecycle_state: str

    @classmethod
    def of(cls, facets: Mapping[str, Any]) -> _Told:
        legacy = _mapping(facets.get(OWN))
        return cls(
            _text(legacy.get("type")) or DB_TABLE,
            _text(_mapping(facets.get("dataSource")).get("name")) or DEFAULT_SOURCE,
            _text(legacy.get("physicalName")),
            _text(_mapping(facets.get("documentation")).get("description")),
            _text(_mapping(facets.get("lifecycleStateChange")).get("lifecycleStateChange")) or "",
        )


def _head(name: DatasetName, told: _Told) -> Shape:
    return {
        "id": name._asdict(),
        "type": told.type,
        "name": name.name,
        "physicalName": told.physical_name or name.name,
        "namespace": name.namespace,
        "sourceName": told.source,
    }


def _field_shapes(fields: Collection[FieldRow], tags: Collection[TagRow]) -> list[Shape]:
    return [
        {
            "name": each.name,
            "type": each.type,
            "tags": [tag.name for tag in tags if tag.field == each.name],
            "description": each.description,
        }
        for each in fields
    ]


def _current_versions(asking: Asking, rows: Collection[DatasetRow]) -> dict[int, str]:
    names = {row.id: row.key for row in rows}
    found = newest_versions(asking.connection, list(names), moment=asking.moment)
    versions = {row.id: found.get(row.id) or only_version(row) for row in rows}
    ids = version_ids(asking, versions.values(), names)
    return {key: ids[version] for key, version in versions.items()}


def _column_lineage(
    asking: Asking, rows: Collection[DatasetRow], facets: Mapping[int, Mapping[str, Any]]
) -> dict[int, list[Shape]]:
    keys = {row.key: row.id for row in rows}
    said = {row.key: descriptions_in(facets.get(row.id, {})) for row in rows}
    dependences = dependences_of_datasets(asking.connection, keys.values(), moment=asking.moment)
    ends = {end for each in dependences for end in (each.source_id, each.target_id)}
    names = field_names(asking.connection, ends)
    inputs: dict[FieldName, list[Shape]] = {}
    for each in dependences:
        source, target = names[each.source_id], names[each.target_id]
        if target.field:
            inputs.setdefault(target, []).append(
                {
                    "namespace": source.dataset.namespace,
                    "dataset": source.dataset.name,
                    "field": source.field,
                    "transformationDescription": said[target.dataset].get((target.field, source)),
                    "transformationType": transformation_of(each.kind, each.subtype),
                }
            )
    found: dict[int, list[Shape]] = {}
    for target, shapes in sorted(inputs.items()):
        shape = {"name": target.field, "inputFields": shapes, **_of_the_first(shapes)}
        found.setdefault(keys[target.dataset], []).append(shape)
    return found


def transformation_of(kind: str, subtype: str) -> str | None:
    """Return in one word how a field is made from another."""
    return subtype or kind or None


def _of_the_first(inputs: Sequence[Shape]) -> Shape:
    return {name: inputs[0][name] for name in ("transformationDescription", "transformationType")}


def _facets_at(asking: Asking, row: DatasetRow, moment: Moment) -> Shape:
    """Return what was said of a dataset that no run writes."""
    held = held_facets(asking, [row.id], "dataset", moment=moment).get(row.id, {})
    held.pop(OWN, None)
    return held


def _facets_of_use(use: Use | None) -> Shape:
    if use is None:
        return {}
    held = use.facets.in_force() | use.measures.in_force()
    held.pop(OWN, None)
    return dict(held)


def _checks(facet: Mapping[str, Any], outcomes: Sequence[AssertionRow]) -> Shape:
    """Return the newest outcome of each test as a facet; most tests say it of what they read."""
    said = (
        {
            "assertion": each.assertion,
            "column": each.field,
            "success": each.success,
            "severity": each.severity,
            "name": each.name,
            "expected": each.expected,
            "actual": each.actual,
        }
        for each in reversed(outcomes)
    )
    told = [{name: value for name, value in each.items() if value is not None} for each in said]
    return {**facet, "assertions": told}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
