"""Emits the client scenarios with openlineage-python's file transport, one file for each scenario.

Times and runIds are fixed, so that a second capture with the same client gives the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attr
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    DatasetEvent,
    InputDataset,
    Job,
    JobEvent,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
    StaticDataset,
)
from openlineage.client.facet_v2 import (
    DatasetFacet,
    JobFacet,
    RunFacet,
    column_lineage_dataset,
    data_quality_metrics_dataset,
    dataset_type_dataset,
    dataset_version_dataset,
    datasource_dataset,
    documentation_dataset,
    documentation_job,
    environment_variables_run,
    error_message_run,
    external_query_run,
    extraction_error_run,
    hierarchy_dataset,
    input_statistics_input_dataset,
    job_dependencies_run,
    job_type_job,
    lineage,
    nominal_time_run,
    ownership_dataset,
    ownership_job,
    parent_run,
    processing_engine_run,
    schema_dataset,
    source_code_location_job,
    sql_job,
    storage_dataset,
    symlinks_dataset,
    tags_dataset,
    tags_job,
    tags_run,
    test_run,
)
from openlineage.client.facet_v2 import (
    data_quality_assertions_dataset as assertions,
)
from openlineage.client.facet_v2 import (
    data_quality_metrics_input_dataset as metrics_input,
)
from openlineage.client.facet_v2 import (
    lifecycle_state_change_dataset as lifecycle,
)
from openlineage.client.facet_v2 import (
    output_statistics_output_dataset as output_statistics,
)
from openlineage.client.transport.file import FileConfig, FileTransport
from openlineage.client.uuid import generate_static_uuid

Event = RunEvent | JobEvent | DatasetEvent

PRODUCER = "https://parcels.example/pipelines/1.4.0"
BASE = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SCHEDULER = "scheduler-parcels"
POSTGRES = "postgres://db.parcels.example:5432"
LAKE = "s3://parcel-lake"
KAFKA = "kafka://broker.parcels.example:9092"
GLUE = "arn:aws:glue:eu-central-1:123456789012"

Field = schema_dataset.SchemaDatasetFacetFields


@attr.define
class ShopDeliveryRunFacet(RunFacet):
    """A facet of the shop's own, as any team may add one."""

    wave: str
    vans: int

    @staticmethod
    def _get_schema() -> str:
        return "https://parcels.example/facets/1-0-0/ShopDeliveryRunFacet.json#/$defs/ShopDeliveryRunFacet"


def at(seconds: float) -> str:
    return (BASE + timedelta(seconds=seconds)).isoformat()


def run_id(name: str) -> str:
    return str(generate_static_uuid(BASE, name.encode()))


def fields(*names_and_types: str) -> list[Field]:
    pairs = (entry.split(":", 1) for entry in names_and_types)
    return [Field(name=name, type=kind) for name, kind in pairs]


def schema(*names_and_types: str) -> schema_dataset.SchemaDatasetFacet:
    return schema_dataset.SchemaDatasetFacet(fields=fields(*names_and_types))


def source(
    namespace: str, name: str, field: str, kind: str, subtype: str, *, masking: bool | None = None
) -> column_lineage_dataset.InputField:
    return column_lineage_dataset.InputField(
        namespace=namespace,
        name=name,
        field=field,
        transformations=[
            column_lineage_dataset.Transformation(type=kind, subtype=subtype, masking=masking)
        ],
    )


def run_event(
    state: RunState | None,
    seconds: float,
    job: Job,
    run: str,
    *,
    facets: dict[str, RunFacet] | None = None,
    inputs: Sequence[InputDataset] = (),
    outputs: Sequence[OutputDataset] = (),
    time: str | None = None,
) -> RunEvent:
    return RunEvent(
        eventType=state,
        eventTime=time or at(seconds),
        run=Run(runId=run, facets=dict(facets or {})),
        job=job,
        inputs=list(inputs),
        outputs=list(outputs),
        producer=PRODUCER,
    )


def job_type(
    kind: str, processing: str = "BATCH", integration: str = "PARCELS"
) -> job_type_job.JobTypeJobFacet:
    return job_type_job.JobTypeJobFacet(
        processingType=processing, integration=integration, jobType=kind
    )


