"""How producers describe, in columnLineage facets, what fields are made by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from hub.domain.names import DatasetName, FieldName
from hub.domain.openlineage.lenient import text_of

COLUMN_LINEAGE: Final = "columnLineage"
# By the name of the field that is made, and the field that it is made from.
Descriptions: TypeAlias = dict[tuple[str, FieldName], str]


def descriptions_in(facets: Mapping[str, Any]) -> Descriptions:
    """Return what a dataset's facet in force says of each of its fields' inputs."""
    fields = _members(_members(facets.get(COLUMN_LINEAGE)).get("fields"))
    return {
        (name, source): said
        for name, field in fields.items()
        for source, said in _of_field(_members(field))
    }


def _of_field(field: Mapping[str, Any]) -> Iterator[tuple[FieldName, str]]:
    of_all = text_of(field.get("transformationDescription"))
    for each in map(_members, _items(field.get("inputFields"))):
        names = [text_of(each.get(name)) or "" for name in ("namespace", "name", "field")]
        ways = map(_members, _items(each.get("transformations")))
        said = next(filter(None, (text_of(way.get("description")) for way in ways)), of_all)
        if said:
            yield FieldName(DatasetName(names[0], names[1]), names[2]), said


def _members(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
