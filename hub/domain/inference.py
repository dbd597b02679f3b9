"""Inferred lineage: from the tables that SQL names to datasets as their producers name them.

A run whose SQL is known and whose inputs, outputs or fields are not gets them from its SQL. What
is inferred is only ever as sure as the names are: a table that a run itself has named, one that
its surroundings know, or one that nobody has named yet but whose database is told by the job.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from msgspec import Struct, msgpack

from hub.domain.events import event_digest
from hub.domain.names import DatasetName, JobName

# How sure a name is: named by the run, known nearby, in the database that the job is of.
BY_THE_RUN: Final = 0.95
NEARBY: Final = 0.85
BY_THE_JOB: Final = 0.6

# Namespaces of databases that have no address (OpenLineage, naming).
_BARE: Final = frozenset({"bigquery", "athena", "awsathena"})


class InferredField(Struct, frozen=True):
    """That a field of an output takes its value from a field of an input."""

    source: DatasetName
    source_field: str
    target: DatasetName
    target_field: str


class Inference(Struct, frozen=True, kw_only=True):
    """What SQL says that a job reads and writes, where its producer did not say so.

    ``event_time`` is when the run ended whose SQL it is. ``reader`` names who read the SQL,
    ``confidence`` (0 to 1) is that of the least sure of the names.
    """

    job: JobName
    event_time: int
    inputs: tuple[DatasetName, ...]
    outputs: tuple[DatasetName, ...]
    fields: tuple[InferredField, ...]
    reader: str
    confidence: float

    @property
    def digest(self) -> bytes:
        """What it says, whenever it was read, in a few bytes."""
        content = (sorted(self.inputs), sorted(self.outputs), sorted(map(_key, self.fields)))
        return event_digest(msgpack.encode(content))


class Known(NamedTuple):
    """A dataset that a table's name may mean, and how sure that would be."""

    name: DatasetName
    confidence: float


def dialect_of(facet: str | None, namespaces: Iterable[str]) -> str | None:
    """Return the database's name: what the facet says, else the scheme of a namespace."""
    if facet:
        return facet.strip().lower()
    for namespace in namespaces:
        scheme, separator, _ = namespace.partition("://")
        if separator or namespace in _BARE:
            return scheme.lower()
    return None


def is_database(namespace: str) -> bool:
    """Whether a namespace is the address of a database, so that tables may be in it."""
    scheme, separator, _ = namespace.partition("://")
    return namespace in _BARE or (bool(separator) and scheme not in ("http", "https", "file"))


def resolve(
    tables: Collection[str], known: Iterable[Known], database: str | None
) -> dict[str, Known] | None:
    """Return the dataset that each table means; None where any of them means none, or several.

    A table means a known dataset whose name ends with the table's, part by part and in whatever
    case; the surer ones come first. One that nobody knows is taken to be in ``database``.
    """
    by_last: dict[str, list[Known]] = {}
    for each in known:
        by_last.setdefault(_parts(each.name.name)[-1], []).append(each)
    found: dict[str, Known] = {}
    for table in tables:
        parts = _parts(table)
        meant = [
            each
            for each in by_last.get(parts[-1], ())
            if _parts(each.name.name)[-len(parts) :] == parts
        ]
        surest = max((each.confidence for each in meant), default=0.0)
        names = {each.name for each in meant if each.confidence == surest}
        if len(names) > 1 or (not names and database is None):
            return None
        if names:
            found[table] = Known(names.pop(), surest)
        else:
            found[table] = Known(DatasetName(database or "", table), BY_THE_JOB)
    return found


def confidence_of(meant: Mapping[str, Known]) -> float:
    """Return the confidence of the least sure name."""
    return min((each.confidence for each in meant.values()), default=0.0)


def _parts(name: str) -> list[str]:
    return name.lower().split(".")


def _key(each: InferredField) -> tuple[object, ...]:
    return each.source, each.source_field, each.target, each.target_field