def parent(
    run: str, job: str, root_run: str, root_job: str, job_facets: dict[str, JobFacet] | None = None
) -> parent_run.ParentRunFacet:
    return parent_run.ParentRunFacet(
        run=parent_run.Run(runId=run),
        job=parent_run.Job(namespace=SCHEDULER, name=job, facets=job_facets or {}),
        root=parent_run.Root(
            run=parent_run.RootRun(runId=root_run),
            job=parent_run.RootJob(namespace=SCHEDULER, name=root_job),
        ),
    )


def facet_events() -> list[Event]:
    """A nightly pipeline of three levels that carries every facet the hub reads."""
    root_id, task_id, query_id = (
        run_id("nightly"),
        run_id("nightly.enrich"),
        run_id("nightly.enrich.query"),
    )
    root_name, task_name = "nightly_parcels", "nightly_parcels.enrich_parcels"
    root_owner = ownership_job.OwnershipJobFacet(
        owners=[ownership_job.Owner(name="team:delivery", type="MAINTAINER")]
    )
    root_job = Job(
        namespace=SCHEDULER,
        name=root_name,
        facets={"jobType": job_type("DAG"), "ownership": root_owner},
    )
    task_job = Job(
        namespace=SCHEDULER,
        name=task_name,
        facets={
            "jobType": job_type("TASK"),
            "ownership": ownership_job.OwnershipJobFacet(
                owners=[
                    ownership_job.Owner(name="team:delivery", type="MAINTAINER"),
                    ownership_job.Owner(name="user:ada", type="STEWARD"),
                ]
            ),
            "documentation": documentation_job.DocumentationJobFacet(
                description="Adds customer and weight class to the parcels.",
                contentType="text/plain",
            ),
            "tags": tags_job.TagsJobFacet(
                tags=[tags_job.TagsJobFacetFields(key="tier", value="1", source="PARCELS")]
            ),
            "sourceCodeLocation": source_code_location_job.SourceCodeLocationJobFacet(
                type="git",
                url="https://git.parcels.example/pipelines/blob/4f0c/enrich.py",
                repoUrl="https://git.parcels.example/pipelines",
                path="enrich.py",
                version="4f0c",
                branch="main",
            ),
        },
    )
    query_job = Job(
        namespace=SCHEDULER,
        name=f"{task_name}.query.1",
        facets={
            "jobType": job_type("QUERY"),
            "sql": sql_job.SQLJobFacet(
                query=(
                    "insert into curated.parcels select p.id, c.email"
                    " from parcels p join customers c on c.id = p.customer_id"
                ),
                dialect="postgres",
            ),
        },
    )
    nominal = nominal_time_run.NominalTimeRunFacet(
        nominalStartTime=at(0), nominalEndTime=at(86_400)
    )
    engine = processing_engine_run.ProcessingEngineRunFacet(version="3.12", name="Parcels")
    task_parent = parent(root_id, root_name, root_id, root_name, {"ownership": root_owner})
    task_start: dict[str, RunFacet] = {
        "parent": task_parent,
        "nominalTime": nominal,
        "processing_engine": engine,
        "environmentVariables": environment_variables_run.EnvironmentVariablesRunFacet(
            environmentVariables=[
                environment_variables_run.EnvironmentVariable(name="STAGE", value="production"),
                environment_variables_run.EnvironmentVariable(
                    name="DB_PASSWORD", value="correct-horse-battery"
                ),
            ]
        ),
        "tags": tags_run.TagsRunFacet(
            tags=[tags_run.TagsRunFacetFields(key="wave", value="night", source="PARCELS")]
        ),
        "jobDependencies": job_dependencies_run.JobDependenciesRunFacet(
            upstream=[
                job_dependencies_run.JobDependency(
                    job=job_dependencies_run.JobIdentifier(
                        namespace=SCHEDULER, name="nightly_parcels.load"
                    ),
                    dependency_type="DIRECT_INVOCATION",
                    status_trigger_rule="EXECUTE_ON_SUCCESS",
                )
            ],
        ),
        "shop_delivery": ShopDeliveryRunFacet(wave="night", vans=14),
    }
    parcels_in = InputDataset(
        namespace=POSTGRES,
        name="shop.public.parcels",
        facets={
            "schema": schema_dataset.SchemaDatasetFacet(
                fields=[
                    Field(
                        name="id",
                        type="bigint",
                        description="Number of the parcel.",
                        ordinal_position=1,
                    ),
                    Field(name="customer_id", type="bigint", ordinal_position=2),
                    Field(
                        name="address",
                        type="struct",
                        ordinal_position=3,
                        fields=[
                            Field(name="street", type="text"),
                            Field(
                                name="geo",
                                type="struct",
                                fields=[
                                    Field(name="lat", type="double"),
                                    Field(name="lon", type="double"),
                                ],
                            ),
                        ],
                    ),
                    Field(name="weight_kg", type="numeric(8,3)", ordinal_position=4),
                ]
            ),
            "dataSource": datasource_dataset.DatasourceDatasetFacet(name="shop-db", uri=POSTGRES),
            "documentation": documentation_dataset.DocumentationDatasetFacet(
                description="Parcels as the shop books them."
            ),
            "ownership": ownership_dataset.OwnershipDatasetFacet(
                owners=[ownership_dataset.Owner(name="team:shop", type="OWNER")]
            ),
            "version": dataset_version_dataset.DatasetVersionDatasetFacet(
                datasetVersion="lsn-16/B374D848"
            ),
            "datasetType": dataset_type_dataset.DatasetTypeDatasetFacet(datasetType="TABLE"),
            "hierarchy": hierarchy_dataset.HierarchyDatasetFacet(
                hierarchy=[
                    hierarchy_dataset.HierarchyDatasetFacetLevel(type="DATABASE", name="shop"),
                    hierarchy_dataset.HierarchyDatasetFacetLevel(type="SCHEMA", name="public"),
                    hierarchy_dataset.HierarchyDatasetFacetLevel(type="TABLE", name="parcels"),
                ]
            ),
        },
        inputFacets={
            "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
                rowCount=1200, size=98_304, fileCount=1
            ),
            "dataQualityMetrics": metrics_input.DataQualityMetricsInputDatasetFacet(
                rowCount=1200,
                bytes=98_304,
                lastUpdated=at(-600),
                columnMetrics={
                    "weight_kg": metrics_input.ColumnMetrics(
                        nullCount=3, distinctCount=411, min=0.1, max=31.5, quantiles={"0.5": 2.4}
                    )
                },
            ),
        },
    )
    customers_in = InputDataset(
        namespace=POSTGRES,
        name="shop.public.customers",
        facets={
            "schema": schema("id:bigint", "name:text", "email:text", "segment:text"),
            "tags": tags_dataset.TagsDatasetFacet(
                tags=[
                    tags_dataset.TagsDatasetFacetFields(
                        key="domain", value="customer", source="PARCELS"
                    ),
                    tags_dataset.TagsDatasetFacetFields(
                        key="pii", value="true", field="email", source="PARCELS"
                    ),
                ]
            ),
            "dataQualityMetrics": data_quality_metrics_dataset.DataQualityMetricsDatasetFacet(
                rowCount=240, columnMetrics={}, lastUpdated=at(-3600), captureDate=at(-60)
            ),
        },
    )
    parcels_out = OutputDataset(
        namespace=LAKE,
        name="curated/parcels",
        facets={
            "schema": schema(
                "id:bigint", "email_hash:string", "weight_class:string", "street:string"
            ),
            "ownership": ownership_dataset.OwnershipDatasetFacet(
                owners=[
                    ownership_dataset.Owner(name="team:delivery", type="OWNER"),
                    ownership_dataset.Owner(name="user:chen", type="STEWARD"),
                ]
            ),
            "symlinks": symlinks_dataset.SymlinksDatasetFacet(
                identifiers=[
                    symlinks_dataset.Identifier(
                        namespace=GLUE, name="table/curated/parcels", type="TABLE"
                    )
                ]
            ),
            "storage": storage_dataset.StorageDatasetFacet(
                storageLayer="iceberg", fileFormat="parquet"
            ),
            "version": dataset_version_dataset.DatasetVersionDatasetFacet(
                datasetVersion="snapshot-88"
            ),
            "tags": tags_dataset.TagsDatasetFacet(
                tags=[
                    tags_dataset.TagsDatasetFacetFields(
                        key="owner", value="team-delivery", source="PARCELS"
                    ),
                    tags_dataset.TagsDatasetFacetFields(key="layer", value="curated"),
                    tags_dataset.TagsDatasetFacetFields(
                        key="pii", value="hashed", field="email_hash"
                    ),
                ]
            ),
            "lifecycleStateChange": lifecycle.LifecycleStateChangeDatasetFacet(
                lifecycleStateChange=lifecycle.LifecycleStateChange.OVERWRITE
            ),
            "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(
                fields={
                    "id": column_lineage_dataset.Fields(
                        inputFields=[
                            source(POSTGRES, "shop.public.parcels", "id", "DIRECT", "IDENTITY")
                        ]
                    ),
                    "email_hash": column_lineage_dataset.Fields(
                        inputFields=[
                            source(
                                POSTGRES,
                                "shop.public.customers",
                                "email",
                                "DIRECT",
                                "TRANSFORMATION",
                                masking=True,
                            )
                        ]
                    ),
                    "weight_class": column_lineage_dataset.Fields(
                        inputFields=[
                            source(
                                POSTGRES,
                                "shop.public.parcels",
                                "weight_kg",
                                "DIRECT",
                                "TRANSFORMATION",
                            ),
                            source(
                                POSTGRES,
                                "shop.public.customers",
                                "segment",
                                "INDIRECT",
                                "CONDITIONAL",
                            ),
                        ]
                    ),
                    "street": column_lineage_dataset.Fields(
                        inputFields=[
                            column_lineage_dataset.InputField(
                                namespace=POSTGRES,
                                name="shop.public.parcels",
                                field="address.street",
                            )
                        ],
                        # Deprecated, yet old producers still send this pair.
                        transformationType="IDENTITY",
                        transformationDescription="taken as it is",
                    ),
                },
                dataset=[
                    source(POSTGRES, "shop.public.customers", "id", "INDIRECT", "JOIN"),
                    source(POSTGRES, "shop.public.parcels", "customer_id", "INDIRECT", "JOIN"),
                    source(POSTGRES, "shop.public.parcels", "weight_kg", "INDIRECT", "FILTER"),
                ],
            ),
        },
        outputFacets={
            "outputStatistics": output_statistics.OutputStatisticsOutputDatasetFacet(
                rowCount=1187, size=64_512, fileCount=2
            )
        },
    )
    check_id = run_id("nightly.check")
    check_job = Job(
        namespace=SCHEDULER,
        name="nightly_parcels.check_parcels",
        facets={"jobType": job_type("TEST")},
    )
    assertion = assertions.Assertion
    checked = InputDataset(
        namespace=LAKE,
        name="curated/parcels",
        inputFacets={
            "dataQualityAssertions": assertions.DataQualityAssertionsDatasetFacet(
                assertions=[
                    assertion(assertion="not_null", success=True, column="id", severity="error"),
                    assertion(
                        assertion="unique",
                        success=False,
                        column="id",
                        severity="error",
                        name="parcel_ids_are_unique",
                        expected="0",
                        actual="2",
                    ),
                    assertion(
                        assertion="accepted_values",
                        success=False,
                        column="weight_class",
                        severity="warn",
                        expected="S, M, L",
                        actual="XXL",
                    ),
                    assertion(assertion="row_count_between", success=True),
                ]
            )
        },
    )
    query_parent = parent(task_id, task_name, root_id, root_name)
    check_parent = parent(root_id, root_name, root_id, root_name)
    load_id, stream_id = run_id("nightly.load"), run_id("scan.stream")
    stream_job = Job(
        namespace="flink-parcels",
        name="scan_stream",
        facets={
            "jobType": job_type_job.JobTypeJobFacet(
                processingType="STREAMING",
                integration="FLINK",
                jobType="JOB",
                emissionPattern=job_type_job.EmissionPattern(
                    eventTrigger="PERIODIC", eventContentMode="CUMULATIVE"
                ),
            )
        },
    )
    scans_topic = InputDataset(
        namespace=KAFKA, name="scans", facets={"schema": schema("scan_id:long", "kind:string")}
    )
    scans_table = OutputDataset(namespace=LAKE, name="raw/scans")
    return [
        run_event(RunState.START, 0, root_job, root_id, facets={"nominalTime": nominal}),
        run_event(
            RunState.COMPLETE,
            4,
            Job(namespace=SCHEDULER, name="nightly_parcels.load"),
            load_id,
            facets={"parent": check_parent},
            outputs=[OutputDataset(namespace=POSTGRES, name="shop.public.parcels")],
        ),
        run_event(RunState.START, 5, task_job, task_id, facets=task_start, inputs=[parcels_in]),
        run_event(RunState.START, 6, query_job, query_id, facets={"parent": query_parent}),
        run_event(
            RunState.RUNNING,
            20,
            task_job,
            task_id,
            facets={"parent": task_parent},
            inputs=[customers_in],
        ),
        run_event(
            RunState.COMPLETE,
            40,
            query_job,
            query_id,
            facets={
                "parent": query_parent,
                "externalQuery": external_query_run.ExternalQueryRunFacet(
                    externalQueryId="0b7d-41", source="postgres"
                ),
            },
        ),
        run_event(
            RunState.OTHER,
            41,
            task_job,
            task_id,
            facets={
                "parent": task_parent,
                "extractionError": extraction_error_run.ExtractionErrorRunFacet(
                    totalTasks=2,
                    failedTasks=1,
                    errors=[
                        extraction_error_run.Error(
                            errorMessage="Unable to extract: CALL vacuum()",
                            task="CALL vacuum()",
                            taskNumber=2,
                        )
                    ],
                ),
            },
        ),
        run_event(
            RunState.COMPLETE,
            45,
            task_job,
            task_id,
            facets={"parent": task_parent},
            inputs=[parcels_in, customers_in],
            outputs=[parcels_out],
        ),
        run_event(
            RunState.START,
            46,
            check_job,
            check_id,
            facets={"parent": check_parent},
            inputs=[checked],
        ),
        run_event(
            RunState.FAIL,
            50,
            check_job,
            check_id,
            facets={
                "parent": check_parent,
                "test": test_run.TestRunFacet(
                    tests=[
                        test_run.TestExecution(
                            name="parcel_ids_are_unique",
                            status="fail",
                            severity="error",
                            type="unique",
                            expected="0",
                            actual="2",
                        ),
                        test_run.TestExecution(
                            name="parcels_are_fresh",
                            status="pass",
                            severity="error",
                            type="freshness",
                            expected="3600",
                            actual="610",
                        ),
                        test_run.TestExecution(
                            name="weights_are_known", status="skip", severity="warn"
                        ),
                    ]
                ),
                "errorMessage": error_message_run.ErrorMessageRunFacet(
                    message="1 of 3 checks failed: parcel_ids_are_unique",
                    programmingLanguage="python",
                ),
            },
            inputs=[checked],
        ),
        run_event(
            RunState.FAIL,
            51,
            root_job,
            root_id,
            facets={
                "errorMessage": error_message_run.ErrorMessageRunFacet(
                    message="task_failure", programmingLanguage="python"
                )
            },
        ),
        JobEvent(
            eventTime=at(60),
            job=Job(
                namespace=SCHEDULER,
                name="route_planner",
                facets={
                    "jobType": job_type("SERVICE", "SERVICE"),
                    "ownership": ownership_job.OwnershipJobFacet(
                        owners=[ownership_job.Owner(name="team:routing", type="MAINTAINER")]
                    ),
                    "lineage": lineage.LineageJobFacet(
                        entries=[
                            lineage.LineageDatasetEntry(
                                namespace=LAKE,
                                name="curated/routes",
                                type="DATASET",
                                inputs=[
                                    lineage.LineageDatasetInput(
                                        namespace=LAKE, name="curated/parcels", type="DATASET"
                                    ),
                                    lineage.LineageJobInput(
                                        namespace=SCHEDULER, name="nightly_parcels", type="JOB"
                                    ),
                                ],
                                fields={
                                    "stops": lineage.LineageFieldEntry(
                                        inputs=[
                                            lineage.LineageDatasetInput(
                                                namespace=LAKE,
                                                name="curated/parcels",
                                                type="DATASET",
                                                field="street",
                                            )
                                        ]
                                    )
                                },
                            )
                        ]
                    ),
                },
            ),
            inputs=[InputDataset(namespace=LAKE, name="curated/parcels")],
            outputs=[OutputDataset(namespace=LAKE, name="curated/routes")],
            producer=PRODUCER,
        ),
        DatasetEvent(
            eventTime=at(61),
            dataset=StaticDataset(
                namespace=LAKE,
                name="curated/routes",
                facets={
                    "schema": schema("route_id:bigint", "stops:array<string>"),
                    "documentation": documentation_dataset.DocumentationDatasetFacet(
                        description="Tours of the vans, planned on demand."
                    ),
                    "ownership": ownership_dataset.OwnershipDatasetFacet(
                        owners=[ownership_dataset.Owner(name="team:routing", type="OWNER")]
                    ),
                },
            ),
            producer=PRODUCER,
        ),
        DatasetEvent(
            eventTime=at(62),
            dataset=StaticDataset(
                namespace=LAKE,
                name="curated/tours",
                facets={
                    "lifecycleStateChange": lifecycle.LifecycleStateChangeDatasetFacet(
                        lifecycleStateChange=lifecycle.LifecycleStateChange.RENAME,
                        previousIdentifier=lifecycle.PreviousIdentifier(
                            namespace=LAKE, name="curated/routes"
                        ),
                    ),
                },
            ),
            producer=PRODUCER,
        ),
        DatasetEvent(
            eventTime=at(63),
            dataset=StaticDataset(
                namespace=LAKE,
                name="curated/tours",
                facets={"documentation": DatasetFacet(deleted=True)},
            ),
            producer=PRODUCER,
        ),
        run_event(
            RunState.START, 70, stream_job, stream_id, inputs=[scans_topic], outputs=[scans_table]
        ),
        run_event(
            RunState.RUNNING,
            130,
            stream_job,
            stream_id,
            inputs=[scans_topic],
            outputs=[scans_table],
        ),
        run_event(
            RunState.RUNNING,
            190,
            stream_job,
            stream_id,
            inputs=[scans_topic],
            outputs=[scans_table],
        ),
        run_event(
            RunState.RUNNING,
            250,
            stream_job,
            stream_id,
            inputs=[scans_topic],
            outputs=[scans_table, OutputDataset(namespace=LAKE, name="raw/scans_late")],
        ),
        run_event(
            RunState.COMPLETE,
            300,
            Job(namespace=SCHEDULER, name="reader_of_the_symlink"),
            run_id("symlink.reader"),
            inputs=[InputDataset(namespace=GLUE, name="table/curated/parcels")],
            outputs=[OutputDataset(namespace=POSTGRES, name="shop.bi.parcels")],
        ),
    ]


