"""What a timeline tells of besides runs: whose things came to be, their names, and troubles."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.incidents.decisions import (
    Decision,
    IncidentChanged,
    IncidentOpened,
    SignalCleared,
    SignalRaised,
    encode_decision,
)
from hub.domain.incidents.incident import IncidentState
from hub.domain.incidents.signals import SignalKind
from hub.domain.names import parse_node_id
from hub.flow.project import project_all
from hub.store.opening import Store
from tests.estates import make_incident, make_signal
from tests.producers.telling import Told, dataset, run_event

SECOND = 1_000_000
DATASET, JOB = "dataset:n:d", "job:n:j"


def at(second: int) -> str:
    return f"1970-01-01T00:{second // 60:02}:{second % 60:02}Z"


def owned(*names: str) -> dict[str, Any]:
    return {"ownership": {"owners": [{"name": name} for name in names]}}


def tagged(**tags: str) -> dict[str, Any]:
    return {"tags": {"tags": [{"key": key, "value": value} for key, value in tags.items()]}}


def waiting(*names: str) -> dict[str, Any]:
    up = [{"job": {"namespace": "n", "name": name}} for name in names]
    return {"jobDependencies": {"upstream": up}}


@pytest.fixture
def hub(store: Store) -> Told:
    """A job that writes a dataset; whose both are, and what they are called, changes."""
    told = Told(store)
    link = {"symlinks": {"identifiers": [{"namespace": "n", "name": "d2", "type": "TABLE"}]}}
    told.tell(
        run_event(
            at=at(1),
            run="1",
            outputs=[dataset("d", **owned("a"), **tagged(pii="no"))],
            job_facets=owned("a"),
            run_facets=waiting("first", "other"),
        ),
        at=at(100),
    )
    told.tell(
        run_event(
            at=at(2),
            run="2",
            outputs=[dataset("d", **owned("b"), **tagged(pii="yes"), **link)],
            job_facets=owned("a", "c"),
            run_facets=waiting("first"),
        ),
        at=at(200),
    )
    return told


def decide(hub: Told, *decisions: Decision) -> None:
    for each in decisions:
        entry = NewEntry(EntryKind.DECISION, encode_decision(each))
        hub.store.journal.append([entry], recorded_at=each.at)
    project_all(hub.store)


def trouble(hub: Told) -> None:
    """An SLO of the dataset is broken from 3 s on, as the hub learns at 300 s, until 400 s."""
    signal = replace(
        make_signal(1, 3 * SECOND), kind=SignalKind.FRESHNESS, subject=DATASET, slo="d.fresh"
    )
    begun = replace(make_incident(1, 3 * SECOND), opened_at=300 * SECOND, root=JOB)
    over = replace(
        begun,
        state=IncidentState.RESOLVED,
        resolved_at=400 * SECOND,
        healed_at=5 * SECOND,
    )
    decide(
        hub,
        SignalRaised(at=300 * SECOND, signal=signal),
        IncidentOpened(at=300 * SECOND, incident=begun, signal=signal.id),
        SignalCleared(at=400 * SECOND, signal=signal.id, reason="on time"),
        IncidentChanged(at=400 * SECOND, incident=over, change="resolved", reason="healed"),
    )


async def told(hub: Told, node: str, *kinds: str, then: str = "") -> list[tuple[str, str, Any]]:
    """What happened of some kinds, page by page of two, the newest first."""
    found: list[dict[str, Any]] = []
    cursor = None
    named = parse_node_id(node)
    space, name = named.parts
    while True:
        after = f', after: "{cursor}"' if cursor else ""
        timeline = (
            await hub.ask(
                f'{named.kind.value}(namespace: "{space}", name: "{name}"{then}) {{'
                f" timeline(first: 2{after}) {{ nodes {{ at kind text node"
                " labelChanges { added removed } } pageInfo { hasNextPage endCursor } } }"
            )
        )["timeline"]
        found += timeline["nodes"]
        cursor = timeline["pageInfo"]["endCursor"]
        if not timeline["pageInfo"]["hasNextPage"]:
            break
    times = [each["at"] for each in found]
    assert times == sorted(times, reverse=True)
    return [
        (each["at"][17:19], each["text"], each["node"]) for each in found if each["kind"] in kinds
    ]


async def test_owners_tags_and_names_come_and_go(hub: Told) -> None:
    assert await told(hub, DATASET, "OWNERS_CHANGED", "TAGS_CHANGED", "NAME_JOINED") == [
        ("02", "also known as n d2 (symlink)", None),
        ("02", "tags: added: pii=yes; removed: pii=no", None),
        ("02", "owners: added: b; removed: a", None),
        ("01", "tags: added: pii=no", None),
        ("01", "owners: added: a", None),
    ]
    assert await told(hub, JOB, "OWNERS_CHANGED") == [
        ("02", "owners: added: c", None),
        ("01", "owners: added: a", None),
    ]


async def test_dependencies_of_jobs_are_said_first_and_last(hub: Told) -> None:
    kinds = "DEPENDENCY_ADDED", "DEPENDENCY_DROPPED"
    assert sorted(await told(hub, JOB, *kinds)) == [
        ("01", "first said to wait for", "job:n:first"),
        ("01", "first said to wait for", "job:n:other"),
        ("01", "last said to wait for", "job:n:other"),
    ]
    assert await told(hub, "job:n:first", *kinds) == [("01", "first said to be waited for by", JOB)]


async def test_incidents_and_breaches_begin_and_end(hub: Told) -> None:
    trouble(hub)
    title = "product001.step failed"
    incident = "incident:incident-001"
    began = ("03", f"incident incident-001 began: {title}", incident)
    over = ("05", f"incident incident-001 was resolved: {title}", incident)
    broken, met = (f"SLO d.fresh was {what}: {title}" for what in ("broken", "met again"))
    kinds = "INCIDENT_OPENED", "INCIDENT_RESOLVED", "SLO_BROKEN", "SLO_MET"
    assert await told(hub, DATASET, *kinds) == [
        ("40", met, None),
        over,
        ("03", broken, None),
        began,
    ]
    assert await told(hub, JOB, *kinds) == [over, began]


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (f', asOf: "{at(1)}"', {"OWNERS_CHANGED": 1, "TAGS_CHANGED": 1}),
        (f', asOf: "{at(3)}"', {"OWNERS_CHANGED": 2, "TAGS_CHANGED": 2, "INCIDENT_OPENED": 1}),
        (f', knownAt: "{at(150)}"', {"OWNERS_CHANGED": 1, "TAGS_CHANGED": 1}),
        (f', knownAt: "{at(250)}"', {"OWNERS_CHANGED": 2, "TAGS_CHANGED": 2}),
        (
            f', knownAt: "{at(350)}"',
            {"OWNERS_CHANGED": 2, "TAGS_CHANGED": 2, "INCIDENT_OPENED": 1},
        ),
    ],
)
async def test_the_past_tells_of_nothing_that_came_or_was_known_later(
    then: str, expected: dict[str, int], hub: Told
) -> None:
    trouble(hub)
    kinds = "OWNERS_CHANGED", "TAGS_CHANGED", "INCIDENT_OPENED", "INCIDENT_RESOLVED"
    found = {
        kind: count for kind in kinds if (count := len(await told(hub, DATASET, kind, then=then)))
    }
    assert found == expected


async def test_a_cursor_that_names_no_content_is_refused(hub: Told) -> None:
    # [1, 6, "x"]: no digest.
    answer = await hub.answer(
        'dataset(namespace: "n", name: "d") { timeline(after: "kwEGoXg=") { nodes { at } } }'
    )
    assert "the cursor belongs to another list" in answer
