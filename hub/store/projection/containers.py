"""Facets, parsed once for each distinct content.

Producers repeat a dataset's facets in every event, byte for byte, and so they do with whole lists
of datasets. So each is looked up by its bytes first, and parsed only when they have not been seen
lately.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any, Final, Generic, NamedTuple, TypeVar

from msgspec import DecodeError, Raw, Struct, field, json

from hub.domain.names import DatasetName, JobName, RunName
from hub.domain.openlineage.changes import change_in
from hub.domain.openlineage.conformance import (
    GOT_LARGE_FACET,
    SAID_BACKFILL,
    SAID_COLUMN_LINEAGE,
    SAID_JOB_TYPE,
    SAID_OUTPUT_SCHEMA,
    SAID_OUTPUT_SIZE,
    SAID_STREAM,
)
from hub.domain.openlineage.dependencies import Dependency, read_dependencies
from hub.domain.openlineage.descriptions import read_lifecycle, read_sql
from hub.domain.openlineage.events import (
    ABSENT,
    MAX_FACET_BYTES,
    DatasetUse,
    content_digest,
    event_digest,
    facets_of,
)
from hub.domain.openlineage.facets import (
    ASSERTIONS,
    DECLARATION,
    ERRORS,
    PARENTS,
    TO_AND_FRO,
    Assertion,
    ErrorMessage,
    Measures,
    NominalTime,
    ParentRun,
    SchemaField,
    first_of,
    is_backfill,
    is_deleted,
    read_assertions,
    read_error_message,
    read_forwarded,
    read_is_whole,
    read_job_type,
    read_nominal_time,
    read_parent,
    read_quality_metrics,
    read_schema,
    read_statistics,
    read_tests,
    read_version,
)
from hub.domain.openlineage.flows import (
    LINEAGE,
    ColumnDependency,
    JobLineage,
    Origins,
    read_column_lineage,
    read_dataset_lineage,
    read_job_lineage,
)

SCHEMA: Final = "schema"
VERSION: Final = "version"
LIFECYCLE: Final = "lifecycleStateChange"
SQL: Final = "sql"
COLUMN_LINEAGE: Final = "columnLineage"
JOB_TYPE: Final = "jobType"
_MEASURES: Final = (
    *ASSERTIONS,
    "dataQualityMetrics",
    "outputStatistics",
    "inputStatistics",
)

# Keys of facets that tell of a run itself.
NOMINAL_TIME: Final = "nominalTime"
TEST: Final = "test"
JOB_DEPENDENCIES: Final = "jobDependencies"
_RUN_FACETS: Final = frozenset({*PARENTS, NOMINAL_TIME, *ERRORS, TEST, JOB_DEPENDENCIES})

_MAX_REMEMBERED_BYTES: Final = 16 << 20
# By themselves, for what runs say does not come again after they have ended.
_MAX_RUN_BYTES: Final = 8 << 20
# Of a list of datasets, beside what they say; and of each in it.
_LIST_BYTES: Final = 400
_NAMED_BYTES: Final = 16
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


class Measured(Struct, frozen=True, eq=False, gc=False):
    """What a container says of the data that one run read or wrote."""

    assertions: tuple[Assertion, ...]
    quality: Measures | None
    statistics: Measures | None


class Columns(Struct, frozen=True, eq=False):
    """What the fields of a dataset are made of; ``digest`` is of that alone."""

    digest: bytes
    dependencies: tuple[ColumnDependency, ...]


class Container(Struct, frozen=True, eq=False):
    """The facets of one container, with those that the hub interprets read already.

    Compared by identity, so that it can be counted without hashing it again. ``sources`` are
    datasets that it names; ``origins`` and ``lineage`` are what ``lineage`` says of a dataset and
    of a job; ``change_by_sql`` is what a job's text does to its outputs. ``said`` is what it has
    for the conformance of its producer.
    """

    facets: dict[str, FacetValue]
    schema: Schema | None = None
    version: str | None = None
    change: str | None = None
    change_by_sql: str | None = None
    columns: Columns | None = None
    sources: frozenset[DatasetName] = frozenset()
    origins: Origins | None = None
    lineage: JobLineage | None = None
    is_of_test: bool = False
    # A job's: what is declared beside it is all that it reads and writes.
    is_whole: bool = False
    is_dated: bool = False
    # None where it does not say.
    is_stream: bool | None = None
    # None where it says nothing of the kind, as is usual: a run's measures come beside it.
    measured: Measured | None = None
    said: int = 0

    @property
    def to_and_fro(self) -> Iterator[str]:
        """The facets that it has of those that people change to and fro."""
        return (name for name in TO_AND_FRO if name in self.facets)


_K = TypeVar("_K")
_V = TypeVar("_V")
_Said = tuple[bytes, _V]


class RunSaid(Struct, frozen=True, eq=False, gc=False):
    """What a run's facets say of it, each with what ties are broken by between those who say so.

    ``forwarded`` are facets of the jobs whose runs are around it. Compared by identity, as
    ``Container`` is.
    """

    parent: _Said[ParentRun] | None = None
    nominal: _Said[NominalTime] | None = None
    error: _Said[ErrorMessage] | None = None
    tests: _Said[tuple[Assertion, ...]] | None = None
    dependencies: _Said[tuple[Dependency, ...]] | None = None
    # A sum of ``SAID_…`` and ``GOT_…``.
    said: int = 0
    forwarded: tuple[tuple[JobName, Container], ...] = ()


class _Measuring(Struct, rename="camel", gc=False):
    """Those facets of a container that measure something. Others are passed over unread."""

    data_quality_assertions: Raw = ABSENT
    expectations: Raw = field(default=ABSENT, name=ASSERTIONS[1])
    data_quality_metrics: Raw = ABSENT
    output_statistics: Raw = ABSENT
    input_statistics: Raw = ABSENT

    def read(
        self, read_outcomes: Callable[[Raw], tuple[Assertion, ...]] = read_assertions
    ) -> Measured | None:
        """Return what is measured, if anything is."""
        told = (
            self.expectations
            if self.data_quality_assertions is ABSENT
            else self.data_quality_assertions
        )
        assertions = _read(read_outcomes, told) or ()
        quality = _read(read_quality_metrics, self.data_quality_metrics)
        statistics = _read(read_statistics, self.output_statistics)
        if statistics is None:
            statistics = _read(read_statistics, self.input_statistics)
        if not assertions and quality is statistics is None:
            return None
        return Measured(assertions, quality, statistics)


_measuring_decoder: Final = json.Decoder(_Measuring)


class Named(Struct, frozen=True, gc=False):
    """A dataset, with the facets that came with its name."""

    dataset: DatasetName
    container: Container


class NamedColumns(NamedTuple):
    """A dataset, and what its fields are made of."""

    dataset: DatasetName
    columns: Columns


class Uses(Struct, frozen=True, eq=False):
    """The datasets that an event names on one side; lists that are equal are the same object.

    ``versioned`` and ``measured`` are those of them with facets of that kind, ``fed`` those whose
    facets say what feeds them. ``said`` is what any of their containers has said.
    """

    named: tuple[Named, ...]
    columns: tuple[NamedColumns, ...]
    versioned: tuple[Named, ...]
    measured: tuple[Named, ...]
    fed: tuple[tuple[DatasetName, Origins], ...]
    said: int
    # Those whose facets have to be told apart by days.
    dated: tuple[Named, ...] = ()

    def joined(self, other: Uses, columns: Iterable[NamedColumns] = ()) -> Uses:
        """Return what both name, with the columns of both and more."""
        return Uses(
            tuple(dict.fromkeys((*self.named, *other.named))),
            (*self.columns, *other.columns, *columns),
            (*self.versioned, *other.versioned),
            (*self.measured, *other.measured),
            (*self.fed, *other.fed),
            self.said | other.said,
            tuple(dict.fromkeys((*self.dated, *other.dated))),
        )


class _ByIdentity(Generic[_K, _V]):
    """Values by the very object that they were made of, which is kept so that none is like it."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[_K, _V]] = {}

    def get(self, key: _K) -> _V | None:
        held = self._held.get(id(key))
        return held[1] if held is not None else None

    def put(self, key: _K, value: _V) -> None:
        self._held[id(key)] = key, value

    def clear(self) -> None:
        self._held.clear()


