"""Saying what runs do: OpenLineage's own client, with a transport that ends at the reporter."""

from __future__ import annotations

from openlineage.client import OpenLineageClient
from openlineage.client.client import Event
from openlineage.client.event_v2 import (
    InputDataset,
    Job,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
    set_producer,
)
from openlineage.client.facet_v2 import RunFacet
from openlineage.client.serde import Serde
from openlineage.client.transport import Transport

import hub
from hub.domain.catalog import Catalog
from hub.domain.instants import format_instant
from hub.domain.names import RunName
from hub.runtime.facets import (
    failure_facets,
    input_dataset,
    job_facets,
    named_output,
    nominal_facet,
    output_dataset,
    parent_facet,
    step_facet,
)
from hub.runtime.failures import Failure
from hub.runtime.work import Work
from hub.spi.reporter import Reporter

PRODUCER = f"urn:hub:runner:{hub.__version__}"


class ReporterTransport(Transport):
    """Hands each event to the reporter, which returns once it is stored."""

    kind = "hub"

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def emit(self, event: Event) -> None:
        """Report one event; what the reporter raises passes."""
        self._reporter.emit(Serde.to_json(event).encode())


class Emitter:
    """Emits the events of product runs and of their steps' runs."""

    def __init__(self, reporter: Reporter, catalog: Catalog) -> None:
        set_producer(PRODUCER)
        transport = ReporterTransport(reporter)
        self._client = OpenLineageClient(transport=transport)
        # OPENLINEAGE_DISABLED is meant for other producers on this machine.
        self._client.transport = transport
        self._catalog = catalog

    def product(
        self,
        state: RunState,
        run: RunName,
        product: str,
        *,
        at: int,
        failure: Failure | None = None,
    ) -> None:
        """Say that the run of a product started or ended at ``at`` (microseconds UTC)."""
        facets = {} if failure is None else failure_facets(failure, None)
        job = Job(*run.job, facets=job_facets(self._catalog, product, None))
        self._emit(state, at, Run(runId=run.run_id, facets=facets), job)

    def step(self, state: RunState, work: Work, *, at: int, failure: Failure | None = None) -> None:
        """Say that the run of a step started or ended at ``at`` (microseconds UTC)."""
        facets: dict[str, RunFacet] = {"hub_step": step_facet(work)}
        if work.parent is not None:
            facets["parent"] = parent_facet(work.parent)
        if work.nominal_at is not None:
            facets["nominalTime"] = nominal_facet(work.nominal_at)
        if failure is not None:
            facets |= failure_facets(failure, work.step.source)
        run = Run(runId=work.run.run_id, facets=facets)
        job = Job(*work.run.job, facets=job_facets(self._catalog, work.step.product, work.step))
        if state is RunState.START:
            self._emit(state, at, run, job, outputs=[named_output(work)])
            return
        seconds = (at - work.started_at) / 1_000_000
        self._emit(
            state,
            at,
            run,
            job,
            inputs=[input_dataset(work, read, seconds) for read in work.tally.inputs],
            outputs=[output_dataset(work, seconds)],
        )

    def _emit(
        self,
        state: RunState,
        at: int,
        run: Run,
        job: Job,
        *,
        inputs: list[InputDataset] | None = None,
        outputs: list[OutputDataset] | None = None,
    ) -> None:
        self._client.emit(
            RunEvent(
                eventType=state,
                eventTime=format_instant(at),
                run=run,
                job=job,
                inputs=inputs or [],
                outputs=outputs or [],
                producer=PRODUCER,
            )
        )
