"""The root of all reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import strawberry

import hub
from hub.api.graphql import finding
from hub.api.graphql import products as declared
from hub.api.graphql.clocks import AsOf, KnownAt, moment_of
from hub.api.graphql.connections import DEFAULT_FIRST, After, Connection, First, connect
from hub.api.graphql.corrections import CorrectionQuery
from hub.api.graphql.dead_letters import DeadLetter, find_dead_letters, make_dead_letters
from hub.api.graphql.described import field
from hub.api.graphql.enums import NodeKind, SearchKind
from hub.api.graphql.explaining import ExplainQuery
from hub.api.graphql.filters import (
    DeadLetterFilter,
    IncidentFilter,
    chosen_dead_letters,
    chosen_incidents,
)
from hub.api.graphql.identity import IdentityQuery
from hub.api.graphql.incidents import Incident, find_incidents, make_incidents
from hub.api.graphql.lineage_query import LineageQuery
from hub.api.graphql.namespaces import find_namespaces
from hub.api.graphql.nodes import Node
from hub.api.graphql.producers import find_producers
from hub.api.graphql.products import Contract, DataProduct, Declared, Domain, Slo
from hub.api.graphql.query_estate import EstateQuery
from hub.api.graphql.reads import Finder, Reading, Reads
from hub.api.graphql.response_times import ResponseTimesQuery
from hub.api.graphql.run_comparison import RunComparisonQuery
from hub.api.graphql.scalars import Long
from hub.api.graphql.search import SearchHit, make_hits
from hub.api.graphql.silences import SilenceQuery, find_silences
from hub.domain.errors import InvalidInput
from hub.domain.names import NodeId, parse_node_id
from hub.queries.contracts import count_contracts, find_contract, list_contracts
from hub.queries.dead_letters import count_dead_letters, list_dead_letters
from hub.queries.incidents import count_incidents, list_incidents
from hub.queries.moments import Moment
from hub.queries.nodes import resolve_id
from hub.queries.pages import page_request, slice_page
from hub.queries.positions import positions
from hub.queries.search import find, page_of

FINDERS: Mapping[NodeKind, Finder] = {
    NodeKind.NAMESPACE: find_namespaces,
    NodeKind.DATASET: finding.find_datasets,
    NodeKind.JOB: finding.find_jobs,
    NodeKind.RUN: finding.find_runs,
    NodeKind.DOMAIN: declared.find_domains,
    NodeKind.PRODUCT: declared.find_products,
    NodeKind.CONTRACT: declared.find_contracts,
    NodeKind.SLO: declared.find_slos,
    NodeKind.INCIDENT: find_incidents,
    NodeKind.DEAD_LETTER: find_dead_letters,
    NodeKind.PRODUCER: find_producers,
    NodeKind.SILENCE: find_silences,
}
# Those that can be found as of a moment.
_PAST: Mapping[NodeKind, Callable[[Reads, Sequence[NodeId], Moment], Mapping[NodeId, Any]]] = {
    NodeKind.NAMESPACE: find_namespaces,
    NodeKind.DATASET: finding.find_datasets,
    NodeKind.JOB: finding.find_jobs,
    NodeKind.RUN: finding.find_runs,
    NodeKind.CONTRACT: declared.find_contracts,
}


@strawberry.type(description="The hub itself.")
class Hub:
    version: str
    journal_position: Long
    projected_position: Long


@strawberry.type
class Query(
    LineageQuery,
    RunComparisonQuery,
    EstateQuery,
    IdentityQuery,
    SilenceQuery,
    ResponseTimesQuery,
    CorrectionQuery,
    ExplainQuery,
):
    @field
    def hub(self, info: Reading) -> Hub:
        """The hub's version, and how far it has come."""
        at = positions(info.context.connection, info.context.journal)
        return Hub(
            version=hub.__version__,
            journal_position=Long(at.journal),
            projected_position=Long(at.projected),
        )

    @field
    def node(
        self,
        info: Reading,
        id: strawberry.ID,  # noqa: A002 - Relay's name
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> Node | None:
        """Anything by its global id; null where the hub does not know it, or did not then.

        Of datasets, jobs and runs an id as people write it does too, with ':' in its parts. Of
        what is no namespace, dataset, job, run or contract only the present is known.
        """
        reads = info.context
        wanted = resolve_id(reads.connection, id, reads.identities)
        then = moment_of(reads, as_of, known_at)
        find = _PAST.get(wanted.kind)
        if find is None and not then.is_now:
            message = f"of {wanted.kind.value} nodes only the present is known"
            raise InvalidInput(message, fix="ask without asOf and knownAt")
        made = reads.find_nodes([wanted]) if find is None else find(reads, [wanted], then)
        found: Node | None = made.get(wanted)
        return found

    @field
    def search(
        self,
        info: Reading,
        text: str,
        kinds: list[SearchKind] | None = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[SearchHit]:
        """What matches a text, the best first: names, tags, owners and descriptions.

        Without kinds of every kind. At most 1,000 are found; totalCount says how many. Of the past
        the datasets, jobs and fields that were there, by their names alone.
        """
        reads, request = info.context, page_request(first, after)
        then = moment_of(reads, as_of, known_at)
        hits = find(reads.connection, reads.catalog, text, kinds or (), moment=then)
        make = partial(make_hits, reads, moment=then)
        return connect(page_of(hits, request), make, request, lambda: len(hits))

    @field
    def domains(
        self, info: Reading, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[Domain]:
        """The declared domains, by name."""
        reads, request = info.context, page_request(first, after)
        names = [Declared(name) for name in reads.catalog.domains]
        page = slice_page(names, request)
        return connect(
            page,
            lambda rows: declared.make_domains(reads, [row.id for row in rows]),
            request,
            lambda: len(names),
        )

    @field
    def data_products(
        self, info: Reading, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[DataProduct]:
        """The declared data products, by name."""
        reads, request = info.context, page_request(first, after)
        names = [Declared(name) for name in reads.catalog.products]
        page = slice_page(names, request)
        return connect(
            page,
            lambda rows: declared.make_products(reads, [row.id for row in rows]),
            request,
            lambda: len(names),
        )

    @field
    def slos(
        self, info: Reading, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[Slo]:
        """The declared SLOs, by name, each with its state."""
        reads, request = info.context, page_request(first, after)
        by_name = declared.slos_by_name(reads.catalog)
        page = slice_page([Declared(name) for name in by_name], request)
        return connect(
            page,
            lambda rows: declared.make_slos(reads, [by_name[row.id] for row in rows]),
            request,
            lambda: len(by_name),
        )

    @field
    def contracts(
        self,
        info: Reading,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[Contract]:
        """Every published version of every contract, by id and version."""
        reads, request = info.context, page_request(first, after)
        then = moment_of(reads, as_of, known_at)
        page = list_contracts(reads.connection, request, moment=then)
        count = partial(count_contracts, reads.connection, moment=then)
        return connect(
            page, lambda rows: [declared.make_contract(row) for row in rows], request, count
        )

    @field
    def contract(
        self,
        info: Reading,
        id: str,  # noqa: A002 - ODCS' name
        version: str | None = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> Contract | None:
        """One version of a contract, without version the one published last.

        id is the contract's own, or the global one, which names a version too.
        """
        reads = info.context
        if id.startswith(f"{NodeKind.CONTRACT.value}:"):
            id, version = parse_node_id(id).parts  # noqa: A001 - as above
        then = moment_of(reads, as_of, known_at)
        found = find_contract(reads.connection, id, version, moment=then)
        return None if found is None else declared.make_contract(found)

    @field
    def incidents(
        self,
        info: Reading,
        filter: IncidentFilter | None = None,  # noqa: A002 - the argument's public name
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[Incident]:
        """Incidents, the last opened first."""
        reads, request, chosen = info.context, page_request(first, after), chosen_incidents(filter)
        page = list_incidents(reads.connection, request, chosen)
        count = partial(count_incidents, reads.connection, chosen)
        return connect(page, partial(make_incidents, reads), request, count)

    @field
    def incident(self, info: Reading, id: strawberry.ID) -> Incident | None:  # noqa: A002 - its public name
        """One incident, by its global id or by the part after the colon."""
        wanted = parse_node_id(id) if ":" in id else NodeId(NodeKind.INCIDENT, (id,))
        return find_incidents(info.context, [wanted]).get(wanted)

    @field
    def dead_letters(
        self,
        info: Reading,
        filter: DeadLetterFilter | None = None,  # noqa: A002 - the argument's public name
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[DeadLetter]:
        """Dead letters, the last changed first."""
        reads, request = info.context, page_request(first, after)
        chosen = chosen_dead_letters(filter)
        page = list_dead_letters(reads.connection, request, chosen)
        count = partial(count_dead_letters, reads.connection, chosen)
        return connect(page, partial(make_dead_letters, reads), request, count)
