"""Facets of OpenLineage's core: what is sent, and what GraphQL makes of it."""

from __future__ import annotations

from typing import Any, NamedTuple

RUN = 'run(id: "run:n:j:r")'
JOB = 'job(namespace: "n", name: "j")'
DATASET = 'dataset(namespace: "n", name: "d")'


class Row(NamedTuple):
    """A facet by the file that specifies it: where it goes, and what is asked then."""

    file: str
    place: str
    key: str
    body: dict[str, Any]
    asked: str
    expected: Any


def subset(condition: dict[str, Any]) -> dict[str, Any]:
    return {"inputCondition": condition}


def is_equal(field: str, value: str) -> dict[str, Any]:
    return {
        "type": "compare",
        "left": {"type": "field", "field": field},
        "right": {"type": "literal", "value": value},
        "comparison": "EQUAL",
    }


def source(name: str, **rest: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"namespace": "n", "name": name, **rest}


WAITS = {"job": {"namespace": "n", "name": "other"}, "run": {"runId": "o"}, "dependency_type": "X"}
METRICS = {
    "rowCount": 10,
    "bytes": 500,
    "fileCount": 5,
    "lastUpdated": "2026-02-28T10:54:22.355067Z",
    "columnMetrics": {
        "amount": {"count": 10, "max": 1500.5, "min": 100, "sum": 6600, "quantiles": {"0.5": 300}},
        "user": {"distinctCount": 3, "nullCount": 0},
    },
}
METRICS_SAID = [
    {
        "field": "amount",
        "nulls": None,
        "distinct": None,
        "values": 10,
        "total": 6600,
        "least": 100,
        "greatest": 1500.5,
        "quantiles": [{"name": "0.5", "value": 300}],
    },
    {
        "field": "user",
        "nulls": 0,
        "distinct": 3,
        **dict.fromkeys(("values", "total", "least", "greatest")),
        "quantiles": [],
    },
]
METRICS_ASKED = """fieldMetrics {
    field nulls distinct values total least greatest quantiles { name value } }"""
OF_FIELD = """lineage(node: "field:n:d:y", direction: UPSTREAM, level: FIELD) {
    edges { source dependences { kind subtype masking description } } }"""
MASKED = {"type": "DIRECT", "subtype": "TRANSFORMATION", "masking": True, "description": "sha2(x)"}
JOINED = {"type": "INDIRECT", "subtype": "JOIN"}
FIELD_EDGES = {
    "edges": [
        {
            "source": "field:n:a:x",
            "dependences": [
                {
                    "kind": "DIRECT",
                    "subtype": "TRANSFORMATION",
                    "masking": True,
                    "description": "sha2(x)",
                },
                {"kind": "INDIRECT", "subtype": "JOIN", "masking": False, "description": None},
            ],
        },
        {
            "source": "field:n:a:z",
            "dependences": [
                {"kind": "INDIRECT", "subtype": "FILTER", "masking": False, "description": None}
            ],
        },
    ]
}

