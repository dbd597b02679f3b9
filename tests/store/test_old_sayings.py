"""On which days facets were said leaves the store, and nothing that is asked since then changes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from hub.domain.errors import InvalidInput
from hub.domain.retention import DAY, RetentionPolicy
from hub.flow.project import project_all, rebuild, verify
from hub.flow.retain import apply, plan
from hub.queries.facet_contents import facets_of
from hub.queries.moments import moment
from hub.store import old_sayings
from hub.store.opening import Store
from hub.testing import builders
from tests.small_world import LOAD, A, append, copied

POLICY = RetentionPolicy(facets_days=1)
DAYS = 5
# A content of a description, the day on which it is said, and that on which the hub is told.
Said = tuple[str, int, int]
# Of an event time, and of what was known.
Bounds = tuple[int | None, int | None]
SAYINGS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, DAYS), st.integers(0, DAYS)), max_size=12
)


def say(store: Store, *said: Said) -> None:
    for content, day, told in sorted(said, key=lambda each: each[2]):
        described = builders.dataset(A, documentation={"description": content})
        event = builders.run_event(LOAD, f"{said}", at=day * DAY + 5, outputs=[described])
        append(store, event, at=told * DAY + 7)
    project_all(store)


def retain(store: Store, root: Path, *, day: int) -> int:
    """Let go what was said before a day."""
    now = (day + 1) * DAY
    return apply(store, POLICY, root, now=now, settle=lambda: project_all(store))["sayings"]


def descriptions(store: Store, *bounds: Bounds) -> dict[Bounds, list[bytes | None]]:
    """Return what a dataset was described as at some moments."""
    names = frozenset({"documentation"})
    told = {}
    with store.database.read() as connection:
        for as_of, known_at in bounds:
            at = moment(connection, store.journal, as_of, known_at)
            found = facets_of(connection, [1], entity="dataset", moment=at, names=names)
            told[as_of, known_at] = [each["documentation"].body for each in found.values()]
    return told


def since(day: int) -> Iterator[Bounds]:
    instants = [None, day * DAY, *(each * DAY + 8 for each in range(day, DAYS + 1))]
    return product(instants, instants)


def days(store: Store) -> list[tuple[int, bytes]]:
    with store.database.read() as connection:
        found = connection.exec_driver_sql("SELECT day, digest FROM facet_saying ORDER BY 1, 2")
        return [(day, bytes(digest)) for day, digest in found]


TO_AND_FRO: list[Said] = [(content, day, day) for day, content in enumerate("abacab")]


def test_of_each_content_the_last_day_before_the_horizon_stays(
    store: Store, tmp_path: Path
) -> None:
    say(store, *TO_AND_FRO)
    before = descriptions(store, *since(4))
    planned = plan(store, POLICY, tmp_path, 5 * DAY)

    assert [(each.table, each.goes) for each in planned.tables if each.goes] == [
        ("facet_saying of dataset", 1)
    ]
    assert (planned.tables[0].before, planned.tables[0].oldest) == (4 * DAY, 0)
    assert retain(store, tmp_path, day=4) == 1
    assert [day for day, _ in days(store)] == [1, 2, 3, 4, 5]
    assert descriptions(store, *since(4)) == before
    [file] = tmp_path.glob("said/*/facet_saying of dataset.parquet")
    [row] = parquet.read_table(file).to_pylist()
    assert (row["owner_dataset"], row["name"], row["day"]) == (A.name, "documentation", 0)
    assert retain(store, tmp_path, day=4) == 0
    assert verify(store, archive=tmp_path) == []
    kept = days(store)
    rebuild(store, archive=tmp_path)
    assert days(store) == kept


@pytest.mark.parametrize("bounds", [(4 * DAY - 1, None), (None, 4 * DAY - 1), (0, 5 * DAY)])
def test_what_was_said_before_the_horizon_is_refused(
    bounds: Bounds, sqlite_store: Store, tmp_path: Path
) -> None:
    say(sqlite_store, *TO_AND_FRO)
    descriptions(sqlite_store, bounds)
    retain(sqlite_store, tmp_path, day=4)

    with pytest.raises(InvalidInput, match=r"descriptions before 1970-01-05T.* have been archived"):
        descriptions(sqlite_store, bounds)


def test_they_leave_in_parts(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_sayings, "_AT_ONCE", 1)
    say(sqlite_store, *(("a", day, day) for day in range(6)))
    before = descriptions(sqlite_store, *since(5))

    assert retain(sqlite_store, tmp_path, day=5) == 4
    assert [day for day, _ in days(sqlite_store)] == [4, 5]
    assert descriptions(sqlite_store, *since(5)) == before
    assert len([*tmp_path.glob("said/*")]) > 1


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=12,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
# What was told late hides nothing from those who ask what was known before.
@example([("a", 0, 0), ("b", 1, 1), ("a", 2, 2), ("a", 3, 5), ("a", 9, 5)], [], 4)
@given(SAYINGS, SAYINGS, st.integers(1, DAYS))
def test_since_the_horizon_all_is_told_as_before(
    sqlite_url: str, early: list[Said], late: list[Said], day: int
) -> None:
    with copied(sqlite_url) as kept, copied(sqlite_url) as trimmed, TemporaryDirectory() as folder:
        for store in (kept, trimmed):
            say(store, *early)
        retain(trimmed, Path(folder), day=day)
        assert descriptions(trimmed, *since(day)) == descriptions(kept, *since(day))
        for store in (kept, trimmed):
            say(store, *((content, at, DAYS + 1) for content, at, _ in late))
        assert descriptions(trimmed, *since(day)) == descriptions(kept, *since(day))
        assert verify(trimmed, archive=Path(folder)) == []
