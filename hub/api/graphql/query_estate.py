"""Root fields over what producers have told: the estate and its lineage."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Annotated, Any

import strawberry

from hub.api.graphql.clocks import AsOf, KnownAt, moment_of
from hub.api.graphql.connections import DEFAULT_FIRST, After, Connection, First, connect
from hub.api.graphql.described import field
from hub.api.graphql.enums import NodeKind, SeenState
from hub.api.graphql.estate import (
    Dataset,
    Job,
    Run,
    make_datasets,
    make_jobs,
    make_runs,
)
from hub.api.graphql.filters import JobFilter, chosen_jobs
from hub.api.graphql.finding import find_datasets, find_jobs, find_runs
from hub.api.graphql.namespaces import Namespace, make_namespaces
from hub.api.graphql.producers import Producer, find_producers, make_producers
from hub.api.graphql.reads import Reading
from hub.api.graphql.scalars import Long
from hub.domain.errors import InvalidInput
from hub.domain.names import NodeId
from hub.queries.datasets import count_datasets, list_datasets
from hub.queries.jobs import WantedJobs, count_jobs, list_jobs
from hub.queries.namespaces import count_namespaces, list_namespaces
from hub.queries.nodes import resolve_run
from hub.queries.pages import page_request
from hub.queries.producers import count_producers, list_producers
from hub.queries.runs import count_runs, list_runs

Within = Annotated[str | None, strawberry.argument(description="Only those of this namespace.")]


@strawberry.type
class JobConnection(Connection[Job]):
    folded: strawberry.Private[Callable[[], int]]

    @field
    def folded_count(self) -> Long:
        """How many are left out because they are statements; counted only when asked for."""
        return Long(self.folded())


@strawberry.type
class EstateQuery:
    @field
    def namespaces(
        self,
        info: Reading,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[Namespace]:
        """Every namespace, by name; of the past, those that held a dataset or a job by then."""
        reads, request = info.context, page_request(first, after)
        then = moment_of(reads, as_of, known_at)
        page = list_namespaces(reads.connection, request, moment=then)
        count = partial(count_namespaces, reads.connection, moment=then)
        return connect(page, lambda rows: make_namespaces(reads, rows, then), request, count)

    @field
    def producers(
        self, info: Reading, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[Producer]:
        """What has told of runs, by URI, and what each omits or breaks."""
        reads, request = info.context, page_request(first, after)
        page = list_producers(reads.connection, request)
        count = partial(count_producers, reads.connection)
        return connect(page, partial(make_producers, reads), request, count)

    @field
    def producer(self, info: Reading, uri: str) -> Producer | None:
        """One producer by its URI; null where it has told of no run."""
        node = NodeId(NodeKind.PRODUCER, (uri,))
        return find_producers(info.context, [node]).get(node)

    @field
    def dataset(
        self,
        info: Reading,
        namespace: str,
        name: str,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> Dataset | None:
        """One dataset; null where no event has named it, or none had then."""
        node = NodeId(NodeKind.DATASET, (namespace, name))
        then = moment_of(info.context, as_of, known_at)
        return find_datasets(info.context, [node], then).get(node)

    @field
    def datasets(
        self,
        info: Reading,
        namespace: Within = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[Dataset]:
        """Every dataset, by namespace and name."""
        reads, request = info.context, page_request(first, after)
        then = moment_of(reads, as_of, known_at)
        given: dict[str, Any] = {
            "in_namespace": namespace,
            "moment": then,
            "things": reads.identities.datasets,
        }
        page = list_datasets(reads.connection, request, **given)
        count = partial(count_datasets, reads.connection, **given)
        return connect(page, lambda rows: make_datasets(reads, rows, then), request, count)

    @field
    def job(
        self,
        info: Reading,
        namespace: str,
        name: str,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> Job | None:
        """One job; null where no event has named it, or none had then."""
        node = NodeId(NodeKind.JOB, (namespace, name))
        then = moment_of(info.context, as_of, known_at)
        return find_jobs(info.context, [node], then).get(node)

    @field
    def jobs(
        self,
        info: Reading,
        namespace: Within = None,
        filter: JobFilter | None = None,  # noqa: A002 - the argument's public name
        as_of: AsOf = None,
        known_at: KnownAt = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> JobConnection:
        """Every job but the statements of others, by namespace and name."""
        reads, request = info.context, page_request(first, after)
        then = moment_of(reads, as_of, known_at)
        wanted = WantedJobs(namespace, chosen_jobs(filter), then, reads.identities.jobs)
        page = list_jobs(reads.connection, request, wanted)
        counted = cache(partial(count_jobs, reads.connection, wanted))
        found = connect(
            page, lambda rows: make_jobs(reads, rows, then), request, lambda: counted().listed
        )
        return JobConnection(**vars(found), folded=lambda: counted().folded)

    @field
    def run(
        self,
        info: Reading,
        id: strawberry.ID,  # noqa: A002 - the argument's public name
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> Run | None:
        """One run, by its global id; null where no event has named it, or none had then."""
        node = resolve_run(info.context.connection, id)
        then = moment_of(info.context, as_of, known_at)
        return find_runs(info.context, [node], then).get(node)

    @field
    def runs(
        self,
        info: Reading,
        state: SeenState | None = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[Run]:
        """The runs of all jobs, those that were heard of last first.

        Of the past, those that had begun; they are not chosen by state then.
        """
        reads, request = info.context, page_request(first, after)
        then = moment_of(reads, as_of, known_at)
        if state is not None and not then.is_now:
            message = "state: how far runs had come is not looked for"
            raise InvalidInput(message, fix="ask without state, or without asOf and knownAt")
        page = list_runs(reads.connection, request, state=state, moment=then)
        count = partial(count_runs, reads.connection, state=state, moment=then)
        return connect(page, lambda rows: make_runs(reads, rows, then), request, count)