RUN_FACETS = [
    Row(
        "NominalTimeRunFacet",
        "run",
        "nominalTime",
        {"nominalStartTime": "2020-01-01T04:00:00.001Z", "nominalEndTime": "2020-01-02T04:00:00Z"},
        "nominalStartAt nominalEndAt",
        {
            "nominalStartAt": "2020-01-01T04:00:00.001000Z",
            "nominalEndAt": "2020-01-02T04:00:00.000000Z",
        },
    ),
    Row(
        "ParentRunFacet",
        "run",
        "parent",
        {
            "run": {"runId": "p", "facets": {"processing_engine": {"version": "2.10.0"}}},
            "job": {"namespace": "n", "name": "dag.task", "facets": {"jobType": {}}},
            "root": {"run": {"runId": "q"}, "job": {"namespace": "n", "name": "dag"}},
        },
        "parent { id } root { id }",
        {"parent": {"id": "run:n:dag.task:p"}, "root": {"id": "run:n:dag:q"}},
    ),
    Row(
        "ParentRunFacet",
        "run",
        "parentRun",
        {"run": {"runId": "p"}, "job": {"namespace": "n", "name": "dag.task"}},
        "parent { id }",
        {"parent": {"id": "run:n:dag.task:p"}},
    ),
    Row(
        "ErrorMessageRunFacet",
        "run",
        "errorMessage",
        {"message": "failed", "programmingLanguage": "JAVA", "stackTrace": "at x"},
        "errorMessage error { message language stackTrace }",
        {
            "errorMessage": "failed",
            "error": {"message": "failed", "language": "JAVA", "stackTrace": "at x"},
        },
    ),
    Row(
        "ExtractionErrorRunFacet",
        "run",
        "extractionError",
        {
            "totalTasks": 2,
            "failedTasks": 1,
            "errors": [{"errorMessage": "Expected TABLE", "task": "DROP POLICY", "taskNumber": 0}],
        },
        "extractionErrors { totalTasks failedTasks errors { message task taskNumber } }",
        {
            "extractionErrors": {
                "totalTasks": 2,
                "failedTasks": 1,
                "errors": [{"message": "Expected TABLE", "task": "DROP POLICY", "taskNumber": 0}],
            }
        },
    ),
    Row(
        "ExternalQueryRunFacet",
        "run",
        "externalQuery",
        {"externalQueryId": "bq_1", "source": "bigquery"},
        "externalQuery { id source }",
        {"externalQuery": {"id": "bq_1", "source": "bigquery"}},
    ),
    Row(
        "ProcessingEngineRunFacet",
        "run",
        "processing_engine",
        {"version": "2.5.0", "name": "Airflow", "openlineageAdapterVersion": "0.29.2"},
        "processingEngine { name version adapterVersion }",
        {"processingEngine": {"name": "Airflow", "version": "2.5.0", "adapterVersion": "0.29.2"}},
    ),
    Row(
        "EnvironmentVariablesRunFacet",
        "run",
        "environmentVariables",
        {"environmentVariables": [{"name": "JAVA_HOME", "value": "/usr/lib/jvm"}]},
        "environmentVariables { name value }",
        {"environmentVariables": [{"name": "JAVA_HOME", "value": "/usr/lib/jvm"}]},
    ),
    Row(
        "ExecutionParametersRunFacet",
        "run",
        "executionParameters",
        {"parameters": [{"key": "day", "name": "Day", "description": "which", "value": "1"}]},
        "executionParameters { name value description }",
        {"executionParameters": [{"name": "day", "value": "1", "description": "which"}]},
    ),
    Row(
        "JobDependenciesRunFacet",
        "run",
        "jobDependencies",
        {"upstream": [WAITS], "downstream": [], "trigger_rule": "ALL_DONE"},
        "dependencies { triggerRule upstream { name runId type } downstream { name } }",
        {
            "dependencies": {
                "triggerRule": "ALL_DONE",
                "upstream": [{"name": "other", "runId": "o", "type": "X"}],
                "downstream": [],
            }
        },
    ),
    Row(
        "TagsRunFacet",
        "run",
        "tags",
        {"tags": [{"key": "env", "value": "prod", "source": "dag"}]},
        "tags labels { name value source }",
        {"tags": ["env"], "labels": [{"name": "env", "value": "prod", "source": "dag"}]},
    ),
    Row(
        "TestRunFacet",
        "run",
        "test",
        {
            "tests": [
                {
                    "name": "is_fresh",
                    "status": "fail",
                    "severity": "warn",
                    "type": "freshness",
                    "expected": "1h",
                    "actual": "3h",
                    "content": "SELECT max(at)",
                    "contentType": "sql",
                    "params": {"hours": 1, "of": ["at"]},
                }
            ]
        },
        "tests { name status severity type expected actual content contentType params }",
        {
            "tests": [
                {
                    "name": "is_fresh",
                    "status": "fail",
                    "severity": "warn",
                    "type": "freshness",
                    "expected": "1h",
                    "actual": "3h",
                    "content": "SELECT max(at)",
                    "contentType": "sql",
                    "params": {"hours": 1, "of": ["at"]},
                }
            ]
        },
    ),
]