class Containers:
    """Parses facets, and remembers those seen lately. Not safe to share between threads."""

    def __init__(self) -> None:
        self._parsed: dict[bytes, Container] = {}
        self._facets: dict[tuple[Callable[[Raw], Any], bytes], _Said[Any] | None] = {}
        self._of_runs: dict[RunName, tuple[Raw, RunSaid]] = {}
        self._run_bytes = 0
        self._of_jobs: _ByIdentity[Raw, Container] = _ByIdentity()
        self._of_lists: _ByIdentity[tuple[DatasetUse, ...], Uses] = _ByIdentity()
        self._last: dict[DatasetName, tuple[Raw, Named]] = {}
        self._uses: dict[tuple[Named, ...], Uses] = {}
        self._remembered_bytes = 0
        self._empty = Container({})

    def get(self, raw: Raw) -> Container:
        """Return a container's content; one that is absent or no object has no facets."""
        if len(raw) <= len(_EMPTY):
            return self._empty
        body = bytes(raw)
        found = self._parsed.get(body)
        if found is None:
            self._make_room(len(body))
            found = self._parsed[body] = parse_container(Raw(body))
        return found

    def of_job(self, raw: Raw) -> Container:
        """Return the content of a job's container, which an ``EventParser`` remembers."""
        found = self._of_jobs.get(raw)
        if found is None:
            found = self.get(raw)
            self._make_room(len(raw))
            self._of_jobs.put(raw, found)
        return found

    def of_list(self, uses: tuple[DatasetUse, ...]) -> Uses:
        """Return the datasets of a side, which an ``EventParser`` remembers without measures."""
        found = self._of_lists.get(uses)
        if found is not None:
            return found
        found = self._interned(tuple(map(self._named, uses)))
        size = 0
        for use in uses:
            if use.measures is not ABSENT:
                return found
            size += len(use.facets)
        self._make_room(size)
        self._of_lists.put(uses, found)
        return found

    def _named(self, use: DatasetUse) -> Named:
        """Return a dataset with its facets: to compare them with its last takes no hash of them."""
        held = self._last.get(use.name)
        if held is None or held[0] != use.facets:
            self._make_room(len(use.name.name) + len(use.facets))
            held = use.facets.copy(), Named(use.name, self.get(use.facets))
            self._last[use.name] = held
        return held[1]

    def bare(self, names: Iterable[DatasetName]) -> Uses:
        """Return datasets that are named inside a facet, without facets of their own."""
        return self._interned(tuple(Named(name, self._empty) for name in dict.fromkeys(names)))

    def of_run(self, run: RunName, raw: Raw) -> RunSaid:
        """Return what a run's facets say; its start and its end mostly say the same."""
        held = self._of_runs.get(run)
        if held is None or held[0] != raw:
            self._run_bytes += len(raw)
            if self._run_bytes > _MAX_RUN_BYTES:
                self._of_runs.clear()
                self._run_bytes = len(raw)
            held = self._of_runs[run] = raw.copy(), self._parse_run(raw)
        return held[1]

    def measures(self, raw: Raw) -> Measured | None:
        """Return what a run measured; the outcomes of its tests mostly are those of the last."""
        if len(raw) <= len(_EMPTY):
            return None
        try:
            found = _measuring_decoder.decode(raw)
        except (DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return found.read(self._outcomes)

    def _outcomes(self, raw: Raw) -> tuple[Assertion, ...]:
        said = self._read(raw, read_assertions)
        return said[1] if said else ()

    def _parse_run(self, raw: Raw) -> RunSaid:
        facets = facets_of(raw)
        said = 0
        if len(raw) > MAX_FACET_BYTES and any(
            len(each) > MAX_FACET_BYTES for each in facets.values()
        ):
            said |= GOT_LARGE_FACET
        said |= SAID_BACKFILL if is_backfill(facets) else 0
        if facets.keys().isdisjoint(_RUN_FACETS):
            return RunSaid(said=said)
        parent = first_of(PARENTS, facets)
        return RunSaid(
            self._read(parent, read_parent),
            self._read(facets.get(NOMINAL_TIME), read_nominal_time),
            self._read(first_of(ERRORS, facets), read_error_message),
            self._read(facets.get(TEST), read_tests),
            self._read(facets.get(JOB_DEPENDENCIES), read_dependencies),
            said,
            self._forwarded(parent) if parent is not None else (),
        )

    def _forwarded(self, parent: Raw) -> tuple[tuple[JobName, Container], ...]:
        found = self._read(parent, read_forwarded)
        each = found[1] if found else ()
        contents = ((said.run.job, self.get(said.job_facets)) for said in each)
        return tuple((job, container) for job, container in contents if container.facets)

    def _read(self, raw: Raw | None, reader: Callable[[Raw], _V | None]) -> _Said[_V] | None:
        """Return what ties are broken by, and what ``reader`` makes of a facet, if anything."""
        if raw is None:
            return None
        key = reader, bytes(raw)
        if key not in self._facets:
            self._make_room(len(raw))
            value = reader(raw)
            self._facets[key] = (event_digest(key[1]), value) if value else None
        return self._facets[key]

    def _interned(self, named: tuple[Named, ...]) -> Uses:
        found = self._uses.get(named)
        if found is None:
            self._make_room(_LIST_BYTES + _NAMED_BYTES * len(named))
            found = self._uses[named] = Uses(
                named,
                tuple(
                    NamedColumns(each.dataset, each.container.columns)
                    for each in named
                    if each.container.columns
                ),
                tuple(each for each in named if _is_versioned(each.container)),
                tuple(each for each in named if each.container.measured),
                tuple(
                    (each.dataset, each.container.origins)
                    for each in named
                    if each.container.origins
                ),
                reduce(or_, (each.container.said for each in named), 0),
                tuple(each for each in named if each.container.is_dated),
            )
        return found

    def _make_room(self, size: int) -> None:
        self._remembered_bytes += size
        if self._remembered_bytes > _MAX_REMEMBERED_BYTES:
            for held in (
                *(self._parsed, self._facets, self._of_jobs),
                *(self._of_lists, self._last, self._uses),
            ):
                held.clear()
            self._remembered_bytes = size


def parse_container(raw: Raw) -> Container:
    """Read what a container holds."""
    raws = facets_of(raw)
    facets = {name: _value(each) for name, each in raws.items()}
    held = {name: each for name, each in raws.items() if facets[name].body is not None}
    origins = read_dataset_lineage(held[LINEAGE]) if LINEAGE in held else Origins()
    lineage = read_job_lineage(held[LINEAGE]) if LINEAGE in held else None
    columns = read_column_lineage(held[COLUMN_LINEAGE]) if COLUMN_LINEAGE in held else ()
    columns = tuple(dict.fromkeys(columns + origins.columns))
    kind = read_job_type(held[JOB_TYPE]) if JOB_TYPE in held else None
    schema = _schema(held[SCHEMA]) if SCHEMA in held else None
    if schema is None and SCHEMA in held:
        del facets[SCHEMA]  # One without fields says nothing; it would erase those that are known.
    lifecycle = read_lifecycle(held[LIFECYCLE]) if LIFECYCLE in held else None
    sql = read_sql(held[SQL]) if SQL in held else None
    measured = _Measuring(*(held.get(name, ABSENT) for name in _MEASURES)).read()
    bits = (
        SAID_JOB_TYPE if kind else 0,
        SAID_STREAM if kind and kind.is_stream else 0,
        SAID_OUTPUT_SCHEMA if schema else 0,
        SAID_COLUMN_LINEAGE if columns else 0,
        SAID_OUTPUT_SIZE if measured and measured.statistics else 0,
        GOT_LARGE_FACET if any(each.size > MAX_FACET_BYTES for each in facets.values()) else 0,
    )
    return Container(
        facets,
        schema,
        read_version(held[VERSION]) if VERSION in held else None,
        lifecycle.change if lifecycle else None,
        change_in(sql.query) if sql else None,
        columns_of(columns),
        frozenset((*(each.source.dataset for each in columns), *origins.datasets)),
        origins if any(origins) else None,
        lineage if lineage and any(lineage) else None,
        is_of_test=kind is not None and kind.is_test,
        is_whole=DECLARATION in held and read_is_whole(held[DECLARATION]),
        is_dated=not facets.keys().isdisjoint(TO_AND_FRO),
        is_stream=kind.is_stream if kind and kind.processing_type else None,
        measured=measured,
        said=sum(bits),
    )


def columns_of(dependencies: tuple[ColumnDependency, ...]) -> Columns | None:
    """Return what fields are made of, if that is said."""
    if not dependencies:
        return None
    return Columns(content_digest(json.encode(dependencies)), dependencies)


def _read(reader: Callable[[Raw], _V], raw: Raw) -> _V | None:
    return None if raw is ABSENT or len(raw) > MAX_FACET_BYTES else reader(raw)


def _value(raw: Raw) -> FacetValue:
    body = bytes(raw)
    digest = content_digest(body)
    if not _is_readable(raw):
        is_too_large = len(body) > MAX_FACET_BYTES
        return FacetValue(digest, len(body), is_deleted=not is_too_large, body=None)
    return FacetValue(digest, len(body), is_deleted=False, body=body)


def _is_readable(raw: Raw) -> bool:
    return len(raw) <= MAX_FACET_BYTES and not is_deleted(raw)


def _is_versioned(container: Container) -> bool:
    return any((container.schema, container.version, container.change))


def _schema(raw: Raw) -> Schema | None:
    fields = read_schema(raw)
    if not fields:
        return None
    body = json.encode([field._asdict() for field in fields])
    return Schema(content_digest(body), fields, body)
