from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hub_transform_duckdb.transform import DuckDBTransform

from hub.domain.errors import InvalidInput
from hub.spi.transform import Transform
from hub.testing.conformance import TransformConformance


class TestDuckDB(TransformConformance):
    def transform(self) -> Transform:
        return DuckDBTransform()


def test_fields_are_traced_to_their_sources() -> None:
    rides = pa.table({"ride_id": ["r"], "metres": [1], "day": ["d"]})
    sql = "select day, sum(metres) / 1000 as km from bronze.rides as r group by day"
    columns = DuckDBTransform().run(sql, {"bronze.rides": rides}, {}).columns
    assert [(s.field, s.subtype) for s in columns["day"]] == [("day", "IDENTITY")]
    assert [(s.field, s.subtype) for s in columns["km"]] == [("metres", "AGGREGATION")]


@pytest.mark.parametrize("sql", ["drop table x", "select 1; select 2", ""])
def test_only_one_select_is_a_transform(sql: str) -> None:
    with pytest.raises(InvalidInput, match="one SELECT"):
        DuckDBTransform().run(sql, {}, {})


def test_sql_reads_no_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with pytest.raises(duckdb.PermissionException):
        DuckDBTransform().run(f"select * from '{secret}'", {}, {})  # noqa: S608 - it must not run