def disorder_events() -> list[Event]:
    """The same kinds of runs, sent twice, too late, half, or with times of other zones."""

    def job(name: str) -> Job:
        return Job(namespace=SCHEDULER, name=name, facets={"jobType": job_type("TASK")})

    def table(name: str) -> InputDataset:
        return InputDataset(namespace=POSTGRES, name=f"shop.public.{name}")

    def sink(name: str) -> OutputDataset:
        return OutputDataset(namespace=POSTGRES, name=f"shop.public.{name}")

    def error(message: str, trace: str | None = None) -> dict[str, RunFacet]:
        return {
            "errorMessage": error_message_run.ErrorMessageRunFacet(
                message=message, programmingLanguage="python", stackTrace=trace
            )
        }

    names = (
        "twice backwards complete_only lost aborted refused after_end other_first many_starts naive"
        " offset no_type shared tie empty umlaut"
    )
    ids = {name: run_id(f"disorder.{name}") for name in names.split()}
    start_twice = run_event(
        RunState.START, 0, job("sent_twice"), ids["twice"], inputs=[table("a")], outputs=[sink("b")]
    )
    end_twice = run_event(
        RunState.COMPLETE, 9, job("sent_twice"), ids["twice"], outputs=[sink("b")]
    )
    refused = 'Traceback (most recent call last):\n  File "load.py", line 7, in load\nConnectionRefusedError: [Errno 111] Connection refused'  # noqa: E501
    return [
        start_twice,
        end_twice,
        start_twice,
        end_twice,
        # The terminal event first, then what came before it.
        run_event(RunState.COMPLETE, 30, job("backwards"), ids["backwards"], outputs=[sink("c")]),
        run_event(RunState.RUNNING, 20, job("backwards"), ids["backwards"], inputs=[table("b")]),
        run_event(RunState.START, 10, job("backwards"), ids["backwards"], inputs=[table("a")]),
        run_event(
            RunState.COMPLETE,
            40,
            job("complete_only"),
            ids["complete_only"],
            inputs=[table("c")],
            outputs=[sink("d")],
        ),
        run_event(
            RunState.START,
            50,
            job("never_ends"),
            ids["lost"],
            inputs=[table("d")],
            outputs=[sink("e")],
        ),
        run_event(RunState.START, 60, job("aborted"), ids["aborted"], outputs=[sink("f")]),
        run_event(RunState.ABORT, 61, job("aborted"), ids["aborted"]),
        run_event(
            RunState.START,
            70,
            job("refused"),
            ids["refused"],
            inputs=[table("a")],
            outputs=[sink("g")],
        ),
        run_event(
            RunState.FAIL,
            75,
            job("refused"),
            ids["refused"],
            facets=error("[Errno 111] Connection refused", refused),
        ),
        run_event(RunState.START, 80, job("late_news"), ids["after_end"]),
        run_event(
            RunState.FAIL,
            84,
            job("late_news"),
            ids["after_end"],
            facets=error("ValueError: bad row 7"),
        ),
        run_event(RunState.RUNNING, 83, job("late_news"), ids["after_end"], inputs=[table("h")]),
        run_event(RunState.RUNNING, 86, job("late_news"), ids["after_end"], outputs=[sink("i")]),
        run_event(RunState.OTHER, 90, job("other_first"), ids["other_first"], inputs=[table("a")]),
        run_event(RunState.START, 91, job("other_first"), ids["other_first"]),
        run_event(
            RunState.COMPLETE, 95, job("other_first"), ids["other_first"], outputs=[sink("j")]
        ),
        # Several STARTs of one run, each with news of its own.
        run_event(RunState.START, 100, job("many_starts"), ids["many_starts"]),
        run_event(RunState.START, 101, job("many_starts"), ids["many_starts"], inputs=[table("a")]),
        run_event(
            RunState.START,
            101,
            job("many_starts"),
            ids["many_starts"],
            facets={
                "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
                    version="4.0", name="spark"
                )
            },
            outputs=[sink("k")],
        ),
        run_event(RunState.COMPLETE, 110, job("many_starts"), ids["many_starts"]),
        run_event(RunState.START, 0, job("naive_time"), ids["naive"], time="2026-03-02T06:02:00"),
        run_event(
            RunState.COMPLETE,
            0,
            job("naive_time"),
            ids["naive"],
            time="2026-03-02T06:02:05.25",
            outputs=[sink("l")],
        ),
        run_event(
            RunState.START, 0, job("other_zone"), ids["offset"], time="2026-03-02T08:03:00+02:00"
        ),
        run_event(
            RunState.COMPLETE,
            0,
            job("other_zone"),
            ids["offset"],
            time="2026-03-01T21:03:07.123456789-09:00",
            outputs=[sink("m")],
        ),
        run_event(
            None, 130, job("no_type"), ids["no_type"], inputs=[table("a")], outputs=[sink("n")]
        ),
        # One runId in use by two jobs: the run is told apart by its job.
        run_event(RunState.COMPLETE, 140, job("shares_id_one"), ids["shared"], outputs=[sink("o")]),
        run_event(
            RunState.FAIL, 141, job("shares_id_two"), ids["shared"], facets=error("out of memory")
        ),
        # Both ends at one moment.
        run_event(RunState.START, 150, job("tie"), ids["tie"]),
        run_event(RunState.COMPLETE, 155, job("tie"), ids["tie"], outputs=[sink("p")]),
        run_event(RunState.FAIL, 155, job("tie"), ids["tie"], facets=error("commit failed")),
        run_event(RunState.COMPLETE, 160, job("no_tables"), ids["empty"]),
        run_event(
            RunState.COMPLETE,
            170,
            Job(namespace="planung/süd", name="größen & maße → 計測 @v2"),
            ids["umlaut"],
            inputs=[InputDataset(namespace=LAKE, name="roh/maße.csv")],
            outputs=[OutputDataset(namespace=LAKE, name="curated/größen/dt=2026-03-02")],
        ),
    ]


