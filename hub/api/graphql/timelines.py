"""Timelines of datasets and jobs."""

from __future__ import annotations

import strawberry

from hub.api.graphql import estate_parts as parts
from hub.api.graphql.connections import DEFAULT_FIRST, After, First, PageInfo, page_info
from hub.api.graphql.dataset_facets import DatasetFacets
from hub.api.graphql.described import field
from hub.api.graphql.enums import HappeningKind, SeenState
from hub.api.graphql.job_facets import JobFacets
from hub.api.graphql.reads import Reads
from hub.api.graphql.scalars import Instant
from hub.queries.dataset_details import AssertionRow, VersionRow
from hub.queries.datasets import DatasetRow
from hub.queries.happenings import (
    DependencyChange,
    EdgeChange,
    LabelChange,
    NameChange,
    SchemaChange,
    summary,
)
from hub.queries.happenings import Happening as HappeningRow
from hub.queries.jobs import JobRow
from hub.queries.moments import Moment
from hub.queries.pages import Page, PageRequest, page_request
from hub.queries.runs import RunRow
from hub.queries.timelines import Timelines, dataset_timelines, job_timelines


@strawberry.type(description="Which fields of a schema came, went and changed their type.")
class SchemaChanges:
    added: list[str]
    removed: list[str]
    changed: list[str]


@strawberry.type(description="Which owners, or which tags with their values, came and went.")
class LabelChanges:
    added: list[str]
    removed: list[str]


@strawberry.type(description="One thing that happened to a dataset or a job.")
class Happening:
    at: Instant = strawberry.field(description="Event time.")
    kind: HappeningKind
    text: str = strawberry.field(description="What happened, in a few words.")
    node: strawberry.ID | None = strawberry.field(
        description="The run that did it, the other end of the edge or dependency, or the incident."
    )
    state: SeenState | None = strawberry.field(description="Of a run.")
    size: parts.Size | None = strawberry.field(description="How much was written.")
    assertion: parts.QualityAssertion | None = strawberry.field(description="What was tested.")
    schema_changes: SchemaChanges | None
    label_changes: LabelChanges | None
    actor: str | None = strawberry.field(
        description="Of tags and names: who said so, where a person did."
    )
    side: str | None = strawberry.field(
        description="Of an edge: in or out. Of a dependency: up, where the other is waited for, or"
        " down."
    )
    origin: str | None = strawberry.field(description="Of an edge: how it came to be known.")


@strawberry.type(description="What happened to a dataset or a job, newest first.")
class Timeline:
    nodes: list[Happening]
    page_info: PageInfo


@strawberry.type
class DatasetHistory(DatasetFacets):
    """The fields of a dataset that tell of it over time."""

    @field
    def timeline(self, first: First = DEFAULT_FIRST, after: After = None) -> Timeline:
        """What happened to it, newest first."""
        request = page_request(first, after)
        found = self.batch.once(_of_datasets, request, self.batch.moment)
        return _make_timeline(found[self.row.id], request)


@strawberry.type
class JobHistory(JobFacets):
    """The fields of a job that tell of it over time."""

    @field
    def timeline(self, first: First = DEFAULT_FIRST, after: After = None) -> Timeline:
        """What happened to it, newest first; its runs by when they ended or were last heard of."""
        request = page_request(first, after)
        found = self.batch.once(_of_jobs, request, self.batch.moment)
        return _make_timeline(found[self.row.id], request)


def _of_datasets(
    reads: Reads, rows: tuple[DatasetRow, ...], request: PageRequest, moment: Moment
) -> Timelines:
    ids = [row.id for row in rows]
    return dataset_timelines(reads.connection, reads.identities, ids, request, moment)


def _of_jobs(
    reads: Reads, rows: tuple[JobRow, ...], request: PageRequest, moment: Moment
) -> Timelines:
    ids = [row.id for row in rows]
    return job_timelines(reads.connection, reads.identities, ids, request, moment)


def _make_timeline(page: Page[HappeningRow], request: PageRequest) -> Timeline:
    return Timeline(nodes=[*map(_make, page.rows)], page_info=page_info(page, request))


def _make(row: HappeningRow) -> Happening:
    said = row.said
    return Happening(
        at=Instant((said.anchor_at or row.at) if isinstance(said, RunRow) else row.at),
        kind=row.kind,
        text=summary(row),
        node=strawberry.ID(row.node) if row.node else None,
        state=SeenState(said.state or SeenState.NEW) if isinstance(said, RunRow) else None,
        size=parts.make_size(said.rows, said.bytes, said.files)
        if isinstance(said, VersionRow)
        else None,
        assertion=parts.make_assertion(said) if isinstance(said, AssertionRow) else None,
        schema_changes=SchemaChanges(**said._asdict()) if isinstance(said, SchemaChange) else None,
        label_changes=LabelChanges(added=said.added, removed=said.removed)
        if isinstance(said, LabelChange)
        else None,
        actor=said.actor if isinstance(said, LabelChange | NameChange) else None,
        side=said.side if isinstance(said, EdgeChange | DependencyChange) else None,
        origin=said.origin if isinstance(said, EdgeChange) else None,
    )
