"""What a timeline tells of besides runs: whose things came to be, their names, and troubles."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from hub.domain.commands import (
    ApproveAlias,
    KeepApart,
    OnNames,
    WithdrawRuling,
    entry_of,
)
from hub.domain.curation import Curated, Curation, TagThing, curation_entry
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
from hub.domain.names import NodeKind, parse_node_id
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


def command(hub: Told, *said: Curation | OnNames, at: int) -> None:
    """Have people say something, at a second of the hub's clock."""
    entries = [
        entry_of(each) if isinstance(each, OnNames) else curation_entry(each) for each in said
    ]
    hub.store.journal.append(entries, recorded_at=at * SECOND)
    project_all(hub.store)


def by_hand(tag: str, *, field: str = "", remove: bool = False) -> TagThing:
    return TagThing(
        kind=Curated.DATASET,
        namespace="n",
        name="d",
        tag=tag,
        field=field,
        remove=remove,
        actor="ada",
    )


async def test_tags_put_on_and_taken_off_by_hand_are_told(hub: Told) -> None:
    command(hub, by_hand("GOLD"), by_hand("PII", field="x"), at=310)
    command(hub, by_hand("GOLD"), replace(by_hand("GOLD"), kind=Curated.JOB, name="j"), at=315)
    command(hub, by_hand("GOLD", remove=True), at=320)
    [off, on_field, on] = (await told(hub, DATASET, "TAGS_CHANGED"))[:3]
    assert off == ("20", "tags: removed: GOLD (by ada)", None)
    assert on_field == ("10", "tags: added: x: PII (by ada)", None)
    assert on == ("10", "tags: added: GOLD (by ada)", None)
    assert await told(hub, JOB, "TAGS_CHANGED") == [("15", "tags: added: GOLD (by ada)", None)]
    asked = "timeline(first: 1) { nodes { kind actor labelChanges { added removed } } }"
    found = await hub.ask(f'dataset(namespace: "n", name: "d") {{ {asked} }}')
    assert found["timeline"]["nodes"] == [
        {"kind": "TAGS_CHANGED", "actor": "ada", "labelChanges": {"added": [], "removed": ["GOLD"]}}
    ]


@pytest.mark.parametrize("clock", ["asOf", "knownAt"])
async def test_tags_by_hand_and_rulings_are_of_the_instant_at_which_they_were_said(
    clock: str, hub: Told
) -> None:
    command(hub, by_hand("GOLD"), *RULINGS[:1], at=310)
    command(hub, by_hand("GOLD", remove=True), *RULINGS[1:2], at=320)
    for second, tags, names in ((309, 2, 1), (310, 3, 2), (319, 3, 2), (320, 4, 3)):
        then = f', {clock}: "{at(second)}"'
        assert len(await told(hub, DATASET, "TAGS_CHANGED", then=then)) == tags
        assert len(await told(hub, DATASET, "NAME_JOINED", "NAME_PARTED", then=then)) == names


@pytest.mark.parametrize("clock", ["asOf", "knownAt"])
async def test_a_dataset_has_the_tags_that_people_had_given_it_by_then(
    clock: str, hub: Told
) -> None:
    command(hub, by_hand("GOLD"), by_hand("pii", remove=True), at=310)
    command(hub, by_hand("GOLD", remove=True), at=320)
    for second, tags in ((309, ["pii"]), (310, ["GOLD"]), (320, [])):
        found = await hub.ask(
            f'dataset(namespace: "n", name: "d", {clock}: "{at(second)}") {{ tags }}'
        )
        assert found == {"tags": tags}


def on_names(make: type[OnNames], other: str = "e") -> OnNames:
    return make(kind=NodeKind.DATASET, first=("n", "d"), second=("n", other), actor="bob")


RULINGS = [on_names(make) for make in (ApproveAlias, WithdrawRuling, KeepApart)]


async def test_names_that_operators_join_and_part_are_told_of_both(hub: Told) -> None:
    hub.tell(run_event(at=at(1), run="3", job="k", outputs=["e"]))
    for second, ruling in zip((310, 320, 330, 340), (*RULINGS, RULINGS[1]), strict=True):
        command(hub, ruling, ruling, at=second)
    kinds = "NAME_JOINED", "NAME_PARTED"
    for node, other in ((DATASET, "e"), ("dataset:n:e", "d")):
        assert [each for each in await told(hub, node, *kinds) if "operator" in each[1]] == [
            ("30", f"kept apart from n {other} (operator)", None),
            ("20", f"no longer known as n {other} (operator)", None),
            ("10", f"also known as n {other} (operator)", None),
        ]