def rewiring_events() -> list[Event]:
    """Eight runs of one job whose tables change: some for good, some only for a while."""
    namespace, name = "warehouse-parcels", "build_route_plan"
    columns = {"orders": "eta", "roads": "minutes", "traffic": "delay", "depots": "opens_at"}
    events: list[Event] = []
    plan = [
        (1, ("orders", "roads", "depots"), ("route_plan", "route_plan_audit"), "roads"),
        (2, ("orders", "roads"), ("route_plan", "route_plan_audit"), "roads"),
        (3, ("orders", "roads", "depots"), ("route_plan", "route_plan_audit"), "roads"),
        # A run that dies before it knows its tables says nothing about them.
        (4, (), (), None),
        # From here on roads and route_plan_audit are gone for good; depots comes and goes.
        (5, ("orders", "traffic"), ("route_plan",), "traffic"),
        (6, ("orders", "traffic", "depots"), ("route_plan",), "traffic"),
        (7, ("orders", "traffic"), ("route_plan",), "traffic"),
        (8, ("orders", "traffic", "depots"), ("route_plan",), "traffic"),
    ]
    for number, reads, writes, minutes_from in plan:
        day = number * 86_400
        job = Job(namespace=namespace, name=name, facets={"jobType": job_type("JOB")})
        run = run_id(f"rewiring.{number}")
        inputs = [
            InputDataset(
                namespace=POSTGRES,
                name=f"routing.public.{table}",
                facets={"schema": schema("id:bigint", f"{columns[table]}:text")},
            )
            for table in reads
        ]
        outputs: list[OutputDataset] = []
        for table in writes:
            output = OutputDataset(
                namespace=POSTGRES,
                name=f"routing.public.{table}",
                facets={"schema": schema("id:bigint", "minutes:text")},
                outputFacets={
                    "outputStatistics": output_statistics.OutputStatisticsOutputDatasetFacet(
                        rowCount=100 + number
                    )
                },
            )
            if minutes_from is not None and output.facets is not None:
                column = columns[minutes_from]
                output.facets["columnLineage"] = column_lineage_dataset.ColumnLineageDatasetFacet(
                    fields={
                        "minutes": column_lineage_dataset.Fields(
                            inputFields=[
                                source(
                                    POSTGRES,
                                    f"routing.public.{minutes_from}",
                                    column,
                                    "DIRECT",
                                    "TRANSFORMATION",
                                )
                            ]
                        )
                    }
                )
            outputs.append(output)
        if not writes:
            failure = error_message_run.ErrorMessageRunFacet(
                message="could not connect to server: Connection timed out",
                programmingLanguage="sql",
            )
            events.append(run_event(RunState.START, day, job, run))
            events.append(
                run_event(RunState.FAIL, day + 30, job, run, facets={"errorMessage": failure})
            )
        elif number == 7:
            # The tables of one run may be spread over its events: no single one names them all.
            events.append(run_event(RunState.START, day, job, run))
            events.append(run_event(RunState.RUNNING, day + 10, job, run, inputs=inputs[:1]))
            events.append(
                run_event(RunState.COMPLETE, day + 60, job, run, inputs=inputs[1:], outputs=outputs)
            )
        else:
            events.append(run_event(RunState.START, day, job, run, inputs=inputs, outputs=outputs))
            events.append(
                run_event(RunState.COMPLETE, day + 60, job, run, inputs=inputs, outputs=outputs)
            )
    return events


def write(path: Path, events: Sequence[Event]) -> None:
    path.unlink(missing_ok=True)
    client = OpenLineageClient(
        transport=FileTransport(FileConfig(log_file_path=str(path), append=True))
    )
    for event in events:
        client.emit(event)
    client.close()
    print(f"{len(events):4d} events in {path.name}")


def main() -> None:
    target = Path(sys.argv[1])
    write(target / "client_facets.ndjson", facet_events())
    write(target / "client_disorder.ndjson", disorder_events())
    write(target / "client_rewiring.ndjson", rewiring_events())


if __name__ == "__main__":
    main()
