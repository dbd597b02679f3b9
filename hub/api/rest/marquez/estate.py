"""Namespaces, sources and tags, and the search for names."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from hub.api.rest.marquez.asking import MAX_LIMIT, Asking
from hub.api.rest.marquez.problems import bad_parameter, not_found
from hub.api.rest.marquez.times import written
from hub.queries.marquez.curated import (
    NotedNamespace,
    NotedSource,
    slice_namespaces,
    slice_sources,
    slice_tags,
)
from hub.queries.marquez.lists import Found, Slice, Sought, search_names

Shape = dict[str, Any]

# Marquez's word for nobody in particular.
_NOBODY: Final = "anonymous"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SOURCE_TYPES: Final = {"postgres": "POSTGRESQL"}
_SORTS: Final = {"NAME": False, "UPDATE_AT": True, "UPDATED_AT": True}
_FILTERS: Final = {"DATASET": (False,), "JOB": (True,)}
_DEFAULT_FOUND: Final = 10


def get_namespace(asking: Asking) -> Shape:
    """Answer ``GET /namespaces/{}``."""
    return namespace_shape(asking.namespace())


def list_namespaces(asking: Asking) -> Shape:
    """Answer ``GET /namespaces``."""
    found = slice_namespaces(asking.connection, asking.slice(), moment=asking.moment)
    return {"namespaces": [namespace_shape(each) for each in found]}


def get_source(asking: Asking) -> Shape:
    """Answer ``GET /sources/{}``."""
    return source_shape(find_source(asking, asking.names[0]))


def list_sources(asking: Asking) -> Shape:
    """Answer ``GET /sources``."""
    found = slice_sources(asking.connection, asking.slice())
    return {"sources": [source_shape(each) for each in found]}


def list_tags(asking: Asking) -> Shape:
    """Answer ``GET /tags``."""
    found = slice_tags(asking.connection, asking.slice(MAX_LIMIT))
    return {"tags": [each._asdict() for each in found]}


def search(asking: Asking) -> Shape:
    """Answer ``GET /search``."""
    text = asking.text("q")
    if text is None or not text.strip():
        raise bad_parameter("q", "must not be blank")
    sought = Sought(
        text.strip(),
        in_namespace=asking.text("namespace"),
        before=_day(asking, "before"),
        after=_day(asking, "after"),
        kinds=asking.choice("filter", _FILTERS) or (False, True),
        moment=asking.moment,
    )
    newest_first = asking.choice("sort", _SORTS) or False
    wanted = asking.slice(_DEFAULT_FOUND)
    found = search_names(asking.connection, sought, wanted, newest_first=newest_first)
    return {"results": [_found_shape(each) for each in found.rows], "totalCount": found.total}


def find_source(asking: Asking, name: str) -> NotedSource:
    """Return a source by its name."""
    if "\0" not in name:
        for found in slice_sources(asking.connection, Slice(1), named=name):
            return found
    raise not_found("Source", name)


def namespace_shape(row: NotedNamespace) -> Shape:
    """Return a namespace."""
    return {
        "name": row.name,
        "createdAt": written(row.first_seen),
        "updatedAt": written(row.last_seen),
        "ownerName": row.owner or _NOBODY,
        "description": row.description,
        "isHidden": row.is_hidden,
    }


def source_shape(row: NotedSource) -> Shape:
    """Return a source."""
    return {
        "type": row.type or _source_type(row.uri),
        "name": row.name,
        "createdAt": written(row.first_seen),
        "updatedAt": written(row.last_seen),
        "connectionUrl": row.uri or "",
        "description": row.description,
    }


def _source_type(uri: str | None) -> str:
    """Return what sort of source an address leads to."""
    try:
        scheme = urlsplit((uri or "").removeprefix("jdbc:")).scheme
    except ValueError:
        scheme = ""
    return _SOURCE_TYPES.get(scheme, scheme.upper()) or "UNKNOWN"


def _found_shape(row: Found) -> Shape:
    kind = "JOB" if row.is_job else "DATASET"
    return {
        "type": kind,
        "name": row.name,
        "updatedAt": written(row.updated_at),
        "namespace": row.namespace,
        "nodeId": f"{kind.lower()}:{row.namespace}:{row.name}",
    }


def _day(asking: Asking, name: str) -> int | None:
    text = asking.text(name)
    if text is not None and not _DAY.fullmatch(text):
        raise bad_parameter(name, 'must match "^\\d{4}-\\d{2}-\\d{2}$"')
    return asking.instant(name)
