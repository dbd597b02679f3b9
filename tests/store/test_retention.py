"""What has aged leaves the store for the archive, and nothing that is asked since then changes."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import structs
from pyarrow import parquet
from sqlalchemy import Connection, select, text

from hub.domain.entries import Appended, Entry, EntryKind, NewEntry
from hub.domain.errors import DataError, InvalidInput
from hub.domain.names import DatasetName
from hub.domain.retention import DAY, NamespaceRetention, RetentionPolicy
from hub.flow.project import project_all, rebuild, verify
from hub.flow.retain import apply, plan
from hub.queries.moments import moment
from hub.store import emptying, superseded
from hub.store.compaction import Compactor
from hub.store.journal import Journal
from hub.store.opening import Store, open_store
from hub.testing.builders import run_event
from tests.small_world import LOAD, SECOND, SHIP, A, B, C, append, blocks, copied
from tests.store import killed

POLICY = RetentionPolicy(runs_days=1, journal_days=1, least_runs=20)
KNOWN = RetentionPolicy(known_days=1)
# Runs of the small world are of the first seconds; this is a day and five seconds later.
NOW = DAY + 5 * SECOND


def compacted(store: Store, entries: int = 2) -> None:
    """Bring every consumer up to date, with blocks of a few entries."""
    project_all(store)
    compactor = Compactor(store.database, consumer="compact", behind="project", max_entries=entries)
    while compactor.compact():
        pass


def retain(
    store: Store, root: Path, *, now: int, policy: RetentionPolicy = POLICY
) -> dict[str, int]:
    compacted(store)
    return apply(store, policy, root, now=now, settle=lambda: project_all(store))


def daily(store: Store, days: int, *, runs: int = 25) -> None:
    """Let two jobs run a number of times a day, each START and COMPLETE a block of its own."""
    for day in range(days):
        for number in range(runs):
            at = day * DAY + number * SECOND + SECOND
            for job, reads, writes in ((LOAD, A, B), (SHIP, B, C)):
                # The lineage changes over time, so that the past has something to say.
                more = [C] if day % 2 and job is LOAD else []
                for kind, later in (("START", 0), ("COMPLETE", SECOND // 2)):
                    event = run_event(
                        job,
                        f"{day}-{number}",
                        at=at + later,
                        event_type=kind,
                        inputs=[reads, *more],
                        outputs=[writes],
                    )
                    append(store, event, at=at + later)


def runs_of(store: Store) -> int:
    return count(store, "run")


def count(store: Store, table: str) -> int:
    with store.database.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608 - of ours


def entries_of(store: Store) -> list[Entry]:
    with store.database.read() as connection:
        return store.journal.read(connection, after=0, limit=1_000_000)


def archived_runs(root: Path) -> set[tuple[str, str]]:
    return {
        (row["job"], row["run_id"])
        for file in root.glob("runs/*/run.parquet")
        for row in parquet.read_table(file).to_pylist()
    }


def test_old_runs_leave_and_are_in_the_archive(store: Store, tmp_path: Path) -> None:
    daily(store, 3)
    gone = retain(store, tmp_path, now=3 * DAY)
    # Two days are before the horizon; of their 50 runs each job keeps the newest twenty.
    assert gone["runs"] == 2 * (50 - 20)
    assert runs_of(store) == 2 * (25 + 20)
    assert len(archived_runs(tmp_path)) == 60
    assert count(store, "run_event") == 2 * runs_of(store)
    assert count(store, "dataset_version") == runs_of(store)


def test_a_plan_says_what_goes_and_what_is_kept_for_what(store: Store, tmp_path: Path) -> None:
    daily(store, 3)
    compacted(store)
    found = plan(store, POLICY, tmp_path, 3 * DAY)
    assert not found.is_empty
    tables = {each.table: each for each in found.tables}
    assert tables["run"].namespace == "j"
    assert tables["run"].goes == 60
    assert tables["run_event"].goes == 120
    assert tables["run"].kept == {"it is among its job's newest": 40}
    assert tables["run"].oldest == SECOND + SECOND // 2
    assert tables["run"].bytes > 0
    gone = retain(store, tmp_path, now=3 * DAY)
    assert (gone["runs"], gone["entries"]) == (tables["run"].goes, tables["journal"].goes)


def test_a_plan_changes_nothing(store: Store, tmp_path: Path) -> None:
    daily(store, 2)
    compacted(store)
    before = entries_of(store)
    plan(store, POLICY, tmp_path / "archive", 3 * DAY)
    assert entries_of(store) == before
    assert not (tmp_path / "archive").exists()


def test_without_settings_everything_stays(store: Store, tmp_path: Path) -> None:
    daily(store, 2)
    assert plan(store, RetentionPolicy(), tmp_path, 50 * DAY).tables == []
    gone = retain(store, tmp_path, now=50 * DAY, policy=RetentionPolicy())
    assert not any(gone.values())


def test_a_namespace_has_a_horizon_of_its_own(store: Store, tmp_path: Path) -> None:
    daily(store, 3)
    policy = structs.replace(POLICY, namespaces=(NamespaceRetention("j*", 0),))
    assert retain(store, tmp_path, now=3 * DAY, policy=policy)["runs"] == 0


def test_what_went_once_does_not_go_again(store: Store, tmp_path: Path) -> None:
    daily(store, 3)
    retain(store, tmp_path, now=3 * DAY)
    before = len(entries_of(store))
    assert not any(retain(store, tmp_path, now=3 * DAY).values())
    assert len(entries_of(store)) == before


def test_a_rebuild_reads_the_archive_and_comes_to_the_same(store: Store, tmp_path: Path) -> None:
    daily(store, 3)
    retain(store, tmp_path, now=3 * DAY)
    assert verify(store, archive=tmp_path) == []
    rebuild(store, archive=tmp_path)
    assert runs_of(store) == 2 * (25 + 20)
    assert verify(store, archive=tmp_path) == []


def test_a_rebuild_that_lacks_the_archive_names_what_is_missing(
    store: Store, tmp_path: Path
) -> None:
    daily(store, 3)
    retain(store, tmp_path, now=3 * DAY)
    [first, *_] = sorted(tmp_path.glob("journal/*"))
    shutil.rmtree(first)
    with pytest.raises(DataError, match=first.name):
        rebuild(store, archive=tmp_path)
    assert runs_of(store) == 2 * (25 + 20)
    with pytest.raises(DataError, match="is in the archive, where nobody"):
        verify(store)


def test_an_archive_that_was_changed_is_refused(store: Store, tmp_path: Path) -> None:
    daily(store, 3)
    retain(store, tmp_path, now=3 * DAY)
    [first, *_] = sorted(tmp_path.glob("journal/*/entries.parquet"))
    first.write_bytes(first.read_bytes()[:-1])
    with pytest.raises(DataError, match="not what was archived"):
        verify(store, archive=tmp_path)


def test_the_journal_with_its_archive_is_what_it_was(store: Store, tmp_path: Path) -> None:
    daily(store, 3)
    compacted(store)
    before = entries_of(store)
    assert retain(store, tmp_path, now=3 * DAY)["entries"] > 100
    with store.database.read() as connection:
        journal = emptying.ArchivedJournal(store.database, tmp_path)
        whole = journal.read(connection, after=0, limit=1_000_000)
        some = journal.read_at(connection, [2, 1])
    assert whole[: len(before)] == before
    assert some == [before[1], before[0]]
    assert [each.position for each in entries_of(store)] == [each.position for each in whole]
    assert sum(each.kind is EntryKind.ARCHIVED for each in entries_of(store)) > 100


def test_a_run_that_is_heard_of_after_it_was_archived_stays(store: Store, tmp_path: Path) -> None:
    daily(store, 3)
    compacted(store)
    late = run_event(LOAD, "0-0", at=2 * SECOND, event_type="OTHER", inputs=[A], outputs=[])

    class Raced(Journal):
        """A journal into which an event comes just before what apply has decided."""

        def append(
            self,
            entries: Sequence[NewEntry],
            *,
            recorded_at: int,
            connection: Connection | None = None,
        ) -> list[Appended]:
            append(store, late, at=recorded_at)
            return super().append(entries, recorded_at=recorded_at, connection=connection)

    raced = store._replace(journal=Raced(store.database))
    apply(raced, POLICY, tmp_path, now=3 * DAY, settle=lambda: project_all(store))
    assert runs_of(store) == 2 * (25 + 20) + 1
    assert verify(store, archive=tmp_path) == []


def test_a_parent_stays_as_long_as_a_run_that_names_it(store: Store, tmp_path: Path) -> None:
    daily(store, 3)
    facet = {
        "parent": {
            "_producer": "p",
            "_schemaURL": "s",
            "run": {"runId": "0-0"},
            "job": {"namespace": LOAD.namespace, "name": LOAD.name},
        }
    }
    at = 2 * DAY + SECOND
    event = run_event(SHIP, "child", at=at, inputs=[B], outputs=[C], run_facets=facet)
    append(store, event, at=at)
    assert retain(store, tmp_path, now=3 * DAY)["runs"] == 59
    assert ("load", "0-0") not in archived_runs(tmp_path)
    assert retain(store, tmp_path, now=3 * DAY)["runs"] == 0


def test_runs_are_not_asked_for_before_the_horizon_and_all_else_is(
    store: Store, tmp_path: Path
) -> None:
    daily(store, 3)
    retain(store, tmp_path, now=3 * DAY)
    from hub.store.tables import run  # what a read model says

    with store.database.read() as connection:
        before = moment(connection, store.journal, 1 * DAY, None)
        since = moment(connection, store.journal, 2 * DAY, None)
        known = moment(connection, store.journal, None, 1 * DAY)
        assert known.position == 25 * 4
        for refused in (before, known):
            with pytest.raises(InvalidInput, match="archived"):
                refused.knows_run(run.c.id)
        since.knows_run(run.c.id)


_EDGES = text(
    "SELECT j.name, e.side, d.name, e.origin FROM edge e"
    " JOIN job j ON j.id = e.job_id JOIN dataset d ON d.id = e.dataset_id"
    " WHERE e.opened_at <= :at AND (e.closed_at IS NULL OR e.closed_at > :at)"
)
_RUNS = text(
    "SELECT * FROM (SELECT j.name, r.run_id, r.state, r.anchor_at, row_number() OVER"
    " (PARTITION BY r.job_id ORDER BY r.anchor_at DESC, r.run_id DESC) AS place"
    " FROM run r JOIN job j ON j.id = r.job_id WHERE r.anchor_at <= :at) AS t"
    " WHERE place <= :least ORDER BY 1, 5"
)
_VERSIONS = text(
    "SELECT * FROM (SELECT d.name, r.run_id, v.written_at, row_number() OVER"
    " (PARTITION BY v.dataset_id ORDER BY v.written_at DESC, r.run_id DESC) AS place"
    " FROM dataset_version v JOIN dataset d ON d.id = v.dataset_id"
    " JOIN run r ON r.id = v.run_id WHERE v.written_at <= :at) AS t"
    " WHERE place <= :least ORDER BY 1, 4"
)


# Edges between fields as they were known, and no longer are.
_FIELDS_THEN = text(
    "SELECT dependency_id, origin, ordinal, opened_at, closed_at FROM column_edge_history"
    " WHERE known_from <= :at AND known_until > :at"
)


def edges_at(store: Store, instant: int) -> set[tuple[Any, ...]]:
    """Return what lineage held at an instant, by name."""
    with store.database.read() as connection:
        return {tuple(row) for row in connection.execute(_EDGES, {"at": instant})}


def newest_at(store: Store, instant: int, least: int) -> list[tuple[Any, ...]]:
    """Return the newest few runs and versions of everything at an instant, by name."""
    asked = {"at": instant, "least": least}
    with store.database.read() as connection:
        return [
            tuple(row) for each in (_RUNS, _VERSIONS) for row in connection.execute(each, asked)
        ]


def test_a_late_run_changes_nothing_that_a_younger_one_had_closed(
    store: Store, tmp_path: Path
) -> None:
    """The runs that said last what is read stay, however many have said nothing of it since."""
    told = [run_event(LOAD, f"{n}", at=n * SECOND, inputs=[A], outputs=[B]) for n in (2, 3)]
    told += [run_event(LOAD, f"{n}", at=n * SECOND, outputs=[B]) for n in range(4, 44)]
    for event in told:
        append(store, event)
    assert retain(store, tmp_path, now=2 * DAY)["runs"] == 20
    before = edges_at(store, DAY)
    append(store, run_event(LOAD, "late", at=SECOND, inputs=[C], outputs=[B]), at=2 * DAY)
    project_all(store)
    assert edges_at(store, DAY) == before
    assert verify(store, archive=tmp_path) == []


def test_siblings_stay_together_lest_what_is_left_of_them_omits_what_the_others_read(
    store: Store, tmp_path: Path
) -> None:
    """Each run of a job under one parent reads a dataset of its own, hundreds of them."""
    names = [DatasetName("s", f"{number}") for number in range(60)]
    for day in (0, 1):
        parent = {"run": {"runId": f"dag-{day}"}, "job": {"namespace": "n", "name": "dag"}}
        for number, name in enumerate(names):
            at = day * DAY + (number + 1) * SECOND
            event = run_event(
                LOAD, f"{day}-{number}", at=at, inputs=[name], run_facets={"parent": parent}
            )
            append(store, event, at=at)
    project_all(store)
    before = edges_at(store, 2 * DAY)
    assert len(before) == len(names)
    retain(store, tmp_path, now=4 * DAY)

    late = run_event(LOAD, "late", at=3 * DAY, inputs=[names[0]])
    append(store, late, at=4 * DAY)
    project_all(store)

    assert edges_at(store, 3 * DAY + SECOND) == before
    assert verify(store, archive=tmp_path) == []


def test_what_ran_under_a_parent_without_end_leaves_day_by_day(
    store: Store, tmp_path: Path
) -> None:
    parent = {"run": {"runId": "stream"}, "job": {"namespace": "n", "name": "app"}}
    for day in range(4):
        for number in range(25):
            at = day * DAY + (number + 1) * SECOND
            event = run_event(
                LOAD, f"{day}-{number}", at=at, inputs=[A], run_facets={"parent": parent}
            )
            append(store, event, at=at)

    retain(store, tmp_path, now=6 * DAY)

    # Those of the last two days, and the parent.
    assert runs_of(store) == 51


def test_what_edges_were_taken_to_be_leaves_part_by_part_and_is_refused_then(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(superseded, "_AT_ONCE", 1)
    daily(store, 8, runs=3)
    compacted(store)
    now = 8 * DAY
    planned = {each.table: each.goes for each in plan(store, KNOWN, tmp_path, now).tables}
    all_of_it = count(store, "edge_history")
    gone = retain(store, tmp_path, now=now, policy=KNOWN)
    assert gone["superseded"] == sum(planned.values()) == 3
    assert count(store, "edge_history") == all_of_it - planned["edge_history"]
    assert len(list(tmp_path.glob("known/*"))) > 1
    assert known_edges(store, 7 * DAY)
    with (
        store.database.read() as connection,
        pytest.raises(InvalidInput, match="has been archived"),
    ):
        moment(connection, store.journal, None, 2 * SECOND)
    rebuild(store, archive=tmp_path)
    assert known_edges(store, 2 * SECOND) is None
    assert verify(store, archive=tmp_path) == []


@st.composite
def told_of_runs(draw: st.DrawFn) -> list[bytes]:
    """Events of many short runs, some of which name nothing on a side."""
    some = st.lists(st.sampled_from([A, B, C]), max_size=2, unique=True)
    kinds = st.sampled_from(["START", "COMPLETE", "COMPLETE", "COMPLETE", "FAIL"])
    told = st.tuples(st.sampled_from("123456789"), st.integers(1, 9), kinds, some, some)
    return [
        run_event(LOAD, run, at=at * SECOND, event_type=kind, inputs=inputs, outputs=outputs)
        for run, at, kind, inputs, outputs in draw(st.lists(told, min_size=1, max_size=16))
    ]


def told_of(event: bytes) -> tuple[str, str | None]:
    """Return the run that an event is of, by job and run id."""
    said = json.loads(event)
    return said["job"]["name"], said.get("run", {}).get("runId")


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=25,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink takes minutes
)
@given(
    st.one_of(told_of_runs().map(lambda events: [[each] for each in events]), blocks()),
    st.one_of(told_of_runs().map(lambda events: [events]), blocks()),
    st.integers(3, 9),
    st.integers(1, 2),
)
def test_nothing_that_is_asked_since_the_horizon_changes(
    sqlite_url: str,
    early: list[list[bytes]],
    late: list[list[bytes]],
    horizon: int,
    least: int,
) -> None:
    # Fewer than an operator may say, so that in a small world something goes.
    policy = structs.replace(POLICY, least_runs=least)
    now = DAY + horizon * SECOND
    instants = [*range(horizon * SECOND, 12 * SECOND, SECOND // 2), 1 << 60]

    with copied(sqlite_url) as kept, copied(sqlite_url) as trimmed, TemporaryDirectory() as folder:
        for store in (kept, trimmed):
            for number, block in enumerate(early):
                append(store, *block, at=number)
            project_all(store)
        retain(trimmed, Path(folder), now=now, policy=policy)
        for at in (horizon * SECOND, 10 * SECOND):
            assert newest_at(trimmed, at, least) == newest_at(kept, at, least)
        assert [edges_at(trimmed, at) for at in instants] == [edges_at(kept, at) for at in instants]
        # What comes later, late or not, is folded as if everything were there. Only a run that has
        # left is another one when it is heard of again.
        left = archived_runs(Path(folder))
        later = [[each for each in block if told_of(each) not in left] for block in late]
        for store in (kept, trimmed):
            for number, block in enumerate(filter(None, later)):
                append(store, *block, at=DAY + number)
            project_all(store)
        assert [edges_at(trimmed, at) for at in instants] == [edges_at(kept, at) for at in instants]
        retain(trimmed, Path(folder), now=now, policy=policy)
        assert verify(trimmed, archive=Path(folder)) == []


def known_edges(store: Store, instant: int) -> set[tuple[Any, ...]] | None:
    """Return what the hub knew of edges at an instant; None where that has left."""
    with store.database.read() as connection:
        try:
            then = moment(connection, store.journal, None, instant)
        except InvalidInput:
            return None
        found = {tuple(row) for row in connection.execute(select(then.edges()))}
        fields = connection.execute(_FIELDS_THEN, {"at": then.position})
        return found | {tuple(row) for row in fields}


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=25,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(blocks(), blocks(), st.integers(1, 6))
def test_what_was_known_since_the_horizon_is_told_as_before(
    sqlite_url: str, early: list[list[bytes]], late: list[list[bytes]], horizon: int
) -> None:
    now = DAY + horizon * SECOND
    with copied(sqlite_url) as kept, copied(sqlite_url) as trimmed, TemporaryDirectory() as folder:
        for store in (kept, trimmed):
            for number, block in enumerate(early):
                append(store, *block, at=number * SECOND)
            project_all(store)
        gone = retain(trimmed, Path(folder), now=now, policy=KNOWN)
        known = list(range(0, 12 * SECOND, SECOND))
        told = [known_edges(trimmed, at) for at in known]
        assert all(found is not None for found in told[horizon:])
        assert [here for here in told if here is not None] == [
            known_edges(kept, at) for at, here in zip(known, told, strict=True) if here is not None
        ]
        for store in (kept, trimmed):
            for number, block in enumerate(late):
                append(store, *block, at=2 * DAY + number)
            project_all(store)
        since = [at for at, here in zip(known, told, strict=True) if here is not None]
        assert [known_edges(trimmed, at) for at in since] == [known_edges(kept, at) for at in since]
        assert verify(trimmed, archive=Path(folder)) == []
        assert gone["superseded"] == count(kept, "edge_history") + count(
            kept, "column_edge_history"
        ) - count(trimmed, "edge_history") - count(trimmed, "column_edge_history")


@pytest.mark.timeout(300)
def test_whenever_it_is_killed_nothing_is_gone_that_is_not_archived(
    sqlite_url: str, tmp_path: Path
) -> None:
    with copied(sqlite_url) as store:
        # Told of first, it leads the hub to believe that its edges began with it.
        append(store, run_event(LOAD, "early", at=5 * SECOND, inputs=[A], outputs=[B]))
        daily(store, 2)
        compacted(store)
        whole = entries_of(store)
        beliefs = superseded_ends(store)
        assert beliefs
        runs = names_of_runs(store)
        source = str(store.database.engine.url.database)
        with store.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        deaths = 0
        for step in (*range(1, 20, 2), *range(20, 400, 11)):
            place = tmp_path / str(step)
            place.mkdir()
            shutil.copyfile(source, place / "hub.db")
            url, root = f"sqlite:///{place}/hub.db", place / "archive"
            died = subprocess.run(
                [sys.executable, "-m", "tests.store.killed", url, root, str(2 * DAY), str(step)],
                check=False,
            )
            is_over = died.returncode == 0
            assert is_over or died.returncode == -signal.SIGKILL
            deaths += not is_over
            survived = open_store(url)
            project_all(survived)
            assert names_of_runs(survived) | archived_runs(root) == runs
            assert superseded_ends(survived) | archived_ends(root) == beliefs
            with survived.database.read() as connection:
                journal = emptying.ArchivedJournal(survived.database, root)
                found = journal.read(connection, after=0, limit=1_000_000)
            assert found[: len(whole)] == whole
            retain(survived, root, now=2 * DAY, policy=killed.POLICY)
            assert len(names_of_runs(survived)) == 2 * (25 + 20)
            assert not superseded_ends(survived)
            assert verify(survived, archive=root) == []
            survived.close()
            if is_over:
                break
        assert is_over
        assert deaths > 10


def superseded_ends(store: Store) -> set[tuple[str, int]]:
    """Return until when the hub took edges to be what they are not, by the journal's positions."""
    with store.database.read() as connection:
        found = connection.exec_driver_sql("SELECT side, known_until FROM edge_history")
        return {(side, known_until) for side, known_until in found}


def archived_ends(root: Path) -> set[tuple[str, int]]:
    return {
        (row["side"], row["known_until"])
        for file in root.glob("known/*/edge_history.parquet")
        for row in parquet.read_table(file).to_pylist()
    }


def names_of_runs(store: Store) -> set[tuple[str, str]]:
    with store.database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT j.name, r.run_id FROM run r JOIN job j ON j.id = r.job_id"
        )
        return {(job, run) for job, run in found}
