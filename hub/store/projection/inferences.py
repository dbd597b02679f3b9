"""What was found in jobs' SQL, and the edges that follow from it.

An inference replaces whatever was inferred of its job before: it is what the SQL means by all that
was known then. So an edge that is inferred no more must go without a trace for those who read the
present. Its row stays, with an interval that has no length, as it tells the index that it is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from hub.domain.lineage.inference import Inference
from hub.domain.lineage.intervals import DECLARED_OMISSIONS, Interval, Naming, fold_intervals
from hub.domain.lineage.surety import INFERRED
from hub.domain.names import DatasetName, JobName
from hub.store import inference_dues
from hub.store.projection.batch import Batch, InferenceDraft
from hub.store.projection.columns import ensure_inferred_columns
from hub.store.projection.courses import Held, Superseded
from hub.store.projection.edge_rows import (
    SIDES,
    EdgeChange,
    EdgeKey,
    Seen,
    StoredEdge,
)
from hub.store.projection.memory import Writing
from hub.store.projection.rows import delete_rows, insert_rows
from hub.store.projection.sets import ensure_sets
from hub.store.tables import inference

_Sets = tuple[frozenset[int], frozenset[int], frozenset[int]]


class _Said(NamedTuple):
    """All that is inferred of a job by now, and what each part names, side by side."""

    draft: InferenceDraft
    parts: tuple[tuple[Inference, _Sets], ...]


def write_inferences(
    writing: Writing,
    batch: Batch,
    datasets: Mapping[DatasetName, int],
    jobs: Mapping[JobName, int],
) -> None:
    """Write what was found in jobs' SQL, one row each, and the edges that follow from it."""
    columns = iter(ensure_inferred_columns(writing, batch.inferences, datasets, jobs))
    said = [
        _Said(draft, tuple((each, _sets(each, next(columns), datasets)) for each in draft.said))
        for draft in batch.inferences
    ]
    for now in _in_rounds(said):
        _write(writing, {jobs[each.draft.job]: each for each in now})


def _sets(said: Inference, fields: frozenset[int], datasets: Mapping[DatasetName, int]) -> _Sets:
    inputs, outputs = (
        frozenset(datasets[name] for name in names) for names in (said.inputs, said.outputs)
    )
    return inputs, outputs, fields


def _in_rounds(said: Sequence[_Said]) -> Iterator[Sequence[_Said]]:
    """Yield inferences in order, so that each round has at most one of a job.

    Of those of one block only the last was ever an answer to anybody.
    """
    by_block = {(each.draft.job, each.draft.place.known_at): each for each in said}
    rounds: list[list[_Said]] = []
    count: dict[JobName, int] = {}
    for (job, _), each in sorted(by_block.items(), key=lambda item: item[0][1]):
        number = count[job] = count.get(job, -1) + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(each)
    yield from rounds


def _write(writing: Writing, said: Mapping[int, _Said]) -> None:
    ids = ensure_sets(
        writing, {one for each in said.values() for _, sets in each.parts for one in sets}
    )
    delete_rows(writing.connection, inference, ("job_id",), [(job_id,) for job_id in said])
    rows = [
        (
            *(job_id, part.event_time, part.digest),
            *(ids[members] for members in sets),
            *(each.draft.place.position, part.reader, part.confidence),
        )
        for job_id, each in said.items()
        for part, sets in each.parts
    ]
    insert_rows(writing.connection, inference, rows)
    for number, side in enumerate(SIDES):
        stored = side.read_since(writing, INFERRED, dict.fromkeys(said, 0))
        changes = [
            change
            for job_id, each in said.items()
            for change in _changes(job_id, each, number, stored)
        ]
        side.write(writing, INFERRED, changes)
    # What was told while the SQL was being read was compared with what was inferred before this,
    # and not spread to edges that are new: so it is read once more.
    inference_dues.mark(writing.connection, inference_dues.JOB, said)


def _changes(
    job_id: int, said: _Said, number: int, stored: Mapping[EdgeKey, StoredEdge]
) -> Iterator[EdgeChange]:
    """Compare a job's intervals on one side with what is stored of them."""
    namings = [
        Naming(
            each.event_time,
            each.event_time,
            f"{order:09}",
            can_omit=True,
            members=sets[number],
        )
        for order, (each, sets) in enumerate(said.parts)
    ]
    folded = fold_intervals(namings, omissions=DECLARED_OMISSIONS)
    seen = _seen(namings)
    before = {key.member: each for key, each in stored.items() if key.job_id == job_id}
    known_at = said.draft.place.known_at
    for member in dict.fromkeys((*folded, *before)):
        old = before.get(member)
        held = old.intervals if old else {}
        wanted = dict(enumerate(folded.get(member, ())))
        wanted.update((n, _none(each.interval)) for n, each in held.items() if n not in wanted)
        changed = {n: each for n, each in wanted.items() if n not in held or held[n][0] != each}
        change = EdgeChange(
            EdgeKey(job_id, member),
            changed={n: Held(each, known_at) for n, each in changed.items()},
            vanished=(),
            superseded=[
                Superseded(n, *held[n], known_at)
                for n in changed
                if n in held and held[n].known_from < known_at
            ],
            seen=seen.get(member) or (old.seen if old else Seen(0, 0)),
            was_seen=old and old.seen,
        )
        if change.is_any:
            yield change


def _none(interval: Interval) -> Interval:
    """Return an interval that holds at no time, in the place of one that holds no more."""
    return Interval(interval.opened_at, interval.opened_at)


def _seen(namings: Sequence[Naming]) -> dict[int, Seen]:
    found: dict[int, Seen] = {}
    for each in namings:
        now = Seen(each.first_at, each.first_at)
        for member in each.members:
            found[member] = found[member].widened(now) if member in found else now
    return found
