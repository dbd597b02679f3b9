"""What facets describe: the types that stand for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

import strawberry

from hub.api.graphql.scalars import Json, Long, maybe_long
from hub.domain.openlineage import descriptions as said


@strawberry.type(description="What a dataset or job is, in its producer's words.")
class Documentation:
    description: str
    content_type: str | None = strawberry.field(description="A MIME type, where it was said.")


@strawberry.type(description="What sort of dataset it is, such as TABLE, VIEW, TOPIC.")
class DatasetType:
    type: str
    subtype: str | None


@strawberry.type(description="Where a dataset comes from.")
class DataSource:
    name: str | None
    uri: str | None


@strawberry.type(description="A name and a value.")
class Property:
    name: str
    value: str | None


@strawberry.type(description="The catalog that a dataset is registered in.")
class Catalog:
    name: str | None
    type: str | None
    framework: str | None
    source: str | None
    metadata_uri: str | None
    warehouse_uri: str | None
    properties: list[Property]


@strawberry.type(description="How a dataset is stored, such as iceberg, parquet.")
class Storage:
    layer: str | None
    file_format: str | None


@strawberry.type(description="The name that a dataset had.")
class PreviousName:
    namespace: str
    name: str


@strawberry.type(description="What last happened to a dataset, such as CREATE, RENAME, DROP.")
class Lifecycle:
    change: str
    previous: PreviousName | None


@strawberry.type(description="A level above a dataset or of it, such as DATABASE, SCHEMA.")
class HierarchyLevel:
    type: str | None
    name: str


@strawberry.type(description="The part of a dataset that a run read or wrote.")
class Subset:
    type: str
    condition: str = strawberry.field(description="In words.")


@strawberry.type(description="A share of a field's values, such as 0.5, and what they are up to.")
class Quantile:
    name: str
    value: float


@strawberry.type(description="What was measured of a field, as far as it was said.")
class FieldMetrics:
    field: str
    nulls: Long | None
    distinct: Long | None
    values: float | None = strawberry.field(description="How many it has.")
    total: float | None
    least: float | None
    greatest: float | None
    quantiles: list[Quantile]


@strawberry.type(description="When a job's events come, and whether each of them tells all.")
class Emission:
    trigger: str | None = strawberry.field(description="Such as EVENT_BASED, PERIODIC.")
    content_mode: str | None = strawberry.field(
        description="Such as ACCUMULATIVE, COMPLETE_SNAPSHOT."
    )
    window_seconds: Long | None = strawberry.field(description="What a periodic event covers.")


@strawberry.type(description="The statement that a job runs.")
class Sql:
    query: str
    dialect: str | None


@strawberry.type(description="The code that a job runs.")
class SourceCode:
    language: str | None
    code: str


@strawberry.type(description="Where a job's code is kept.")
class SourceCodeLocation:
    type: str | None
    url: str | None
    repository: str | None
    path: str | None
    version: str | None
    tag: str | None
    branch: str | None
    pull_request: str | None


@strawberry.type(description="What executed a run.")
class ProcessingEngine:
    name: str | None
    version: str | None
    adapter_version: str | None


@strawberry.type(description="What an engine calls a run's query.")
class ExternalQuery:
    id: str
    source: str | None


@strawberry.type(description="A variable or parameter of a run; a secret's value is masked.")
class Variable:
    name: str
    value: str | None
    description: str | None


@strawberry.type(description="Why a run failed, in its producer's words.")
class RunError:
    message: str
    language: str | None
    stack_trace: str | None


@strawberry.type(description="Why a producer could not tell everything of a task.")
class ExtractionError:
    message: str
    task: str | None
    task_number: int | None
    stack_trace: str | None


@strawberry.type(description="What a producer could not tell: its own failure, not the run's.")
class ExtractionErrors:
    total_tasks: int | None
    failed_tasks: int | None
    errors: list[ExtractionError]


@strawberry.type(description="A test that a run made: status is pass, fail or skip.")
class RunTest:
    name: str
    status: str
    severity: str | None
    type: str | None
    description: str | None
    expected: str | None
    actual: str | None
    content: str | None
    content_type: str | None
    params: Json | None = strawberry.field(description="What the test was made with.")


@strawberry.type(description="A job that a run waits for, or that waits for it.")
class JobDependency:
    namespace: str
    name: str
    run_id: str | None
    type: str | None
    sequence_rule: str | None
    status_rule: str | None


@strawberry.type(description="What a run waits for, and what waits for it.")
class JobDependencies:
    upstream: list[JobDependency]
    downstream: list[JobDependency]
    trigger_rule: str | None


_TypeT = TypeVar("_TypeT")


def maybe(kind: Callable[..., _TypeT], found: NamedTuple | None) -> _TypeT | None:
    """Return a value as the type that has the same fields; None where there is none."""
    return None if found is None else kind(**found._asdict())


def each_of(kind: Callable[..., _TypeT], found: Iterable[NamedTuple] | None) -> list[_TypeT]:
    """Return values as the type that has the same fields."""
    return [kind(**each._asdict()) for each in found or ()]


def make_tests(found: Iterable[said.RunTest] | None) -> list[RunTest]:
    """Return the tests that a run made."""
    return [
        RunTest(**{**each._asdict(), "params": Json(each.params) if each.params else None})
        for each in found or ()
    ]


def make_field_metrics(found: Iterable[said.FieldMetrics] | None) -> list[FieldMetrics]:
    """Return what was measured of fields."""
    return [
        FieldMetrics(
            **{
                **each._asdict(),
                "nulls": maybe_long(each.nulls),
                "distinct": maybe_long(each.distinct),
                "quantiles": [Quantile(name=name, value=value) for name, value in each.quantiles],
            }
        )
        for each in found or ()
    ]


def make_catalog(found: said.Catalog | None) -> Catalog | None:
    """Return a catalog, where there is one."""
    if found is None:
        return None
    properties = [Property(name=name, value=value) for name, value in found.properties]
    return Catalog(**{**found._asdict(), "properties": properties})


def make_lifecycle(found: said.Lifecycle | None) -> Lifecycle | None:
    """Return what happened to a dataset, where it was said."""
    if found is None:
        return None
    return Lifecycle(change=found.change, previous=maybe(PreviousName, found.previous))


def make_extraction_errors(found: said.ExtractionErrors | None) -> ExtractionErrors | None:
    """Return what a producer could not tell, where it says so."""
    if found is None:
        return None
    errors = each_of(ExtractionError, found.errors)
    return ExtractionErrors(**{**found._asdict(), "errors": errors})


def make_dependencies(found: said.JobDependencies | None) -> JobDependencies | None:
    """Return what a run waits for, and what waits for it, where it was said."""
    if found is None:
        return None
    return JobDependencies(
        upstream=[_dependency(each) for each in found.upstream],
        downstream=[_dependency(each) for each in found.downstream],
        trigger_rule=found.trigger_rule,
    )


def _dependency(found: said.JobDependency) -> JobDependency:
    said_of = found._asdict()
    return JobDependency(**said_of.pop("job")._asdict(), **said_of)
