"""The laws of ``hub.spi.lane``."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from hub.domain.errors import DataError, HubError
from hub.spi.lane import Checkpoint, Lane, LaneContext, Slice

# So many records does one delivery add, and so many may one slice hold.
DELIVERY = 10
SLICE = 4

# By logical type, values that ways in are known to damage in silence.
EXACT: dict[str, list[Any]] = {
    "integer": [0, -1, 5_000_000_000, 2**53 + 1, 2**63 - 1, -(2**63), None],
    "number": [0.1, 0.12345678901234568, 2.0, 1.1091594789160636e260, 5e-324, -1e300, None],
    "boolean": [True, False, None],
    "string": ["é😀", "x" * 4_000, 'it\'s "quoted"', "~1", "1", " a ", "NULL", None],
    "date": [date(2026, 1, 2), date(1800, 2, 28), None],
    "timestamp": [
        datetime(2026, 1, 2, 3, 4, 5, 123_456, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        None,
    ],
}
# By logical type, texts that are no value of it.
UNFIT: dict[str, list[str]] = {
    "integer": ["abc", "1.5", "0x10", "9223372036854775808"],
    "number": ["bad", "1,5"],
    "boolean": ["maybe", "2"],
    "date": ["bad", "2026-02-30", "infinity"],
    "timestamp": ["bad", "2026-02-30 00:00:00", "infinity"],
}


class LaneConformance:
    """Subclass it in a ``Test…`` class and say what the lane reads.

    A record has a field ``id``, an integer; a delivery has ``DELIVERY`` records.
    """

    @abstractmethod
    def lane(self) -> Lane:
        """Return a new lane."""

    @abstractmethod
    def deliver(self, root: Path, number: int) -> None:
        """Add records to the source, with ids from ``number * DELIVERY`` on."""

    @abstractmethod
    def context(self, root: Path) -> LaneContext:
        """Return what reads the source in slices of at most ``SLICE`` records."""

    def ids_of(self, piece: Slice) -> list[int]:
        """Return the ids of a slice's records, in order."""
        if piece.table is not None:
            found: list[int] = piece.table["id"].to_pylist()
            return found
        return [msgspec.json.decode(each.payload)["id"] for each in piece.messages or []]

    def read(self, root: Path, checkpoint: Checkpoint | None = None) -> list[Slice]:
        """Return all that is there behind a checkpoint, by a lane of its own."""
        return list(self.lane().read(self.context(root), checkpoint))

    def ids(self, slices: list[Slice]) -> list[int]:
        """Return the ids of all records of slices, in order."""
        return [each for piece in slices for each in self.ids_of(piece)]

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """A folder with two deliveries."""
        self.deliver(tmp_path, 0)
        self.deliver(tmp_path, 1)
        return tmp_path

    def test_it_says_what_it_reads_without_looking(self, tmp_path: Path) -> None:
        """Lineage names the source before anything is read, and where it is away."""
        assert self.lane().reads(self.context(tmp_path))

    def test_everything_is_read_in_bounded_slices(self, root: Path) -> None:
        """All records once, in an order."""
        slices = self.read(root)

        assert self.ids(slices) == list(range(2 * DELIVERY))
        assert all(len(self.ids_of(piece)) <= SLICE for piece in slices)
        assert all((piece.table is None) != (piece.messages is None) for piece in slices)

    def test_reading_again_gives_the_same_slices(self, root: Path) -> None:
        """While the source stands still."""
        assert self.read(root) == self.read(root)

    def test_what_was_read_is_not_read_again(self, root: Path) -> None:
        """Behind the last checkpoint there is nothing, until something comes."""
        last = self.read(root)[-1].checkpoint

        assert self.ids(self.read(root, last)) == []
        self.deliver(root, 2)
        assert self.ids(self.read(root, last)) == list(range(2 * DELIVERY, 3 * DELIVERY))

    def test_any_checkpoint_can_be_continued(self, root: Path) -> None:
        """After a crash behind any slice nothing is lost and nothing comes twice."""
        slices = self.read(root)
        for done, piece in enumerate(slices, 1):
            kept = msgspec.json.decode(msgspec.json.encode(piece.checkpoint))

            rest = self.read(root, kept)

            assert self.ids(slices[:done]) + self.ids(rest) == list(range(2 * DELIVERY))

    def test_a_record_keeps_its_place(self, root: Path) -> None:
        """Origin and sequence name one record, whichever run read it."""
        places = set()
        for piece in self.read(root):
            found = [each.sequence for each in piece.messages or []]
            if piece.table is not None:
                first = piece.first_sequence
                found = list(range(first, first + piece.table.num_rows))
            places |= {(piece.origin, sequence) for sequence in found}

        assert len(places) == 2 * DELIVERY

    def test_what_cannot_be_read_again_says_why(self, root: Path) -> None:
        """A payload that no code can read is an error of the data."""
        with pytest.raises(DataError):
            self.lane().reread(self.context(root), b"\xff\x00 no record at all")


class LaneValuesConformance:
    """The laws of values, for a lane whose records have fields with types.

    Subclass it in a ``Test…`` class. A record has a field ``id``, an integer, and a field ``v``.
    ``unfit`` holds the texts that the source lets into a field of a type; a strict one has none.
    """

    unfit: ClassVar[Mapping[str, list[str]]] = UNFIT

    @abstractmethod
    def lane(self) -> Lane:
        """Return a new lane."""

    @abstractmethod
    def write(self, root: Path, logical: str, values: list[Any]) -> None:
        """Make a source of one record for each value, with ids from 0, as such sources hold them.

        Values are Python's own, a timestamp in UTC; a text in place of one is not of the type.
        """

    @abstractmethod
    def context(self, root: Path, expected: Mapping[str, str]) -> LaneContext:
        """Return what reads the source."""

    def read(self, root: Path, expected: Mapping[str, str]) -> list[Slice]:
        """Return all that is there."""
        return list(self.lane().read(self.context(root, expected), None))

    @pytest.mark.parametrize("logical", EXACT)
    def test_values_arrive_as_they_are(self, tmp_path: Path, logical: str) -> None:
        """Whole: no bit, digit, zone or fraction is lost, and what is null stays null."""
        values = EXACT[logical]
        self.write(tmp_path, logical, values)

        slices = self.read(tmp_path, {"id": "integer", "v": logical})

        assert [reason for piece in slices for reason in piece.refused] == []
        records = [row for piece in slices if piece.table for row in piece.table.to_pylist()]
        assert {row["id"]: row["v"] for row in records} == dict(enumerate(values))

    @pytest.mark.parametrize("logical", UNFIT)
    def test_an_unfit_value_is_told(self, tmp_path: Path, logical: str) -> None:
        """Its record is refused, or the run fails: it is never a null, nor the next best value."""
        for number, unfit in enumerate(self.unfit.get(logical, ())):
            root = tmp_path / str(number)
            root.mkdir()
            self.write(root, logical, [EXACT[logical][0], unfit])
            try:
                slices = self.read(root, {"id": "integer", "v": logical})
            except HubError:
                continue
            records = [row for piece in slices if piece.table for row in piece.table.to_pylist()]
            assert [(row["id"], row["v"]) for row in records] == [(0, EXACT[logical][0])]
            [refused] = [each for piece in slices for each in piece.refused]
            assert refused.reason
