"""Facet containers, parsed once for each distinct content.

Producers repeat a dataset's facets in every event, byte for byte. So a container is hashed first,
and parsed only when its bytes have not been seen lately.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, NamedTuple

from msgspec import Raw, Struct, json

from hub.domain.events import DIGEST_BYTES, MAX_FACET_BYTES, facets_of
from hub.domain.facets import (
    Assertion,
    ColumnDependency,
    Measures,
    SchemaField,
    is_deleted,
    read_assertions,
    read_column_lineage,
    read_quality_metrics,
    read_schema,
    read_statistics,
    read_version,
)
from hub.domain.names import DatasetName

SCHEMA: Final = "schema"
VERSION: Final = "version"
COLUMN_LINEAGE: Final = "columnLineage"
ASSERTIONS: Final = "dataQualityAssertions"
QUALITY: Final = "dataQualityMetrics"
STATISTICS: Final = ("outputStatistics", "inputStatistics")

_MAX_REMEMBERED_BYTES: Final = 16 << 20
_EMPTY: Final = Raw(b"{}")


class FacetValue(NamedTuple):
    """One facet of a container; ``body`` is its JSON as received.

    Where that is too large, or takes back what was said, nothing is read from it: then it is None.
    """

    digest: bytes
    size: int
    is_deleted: bool
    body: bytes | None


class Schema(NamedTuple):
    """A dataset's fields; ``digest`` is of the fields alone, whatever else the facet says."""

    digest: bytes
    fields: tuple[SchemaField, ...]
    body: bytes


class Container(Struct, frozen=True, eq=False):
    """The facets of one container, with those that the hub interprets read already.

    Compared by identity, so that it can be counted without hashing it again.
    """

    facets: dict[str, FacetValue]
    schema: Schema | None = None
    version: str | None = None
    columns: tuple[ColumnDependency, ...] = ()
    sources: frozenset[DatasetName] = frozenset()
    assertions: tuple[Assertion, ...] = ()
    quality: Measures | None = None
    statistics: Measures | None = None
    statistics_name: str = ""


class Containers:
    """Parses containers, and remembers those seen lately. Not safe to share between threads."""

    def __init__(self) -> None:
        self._parsed: dict[bytes, Container] = {}
        self._remembered_bytes = 0
        self._empty = Container({})

    def get(self, raw: Raw) -> Container:
        """Return a container's content; one that is absent or no object has no facets."""
        if len(raw) <= len(_EMPTY):
            return self._empty
        digest = _digest(raw)
        found = self._parsed.get(digest)
        if found is None:
            self._remembered_bytes += len(raw)
            if self._remembered_bytes > _MAX_REMEMBERED_BYTES:
                self._parsed.clear()
                self._remembered_bytes = len(raw)
            found = self._parsed[digest] = parse_container(raw)
        return found

    def get_once(self, raw: Raw) -> Container:
        """Return the content of a container that is unlike any other, as measures are."""
        return self._empty if len(raw) <= len(_EMPTY) else parse_container(raw)


def parse_container(raw: Raw) -> Container:
    """Read what a container holds."""
    raws = facets_of(raw)
    facets = {name: _value(each) for name, each in raws.items()}
    held = {name: each for name, each in raws.items() if facets[name].body is not None}
    columns = read_column_lineage(held[COLUMN_LINEAGE]) if COLUMN_LINEAGE in held else ()
    statistics_name = next((name for name in STATISTICS if name in held), "")
    return Container(
        facets,
        _schema(held[SCHEMA]) if SCHEMA in held else None,
        read_version(held[VERSION]) if VERSION in held else None,
        columns,
        frozenset(each.source.dataset for each in columns),
        read_assertions(held[ASSERTIONS]) if ASSERTIONS in held else (),
        read_quality_metrics(held[QUALITY]) if QUALITY in held else None,
        read_statistics(held[statistics_name]) if statistics_name else None,
        statistics_name,
    )


def _value(raw: Raw) -> FacetValue:
    body = bytes(raw)
    if len(body) > MAX_FACET_BYTES:
        return FacetValue(_digest(body), len(body), is_deleted=False, body=None)
    gone = is_deleted(raw)
    return FacetValue(_digest(body), len(body), gone, None if gone else body)


def _schema(raw: Raw) -> Schema | None:
    fields = read_schema(raw)
    if not fields:
        return None
    body = json.encode([field._asdict() for field in fields])
    return Schema(_digest(body), fields, body)


def _digest(raw: Raw | bytes) -> bytes:
    return blake2b(raw, digest_size=DIGEST_BYTES).digest()