async def test_a_name_that_a_producer_takes_back_is_told_of_both(hub: Told) -> None:
    hub.tell(run_event(at=at(1), run="3", job="k", outputs=["d2"]))
    hub.tell(
        run_event(at=at(4), run="4", outputs=[dataset("d", symlinks={"identifiers": []})]),
        at=400 * SECOND,
    )
    kinds = "NAME_JOINED", "NAME_PARTED"
    for node, other in ((DATASET, "d2"), ("dataset:n:d2", "d")):
        joined = ("02", f"also known as n {other} (symlink)", None)
        parted = ("04", f"no longer known as n {other} (symlink)", None)
        assert await told(hub, node, *kinds) == [parted, joined]
        assert await told(hub, node, *kinds, then=f', knownAt: "{at(399)}"') == [joined]
        assert await told(hub, node, *kinds, then=f', asOf: "{at(3)}"') == [joined]


async def test_what_is_kept_apart_is_not_joined_by_what_a_producer_says_later(hub: Told) -> None:
    command(hub, on_names(KeepApart, "d3"), at=310)
    link = {"symlinks": {"identifiers": [{"namespace": "n", "name": "d3", "type": "TABLE"}]}}
    hub.tell(run_event(at=at(5), run="5", outputs=[dataset("d", **link)]))
    assert await told(hub, DATASET, "NAME_JOINED", "NAME_PARTED") == [
        ("10", "kept apart from n d3 (operator)", None),
        ("05", "no longer known as n d2 (symlink)", None),
        ("02", "also known as n d2 (symlink)", None),
    ]


async def test_a_renamed_dataset_is_parted_from_its_old_name_when_that_is_given_anew(
    hub: Told,
) -> None:
    before = {"namespace": "n", "name": "d"}
    renamed = {"lifecycleStateChange": "RENAME", "previousIdentifier": before}
    hub.tell(run_event(at=at(5), run="5", outputs=[dataset("r", lifecycleStateChange=renamed)]))
    created = {"lifecycleStateChange": "CREATE"}
    hub.tell(run_event(at=at(7), run="6", outputs=[dataset("d", lifecycleStateChange=created)]))
    for node, other in ((DATASET, "r"), ("dataset:n:r", "d")):
        found = await told(hub, node, "NAME_JOINED", "NAME_PARTED")
        assert [each for each in found if "rename" in each[1]] == [
            ("07", f"no longer known as n {other} (rename)", None),
            ("05", f"also known as n {other} (rename)", None),
        ]


async def test_each_run_that_drops_a_dataset_is_told(hub: Told) -> None:
    gone = dataset("d", lifecycleStateChange={"lifecycleStateChange": "DROP"})
    hub.tell(run_event(at=at(5), run="5", outputs=[gone]), at=at(300))
    hub.tell(run_event(at=at(6), run="6", outputs=["d"]), at=at(300))
    hub.tell(run_event("FAIL", at(7), run="7", outputs=[gone]), at=at(300))
    for second in (8, 9):
        hub.tell(run_event(at=at(second), run=str(second), outputs=[gone]), at=at(400))
    by_run = [(f"0{run}", "dropped", f"run:n:j:{run}") for run in (9, 8, 5)]
    assert await told(hub, DATASET, "DROPPED") == by_run
    assert await told(hub, DATASET, "DROPPED", then=f', asOf: "{at(8)}"') == by_run[1:]
    assert await told(hub, DATASET, "DROPPED", then=f', knownAt: "{at(300)}"') == by_run[2:]


async def test_a_job_is_told_when_dbt_calls_it_otherwise(hub: Told) -> None:
    for second, unique_id in ((4, "model.a"), (5, "model.b")):
        facet = {"dbt_node": {"unique_id": unique_id}}
        hub.tell(run_event(at=at(second), run=unique_id, job_facets=facet))
    assert [text for _, text, _ in await told(hub, JOB, "NAME_JOINED", "NAME_PARTED")] == [
        "no longer known as n model.a (producer)",
        "also known as n j (producer)",
        "also known as n model.a (producer)",
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
