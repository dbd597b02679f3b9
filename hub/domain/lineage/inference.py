"""Inferred lineage: from the tables that SQL names to datasets as their producers name them.

A run whose SQL is known and whose inputs, outputs or fields are not gets them from its SQL. What
is inferred is only ever as sure as the names are: a table that a run itself has named, one that
its surroundings know, or one that nobody has named yet but whose database is told by the job.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct, msgpack

from hub.domain.identity.addresses import is_database
from hub.domain.names import DatasetName
from hub.domain.openlineage.events import event_digest

# How sure a name is: named by the run, known nearby, in the database that the job is of.
BY_THE_RUN: Final = 0.95
NEARBY: Final = 0.85
BY_THE_JOB: Final = 0.6


class InferredField(Struct, frozen=True):
    """That a field of an output takes its value from a field of an input."""

    source: DatasetName
    source_field: str
    target: DatasetName
    target_field: str


class Inference(Struct, frozen=True, kw_only=True):
    """What a job's SQL says that it reads and writes, where its producer does not say so.

    It holds from ``event_time`` on, until the job's next one. ``reader`` names who read the SQL,
    ``confidence`` (0 to 1) is that of the least sure of the names.
    """

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


class SqlOutcome(StrEnum):
    """What became of a text of SQL: the surest word on why there is lineage from it, or none."""

    READ = "READ"
    NOT_READ = "NOT_READ"
    NAMES_NOTHING = "NAMES_NOTHING"
    NAMES_UNKNOWN = "NAMES_UNKNOWN"
    NOT_KEPT = "NOT_KEPT"


class SqlReading(NamedTuple):
    """What became of the SQL of a job that lacks lineage, and where it was in vain, why."""

    outcome: SqlOutcome
    dialect: str | None = None
    reader: str | None = None
    message: str | None = None
    line: int | None = None
    column: int | None = None

    @property
    def note(self) -> str | None:
        """What to say of it beside the job; nothing where it was read."""
        if self.outcome is SqlOutcome.NOT_READ:
            where = f" (line {self.line}, column {self.column})" if self.line else ""
            return f"not read as {self.dialect or 'standard SQL'}: {self.message}{where}"
        return self.message or _NOTES.get(self.outcome)


_NOTES: Final = {
    SqlOutcome.NAMES_NOTHING: "names no table",
    SqlOutcome.NOT_KEPT: "is too large to be kept",
}


class Text(NamedTuple):
    """One content of a job's ``sql``, when it was first and last said, and with which rank at last.

    ``query`` is None where it was taken back or is too large to be kept.
    """

    digest: bytes
    first_seen: int
    last_seen: int
    rank: int
    query: str | None
    dialect: str | None

    @property
    def order(self) -> tuple[int, int, bytes]:
        """What it competes by with the job's others: the greatest is in force."""
        return self.last_seen, self.rank, self.digest


def in_turn(texts: Collection[Text], since: int) -> list[tuple[int, Text]]:
    """Return from when on each text holds, in the order of time; the one in force is the last.

    A text holds from when it was first said, and again from when those that were last said before
    it are said no more. What was said ``since``, before the earliest of ``texts``, is not known
    any more, and is taken to have been like that one.
    """
    found: list[tuple[int, Text]] = []
    over = None
    for each in sorted(texts, key=lambda text: text.order):
        found.append((each.first_seen, each))
        if over is not None and over >= each.first_seen:
            found.append((over + 1, each))
        over = each.last_seen
    found.sort(key=lambda held: (held[0], held[1].order))
    if found:
        found[0] = (min(since, found[0][0]), found[0][1])
    return found


class Known(NamedTuple):
    """A dataset that a table's name may mean, and how sure that would be.

    ``called`` is what else it is called, where it is by that name that it may be meant.
    """

    name: DatasetName
    confidence: float
    called: DatasetName | None = None

    @property
    def known_as(self) -> DatasetName:
        """The name by which SQL may mean it."""
        return self.called or self.name


