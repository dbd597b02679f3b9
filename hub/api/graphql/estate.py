"""Datasets, jobs and runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar, cast

import strawberry
from sqlalchemy import Connection as SqlConnection

from hub.api.graphql import estate_context as context
from hub.api.graphql import estate_parts as parts
from hub.api.graphql.batches import Batch, ThingBatch, ValueT
from hub.api.graphql.connections import DEFAULT_FIRST, After, Connection, First, connect
from hub.api.graphql.described import field
from hub.api.graphql.enums import SeenState
from hub.api.graphql.flows import DatasetFlows, JobFlows
from hub.api.graphql.incidents import Incident
from hub.api.graphql.products import DataProduct, Slo
from hub.api.graphql.reads import Reads
from hub.api.graphql.run_facets import RunFacets, load_reports
from hub.api.graphql.scalars import Instant, maybe_instant
from hub.api.graphql.use_facets import UseFacets
from hub.domain.catalog import Product
from hub.domain.names import (
    dataset_id,
    job_id,
    run_id,
)
from hub.queries import dataset_details as details
from hub.queries import datasets as dataset_rows
from hub.queries import jobs as job_rows
from hub.queries import runs as run_rows
from hub.queries.datasets import DatasetRow
from hub.queries.jobs import JobRow
from hub.queries.moments import NOW, Moment
from hub.queries.pages import Page, PageRequest, page_request
from hub.queries.run_families import failed_descendants_of
from hub.queries.run_reports import INPUT, OUTPUT, measures_said, runs_at, runs_named
from hub.queries.runs import RunOfJob, RunRow
from hub.queries.things import (
    datasets_of,
    distinct,
    runs_of,
    together,
    unite_datasets,
    unite_jobs,
    versions_of,
)

_OUTCOMES = {
    SeenState.NEW: "not started",
    SeenState.RUNNING: "running",
    SeenState.COMPLETE: "completed",
    SeenState.ABORT: "aborted",
    SeenState.FAIL: "failed",
    SeenState.LOST: "lost",
}


Join: TypeAlias = Callable[[Sequence[Any]], Any]


@strawberry.type(description="What one completed run wrote.")
class DatasetVersion:
    row: strawberry.Private[details.VersionRow]
    batch: strawberry.Private[Batch[details.VersionRow]]
    version: str | None
    written_at: Instant
    size: parts.Size

    @field
    def run(self) -> Run:
        """The run that wrote it."""
        return self.batch.once(_runs_of_versions, self.batch.moment)[self.row.run_id]


@strawberry.type(description="A dataset, as its producers name it.")
class Dataset(DatasetFlows):
    namespace: str
    name: str
    first_seen: Instant | None = strawberry.field(
        description="Null while it is known by inference alone."
    )
    last_seen: Instant | None

    @field
    def owners(self) -> list[str]:
        """Who owns it: as its producers say, and as its data product declares."""
        return context.owner_names(self.said_owners(), self.batch.reads, self._product())

    @field
    def schema_versions(self) -> list[parts.SchemaVersion]:
        """The schemas that it has had, newest first; where none is known, what is read of it."""
        found = self._at(details.schema_versions_of).get(self.row.id, [])
        return [parts.make_schema_version(row) for row in details.whole_if_any(found)]

    @field
    def versions(self, first: First = DEFAULT_FIRST) -> list[DatasetVersion]:
        """What runs wrote to it, newest first."""
        at_most = page_request(first, None).first
        return self.batch.once(_versions_of_datasets, at_most, self.batch.moment).get(
            self.row.id, []
        )

    @field
    def last_written_at(self) -> Instant | None:
        """When a run last completed that writes it (event time)."""
        return maybe_instant(self._at(details.last_written_at, max).get(self.row.id))

    @field
    def quality_assertions(self) -> list[parts.QualityAssertion]:
        """The newest outcome of each of its data-quality tests."""
        found = self._at(details.assertions_of).get(self.row.id, [])
        return [parts.make_assertion(row) for row in found]

    @field
    def product(self) -> DataProduct | None:
        """The data product that it belongs to, if one is declared."""
        found = self._product()
        return self.batch.once(context.products_by_name).get(found.name) if found else None

    @field
    def slos(self) -> list[Slo]:
        """What is promised of it."""
        return self.batch.once(context.slos_by_dataset).get(self.row.key, [])

    @field
    def open_incidents(self) -> list[Incident]:
        """The incidents that touch it and are not resolved."""
        return self.batch.once(context.incidents_by_node).get(str(self.id), [])

    def _at(
        self, load: Callable[..., Mapping[int, ValueT]], join: Join = distinct
    ) -> Mapping[int, ValueT]:
        """Load what there was at the moment that is asked about."""
        return self.batch.of_all_names(load, join=join, moment=self.batch.moment)

    def _product(self) -> Product | None:
        return self.batch.once(context.declared_products).get(self.row.key)


@strawberry.type(description="A job, as its producer names it.")
class Job(JobFlows):
    namespace: str
    name: str
    processing_type: str | None
    integration: str | None
    job_type: str | None
    first_seen: Instant | None
    last_seen: Instant | None

    @field
    def inputs(self) -> list[Dataset]:
        """What it reads now."""
        return self.batch.once(_datasets_of_jobs, "in", self.batch.moment).get(self.row.id, [])

    @field
    def outputs(self) -> list[Dataset]:
        """What it writes now."""
        return self.batch.once(_datasets_of_jobs, "out", self.batch.moment).get(self.row.id, [])

    @field
    def statement_of(self) -> list[Job]:
        """The applications that it is a statement of; then lists of jobs leave it out."""
        return self.batch.once(_family_of_jobs, job_rows.applications_of, self.batch.moment).get(
            self.row.id, []
        )

    @field
    def parents(self) -> list[Job]:
        """The jobs whose runs start its runs."""
        return self.batch.once(_family_of_jobs, job_rows.parents_of, self.batch.moment).get(
            self.row.id, []
        )

    @field
    def children(self) -> list[Job]:
        """The jobs whose runs its runs start."""
        return self.batch.once(_family_of_jobs, job_rows.children_of, self.batch.moment).get(
            self.row.id, []
        )

    @field
    def runs(self, first: First = DEFAULT_FIRST, after: After = None) -> Connection[Run]:
        """Its runs, newest first."""
        return self._runs(page_request(first, after))

    @field
    def latest_run(self) -> Run | None:
        """Its newest run."""
        runs = self._runs(PageRequest(1)).nodes
        return runs[0] if runs else None

    @field
    def open_incidents(self) -> list[Incident]:
        """The incidents that began in it and are not resolved."""
        return self.batch.once(context.incidents_by_node).get(str(self.id), [])

    def _runs(self, request: PageRequest) -> Connection[Run]:
        none: Connection[Run] = connect(Page([]), lambda _rows: [], request, lambda: 0)
        return self.batch.once(_runs_of_jobs, request, self.batch.moment).get(self.row.id, none)


@strawberry.type(description="How much of a dataset a run read, wrote or examined.")
class Measure:
    dataset: Dataset
    side: str = strawberry.field(description="in, out or quality.")
    size: parts.Size


@strawberry.type(description="How one run used a dataset.")
class DatasetUse(UseFacets):
    dataset: Dataset
    side: str = strawberry.field(description="in or out.")


@strawberry.type(description="One run of a job. Instants are event time.")
class Run(RunFacets):
    run_id: str
    state: SeenState
    reason: str | None = strawberry.field(description="Why it is LOST, where it is.")
    attempt: int
    started_at: Instant | None
    ended_at: Instant | None
    nominal_start_at: Instant | None
    nominal_end_at: Instant | None
    producer: str | None
    error_message: str | None = strawberry.field(
        description="Why its last attempt failed, in its producer's words, without row values."
    )

    @field
    def job(self) -> Job:
        """The job that ran."""
        return self.batch.once(_jobs_of_runs, self.batch.moment)[self.row.job_id]

    @field
    def parent(self) -> Run | None:
        """The run that started it."""
        return self._ancestor(self.row.parent_id)

    @field
    def root(self) -> Run | None:
        """The outermost run around it."""
        return self._ancestor(self.row.root_id)

    def _ancestor(self, key: int | None) -> Run | None:
        moment = self.batch.moment
        # Only what was said at last is kept; that any had been named by then, its events say.
        if moment.is_now or self.has_named_parent():
            return self.batch.once(_ancestors_of_runs, moment).get(key or 0)
        return None

    @field
    def failed_children(self) -> list[Run]:
        """The runs under it that failed and whose jobs have not passed under it since."""
        return self._failed_children()

    @field
    def outcome(self) -> str:
        """Its state in words; it may complete although runs under it failed, or with an error."""
        words = _OUTCOMES[self.state]
        if self._failed_children():
            return f"{words} with failed children"
        has_error = self.state is SeenState.COMPLETE and self.error_message
        return f"{words} with an error" if has_error else words

    @field
    def inputs(self) -> list[Dataset]:
        """What it read."""
        return self._named(INPUT, self.row.input_set_id)

    @field
    def outputs(self) -> list[Dataset]:
        """What it wrote, or was to write."""
        return self._named(OUTPUT, self.row.output_set_id)

    def _named(self, side: str, members: int | None) -> list[Dataset]:
        moment = self.batch.moment
        found = self.batch.once(_datasets_of_runs, moment).get(members or 0, [])
        if moment.is_now:
            return found
        # Only all that a run has ever named is kept; what it had named by then, its events say.
        uses = self.batch.once(_uses_of_runs, self.batch).get(self.row.id, [])
        then = {each.dataset.row.id for each in uses if each.side == side}
        return [each for each in found if each.row.id in then]

    @field
    def uses(self) -> list[DatasetUse]:
        """How it used each dataset that its events name."""
        return self.batch.once(_uses_of_runs, self.batch).get(self.row.id, [])

    @field
    def measures(self) -> list[Measure]:
        """How much it read and wrote."""
        return self.batch.once(_measures_of_runs, self.batch).get(self.row.id, [])

    def _failed_children(self) -> list[Run]:
        return self.batch.once(_failed_children, self.batch.moment).get(self.row.id, [])


ThingT = TypeVar("ThingT", Dataset, Job)
# As ``strawberry.ID`` makes them, without a call for each of a long list.
_dataset_id: Final = cast("Callable[[tuple[str, str]], strawberry.ID]", dataset_id)
_job_id: Final = cast("Callable[[tuple[str, str]], strawberry.ID]", job_id)


def make_datasets(reads: Reads, found: Iterable[DatasetRow], moment: Moment = NOW) -> list[Dataset]:
    """Return datasets that load in company, each thing once."""
    return _each_once(datasets_by_row(reads, found, moment).values())


def datasets_by_row(
    reads: Reads, found: Iterable[DatasetRow], moment: Moment = NOW
) -> dict[int, Dataset]:
    """Return, by the ids of rows, the datasets that they are names of; those load in company."""
    things = reads.identities.datasets
    united = unite_datasets(reads.connection, things, found)
    each = {row.id: row for row in united.values()}
    batch = ThingBatch(reads, each.values(), moment, things)
    made = {
        row.id: Dataset(
            id=_dataset_id(row[1:3]),
            row=row,
            batch=batch,
            namespace=row.namespace,
            name=row.name,
            first_seen=maybe_instant(row.first_seen),
            last_seen=maybe_instant(row.last_seen),
        )
        for row in batch.rows
    }
    return {key: made[row.id] for key, row in united.items()}


def make_jobs(reads: Reads, found: Iterable[JobRow], moment: Moment = NOW) -> list[Job]:
    """Return jobs that load in company, each thing once."""
    return _each_once(jobs_by_row(reads, found, moment).values())


def jobs_by_row(reads: Reads, found: Iterable[JobRow], moment: Moment = NOW) -> dict[int, Job]:
    """Return, by the ids of rows, the jobs that they are names of; those load in company."""
    things = reads.identities.jobs
    united = unite_jobs(reads.connection, things, found)
    each = {row.id: row for row in united.values()}
    batch = ThingBatch(reads, context.with_types(reads, each.values(), moment), moment, things)
    made = {
        row.id: Job(
            id=_job_id(row[1:3]),
            row=row,
            batch=batch,
            namespace=row.namespace,
            name=row.name,
            processing_type=row.processing_type,
            integration=row.integration,
            job_type=row.job_type,
            first_seen=maybe_instant(row.first_seen),
            last_seen=maybe_instant(row.last_seen),
        )
        for row in batch.rows
    }
    return {key: made[row.id] for key, row in united.items()}


def make_runs(reads: Reads, found: Iterable[RunRow], moment: Moment = NOW) -> list[Run]:
    """Return runs that load in company."""
    rows = found if moment.is_now else runs_at(reads.connection, [*found], moment)
    return _make_runs(Batch(reads, rows, moment))


def _make_runs(batch: Batch[RunRow]) -> list[Run]:
    return [
        Run(
            id=strawberry.ID(run_id(row.key)),
            row=row,
            batch=batch,
            run_id=row.run_id,
            state=SeenState(row.state or SeenState.NEW),
            reason=row.reason,
            attempt=row.attempt,
            started_at=maybe_instant(row.started_at),
            ended_at=maybe_instant(row.ended_at),
            nominal_start_at=maybe_instant(row.nominal_start_at),
            nominal_end_at=maybe_instant(row.nominal_end_at),
            producer=row.producer,
            error_message=row.error,
        )
        for row in batch.rows
    ]


def _versions_of_datasets(
    reads: Reads, rows: tuple[DatasetRow, ...], at_most: int, moment: Moment
) -> dict[int, list[DatasetVersion]]:
    ids, things = [row.id for row in rows], reads.identities.datasets
    found = versions_of(reads.connection, things, ids, at_most=at_most, moment=moment)
    written = [version for versions in found.values() for version in versions]
    batch = Batch(reads, written, moment)
    return {
        key: [
            DatasetVersion(
                row=version,
                batch=batch,
                version=version.version,
                written_at=Instant(version.written_at),
                size=parts.make_size(version.rows, version.bytes, version.files),
            )
            for version in versions
        ]
        for key, versions in found.items()
    }


def _runs_of_versions(
    reads: Reads, rows: tuple[details.VersionRow, ...], moment: Moment
) -> dict[int, Run]:
    return _runs_by_id(reads, {row.run_id for row in rows}, moment)


def _ancestors_of_runs(reads: Reads, rows: tuple[RunRow, ...], moment: Moment) -> dict[int, Run]:
    ids = {key for row in rows for key in (row.parent_id, row.root_id) if key}
    rows_then = runs_named(reads.connection, ids, moment)
    return {made.row.id: made for made in _make_runs(Batch(reads, rows_then, moment))}


def _failed_children(
    reads: Reads, rows: tuple[RunRow, ...], moment: Moment
) -> dict[int, list[Run]]:
    ids = [row.id for row in rows]
    found = failed_descendants_of(reads.connection, ids, moment=moment)
    distinct = {row.id: row for runs in found.values() for row in runs}
    made = {each.row.id: each for each in make_runs(reads, distinct.values(), moment)}
    return {key: [made[row.id] for row in runs] for key, runs in found.items()}


def _runs_by_id(reads: Reads, ids: Collection[int], moment: Moment) -> dict[int, Run]:
    found = run_rows.runs_by_id(reads.connection, ids)
    return {made.row.id: made for made in make_runs(reads, found.values(), moment)}


def _jobs_of_runs(reads: Reads, rows: tuple[RunRow, ...], moment: Moment) -> dict[int, Job]:
    found = job_rows.jobs_by_id(reads.connection, {row.job_id for row in rows})
    return jobs_by_row(reads, found.values(), moment)


def _runs_of_jobs(
    reads: Reads, rows: tuple[JobRow, ...], request: PageRequest, moment: Moment
) -> dict[int, Connection[Run]]:
    ids, things = [row.id for row in rows], reads.identities.jobs
    pages = runs_of(reads.connection, things, ids, request, moment=moment)
    listed = [each.row for page in pages.values() for each in page.rows]
    made = {run.row.id: run for run in make_runs(reads, listed, moment)}

    def nodes(found: Sequence[RunOfJob]) -> list[Run]:
        return [made[each.row.id] for each in found]

    counts = ThingBatch(reads, rows, moment, things)
    return {
        key: connect(page, nodes, request, partial(_run_count, counts, key))
        for key, page in pages.items()
    }


def _run_count(batch: ThingBatch[JobRow], job: int) -> int:
    found = batch.of_all_names(run_rows.count_runs_of_jobs, join=sum, moment=batch.moment)
    return found.get(job, 0)


def _family_of_jobs(
    reads: Reads,
    rows: tuple[JobRow, ...],
    load: Callable[[SqlConnection, list[int], Moment], dict[int, list[JobRow]]],
    moment: Moment,
) -> dict[int, list[Job]]:
    ids, things = [row.id for row in rows], reads.identities.jobs
    found = together(things, ids, load(reads.connection, things.ids(ids), moment), distinct)
    every = {row.id: row for family in found.values() for row in family}
    made = jobs_by_row(reads, every.values(), moment)
    return {
        key: [each for each in _each_once(made[row.id] for row in found[key]) if each.row.id != key]
        for key in ids
        if key in found
    }


def _datasets_of_jobs(
    reads: Reads, rows: tuple[JobRow, ...], side: str, moment: Moment
) -> dict[int, list[Dataset]]:
    ids, things = [row.id for row in rows], reads.identities.jobs
    found = datasets_of(reads.connection, things, ids, side=side, moment=moment)
    return _datasets_by_parent(reads, found, moment)


def _datasets_of_runs(
    reads: Reads, rows: tuple[RunRow, ...], moment: Moment
) -> dict[int, list[Dataset]]:
    sets = {key for row in rows for key in (row.input_set_id, row.output_set_id) if key}
    found = dataset_rows.datasets_of_sets(reads.connection, sets)
    return _datasets_by_parent(reads, found, moment)


def _datasets_by_parent(
    reads: Reads, found: Mapping[int, list[DatasetRow]], moment: Moment
) -> dict[int, list[Dataset]]:
    every = {row.id: row for rows in found.values() for row in rows}
    made = datasets_by_row(reads, every.values(), moment)
    return {parent: _each_once(made[row.id] for row in rows) for parent, rows in found.items()}


def _each_once(made: Iterable[ThingT]) -> list[ThingT]:
    by_id = {each.row.id: each for each in made}
    return list(by_id.values())


def _measures_of_runs(
    reads: Reads, rows: tuple[RunRow, ...], batch: Batch[RunRow]
) -> dict[int, list[Measure]]:
    if batch.moment.is_now:
        found = run_rows.measures_of(reads.connection, [row.id for row in rows])
    else:
        found = measures_said(reads.connection, load_reports(batch))
    ids = {measure.dataset_id for measures in found.values() for measure in measures}
    datasets = dataset_rows.datasets_by_id(reads.connection, ids)
    made = datasets_by_row(reads, datasets.values(), batch.moment)
    return {
        key: [
            Measure(
                dataset=made[each.dataset_id],
                side=each.side,
                size=parts.make_size(each.rows, each.bytes, each.files),
            )
            for each in measures
        ]
        for key, measures in found.items()
    }


def _uses_of_runs(
    reads: Reads, _rows: tuple[RunRow, ...], batch: Batch[RunRow]
) -> dict[int, list[DatasetUse]]:
    reports = load_reports(batch)
    names = {use.dataset for report in reports.values() for use in report.uses}
    found = dataset_rows.find_datasets(reads.connection, names) if names else {}
    by_row = datasets_by_row(reads, found.values(), batch.moment)
    made = {name: by_row[row.id] for name, row in found.items()}
    return {
        key: [
            DatasetUse(dataset=made[use.dataset], side=use.side, said=said)
            for use, said in sorted(report.uses.items(), key=lambda item: item[0])
            if use.dataset in made
        ]
        for key, report in reports.items()
    }
