import csv
import gzip
import json
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_lane_files.lane import FilesLane
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.errors import DataError, InvalidInput, TooLarge
from hub.spi.lane import Checkpoint, LaneContext, Slice
from hub.testing.conformance import LaneConformance, LaneValuesConformance
from hub.testing.conformance.lane import DELIVERY, SLICE


def context(
    root: Path,
    path: str,
    expected: Mapping[str, str] | None = None,
    **options: Any,  # noqa: ANN401 - options are of many types
) -> LaneContext:
    return LaneContext(
        step="p.s", options={"path": path, **options}, root=str(root), expected=expected or {}
    )


def read(
    root: Path,
    path: str,
    expected: Mapping[str, str] | None = None,
    checkpoint: Checkpoint | None = None,
    **options: Any,  # noqa: ANN401 - options are of many types
) -> list[Slice]:
    return list(FilesLane().read(context(root, path, expected, **options), checkpoint))


def records(slices: list[Slice]) -> list[dict[str, object]]:
    return [record for piece in slices if piece.table for record in piece.table.to_pylist()]


def reasons(slices: list[Slice]) -> list[str]:
    return [refused.reason for piece in slices for refused in piece.refused]


class FilesConformance(LaneConformance):
    suffix = ""
    expected: Mapping[str, str] = {"id": "integer"}

    def lane(self) -> FilesLane:
        return FilesLane()

    def context(self, root: Path) -> LaneContext:
        return context(root, f"in/*{self.suffix}", self.expected, slice_rows=SLICE)

    def deliver(self, root: Path, number: int) -> None:
        (root / "in").mkdir(exist_ok=True)
        ids = range(number * DELIVERY, (number + 1) * DELIVERY)
        (root / "in" / f"{number}{self.suffix}").write_bytes(self.content(list(ids)))

    def content(self, ids: list[int]) -> bytes:
        raise NotImplementedError


class TestCsvFiles(FilesConformance):
    suffix = ".csv"

    def content(self, ids: list[int]) -> bytes:
        return "\n".join(["id,name", *(f'{each},"na""me\n {each}"' for each in ids)]).encode()


class TestGzippedCsvFiles(TestCsvFiles):
    suffix = ".csv.gz"

    def content(self, ids: list[int]) -> bytes:
        return gzip.compress(super().content(ids))


class TestNdjsonFiles(FilesConformance):
    suffix = ".ndjson"

    def content(self, ids: list[int]) -> bytes:
        return b"".join(b'{"id":%d}\r\n' % each for each in ids)


class TestParquetFiles(FilesConformance):
    suffix = ".parquet"

    def content(self, ids: list[int]) -> bytes:
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table({"id": ids}), sink, row_group_size=3)
        content: bytes = sink.getvalue().to_pybytes()
        return content


class FilesValuesConformance(LaneValuesConformance):
    def lane(self) -> FilesLane:
        return FilesLane()

    def context(self, root: Path, expected: Mapping[str, str]) -> LaneContext:
        return context(root, "v.*", expected)


