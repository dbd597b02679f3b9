import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError
from hub_lake_delta.lake import DeltaLake

from hub.domain.errors import Conflict, DataError, InvalidInput
from hub.spi.lake import Commit
from hub.testing.conformance import LakeConformance

NAME = "bronze.scans"
# Runs where files may not grow, as on a full disk.
ON_A_FULL_DISK = """
import resource, sys
import pyarrow as pa
from hub.spi.lake import Commit
from hub_lake_delta.lake import DeltaLake

lake = DeltaLake()
lake.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
for dataset in ("bronze.scans", "bronze.new"):
    try:
        commit = Commit(writer="w", number=2)
        lake.append(dataset, pa.table({"n": [2]}), commit, append_only=True)
    except Exception as error:
        print(type(error).__name__, error)
"""


def opened(location: Path | str) -> DeltaLake:
    lake = DeltaLake()
    lake.open(str(location))
    return lake


class TestDeltaLake(LakeConformance):
    def opened(self, location: str) -> DeltaLake:
        return opened(location)


def put(lake: DeltaLake, number: int, writer: str = "w", **columns: object) -> int:
    table = pa.table(columns or {"n": [number]})
    return lake.append(NAME, table, Commit(writer=writer, number=number), append_only=True).number


def test_a_dataset_lies_in_a_folder_of_its_own(tmp_path: Path) -> None:
    lake = opened(tmp_path / "a lake")
    put(lake, 1)

    assert (tmp_path / "a lake/bronze/scans/_delta_log").is_dir()
    assert lake.location(NAME) == (tmp_path / "a lake/bronze/scans").as_uri()


@pytest.mark.parametrize("name", ["", "..", "a/b", "../a", ".a", "a b", "a..b"])
def test_a_name_cannot_leave_the_lake(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot name"):
        opened(tmp_path).location(name)


def test_a_quiet_writer_is_found_in_a_long_history(tmp_path: Path) -> None:
    lake = opened(tmp_path)
    table = pa.table({"n": [1]})
    lake.append(NAME, table, Commit(writer="q", number=7, notes={"at": "7"}), append_only=True)
    for number in range(20):
        put(lake, number, "busy")

    found = lake.last_commit(NAME, "q")

    assert found == Commit(writer="q", number=7, notes={"at": "7"})
    again = lake.append(NAME, table, Commit(writer="q", number=7), append_only=True)
    assert (again.number, again.rows, again.notes) == (0, 1, {"at": "7"})


def test_notes_are_found_behind_commits_made_at_the_same_time(tmp_path: Path) -> None:
    lake = opened(tmp_path)
    put(lake, 1)
    stale = DeltaTable(lake.location(NAME))
    for number in range(5):
        put(lake, number, "busy")
    write_deltalake(
        stale,
        pa.table({"n": [2]}),
        mode="append",
        commit_properties=CommitProperties(
            custom_metadata={"hub.notes": '{"a":"b"}'},
            app_transactions=[Transaction("late", 1), Transaction("hub.based-on:late", 0)],
        ),
    )
    put(lake, 2)

    found = lake.last_commit(NAME, "late")

    assert found is not None
    assert found.notes == {"a": "b"}


def test_a_rival_under_the_same_name_loses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, rival = opened(tmp_path), opened(tmp_path)
    put(lake, 1)
    stale = DeltaTable(lake.location(NAME))
    put(rival, 2)
    monkeypatch.setattr(lake, "_newest", lambda _: stale)

    with pytest.raises(CommitFailedError):
        put(lake, 3)
    assert sorted(rival.read(NAME)["n"].to_pylist()) == [1, 2]


def test_the_twin_of_a_commit_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, twin = opened(tmp_path), opened(tmp_path)
    put(lake, 1)
    seen = iter([DeltaTable(lake.location(NAME))])
    put(twin, 2)
    newest = lake._newest
    monkeypatch.setattr(lake, "_newest", lambda name: next(seen, None) or newest(name))

    assert put(lake, 2) == 1
    assert sorted(lake.read(NAME)["n"].to_pylist()) == [1, 2]


def test_a_number_that_was_jumped_over_is_a_conflict(tmp_path: Path) -> None:
    lake = opened(tmp_path)
    put(lake, 5)

    with pytest.raises(Conflict, match="commit 3, and never made it"):
        put(lake, 3)


def test_commits_of_other_tools_are_lived_with(tmp_path: Path) -> None:
    lake = opened(tmp_path)
    put(lake, 1)
    put(lake, 2)
    DeltaTable(lake.location(NAME)).optimize.compact()

    newest = lake.version(NAME)

    assert newest is not None
    assert (newest.number, newest.files, newest.rows, newest.notes) == (2, 1, 2, {})
    assert put(lake, 2) == 1
    assert put(lake, 3) == 3


def test_a_full_disk_says_so_and_changes_nothing(tmp_path: Path) -> None:
    lake = opened(tmp_path)
    put(lake, 1)

    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.count("DeltaError") == done.stdout.count("(os error 27)") == 2
    assert lake.read(NAME)["n"].to_pylist() == [1]
    assert lake.version("bronze.new") is None
    assert put(lake, 2) == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (pa.array([2**32 - 1], pa.uint32()), pa.int64()),
        (pa.array(["a"]).dictionary_encode(), pa.string()),
        (pa.array(["a"], pa.large_string()), pa.string()),
        (pa.array([datetime(2026, 1, 1, tzinfo=UTC)], pa.timestamp("ns", "UTC")), None),
        (pa.array([datetime(2026, 1, 1)], pa.timestamp("s")), pa.timestamp("us")),  # noqa: DTZ001  # naive on purpose
        (pa.array([date(2026, 1, 1)], pa.date64()), pa.date32()),
        (pa.array([[{"a": 1}]], pa.list_(pa.struct([("a", pa.uint8())]))), None),
        (pa.array([0.1], pa.float32()), pa.float32()),
        (pa.array([Decimal("1.50")]), pa.decimal128(38, 2)),
    ],
    ids=str,
)
def test_values_come_back_as_they_went_in(
    tmp_path: Path, given: pa.Array, kept: pa.DataType | None
) -> None:
    lake = opened(tmp_path)
    put(lake, 1, value=given)
    put(lake, 2, value=given)

    read = lake.read(NAME)["value"]

    assert read.to_pylist() == given.to_pylist() * 2
    assert kept is None or read.type == kept


def test_nanoseconds_are_refused_where_they_would_be_lost(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"column at cannot be stored as timestamp\[us\]"):
        put(opened(tmp_path), 1, at=pa.array([1], pa.timestamp("ns")))


def test_a_column_gets_its_type_from_its_first_value(tmp_path: Path) -> None:
    lake = opened(tmp_path)
    put(lake, 1, n=[1], word=pa.nulls(1))
    put(lake, 2, n=[2], word=["a"])
    put(lake, 3, n=[3], word=pa.nulls(1))

    assert lake.read(NAME).sort_by("n")["word"].to_pylist() == [None, "a", None]


@pytest.mark.parametrize(
    "value", ["it's", date(2026, 1, 1), 7, True, None, datetime(2026, 1, 1, tzinfo=UTC)], ids=str
)
def test_a_partition_is_found_by_any_value(tmp_path: Path, value: object) -> None:
    lake = opened(tmp_path)
    kind = pa.string() if value is None else None
    for number in range(1, 3):
        table = pa.table({'a "key"': pa.array([value], kind), "n": [number]})
        commit = Commit(writer="w", number=number)
        lake.overwrite("gold.a", table, commit, partition={'a "key"': value})

    assert lake.read("gold.a")["n"].to_pylist() == [2]