def database_of(*near: Collection[str]) -> str | None:
    """Return the database that a job works in: the only one among the nearest namespaces.

    ``near`` are namespaces, the nearest first. None where there is none, or more than one.
    """
    for namespaces in near:
        databases = {each for each in namespaces if is_database(each)}
        if databases:
            return databases.pop() if len(databases) == 1 else None
    return None


def dialect_of(facet: str | None, *near: Collection[str]) -> str | None:
    """Return the database's name: what the facet says, else the scheme of the nearest namespaces.

    ``near`` is as in :func:`database_of`; None where their schemes differ.
    """
    if facet:
        return facet.strip().lower()
    for namespaces in near:
        schemes = {each.partition("://")[0].lower() for each in namespaces if is_database(each)}
        if schemes:
            return schemes.pop() if len(schemes) == 1 else None
    return None


def as_told(name: DatasetName) -> DatasetName:
    """Return a name as it is, where no rules write it otherwise."""
    return name


def resolve(
    tables: Collection[str],
    known: Iterable[Known],
    database: str | None,
    written: Callable[[DatasetName], DatasetName] = as_told,
) -> dict[str, Known] | None:
    """Return the dataset that each table means; None where any of them means none, or several.

    A table means a known dataset whose name ends with the table's, part by part and in whatever
    case; the surer ones come first. Of files the folders are the parts, where there are two of them
    at least: ``curated.parcels`` lies in ``curated/parcels``. One that nobody knows is taken to be
    in ``database``, and in the same catalog or schema there as whatever else is known of it, if
    that is but one. Names that rules write alike (``written``) are one dataset, the least of them.
    """
    known = [*known]
    by_last: dict[str, list[Known]] = {}
    for each in known:
        by_last.setdefault(_parts_of(each.known_as)[-1], []).append(each)
    inside: list[str] | None = None
    found: dict[str, Known] = {}
    for table in tables:
        parts = _parts(table)
        meant = [
            each
            for each in by_last.get(parts[-1], ())
            if _parts_of(each.known_as)[-len(parts) :] == parts
            and (len(parts) > 1 or is_database(each.known_as.namespace))
        ]
        surest = max((each.confidence for each in meant), default=0.0)
        meant = [each for each in meant if each.confidence == surest]
        names = _one_each((each.name for each in meant), written)
        if len(names) > 1:
            # Quoted names may differ in case alone.
            exact = (each.name for each in meant if _ends_with(each.known_as.name, table))
            names = _one_each(exact, written) or names
        if len(names) > 1 or (not names and database is None):
            return None
        if names:
            found[table] = Known(names.pop(), surest)
        else:
            if inside is None:
                inside = _names_in(database or "", known, written)
            found[table] = Known(_in_database(database or "", parts, table, inside), BY_THE_JOB)
    return found


def _one_each(
    names: Iterable[DatasetName], written: Callable[[DatasetName], DatasetName]
) -> set[DatasetName]:
    """Return the least name of each dataset."""
    return {*{written(name): name for name in sorted(names, reverse=True)}.values()}


def _names_in(
    database: str, known: Iterable[Known], written: Callable[[DatasetName], DatasetName]
) -> list[str]:
    return [each.known_as.name for each in known if written(each.known_as).namespace == database]


def _in_database(
    database: str, parts: list[str], table: str, names: Collection[str]
) -> DatasetName:
    """Return the name of a table, as complete as those that are known in the database."""
    before = {".".join(name.split(".")[: -len(parts)]) for name in names}
    only = before.pop() if len(before) == 1 else ""
    return DatasetName(database, f"{only}.{table}" if only else table)


def confidence_of(meant: Mapping[str, Known]) -> float:
    """Return the confidence of the least sure name."""
    return min((each.confidence for each in meant.values()), default=0.0)


def _ends_with(name: str, table: str) -> bool:
    return f".{name}".endswith(f".{table}")


def _parts_of(name: DatasetName) -> list[str]:
    if is_database(name.namespace):
        return _parts(name.name)
    return name.name.strip("/").lower().split("/")


def _parts(name: str) -> list[str]:
    return name.lower().split(".")


def _key(each: InferredField) -> tuple[object, ...]:
    return each.source, each.source_field, each.target, each.target_field
