"""A small world of two jobs and three datasets, so that what is told of it often meets."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from hub.domain.entries import EntryKind, NewEntry
from hub.domain.names import DatasetName, JobName
from hub.store.opening import Store, open_store
from hub.testing.builders import column_lineage, dataset, run_event, schema

SECOND = 1_000_000
A, B, C = NAMES = [DatasetName("s", name) for name in "abc"]
STREAM = {"jobType": {"processingType": "STREAMING", "integration": "FLINK", "jobType": "JOB"}}
LOAD, SHIP, OUTER = (JobName("j", name) for name in ("load", "ship", "outer"))


@contextmanager
def copied(sqlite_url: str) -> Iterator[Store]:
    """Open a copy of an empty store, for one example of many."""
    with TemporaryDirectory() as folder:
        shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), f"{folder}/hub.db")
        store = open_store(f"sqlite:///{folder}/hub.db")
        yield store
        store.close()


def append(store: Store, *events: bytes, at: int = 0) -> int:
    """Append events as one block; return where it ends."""
    entries = [NewEntry(EntryKind.EVENT, event) for event in events]
    return store.journal.append(entries, recorded_at=at)[-1].position


def under(parent: str | None) -> dict[str, object]:
    """Return the facets of a run that has a parent, or says nothing of it."""
    if parent is None:
        return {}
    return {"parent": {"run": {"runId": parent}, "job": OUTER._asdict()}}


@st.composite
def blocks(draw: st.DrawFn, *, routine: bool = False) -> list[list[bytes]]:
    """Blocks of events; a run may be told of in several, and ever more of it.

    With ``routine`` most runs name what the others of their job do, as in life.
    """
    any_of = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)
    some = st.one_of(*[st.just([A, B])] * 6, any_of) if routine else any_of

    def made(name: DatasetName) -> dict[str, object]:
        sources = [(draw(st.sampled_from(NAMES)), draw(st.sampled_from("xy")))]
        is_filter = draw(st.booleans())
        if routine and draw(st.integers(0, 5)):
            sources, is_filter = [(A, "x")], False
        columns = column_lineage({} if is_filter else {"x": sources}, sources if is_filter else [])
        fields = schema(*draw(st.sampled_from(["x", "xy", "xyz"])))
        return dataset(name, columnLineage=columns, schema=fields)

    def event() -> bytes:
        outputs = [made(name) for name in draw(some)]
        job = draw(st.sampled_from([LOAD, SHIP]))
        at = draw(st.integers(1, 9)) * SECOND
        inputs = draw(some)
        if draw(st.integers(0, 5)) == 0 and not routine:
            producer = draw(st.sampled_from(["urn:one", "urn:two:1.0", "urn:two:2.0"]))
            is_whole = draw(st.booleans())
            return declaration_event(job, at, inputs, outputs, producer=producer, is_whole=is_whole)
        kind = draw(st.sampled_from(["START", "RUNNING", "COMPLETE", "COMPLETE", "FAIL"]))
        run_id = draw(st.sampled_from("1234"))
        facets = draw(st.sampled_from([{}, {}, STREAM]))
        parent = draw(st.sampled_from([None, None, None, "p", "p", "q"]))
        return run_event(
            *(job, run_id),
            at=at,
            event_type=kind,
            inputs=inputs,
            outputs=outputs,
            run_facets=under(parent),
            job_facets=facets,
        )

    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))
    return [[event() for _ in range(size)] for size in sizes]


def declaration_event(
    job: JobName,
    at: int,
    inputs: Iterable[DatasetName],
    outputs: Iterable[dict[str, object]] = (),
    *,
    producer: str,
    is_whole: bool,
) -> bytes:
    """Return a JobEvent; with ``is_whole``, what it does not name is not."""
    facets = {"hub_declaration": {"whole": True}} if is_whole else {}
    made = run_event(job, "", at=at, inputs=inputs, outputs=outputs, job_facets=facets)
    # What the schema's URL says counts, where the shape fits several kinds of event.
    left_out = ("run", "eventType", "schemaURL")
    event = {k: v for k, v in json.loads(made).items() if k not in left_out}
    return json.dumps({**event, "producer": producer}).encode()
