"""The laws of ``hub.spi.lake``."""

from __future__ import annotations

from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from hub.domain.errors import ContractViolation, DataError, NotFound
from hub.spi.lake import Commit, Lake, Version

BRONZE = "bronze.scans"


def rows(*ids: int) -> pa.Table:
    """Return a few rows, known by their ids."""
    return pa.table({"id": pa.array(ids, pa.int64()), "depot": [f"depot {n % 2}" for n in ids]})


def ids(table: pa.Table) -> list[int]:
    """Return the ids of rows, sorted: a lake promises no order."""
    return sorted(table["id"].to_pylist())


class LakeConformance:
    """Subclass it in a ``Test…`` class and say how a lake is opened."""

    @abstractmethod
    def opened(self, location: str) -> Lake:
        """Return a lake at ``location``; a second one at the same place sees the same data."""

    @pytest.fixture
    def lake(self, tmp_path: Path) -> Lake:
        """A lake without datasets."""
        return self.opened(str(tmp_path / "lake"))

    def append(self, lake: Lake, number: int, *ids: int, writer: str = "w") -> Version:
        """Append rows to Bronze as commit ``number`` of a writer."""
        commit = Commit(writer=writer, number=number, notes={"checkpoint": str(number)})
        return lake.append(BRONZE, rows(*ids), commit, append_only=True)

    def test_what_was_never_written_is_not_there(self, lake: Lake) -> None:
        """No version, no commit, and reading says so."""
        assert lake.version(BRONZE) is None
        assert lake.schema(BRONZE) is None
        assert lake.last_commit(BRONZE, "w") is None
        with pytest.raises(NotFound, match=BRONZE):
            lake.read(BRONZE)

    def test_an_append_adds_to_what_is_there(self, lake: Lake) -> None:
        """Versions count rows, and grow."""
        first = self.append(lake, 1, 1, 2)
        second = self.append(lake, 2, 3)

        assert (first.rows, second.rows) == (2, 3)
        assert second.number > first.number
        assert second.bytes > first.bytes > 0
        assert ids(lake.read(BRONZE)) == [1, 2, 3]
        assert lake.version(BRONZE) == second
        assert lake.schema(BRONZE) == rows(1).schema

    def test_columns_can_be_read_alone(self, lake: Lake) -> None:
        """In the order asked for."""
        self.append(lake, 1, 1)

        assert lake.read(BRONZE, columns=["depot"]).to_pylist() == [{"depot": "depot 1"}]

    def test_an_older_version_can_be_read(self, lake: Lake) -> None:
        """Time travel, and an error for a version that does not exist."""
        first = self.append(lake, 1, 1, 2)
        self.append(lake, 2, 3)

        assert ids(lake.read(BRONZE, version=first.number)) == [1, 2]
        with pytest.raises(NotFound, match="version 77"):
            lake.read(BRONZE, version=77)

    def test_a_repeated_commit_changes_nothing(self, lake: Lake) -> None:
        """The version that it made comes back, even after others."""
        first = self.append(lake, 1, 1)
        second = self.append(lake, 2, 2)

        assert self.append(lake, 2, 2) == second
        assert self.append(lake, 1, 1) == first
        assert ids(lake.read(BRONZE)) == [1, 2]
        assert lake.version(BRONZE) == second

    def test_notes_are_found_by_their_writer(self, lake: Lake) -> None:
        """Under other writers' commits as well."""
        self.append(lake, 4, 1, writer="quiet")
        for number in range(1, 4):
            self.append(lake, number, number, writer="busy")

        quiet = lake.last_commit(BRONZE, "quiet")
        assert quiet == Commit(writer="quiet", number=4, notes={"checkpoint": "4"})
        busy = lake.last_commit(BRONZE, "busy")
        assert busy == Commit(writer="busy", number=3, notes={"checkpoint": "3"})
        assert lake.last_commit(BRONZE, "unknown") is None

    def test_another_process_sees_the_same(self, lake: Lake, tmp_path: Path) -> None:
        """Nothing is kept in memory alone."""
        made = self.append(lake, 1, 1)
        other = self.opened(str(tmp_path / "lake"))

        assert self.append(other, 1, 1) == made
        assert other.last_commit(BRONZE, "w") == lake.last_commit(BRONZE, "w")

    def test_a_commit_without_rows_keeps_its_notes(self, lake: Lake) -> None:
        """A checkpoint moves also where there was nothing to write."""
        self.append(lake, 1)
        self.append(lake, 2, 1)
        last = self.append(lake, 3)

        assert last.rows == 1
        commit = lake.last_commit(BRONZE, "w")
        assert commit is not None
        assert commit.number == 3

    def test_append_only_datasets_refuse_to_be_overwritten(self, lake: Lake) -> None:
        """Raw data is immutable."""
        self.append(lake, 1, 1)

        with pytest.raises(Exception, match=r"(?i)append.?only"):
            lake.overwrite(BRONZE, rows(2), Commit(writer="w", number=2), partition=None)
        assert ids(lake.read(BRONZE)) == [1]

    def test_an_overwrite_replaces_the_dataset_and_its_fields(self, lake: Lake) -> None:
        """Derived data is made anew as a whole."""
        first = lake.overwrite("gold.a", rows(1), Commit(writer="w", number=1), partition=None)
        other = rows(2).append_column("weight", pa.array([1.5]))
        second = lake.overwrite("gold.a", other, Commit(writer="w", number=2), partition=None)
        third = lake.overwrite("gold.a", rows(9), Commit(writer="w", number=2), partition=None)

        assert third == second
        assert lake.read("gold.a").to_pylist() == other.to_pylist()
        assert lake.read("gold.a", version=first.number).to_pylist() == rows(1).to_pylist()

    def test_an_overwrite_of_a_partition_leaves_the_others(self, lake: Lake) -> None:
        """One partition is replaced; rows of another one are refused."""
        for number, batch in enumerate([rows(2, 4), rows(1, 3), rows(5)], start=1):
            depot = {"depot": batch["depot"][0].as_py()}
            commit = Commit(writer="w", number=number)
            lake.overwrite("gold.a", batch, commit, partition=depot)

        assert ids(lake.read("gold.a")) == [2, 4, 5]
        with pytest.raises(DataError, match="partition"):
            lake.overwrite(
                "gold.a", rows(6), Commit(writer="w", number=9), partition={"depot": "depot 1"}
            )

    def test_a_column_may_come_but_not_go(self, lake: Lake) -> None:
        """So that a renamed column does not pass for a new one."""
        self.append(lake, 1, 1)
        wider = rows(2).append_column("weight", pa.array([1.5]))
        lake.append(BRONZE, wider, Commit(writer="w", number=2), append_only=True)

        assert lake.read(BRONZE).sort_by("id")["weight"].to_pylist() == [None, 1.5]
        with pytest.raises(ContractViolation, match="weight"):
            self.append(lake, 3, 3)
        renamed = wider.rename_columns(["id", "station", "weight"])
        with pytest.raises(ContractViolation, match="depot"):
            lake.append(BRONZE, renamed, Commit(writer="w", number=3), append_only=True)

    def test_a_value_is_stored_whole_or_refused(self, lake: Lake) -> None:
        """No cast that loses anything, and none between kinds of type."""
        self.append(lake, 1, 1)
        for changed in (pa.array([1.5]), pa.array(["1"]), pa.array([2**63], pa.uint64())):
            table = rows(1).set_column(0, "id", changed)
            with pytest.raises((ContractViolation, DataError), match="id"):
                lake.append(BRONZE, table, Commit(writer="w", number=2), append_only=True)
        assert ids(lake.read(BRONZE)) == [1]

    def test_writers_do_not_disturb_one_another(self, lake: Lake, tmp_path: Path) -> None:
        """All commits of concurrent writers are there, each once."""

        def write(writer: int) -> None:
            other = self.opened(str(tmp_path / "lake"))
            for number in range(1, 4):
                self.append(other, number, writer * 10 + number, writer=f"w{writer}")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(4)))

        assert ids(lake.read(BRONZE)) == [w * 10 + n for w in range(4) for n in range(1, 4)]

    def test_a_writer_started_twice_writes_once(self, lake: Lake, tmp_path: Path) -> None:
        """The second of two equal commits finds the first one's version."""

        def write(_: int) -> Version:
            return self.append(self.opened(str(tmp_path / "lake")), 1, 1, 2)

        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(write, range(4)))

        assert made == [made[0]] * 4
        assert ids(lake.read(BRONZE)) == [1, 2]
