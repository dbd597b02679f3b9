"""The laws of ``hub.spi.lane``."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

import msgspec
import pytest

from hub.domain.errors import DataError
from hub.spi.lane import Checkpoint, Lane, LaneContext, Slice

# So many records does one delivery add, and so many may one slice hold.
DELIVERY = 10
SLICE = 4


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
