"""Filters of lists. A list of values means any of them; what is left out means all."""

from __future__ import annotations

import strawberry

from hub.api.graphql.enums import FailureClass, IncidentState, Layer, Severity
from hub.domain.errors import InvalidInput
from hub.queries import dead_letters, incidents, jobs, lineage_answers

MAX_VALUES = 50


@strawberry.input(description="Which incidents; what is left out means all.")
class IncidentFilter:
    states: list[IncidentState] | None = None
    classes: list[FailureClass] | None = None
    owner: str | None = None
    owner_kinds: list[str] | None = None
    severities: list[Severity] | None = None
    root: strawberry.ID | None = None


@strawberry.input(description="Which dead letters; what is left out means all.")
class DeadLetterFilter:
    states: list[str] | None = None
    stages: list[str] | None = None
    classes: list[FailureClass] | None = None
    product: str | None = None
    step: str | None = None
    rule: str | None = None
    source: str | None = None


@strawberry.input(description="Which jobs; what is left out means all, but for statements.")
class JobFilter:
    with_datasets: bool = strawberry.field(
        default=False,
        description="Only those that read or write any, or whose statements do; most jobs do not.",
    )
    outermost: bool = strawberry.field(
        default=False,
        description="Only those whose runs no other job's run starts; others are their children.",
    )
    statements: bool = strawberry.field(
        default=False, description="Also those that are a statement of another: see statementOf."
    )


@strawberry.input(description="Which nodes are shown; what is left out means all.")
class LineageFilter:
    namespaces: list[str] | None = None
    tags: list[str] | None = strawberry.field(
        default=None,
        description="Names, or name=value. A dataset has the tags of its fields too, a field those"
        " of its dataset as a whole.",
    )
    domains: list[str] | None = strawberry.field(
        default=None, description="Names of declared domains."
    )
    layers: list[Layer] | None = None


def chosen_lineage(said: LineageFilter | None) -> lineage_answers.LineageFilter:
    """Return a filter as the read model takes it.

    Raises:
        InvalidInput: a list of values is too long.

    """
    if said is None:
        return lineage_answers.ALL
    return lineage_answers.LineageFilter(
        namespaces=_values(said.namespaces),
        tags=_values(said.tags),
        domains=_values(said.domains),
        layers=tuple(map(Layer, _values(said.layers))),
    )


def chosen_jobs(said: JobFilter | None) -> jobs.JobFilter:
    """Return a filter as the read model takes it."""
    if said is None:
        return jobs.JobFilter()
    return jobs.JobFilter(said.with_datasets, said.outermost, said.statements)


def chosen_incidents(said: IncidentFilter | None) -> incidents.IncidentFilter:
    """Return a filter as the read model takes it.

    Raises:
        InvalidInput: a list of values is too long.

    """
    if said is None:
        return incidents.IncidentFilter()
    return incidents.IncidentFilter(
        states=_values(said.states),
        classes=_values(said.classes),
        owner=said.owner,
        owner_kinds=_values(said.owner_kinds),
        severities=_values(said.severities),
        root=said.root,
    )


def chosen_dead_letters(
    said: DeadLetterFilter | None, *, states: tuple[str, ...] = ()
) -> dead_letters.DeadLetterFilter:
    """Return a filter as the read model takes it; ``states`` are those where none are said.

    Raises:
        InvalidInput: a list of values is too long.

    """
    if said is None:
        return dead_letters.DeadLetterFilter(states=states)
    return dead_letters.DeadLetterFilter(
        states=_values(said.states) or states,
        stages=_values(said.stages),
        classes=_values(said.classes),
        product=said.product,
        step=said.step,
        rule=said.rule,
        source=said.source,
    )


def _values(
    said: list[str]
    | list[IncidentState]
    | list[FailureClass]
    | list[Severity]
    | list[Layer]
    | None,
) -> tuple[str, ...]:
    if said is not None and len(said) > MAX_VALUES:
        raise InvalidInput(f"a filter takes at most {MAX_VALUES} values, not {len(said)}")
    return tuple(str(value) for value in said or ())
