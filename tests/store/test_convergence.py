from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.flow.ingest import EventReader
from hub.flow.project import Project, project_all, rebuild, verify
from hub.store.fingerprint import combine, fingerprint_tables
from hub.store.opening import Store, open_store

ROOT = Path(__file__).parents[2]
CORPUS = sorted((ROOT / "tests" / "corpus" / "events").glob("*.ndjson"))
# Inputs that are not part of the project; the tests pass without them.
SHARED = sorted((ROOT.parent / "shared" / "data" / "openlineage").glob("*json"))
READER = EventReader(b"a secret of this store")

Deliver = Callable[[Store, list[bytes]], None]


def events_of(path: Path) -> list[bytes]:
    if path.suffix == ".json":
        return [json.dumps(event).encode() for event in json.loads(path.read_bytes())]
    return [line for line in path.read_bytes().splitlines() if line.strip()]


def send(store: Store, events: Sequence[bytes], size: int = 400) -> None:
    """Deliver in batches, each projected before the next one comes."""
    for start in range(0, len(events), size):
        append(store, events[start : start + size])
        project_all(store)


def append(store: Store, events: Sequence[bytes]) -> None:
    store.journal.append([READER.read(event) for event in events], recorded_at=1)


def reversed_(store: Store, events: list[bytes]) -> None:
    send(store, events[::-1])


def shuffled(store: Store, events: list[bytes]) -> None:
    send(store, random.Random(1).sample(events, len(events)), 70)


def one_by_one(store: Store, events: list[bytes]) -> None:
    send(store, random.Random(2).sample(events, len(events)), 1)


def each_three_times(store: Store, events: list[bytes]) -> None:
    send(store, random.Random(3).sample(events * 3, len(events) * 3), 50)


def from_two_senders(store: Store, events: list[bytes]) -> None:
    def work(part: list[bytes]) -> None:
        for event in part:
            append(store, [event])
            project_all(store)

    threads = [Thread(target=work, args=(events[offset::2],)) for offset in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def fingerprint(store: Store) -> str:
    project_all(store)
    with store.database.read() as connection:
        return combine(fingerprint_tables(connection))


def delivered(folder: Path, events: list[bytes], deliver: Deliver) -> str:
    store = open_store(f"sqlite:///{folder}/{deliver.__name__}.db")
    try:
        deliver(store, events)
        return fingerprint(store)
    finally:
        store.close()


@pytest.mark.parametrize("path", [*CORPUS, *SHARED], ids=lambda path: path.name)
def test_the_order_of_delivery_leaves_no_trace(path: Path, tmp_path: Path) -> None:
    events = events_of(path)
    expected = delivered(tmp_path, events, send)
    for deliver in (reversed_, shuffled, each_three_times):
        assert delivered(tmp_path, events, deliver) == expected, deliver.__name__


def test_a_whole_corpus_converges_event_by_event_and_from_two_senders(tmp_path: Path) -> None:
    events = [
        event for path in CORPUS for event in events_of(path) if "structured" not in path.name
    ]
    expected = delivered(tmp_path, events, send)
    for deliver in (one_by_one, from_two_senders):
        assert delivered(tmp_path, events, deliver) == expected, deliver.__name__


def test_both_databases_make_the_same_of_the_same_events(store: Store, tmp_path: Path) -> None:
    events = [event for path in CORPUS for event in events_of(path) if "client" in path.name]
    shuffled(store, events)
    assert fingerprint(store) == delivered(tmp_path, events, send)


def test_a_rebuild_makes_what_is_live(store: Store) -> None:
    events = [event for path in CORPUS for event in events_of(path) if "client" in path.name]
    shuffled(store, [*events, b'{"eventTime": "soon"}'])
    before = fingerprint(store)
    assert verify(store) == []
    rebuild(store)
    assert fingerprint(store) == before


def test_a_store_that_somebody_has_touched_is_found_out(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/hub.db")
    send(store, events_of(CORPUS[0]))
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE run SET attempt = 99 WHERE id = 1")
    assert [each.table for each in verify(store)] == ["run"]
    store.close()


JOBS = st.sampled_from(["a", "b"])
DATASETS = st.lists(st.sampled_from(["x", "y", "z"]), max_size=3, unique=True)
JOB_FACETS = st.sampled_from(
    [
        {},
        {},
        {"jobType": {"jobType": "TEST"}},
        {"hub_declaration": {"whole": True}},
        {"lineage": {"entries": [{"type": "DATASET", "namespace": "n", "name": "y"}]}},
    ]
)
TYPES = st.sampled_from(["START", "RUNNING", "COMPLETE", "FAIL", "ABORT", "OTHER", None])


@st.composite
def events(draw: st.DrawFn) -> bytes:
    """An event of a small world, so that times tie, runs collide and sets alternate."""

    def used(names: list[str]) -> list[dict[str, object]]:
        column = {"inputFields": [{"namespace": "n", "name": "x", "field": "f"}]}
        facets: dict[str, object] = {"columnLineage": {"fields": {"g": column}}}
        typed: dict[str, str] = draw(st.sampled_from([{}, {"type": "int"}]))
        facets["schema"] = {"fields": [{"name": draw(st.sampled_from("fg")), **typed}]}
        if draw(st.booleans()):
            kind, other = draw(st.sampled_from([("JOB", "b"), ("DATASET", "z"), ("JOB", "c")]))
            facets["lineage"] = {"inputs": [{"type": kind, "namespace": "n", "name": other}]}
        return [{"namespace": "n", "name": name, "facets": facets} for name in names]

    event: dict[str, object] = {
        "eventTime": f"2026-01-01T00:00:{draw(st.integers(0, 12)):02}Z",
        "eventType": draw(TYPES),
        "run": {"runId": draw(st.sampled_from(["r1", "r2", "r3", "r4"]))},
        "job": {"namespace": "n", "name": draw(JOBS), "facets": draw(JOB_FACETS)},
        "inputs": used(draw(DATASETS)),
        "outputs": used(draw(DATASETS)),
    }
    if draw(st.booleans()) and draw(st.booleans()):
        del event["run"]
        event["producer"] = draw(st.sampled_from(["urn:one", "urn:two"]))
        if draw(st.booleans()):
            event = {"eventTime": event["eventTime"], "dataset": used(["x"])[0]}
    return json.dumps(event).encode()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
@given(st.lists(events(), min_size=1, max_size=14), st.randoms(use_true_random=False), st.data())
def test_any_order_and_any_batches_make_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    sent: list[bytes],
    chance: random.Random,
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("converging")
    expected = delivered(folder, sent, send)
    size = data.draw(st.integers(1, 5))

    def otherwise(store: Store, given_events: list[bytes]) -> None:
        send(store, chance.sample(given_events * 2, len(given_events) * 2), size)

    assert delivered(folder, sent, otherwise) == expected


def test_an_event_that_cannot_be_used_harms_no_other(store: Store) -> None:
    good = events_of(CORPUS[0])
    send(store, [good[0], b'{"run": 1}', *good[1:]])
    with store.database.read() as connection:
        letters = connection.exec_driver_sql("SELECT stage, rule FROM dead_letter").all()
    assert [tuple(letter) for letter in letters] == [("intake", "unusable-event")]


def test_two_projectors_of_one_store_do_its_work_once(store: Store) -> None:
    append(store, events_of(CORPUS[0]))
    first, second = Project(store), Project(store)
    assert first.step()
    assert not second.step()