JOB_FACETS = [
    Row(
        "JobTypeJobFacet",
        "job",
        "jobType",
        {
            "processingType": "STREAMING",
            "integration": "KAFKA_STREAMS",
            "jobType": "STREAM_PROCESSOR",
            "emissionPattern": {
                "eventTrigger": "PERIODIC",
                "eventContentMode": "COMPLETE_SNAPSHOT",
                "windowDuration": 300,
            },
        },
        "processingType integration jobType emission { trigger contentMode windowSeconds }",
        {
            "processingType": "STREAMING",
            "integration": "KAFKA_STREAMS",
            "jobType": "STREAM_PROCESSOR",
            "emission": {
                "trigger": "PERIODIC",
                "contentMode": "COMPLETE_SNAPSHOT",
                "windowSeconds": 300,
            },
        },
    ),
    Row(
        "SQLJobFacet",
        "job",
        "sql",
        {"query": "\nSELECT 1\n", "dialect": "duckdb"},
        "sql { query dialect }",
        {"sql": {"query": "\nSELECT 1\n", "dialect": "duckdb"}},
    ),
    Row(
        "SourceCodeJobFacet",
        "job",
        "sourceCode",
        {"language": "bash", "sourceCode": "ls -halt && exit 0"},
        "sourceCode { language code }",
        {"sourceCode": {"language": "bash", "code": "ls -halt && exit 0"}},
    ),
    Row(
        "SourceCodeLocationJobFacet",
        "job",
        "sourceCodeLocation",
        {
            "type": "git",
            "url": "https://git.example/a/blob/main/x.py",
            "repoUrl": "https://git.example/a",
            "path": "x.py",
            "version": "abc",
            "tag": "v1",
            "branch": "main",
            "pullRequestNumber": "7",
        },
        "sourceCodeLocation { type url repository path version tag branch pullRequest }",
        {
            "sourceCodeLocation": {
                "type": "git",
                "url": "https://git.example/a/blob/main/x.py",
                "repository": "https://git.example/a",
                "path": "x.py",
                "version": "abc",
                "tag": "v1",
                "branch": "main",
                "pullRequest": "7",
            }
        },
    ),
    Row(
        "OwnershipJobFacet",
        "job",
        "ownership",
        {"owners": [{"name": "team:a", "type": "MAINTAINER"}, {"name": "b"}]},
        "owners ownership { name type }",
        {
            "owners": ["b", "team:a"],
            "ownership": [{"name": "b", "type": None}, {"name": "team:a", "type": "MAINTAINER"}],
        },
    ),
    Row(
        "DocumentationJobFacet",
        "job",
        "documentation",
        {"description": "words", "contentType": "text/markdown"},
        "documentation { description contentType }",
        {"documentation": {"description": "words", "contentType": "text/markdown"}},
    ),
    Row(
        "TagsJobFacet",
        "job",
        "tags",
        {"tags": [{"key": "k", "value": "v", "source": "s"}]},
        "tags labels { name value source }",
        {"tags": ["k"], "labels": [{"name": "k", "value": "v", "source": "s"}]},
    ),
    Row(
        "LineageFacet",
        "job",
        "lineage",
        {"entries": [source("b", type="DATASET", inputs=[source("a", type="DATASET")])]},
        "inputs { name } outputs { name }",
        {"inputs": [{"name": "a"}], "outputs": [{"name": "b"}, {"name": "d"}]},
    ),
]

