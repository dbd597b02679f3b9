"""What a run's events say of it, read back from the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import strawberry
from msgspec import Raw

from hub.api.graphql import descriptions as types
from hub.api.graphql import estate_parts as parts
from hub.api.graphql.batches import Batch
from hub.api.graphql.described import field
from hub.api.graphql.facets import (
    DroppedFacet,
    Facet,
    Names,
    make_dropped,
    make_facets,
    read_facet,
)
from hub.api.graphql.nodes import Node
from hub.domain.failures.redaction import redact
from hub.domain.openlineage import descriptions as said
from hub.domain.openlineage.facets import (
    ERRORS,
    PARENT,
    PARENT_OF_OLD,
    read_error_message,
    read_parent,
    read_tags,
)
from hub.queries.labels import TagRow
from hub.queries.run_reports import RunReport, reports_of
from hub.queries.runs import RunRow

_ReadT = TypeVar("_ReadT")
_NOTHING = RunReport()


@strawberry.type
class RunFacets(Node):
    """The fields of a run that its events alone answer."""

    row: strawberry.Private[RunRow]
    batch: strawberry.Private[Batch[RunRow]]

    @field
    def error(self) -> types.RunError | None:
        """Why it failed, in its producer's words; without row values, which its facet may tell."""
        told = (self._said(name, read_error_message) for name in ERRORS)
        found = next((each for each in told if each is not None), None)
        is_of_attempt_before = self.row.error is None
        if found is None or is_of_attempt_before:
            return None
        trace = None if found.stack_trace is None else redact(found.stack_trace)
        return types.RunError(
            message=redact(found.message), language=found.language, stack_trace=trace
        )

    @field
    def processing_engine(self) -> types.ProcessingEngine | None:
        """What executed it."""
        found = self._said("processing_engine", said.read_processing_engine)
        return types.maybe(types.ProcessingEngine, found)

    @field
    def external_query(self) -> types.ExternalQuery | None:
        """What an engine calls its query."""
        found = self._said("externalQuery", said.read_external_query)
        return types.maybe(types.ExternalQuery, found)

    @field
    def environment_variables(self) -> list[types.Variable]:
        """The environment that it ran in, as far as its producer tells."""
        found = self._said("environmentVariables", said.read_environment_variables)
        return types.each_of(types.Variable, found)

    @field
    def execution_parameters(self) -> list[types.Variable]:
        """What it was started with."""
        found = self._said("executionParameters", said.read_execution_parameters)
        return types.each_of(types.Variable, found)

    @field
    def extraction_errors(self) -> types.ExtractionErrors | None:
        """What its producer could not tell, and why."""
        found = self._said("extractionError", said.read_extraction_errors)
        return types.make_extraction_errors(found)

    @field
    def tests(self) -> list[types.RunTest]:
        """The tests that it made, and how they went."""
        return types.make_tests(self._said("test", said.read_run_tests))

    @field
    def dependencies(self) -> types.JobDependencies | None:
        """What it waits for, and what waits for it."""
        found = self._said("jobDependencies", said.read_job_dependencies)
        return types.make_dependencies(found)

    @field
    def labels(self) -> list[parts.Tag]:
        """Its tags with their values."""
        found = self._said("tags", read_tags) or ()
        return [parts.make_tag(TagRow(*each)) for each in found]

    @field
    def tags(self) -> list[str]:
        """The names of its tags."""
        return list(dict.fromkeys(each.name for each in self._said("tags", read_tags) or ()))

    @field
    def facets(self, names: Names = None) -> list[Facet]:
        """Its facets in force, by key."""
        return make_facets(self.report().facets, names)

    @field
    def dropped_facets(self) -> list[DroppedFacet]:
        """Its facets that are too large to be shown."""
        return make_dropped(self.report().facets)

    @field
    def left_out(self) -> list[str]:
        """Which of the inputs and outputs in its events cannot be used, and why."""
        return sorted(self.report().left_out)

    def report(self) -> RunReport:
        """Return what its events say, loaded for its whole list."""
        return load_reports(self.batch).get(self.row.id, _NOTHING)

    def has_named_parent(self) -> bool:
        """Whether its events say which run started it."""
        return any(self._said(name, read_parent) for name in (PARENT, PARENT_OF_OLD))

    def _said(self, name: str, read: Callable[[Raw], _ReadT]) -> _ReadT | None:
        return read_facet(self.report().facets, name, read)


def load_reports(batch: Batch[RunRow]) -> dict[int, RunReport]:
    """Return what the events of the runs of a list say."""
    return batch.by_id(reports_of, journal=batch.reads.journal, moment=batch.moment)