class TestCsvValues(FilesValuesConformance):
    def write(self, root: Path, logical: str, values: list[Any]) -> None:
        assert logical
        with (root / "v.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("id", "v"), *enumerate(map(_written, values))])


class TestNdjsonValues(FilesValuesConformance):
    def write(self, root: Path, logical: str, values: list[Any]) -> None:
        assert logical
        lines = (json.dumps({"id": n, "v": v}, default=_written) for n, v in enumerate(values))
        (root / "v.ndjson").write_text("\n".join(lines))


class TestParquetValues(FilesValuesConformance):
    # A column has one type, and holds no other value.
    unfit: ClassVar[Mapping[str, list[str]]] = {}

    def write(self, root: Path, logical: str, values: list[Any]) -> None:
        assert logical
        pq.write_table(pa.table({"id": range(len(values)), "v": values}), root / "v.parquet")


def _written(value: object) -> object:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


class TestWhichFiles:
    def test_a_copy_is_known_by_its_content(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("id\n1\n")
        done = read(tmp_path, "*.csv")[-1].checkpoint
        (tmp_path / "b.csv").write_text("id\n1\n")
        (tmp_path / "a.csv").rename(tmp_path / "renamed.csv")
        os.utime(tmp_path / "b.csv", (1, 1))

        assert read(tmp_path, "*.csv", checkpoint=done) == []

    def test_copies_that_come_together_are_read_once(self, tmp_path: Path) -> None:
        for name in "ab":
            (tmp_path / f"{name}.csv").write_text("id\n1\n")

        (only,) = read(tmp_path, "*.csv")

        assert only.origin.startswith("a.csv@")

    def test_other_content_under_an_old_name_is_another_delivery(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("id\n1\n")
        (first,) = read(tmp_path, "a.csv")
        (tmp_path / "a.csv").write_text("id\n1\n2\n")

        (second,) = read(tmp_path, "a.csv", checkpoint=first.checkpoint)

        assert records([second]) == [{"id": "1"}, {"id": "2"}]
        assert second.origin != first.origin

    def test_files_at_rest_are_not_opened_again(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("id\n1\n")
        done = read(tmp_path, "*.csv")[-1].checkpoint
        stamped = (tmp_path / "a.csv").stat()
        (tmp_path / "a.csv").write_text("id\n9\n")
        os.utime(tmp_path / "a.csv", ns=(stamped.st_atime_ns, stamped.st_mtime_ns))

        assert read(tmp_path, "*.csv", checkpoint=done) == []

    def test_files_come_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        for name in ("c", "a", "sub/b"):
            (tmp_path / "sub").mkdir(exist_ok=True)
            (tmp_path / f"{name}.csv").write_text(f"id\n{name}\n")

        found = [piece.origin.partition("@")[0] for piece in read(tmp_path, "**/*.csv")]

        assert found == ["a.csv", "c.csv", "sub/b.csv"]

    @pytest.mark.parametrize("name", [".a.csv", "_a.csv", "a.csv.tmp", "a.csv.part", "a.csv~"])
    @pytest.mark.parametrize("path", [".", "*"])
    def test_what_is_not_finished_is_left_alone(self, tmp_path: Path, name: str, path: str) -> None:
        (tmp_path / name).write_text("id\n1\n")

        assert read(tmp_path, path) == []

    @pytest.mark.parametrize("path", ["a.csv", "gone/*.csv", "gone/**/*.csv"])
    def test_what_is_not_there_is_an_error(self, tmp_path: Path, path: str) -> None:
        with pytest.raises(FileNotFoundError, match=r"gone|a\.csv"):
            read(tmp_path, path)

    def test_a_glob_may_match_nothing(self, tmp_path: Path) -> None:
        assert read(tmp_path, "*.csv") == []

    def test_an_unknown_suffix_is_asked_about(self, tmp_path: Path) -> None:
        (tmp_path / "a.dat").write_text("id\n1\n")

        with pytest.raises(InvalidInput, match=r"a\.dat"):
            read(tmp_path, ".")
        assert records(read(tmp_path, ".", format="csv")) == [{"id": "1"}]

    def test_a_file_that_changes_while_it_is_read_stops_the_run(self, tmp_path: Path) -> None:
        file = tmp_path / "a.csv"
        file.write_text("id\n" + "1\n" * 10)
        slices = FilesLane().read(context(tmp_path, "a.csv", slice_rows=4), None)
        next(slices)
        file.write_text("id\n" + "2\n" * 11)

        with pytest.raises(DataError, match=r"a\.csv changed while"):
            next(slices)

    def test_a_file_that_went_away_half_read_is_told(self, tmp_path: Path) -> None:
        file = tmp_path / "a.csv"
        file.write_text("id\n" + "1\n" * 10)
        first = next(FilesLane().read(context(tmp_path, "*.csv", slice_rows=4), None))
        file.rename(tmp_path / "moved.csv")
        moved = read(tmp_path, "*.csv", checkpoint=first.checkpoint)
        (tmp_path / "moved.csv").write_text("id\n2\n")

        lost, other = read(tmp_path, "*.csv", checkpoint=first.checkpoint)

        assert len(records(moved)) == 6
        (reason,) = reasons([lost])
        assert reason.startswith("a.csv was read up to record 4, then changed or went away")
        assert records([other]) == [{"id": "2"}]
        assert read(tmp_path, "*.csv", checkpoint=lost.checkpoint) == [other]

    def test_empty_files_hold_nothing(self, tmp_path: Path) -> None:
        for name in ("a.csv", "b.ndjson"):
            (tmp_path / name).write_bytes(b"")

        assert read(tmp_path, ".") == []

    def test_a_file_without_rows_is_noted(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("id,at\n")
        pq.write_table(pa.table({"id": pa.array([], pa.int64())}), tmp_path / "b.parquet")

        slices = read(tmp_path, ".", {"id": "integer"})

        assert [piece.table.num_rows for piece in slices if piece.table is not None] == [0, 0]
        assert read(tmp_path, ".", checkpoint=slices[-1].checkpoint) == []

    def test_sizes_are_capped_also_after_unpacking(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id\n" + b"1\n" * 10_000))
        (tmp_path / "b.csv").write_bytes(b"id\n" + b"1\n" * 10_000)
        for name in ("a.csv.gz", "b.csv"):
            with pytest.raises(TooLarge, match="more than 1000 bytes"):
                read(tmp_path, name, max_file_bytes=1000, slice_rows=100)

    def test_a_damaged_file_raises_what_its_reader_raises(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id\n1\n")[:-4])
        (tmp_path / "b.parquet").write_bytes(b"PAR1 no more PAR1")
        with pytest.raises(EOFError):
            read(tmp_path, "a.csv.gz")
        with pytest.raises((pa.ArrowInvalid, OSError)):
            read(tmp_path, "b.parquet")


class TestBrokenRecords:
    def test_only_the_broken_lines_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(
            b'id,name\n1,a\n2,b,c\n3\n\n4,"x" y\n5,\xff\n6,"two\nlines"\n7,ok\r\n'
        )

        (piece,) = read(tmp_path, "a.csv", {"id": "integer"})

        assert records([piece]) == [
            {"id": 1, "name": "a"},
            {"id": 6, "name": "two\nlines"},
            {"id": 7, "name": "ok"},
        ]
        assert [(each.payload, each.reason) for each in piece.refused] == [
            (b"id,name\n2,b,c", "line 3: 3 fields, not 2"),
            (b"id,name\n3", "line 4: 1 fields, not 2"),
            (b'id,name\n4,"x" y', "line 6: ',' expected after '\"'"),
            (b"id,name\n5,\xff", "line 7: it is not utf-8: invalid start byte at byte 2"),
        ]
        assert piece.first_sequence == 1
        assert [each.sequence for each in piece.refused] == [4, 5, 6, 7]

    @pytest.mark.parametrize("closing", ["", 'z,"'])
    def test_a_quote_that_is_never_closed_costs_its_line(
        self, tmp_path: Path, closing: str
    ) -> None:
        lines = [f'{n},"a, {n}"' for n in range(10)]
        lines[3] = '3,"open'
        (tmp_path / "a.csv").write_text("\n".join(["id,name", *lines, closing]))

        slices = read(tmp_path, "a.csv", {"id": "integer"}, slice_rows=4)

        assert [each["id"] for each in records(slices)] == [0, 1, 2, 4, 5, 6, 7, 8, 9]
        assert reasons(slices)[0].startswith("line 5: ")

    def test_a_record_without_end_is_cut_and_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(b"id\n1\n" + b"x" * 3_000_000 + b"\n2\n")

        (piece,) = read(tmp_path, "a.csv")

        assert records([piece]) == [{"id": "1"}, {"id": "2"}]
        assert reasons([piece]) == ["line 3: the record is 3000001 bytes long, more than 1048576"]
        assert len(piece.refused[0].payload) < 70_000

    def test_values_that_are_none_of_the_contracts_type_are_refused(self, tmp_path: Path) -> None:
        expected = {"id": "integer", "weight": "number", "on": "date", "at": "timestamp"}
        (tmp_path / "a.csv").write_text(
            "id,weight,on,at\n"
            "1,1.5,2026-01-31,2026-01-31T10:00:00+02:00\n"
            "2,heavy,2026-02-30,2026-01-31 10:00\n"
            "3,1e400,,yesterday\n"
            "4,,,\n"
        )

        (piece,) = read(tmp_path, "a.csv", expected)

        assert records([piece]) == [
            {
                "id": 1,
                "weight": 1.5,
                "on": date(2026, 1, 31),
                "at": datetime(2026, 1, 31, 8, tzinfo=UTC),
            },
            {"id": 4, "weight": None, "on": None, "at": None},
        ]
        assert reasons([piece]) == [
            "line 3: weight: 'heavy' is no number; on: '2026-02-30' is no date",
            "line 4: weight: '1e400' is no number; at: 'yesterday' is no timestamp",
        ]

    def test_lines_that_are_no_objects_are_refused(self, tmp_path: Path) -> None:
        lines = [b'{"id":1}', b"", b"[1]", b'{"id":', b"nul", b'{"id":"\xff"}', b"[" * 5000]
        (tmp_path / "a.ndjson").write_bytes(b"\n".join([*lines, b'{"id":2}']))

        (piece,) = read(tmp_path, "a.ndjson")

        assert records([piece]) == [{"id": 1}, {"id": 2}]
        assert [each.payload for each in piece.refused] == lines[2:]
        assert [reason.partition(":")[0] for reason in reasons([piece])] == [
            f"line {n}" for n in range(3, 8)
        ]

    @pytest.mark.parametrize(
        ("kind", "good", "bad"),
        [
            ("integer", 1.0, 1.5),
            ("integer", 2**63 - 1, 2**63),
            ("integer", 7, True),
            ("number", 1, True),
            ("number", 0.1, 2**53 + 1),
            ("boolean", False, 0),
            ("string", "5", 5),
            ("date", "2026-01-01", 20260101),
            ("timestamp", "2026-01-01T00:00:00Z", 0),
            ("array", [1, 2], {"a": 1}),
            ("object", {"a": 1}, "a"),
        ],
    )
    def test_json_values_are_taken_whole_or_refused(
        self, tmp_path: Path, kind: str, good: object, bad: object
    ) -> None:
        lines = [json.dumps({"v": value}) for value in (good, None, bad)]
        (tmp_path / "a.ndjson").write_text("\n".join(lines))

        (piece,) = read(tmp_path, "a.ndjson", {"v": kind})

        (kept, absent) = records([piece])
        assert kept["v"] == good or str(kept["v"])[:10] == str(good)[:10]
        assert absent == {"v": None}
        assert len(reasons([piece])) == 1
        assert reasons([piece])[0].endswith(f"is no {kind}")

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            (r'{"id":1,"id":2}', "it says 'id' twice"),
            (r'{"id":1,"\u0069d":2}', "it says 'id' twice"),
            (r'{"id":{"a":1,"a":2}}', "it says 'a' twice"),
            (r'{"id":[{"a":1,"b":2,"a":1}]}', "it says 'a' twice"),
            (r'{"id":0.1234567890123456789}', "has more digits than a number keeps"),
            (r'{"id":12345678901234567890.5}', "has more digits than a number keeps"),
            (r'{"id":1e-400}', "has more digits than a number keeps"),
            (r'{"id":1e400}', "has more digits than a number keeps"),
        ],
    )
    def test_what_json_readers_pass_over_is_refused(
        self, tmp_path: Path, line: str, reason: str
    ) -> None:
        sound = r'{"id":{"a":1},"v":{"a":"\"a\""},"x":0.30000000000000004}'
        (tmp_path / "a.ndjson").write_text(f"{sound}\n{line}\n")

        (piece,) = read(tmp_path, "a.ndjson")

        assert len(records([piece])) == 1
        assert reason in reasons([piece])[0]

    def test_texts_with_more_digits_than_a_number_keeps_are_refused(self, tmp_path: Path) -> None:
        kept = [
            "0.1",
            "0.10000000000000001",
            "0.1000000000000000055511",
            "1e300",
            "1234567890123.45",
        ]
        lost = ["9007199254740993", "12345678901234567890.12", "0.123456789012345678", "1e-400"]
        (tmp_path / "a.csv").write_text("\n".join(["v", *kept, *lost]))

        (piece,) = read(tmp_path, "a.csv", {"v": "number"})

        assert [each["v"] for each in records([piece])] == [float(each) for each in kept]
        assert [each.partition("'")[2].partition("'")[0] for each in reasons([piece])] == lost

    def test_times_of_day_are_read_exactly(self, tmp_path: Path) -> None:
        lines = ["v", "10:20", "10:20:30.5", "24:00", "10:20:30.1234567", "10:20+02:00"]
        (tmp_path / "a.csv").write_text("\n".join(lines))

        (piece,) = read(tmp_path, "a.csv", {"v": "time"})

        assert [str(each["v"]) for each in records([piece])] == ["10:20:00", "10:20:30.500000"]
        assert len(reasons([piece])) == 3

    def test_a_refused_record_is_read_again_by_todays_code(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("id,name\nx,b\n")
        told = context(tmp_path, "a.csv", {"id": "integer"})
        (piece,) = FilesLane().read(told, None)
        payload = piece.refused[0].payload

        with pytest.raises(DataError, match="id: 'x' is no integer"):
            FilesLane().reread(told, payload)
        today = FilesLane().reread(context(tmp_path, "a.csv", {"id": "string"}), payload)
        assert today.to_pylist() == [{"id": "x", "name": "b"}]
        line = FilesLane().reread(context(tmp_path, "in"), b'{"id":1}')
        assert line.to_pylist() == [{"id": 1}]


class TestReading:
    @given(
        rows=st.lists(st.tuples(st.text(max_size=8), st.text('",\n\r x', max_size=8)), max_size=9),
        slice_rows=st.integers(1, 5),
        end=st.sampled_from(["\n", "\r\n"]),
    )
    def test_what_was_written_as_csv_is_read(
        self, rows: list[tuple[str, str]], slice_rows: int, end: str
    ) -> None:
        with TemporaryDirectory() as folder:
            with Path(folder, "a.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator=end, quoting=csv.QUOTE_ALL)
                writer.writerows([("id", "name"), *rows])
            slices = read(Path(folder), "a.csv", nulls=[], slice_rows=slice_rows)

        assert [tuple(each.values()) for each in records(slices)] == rows
        assert reasons(slices) == []

    @pytest.mark.parametrize(
        ("options", "content"),
        [
            ({"delimiter": ";"}, b"\xef\xbb\xbfid;name\n1;\xc3\xa9\n"),
            ({"encoding": "latin-1"}, b"id,name\n1,\xe9\n"),
            ({"columns": ["id", "name"]}, b"1,\xc3\xa9\n"),
            ({"nulls": ["NA"]}, b"id,name\n1,\xc3\xa9\n"),
        ],
    )
    def test_csv_of_many_kinds(
        self, tmp_path: Path, options: dict[str, Any], content: bytes
    ) -> None:
        (tmp_path / "a.csv").write_bytes(content)

        assert records(read(tmp_path, "a.csv", **options)) == [{"id": "1", "name": "é"}]

    def test_tabs_separate_tsv(self, tmp_path: Path) -> None:
        (tmp_path / "a.tsv").write_text("id\tname\n1\ta,b\n")

        assert records(read(tmp_path, "a.tsv")) == [{"id": "1", "name": "a,b"}]
        again = FilesLane().reread(context(tmp_path, "*.tsv"), b"id\tname\n2\tc")
        assert again.to_pylist() == [{"id": "2", "name": "c"}]

    def test_texts_for_nothing_are_null(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("id,name\nNA,\n")

        (record,) = records(read(tmp_path, "a.csv", nulls=["NA"]))

        assert record == {"id": None, "name": ""}

    @pytest.mark.parametrize("header", ["id,id", "id,,name", 'id,"na'])
    def test_a_header_that_cannot_be_is_said(self, tmp_path: Path, header: str) -> None:
        (tmp_path / "a.csv").write_text(f"{header}\n1,2\n")

        with pytest.raises(DataError, match="header"):
            read(tmp_path, "a.csv")

    def test_times_without_a_zone_are_in_the_sources(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("at\n2026-07-01 12:00:00\n2026-07-01T12:00:00Z\n")

        found = records(read(tmp_path, "a.csv", {"at": "timestamp"}, timezone="Europe/Madrid"))

        assert [each["at"] for each in found] == [
            datetime(2026, 7, 1, hour, tzinfo=UTC) for hour in (10, 12)
        ]

    def test_times_of_parquet_without_a_zone_are_too(self, tmp_path: Path) -> None:
        local = pa.array([datetime(2026, 7, 1, 12), None], pa.timestamp("ns"))  # noqa: DTZ001 - it has none
        pq.write_table(pa.table({"at": local, "other": local}), tmp_path / "a.parquet")

        (piece,) = read(tmp_path, ".", {"at": "timestamp"}, timezone="Europe/Madrid")

        assert piece.table is not None
        assert piece.table.schema.field("other").type == pa.timestamp("ns")
        assert piece.table["at"].to_pylist() == [datetime(2026, 7, 1, 10, tzinfo=UTC), None]

    def test_json_without_a_contract_keeps_its_types(self, tmp_path: Path) -> None:
        (tmp_path / "a.ndjson").write_text(
            '\ufeff{"a":1,"b":1,"c":[1]}\n{"a":2.5,"b":"x","d":true}\n'
        )

        (piece,) = read(tmp_path, "a.ndjson")

        assert records([piece]) == [
            {"a": 1.0, "b": "1", "c": "[1]", "d": None},
            {"a": 2.5, "b": '"x"', "c": None, "d": True},
        ]

    def test_bytes_are_counted(self, tmp_path: Path) -> None:
        content = "id\n" + "1\n" * 10
        (tmp_path / "a.csv.gz").write_bytes(gzip.compress(content.encode()))

        slices = read(tmp_path, "a.csv.gz", slice_rows=4)

        assert sum(piece.bytes_read for piece in slices) == len(content) - len("id\n")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"delimiter": "||"}, "delimiter"),
            ({"encoding": "utf-16"}, "utf-16"),
            ({"encoding": "klingon"}, "klingon"),
            ({"timezone": "Mars/Olympus"}, "Mars"),
            ({"slice_rows": 0}, "slice_rows"),
            ({"delimeter": ";"}, "delimeter"),
            ({"format": "xml"}, "xml"),
        ],
    )
    def test_wrong_options_are_named(
        self, tmp_path: Path, options: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(InvalidInput, match=message):
            FilesLane().reads(context(tmp_path, "a.csv", **options))
