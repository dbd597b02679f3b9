"""Facets of a step's run, its job and its datasets, from what the run counted."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    DatasetFacet,
    JobFacet,
    OutputDatasetFacet,
    RunFacet,
    column_lineage_dataset,
    data_quality_assertions_dataset,
    data_quality_metrics_dataset,
    dataset_version_dataset,
    datasource_dataset,
    error_message_run,
    input_statistics_input_dataset,
    job_type_job,
    nominal_time_run,
    output_statistics_output_dataset,
    ownership_dataset,
    ownership_job,
    parent_run,
    schema_dataset,
    sql_job,
    symlinks_dataset,
)

from hub.domain.catalog import Catalog, Owner, Step
from hub.domain.instants import format_instant
from hub.domain.names import RunName
from hub.runtime.failures import Failure
from hub.runtime.own_facets import (
    HubFailureRunFacet,
    HubMeasuresInputDatasetFacet,
    HubMeasuresOutputDatasetFacet,
    HubStepRunFacet,
)
from hub.runtime.work import Input, Work
from hub.spi.gate import CheckResult, Outcome
from hub.spi.transform import ColumnSource


def owner_of(catalog: Catalog, product: str) -> Owner:
    """Return the team that owns a product: its own, or its domain's."""
    declared = catalog.products[product]
    return declared.owner or catalog.domains[declared.domain].owner


def job_facets(catalog: Catalog, product: str, step: Step | None) -> dict[str, JobFacet]:
    """Return what a step's job is; without a step, what the product's own job is."""
    kind = "PRODUCT" if step is None else "LANE" if step.lane else "TRANSFORM"
    owners = [ownership_job.Owner(name=owner_of(catalog, product).name, type="OWNER")]
    facets: dict[str, JobFacet] = {
        "jobType": job_type_job.JobTypeJobFacet(
            processingType="BATCH", integration="HUB", jobType=kind
        ),
        "ownership": ownership_job.OwnershipJobFacet(owners=owners),
    }
    if step is not None and step.sql is not None:
        facets["sql"] = sql_job.SQLJobFacet(query=step.sql, dialect=step.transform)
    return facets


def parent_facet(parent: RunName) -> RunFacet:
    """Return the facet that says in which run of the product a step ran."""
    run, (namespace, name) = parent.run_id, parent.job
    return parent_run.ParentRunFacet(
        run=parent_run.Run(runId=run),
        job=parent_run.Job(namespace=namespace, name=name),
        root=parent_run.Root(
            run=parent_run.RootRun(runId=run),
            job=parent_run.RootJob(namespace=namespace, name=name),
        ),
    )


def nominal_facet(at: int) -> RunFacet:
    """Return the facet that says for which time a run was scheduled."""
    return nominal_time_run.NominalTimeRunFacet(nominalStartTime=format_instant(at))


def step_facet(work: Work) -> RunFacet:
    """Return ``hub_step``: which step ran, and through which plugin."""
    step, provider = work.step, work.provider
    return HubStepRunFacet(
        product=step.product,
        step=step.name,
        lane=step.lane,
        transform=step.transform,
        plugin=provider.name if provider else None,
        version=provider.version if provider else None,
        skipped=work.tally.skipped,
        recovered=work.is_recovered or None,
    )


def failure_facets(failure: Failure, source: str | None) -> dict[str, RunFacet]:
    """Return what is known about why a run ended badly."""
    exceptions = [
        {
            name: value
            for name in ("type", "message", "code", "sqlstate", "errno")
            if (value := getattr(cause, name)) is not None
        }
        for cause in failure.causes
    ]
    return {
        "errorMessage": error_message_run.ErrorMessageRunFacet(
            message=failure.message, programmingLanguage="python", stackTrace=failure.trace
        ),
        "hub_failure": HubFailureRunFacet(
            exceptions=exceptions,
            origin=failure.origin.value,
            retryable=failure.is_retryable,
            source=source,
            failure_class=failure.failure_class and failure.failure_class.value,
        ),
    }


def input_dataset(work: Work, read: Input, seconds: float) -> InputDataset:
    """Return an input with what was read of it."""
    facets: dict[str, DatasetFacet] = {
        "dataSource": datasource_dataset.DatasourceDatasetFacet(
            name=read.dataset.namespace, uri=read.uri
        )
    }
    if read.version is not None:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(str(read.version))
    measures = HubMeasuresInputDatasetFacet(**_measures(work, seconds), bytes=read.bytes or 0)
    counted = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
        rowCount=read.rows, size=read.bytes
    )
    return InputDataset(
        namespace=read.dataset.namespace,
        name=read.dataset.name,
        facets=facets,
        inputFacets={"inputStatistics": counted, "hub_measures": measures},
    )