DATASET_FACETS = [
    Row(
        "SchemaDatasetFacet",
        "dataset",
        "schema",
        {
            "fields": [
                {"name": "b", "type": "int64", "ordinal_position": 2},
                {
                    "name": "a",
                    "type": "struct",
                    "description": "words",
                    "ordinal_position": 1,
                    "fields": [{"name": "city", "type": "string"}],
                },
            ]
        },
        "fields { name type description }",
        {
            "fields": [
                {"name": "a", "type": "struct", "description": "words"},
                {"name": "a.city", "type": "string", "description": None},
                {"name": "b", "type": "int64", "description": None},
            ]
        },
    ),
    Row(
        "DatasourceDatasetFacet",
        "dataset",
        "dataSource",
        {"name": "db", "uri": "postgres://db"},
        "dataSource { name uri }",
        {"dataSource": {"name": "db", "uri": "postgres://db"}},
    ),
    Row(
        "ColumnLineageDatasetFacet",
        "dataset",
        "columnLineage",
        {
            "fields": {
                "y": {"inputFields": [source("a", field="x", transformations=[MASKED, JOINED])]}
            },
            "dataset": [
                source("a", field="z", transformations=[{"type": "INDIRECT", "subtype": "FILTER"}])
            ],
        },
        OF_FIELD,
        FIELD_EDGES,
    ),
    Row(
        "LineageFacet",
        "dataset",
        "lineage",
        {
            "inputs": [
                source(
                    "a",
                    type="DATASET",
                    field="z",
                    transformations=[{"type": "INDIRECT", "subtype": "FILTER"}],
                )
            ],
            "fields": {
                "y": {
                    "inputs": [
                        source("a", type="DATASET", field="x", transformations=[MASKED, JOINED])
                    ]
                }
            },
        },
        OF_FIELD,
        FIELD_EDGES,
    ),
    Row(
        "OwnershipDatasetFacet",
        "dataset",
        "ownership",
        {"owners": [{"name": "team:a", "type": "STEWARD"}]},
        "owners ownership { name type }",
        {"owners": ["team:a"], "ownership": [{"name": "team:a", "type": "STEWARD"}]},
    ),
    Row(
        "TagsDatasetFacet",
        "dataset",
        "tags",
        {"tags": [{"key": "pii", "value": "true", "field": "mail", "source": "s"}, {"key": "x"}]},
        "tags labels { name value field source }",
        {
            "tags": ["x"],
            "labels": [
                {"name": "x", "value": None, "field": None, "source": None},
                {"name": "pii", "value": "true", "field": "mail", "source": "s"},
            ],
        },
    ),
    Row(
        "DatasetVersionDatasetFacet",
        "dataset",
        "version",
        {"datasetVersion": "2"},
        "versions { version run { id } }",
        {"versions": [{"version": "2", "run": {"id": "run:n:j:r"}}]},
    ),
    Row(
        "SymlinksDatasetFacet",
        "dataset",
        "symlinks",
        {"identifiers": [source("default.d", type="TABLE")]},
        "symlinks { name type } aliases { name provenance }",
        {
            "symlinks": [{"name": "default.d", "type": "TABLE"}],
            "aliases": [{"name": "default.d", "provenance": "SYMLINK"}],
        },
    ),
    Row(
        "StorageDatasetFacet",
        "dataset",
        "storage",
        {"storageLayer": "delta", "fileFormat": "parquet"},
        "storage { layer fileFormat }",
        {"storage": {"layer": "delta", "fileFormat": "parquet"}},
    ),
    Row(
        "LifecycleStateChangeDatasetFacet",
        "dataset",
        "lifecycleStateChange",
        {"lifecycleStateChange": "RENAME", "previousIdentifier": source("old")},
        "lifecycle { change previous { namespace name } } aliases { name provenance }",
        {
            "lifecycle": {"change": "RENAME", "previous": {"namespace": "n", "name": "old"}},
            "aliases": [{"name": "old", "provenance": "RENAME"}],
        },
    ),
    Row(
        "DocumentationDatasetFacet",
        "dataset",
        "documentation",
        {"description": "words", "contentType": "text/markdown"},
        "documentation { description contentType }",
        {"documentation": {"description": "words", "contentType": "text/markdown"}},
    ),
    Row(
        "DatasetTypeDatasetFacet",
        "dataset",
        "datasetType",
        {"datasetType": "VIEW", "subType": "MATERIALIZED"},
        "type { type subtype }",
        {"type": {"type": "VIEW", "subtype": "MATERIALIZED"}},
    ),
    Row(
        "HierarchyDatasetFacet",
        "dataset",
        "hierarchy",
        {
            "hierarchy": [
                {"type": "DATABASE", "name": "my_db"},
                {"type": "SCHEMA", "name": "my_schema"},
                {"type": "TABLE", "name": "my_table"},
            ]
        },
        "hierarchy { type name }",
        {
            "hierarchy": [
                {"type": "DATABASE", "name": "my_db"},
                {"type": "SCHEMA", "name": "my_schema"},
                {"type": "TABLE", "name": "my_table"},
            ]
        },
    ),
    Row(
        "CatalogDatasetFacet",
        "dataset",
        "catalog",
        {
            "framework": "iceberg",
            "type": "rest",
            "name": "prod",
            "metadataUri": "https://catalog.example",
            "warehouseUri": "s3://lake",
            "source": "spark",
            "catalogProperties": {"io-impl": "S3", "token": "abc"},
        },
        """catalog { name type framework source metadataUri warehouseUri
        properties { name value } }""",
        {
            "catalog": {
                "name": "prod",
                "type": "rest",
                "framework": "iceberg",
                "source": "spark",
                "metadataUri": "https://catalog.example",
                "warehouseUri": "s3://lake",
                "properties": [
                    {"name": "io-impl", "value": "S3"},
                    {"name": "token", "value": "***"},
                ],
            }
        },
    ),
    Row(
        "DataQualityMetricsDatasetFacet",
        "dataset",
        "dataQualityMetrics",
        METRICS,
        METRICS_ASKED,
        {"fieldMetrics": METRICS_SAID},
    ),
]

