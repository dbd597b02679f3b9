"""The laws of ``hub.spi.transform``."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from hub.spi.transform import Outcome, Transform

SCANS = pa.table(
    {
        "id": [1, 2, 3],
        "depot": ["a", "b", None],
        "kilos": [Decimal("1.50"), None, Decimal("2.25")],
        "at": [datetime(2026, 1, 1, tzinfo=UTC)] * 3,
        "day": [date(2026, 1, 1)] * 3,
    }
)
DEPOTS = pa.table({"depot": ["a", "b"], "city": ["Oslo", "Bergen"]})
INPUTS = {"bronze.scans": SCANS, "silver.depots": DEPOTS}


class TransformConformance:
    """Subclass it in a ``Test…`` class and say how a transform is made. Its language is SQL."""

    @abstractmethod
    def transform(self) -> Transform:
        """Return a transform."""

    def run(self, sql: str) -> Outcome:
        """Return what a statement makes of two small datasets."""
        return self.transform().run(sql, INPUTS, {})

    def test_datasets_are_known_by_their_names_in_the_lake(self) -> None:
        """Joined, filtered and aggregated."""
        outcome = self.run(
            "SELECT city, count(*) AS scans FROM bronze.scans JOIN silver.depots USING (depot) "
            "WHERE id < 3 GROUP BY city ORDER BY city"
        )

        assert outcome.table.to_pylist() == [
            {"city": "Bergen", "scans": 1},
            {"city": "Oslo", "scans": 1},
        ]

    def test_values_pass_unchanged(self) -> None:
        """Times keep their zone, decimals their digits, and nothing stays nothing."""
        table = self.run("SELECT * FROM bronze.scans ORDER BY id").table

        assert table.to_pylist() == SCANS.to_pylist()

    def test_the_same_inputs_give_the_same_output(self) -> None:
        """By another transform as well; the inputs stay what they are."""
        sql = "SELECT depot, sum(kilos) AS kilos FROM bronze.scans GROUP BY depot ORDER BY depot"
        first, second = self.run(sql), self.run(sql)

        assert first.table == second.table
        assert first.columns == second.columns

    def test_no_rows_are_a_result(self) -> None:
        """With their fields."""
        table = self.run("SELECT id, depot FROM bronze.scans WHERE id > 99").table

        assert (table.num_rows, table.column_names) == (0, ["id", "depot"])

    @pytest.mark.parametrize(
        "sql",
        [
            "",
            "SELEC 1",
            "SELECT nosuch FROM bronze.scans",
            "SELECT * FROM bronze.nosuch",
            "SELECT 1; SELECT 2",
            "DELETE FROM bronze.scans",
            "DROP TABLE bronze.scans",
            "CREATE TABLE t AS SELECT 1",
            "SET threads = 1",
            "ATTACH 'other.db'",
            "COPY (SELECT 1) TO 'out.csv'",
            "SELECT * FROM read_csv('in.csv')",
            "SELECT * FROM 'in.csv'",
            "INSTALL httpfs",
        ],
    )
    def test_only_one_query_over_its_inputs_is_run(
        self, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No other statement, no file, no network."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "in.csv").write_text("id\n1\n")

        with pytest.raises(Exception, match=r"\w"):
            self.run(sql)
        assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT id AS n, upper(city) AS city FROM bronze.scans NATURAL JOIN silver.depots",
            "WITH most AS (SELECT max(kilos) AS m FROM bronze.scans) SELECT m, 'x' AS x FROM most",
            "SELECT * FROM bronze.scans",
        ],
    )
    def test_a_field_comes_from_fields_that_there_are(self, sql: str) -> None:
        """What is told of fields names the output's, and those of the inputs."""
        outcome = self.run(sql)

        assert set(outcome.columns) <= set(outcome.table.column_names)
        for sources in outcome.columns.values():
            for source in sources:
                assert source.field in INPUTS[source.dataset].column_names
                assert source.kind in {"DIRECT", "INDIRECT"}