def output_dataset(work: Work, seconds: float) -> OutputDataset:
    """Return the output with what was written of it; what was not written has no version."""
    tally = work.tally
    counted: dict[str, OutputDatasetFacet] = {
        "hub_measures": HubMeasuresOutputDatasetFacet(
            **_measures(work, seconds), bytes=tally.bytes_out
        ),
        "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=tally.rows_out, size=tally.bytes_out, fileCount=tally.files_out
        ),
    }
    return OutputDataset(
        namespace=work.target.namespace,
        name=work.target.name,
        facets={**_standing_facets(work), **_written_facets(work)},
        outputFacets=counted,
    )


def named_output(work: Work) -> OutputDataset:
    """Return the output as it is known before the run."""
    return OutputDataset(
        namespace=work.target.namespace, name=work.target.name, facets=_standing_facets(work)
    )


def _standing_facets(work: Work) -> dict[str, DatasetFacet]:
    owners = [ownership_dataset.Owner(name=owner_of(work.tools.catalog, work.step.product).name)]
    return {"ownership": ownership_dataset.OwnershipDatasetFacet(owners=owners)}


def _written_facets(work: Work) -> dict[str, DatasetFacet]:
    tally = work.tally
    facets: dict[str, DatasetFacet] = {}
    if tally.checks:
        assertions = [_assertion(result) for result in tally.checks]
        # The client types it as an input's; the specification has it on any dataset.
        facets["dataQualityAssertions"] = (
            data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(assertions)  # type: ignore[assignment]  # see above
        )
    if tally.uri is not None:
        facets["dataSource"] = datasource_dataset.DatasourceDatasetFacet(
            name=work.target.namespace, uri=tally.uri
        )
        facets["symlinks"] = symlinks_dataset.SymlinksDatasetFacet(
            identifiers=[_location(tally.uri)]
        )
    if tally.schema:
        facets["schema"] = schema_dataset.SchemaDatasetFacet(
            fields=[
                schema_dataset.SchemaDatasetFacetFields(name=name, type=kind)
                for name, kind in tally.schema
            ]
        )
    if tally.nulls:
        metrics = data_quality_metrics_dataset.ColumnMetrics
        facets["dataQualityMetrics"] = data_quality_metrics_dataset.DataQualityMetricsDatasetFacet(
            columnMetrics={name: metrics(nullCount=count) for name, count in tally.nulls.items()},
            rowCount=tally.rows_out,
            bytes=tally.bytes_out,
        )
    if tally.columns:
        facets["columnLineage"] = _column_lineage(work, tally.columns)
    if tally.version is not None and tally.rows_out:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(
            datasetVersion=str(tally.version.number)
        )
    return facets


def _column_lineage(work: Work, columns: dict[str, list[ColumnSource]]) -> DatasetFacet:
    catalog = work.tools.catalog

    def source(one: ColumnSource) -> column_lineage_dataset.InputField:
        namespace, name = catalog.dataset(one.dataset)
        how = column_lineage_dataset.Transformation(type=one.kind, subtype=one.subtype)
        return column_lineage_dataset.InputField(
            namespace=namespace, name=name, field=one.field, transformations=[how]
        )

    return column_lineage_dataset.ColumnLineageDatasetFacet(
        fields={
            field: column_lineage_dataset.Fields(inputFields=[source(one) for one in sources])
            for field, sources in columns.items()
        }
    )


def _assertion(result: CheckResult) -> data_quality_assertions_dataset.Assertion:
    rule = result.check.rule
    # A check that was not evaluated found no fault in the data: the run's error says what it is.
    blocks = result.check.blocks and result.outcome is not Outcome.NOT_EVALUATED
    return data_quality_assertions_dataset.Assertion(
        assertion=str(rule.get("metric") or rule.get("type") or "custom"),
        success=result.passed,
        column=result.check.field,
        severity="error" if blocks else "warn",
        name=result.check.name,
        expected=result.expected,
        actual=result.actual,
    )


def _location(uri: str) -> symlinks_dataset.Identifier:
    """Return a URI as OpenLineage names files: ``file`` or ``s3://bucket``, and the path."""
    parts = urlsplit(uri)
    namespace = f"{parts.scheme}://{parts.netloc}" if parts.netloc else parts.scheme or "file"
    return symlinks_dataset.Identifier(namespace=namespace, name=parts.path, type="LOCATION")


def _measures(work: Work, seconds: float) -> dict[str, Any]:
    tally = work.tally
    newest = tally.newest_event_time
    late = None if newest is None else max(0.0, (work.tools.clock() - newest) / 1_000_000)
    return {
        "rows_in": tally.rows_in,
        "rows_out": tally.rows_out,
        "rows_refused": tally.rows_refused,
        "seconds": seconds,
        "newest_event_time": None if newest is None else format_instant(newest),
        "lateness_seconds": late,
    }