USE_FACETS = [
    Row(
        "InputStatisticsInputDatasetFacet",
        "input",
        "inputStatistics",
        {"rowCount": 7, "size": 70, "fileCount": 1},
        f"{RUN} {{ measures {{ side size {{ rows bytes files }} }} }}",
        {"measures": [{"side": "in", "size": {"rows": 7, "bytes": 70, "files": 1}}]},
    ),
    Row(
        "OutputStatisticsOutputDatasetFacet",
        "output",
        "outputStatistics",
        {"rowCount": 2000, "size": 2097152, "fileCount": 5},
        f"{RUN} {{ measures {{ side size {{ rows bytes files }} }} }}",
        {"measures": [{"side": "out", "size": {"rows": 2000, "bytes": 2097152, "files": 5}}]},
    ),
    Row(
        "DataQualityMetricsInputDatasetFacet",
        "input",
        "dataQualityMetrics",
        METRICS,
        f"{RUN} {{ measures {{ side size {{ rows bytes files }} }} uses {{ {METRICS_ASKED} }} }}",
        {
            "measures": [{"side": "quality", "size": {"rows": 10, "bytes": 500, "files": 5}}],
            "uses": [{"fieldMetrics": METRICS_SAID}],
        },
    ),
    Row(
        "DataQualityAssertionsDatasetFacet",
        "input",
        "dataQualityAssertions",
        {
            "assertions": [
                {
                    "assertion": "not_null",
                    "column": "id",
                    "success": False,
                    "severity": "warn",
                    "name": "id_is_there",
                    "expected": "0",
                    "actual": "2",
                    "description": "words",
                    "params": {"a": 1},
                }
            ]
        },
        f"""{DATASET} {{ qualityAssertions {{
        assertion field success severity name expected actual }} }}""",
        {
            "qualityAssertions": [
                {
                    "assertion": "not_null",
                    "field": "id",
                    "success": False,
                    "severity": "warn",
                    "name": "id_is_there",
                    "expected": "0",
                    "actual": "2",
                }
            ]
        },
    ),
]

PARTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "compare": ("input", subset(is_equal("first_name", "John")), "first_name = 'John'"),
    "binary": (
        "input",
        subset(
            {
                "type": "binary",
                "operator": "AND",
                "left": is_equal("first_name", "John"),
                "right": is_equal("last_name", "Smith"),
            }
        ),
        "(first_name = 'John') and (last_name = 'Smith')",
    ),
    "location": (
        "input",
        subset({"type": "location", "locations": ["s3://b/one", "s3://b/two"]}),
        "s3://b/one, s3://b/two",
    ),
    "partition": (
        "output",
        {
            "outputCondition": {
                "type": "partition",
                "partitions": [
                    {"identifier": "id", "dimensions": {"day": "2024-10-15", "country": "PL"}},
                    {"dimensions": {"day": "2024-10-15", "country": "DE"}},
                ],
            }
        },
        "day=2024-10-15/country=PL or day=2024-10-15/country=DE",
    ),
}
USE_FACETS += [
    Row(
        "BaseSubsetDatasetFacet",
        place,
        "subset",
        body,
        f"{RUN} {{ uses {{ subset {{ type condition }} }} }}",
        {"uses": [{"subset": {"type": kind, "condition": condition}}]},
    )
    for kind, (place, body, condition) in PARTS.items()
]

ROWS = [*RUN_FACETS, *JOB_FACETS, *DATASET_FACETS, *USE_FACETS]
