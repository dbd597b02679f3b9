"""Moving entries of the journal to the archive, and reading them back for a rebuild.

A block keeps its place, its positions and its times; an entry in it that nothing in the store names
any more gives up its body. So whoever reads the journal by position or by time finds what there
was, and an empty place where an entry has been archived.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from msgspec.structs import replace
from sqlalchemy import select, update

from hub.domain.commands import PENDING
from hub.domain.entries import Entry, EntryKind
from hub.domain.errors import Conflict, DataError
from hub.store import archive, dialect, tracking
from hub.store.blocks import Block, Packer, parts_of, unpack
from hub.store.dead_letters import OPEN
from hub.store.journal import Journal
from hub.store.tables import (
    command_outcome,
    dead_letter,
    journal_archive,
    journal_block,
    run_event,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from hub.store.database import Database

# What is archived at once: large enough for Parquet, small enough for a transaction.
_SET_BYTES: Final = 32 << 20
_SET_BLOCKS: Final = 256
_LEVEL: Final = 9
_FETCH: Final = 64


class Emptying(NamedTuple):
    """A block, those of its entries that may go, and how many are named and stay."""

    block: Block
    going: list[Entry]
    kept: int

    @property
    def size(self) -> int:
        """How many bytes the bodies have that go."""
        return sum(len(each.body) for each in self.going)


def named_positions(connection: Connection, retired: Collection[int] = ()) -> NDArray[np.int64]:
    """Return, in order, the positions of all entries that something in the store still names.

    ``retired`` are runs, by the store's ids, that are taken as gone.
    """
    gone = np.fromiter(retired, np.int64)
    events = connection.execute(
        select(run_event.c.run_id, run_event.c.position), execution_options={"yield_per": 50_000}
    )
    parts = []
    for some in events.partitions():
        rows = np.array([tuple(row) for row in some], np.int64).reshape(-1, 2)
        parts.append(rows[~np.isin(rows[:, 0], gone), 1])
    waiting = connection.scalars(
        select(dead_letter.c.entry_position)
        .where(dead_letter.c.state == OPEN)
        .union_all(select(command_outcome.c.position).where(command_outcome.c.code == PENDING))
    )
    return np.unique(np.concatenate([*parts, np.fromiter(waiting, np.int64)]))


def passed_by_all(connection: Connection) -> int:
    """Return the last position that every consumer has passed, compaction too."""
    return min(tracking.positions(connection).values(), default=0)


def emptyings(connection: Connection, before: int, named: NDArray[np.int64]) -> Iterator[Emptying]:
    """Yield the blocks recorded before an instant, as far as all have passed them."""
    column = journal_block.c.first_position
    until = passed_by_all(connection)
    statement = (
        select(journal_block)
        .where(journal_block.c.last_position <= until, journal_block.c.recorded_at < before)
        .order_by(column)
    )
    for row in connection.execute(statement, execution_options={"yield_per": _FETCH}):
        block = Block(*row)
        if parts_of(block)[-1].recorded_at >= before:
            return
        kept = named[
            np.searchsorted(named, block.first_position) : np.searchsorted(
                named, block.last_position, "right"
            )
        ]
        stays = set(kept.tolist())
        going = [
            each
            for each in unpack(block)
            if each.kind is not EntryKind.ARCHIVED and each.position not in stays
        ]
        yield Emptying(block, going, len(stays))


def gather(found: Iterable[Emptying]) -> Iterator[list[Emptying]]:
    """Yield the blocks in groups that are archived at once."""
    group: list[Emptying] = []
    size = 0
    for each in found:
        if not each.going:
            continue
        if group and (size + each.size > _SET_BYTES or len(group) == _SET_BLOCKS):
            yield group
            group, size = [], 0
        group.append(each)
        size += each.size
    if group:
        yield group


def empty(database: Database, root: Path, group: Sequence[Emptying]) -> None:
    """Archive the entries that go, then take their bodies out of the blocks, in one transaction.

    Raises:
        Conflict: another process has rewritten one of the blocks; nothing of them was changed.
        DataError: the archive cannot be written; nothing was changed.
        StoreUnavailable: as :meth:`Database.write`.

    """
    entries = list(chain.from_iterable(each.going for each in group))
    name, file = archive.put_entries(root, entries)
    packer = Packer(level=_LEVEL)
    made = [_emptied(packer, each) for each in group]
    row = {
        "name": name,
        "first_position": entries[0].position,
        "last_position": entries[-1].position,
        "entries": len(entries),
        "digest": file.digest,
    }
    with database.write() as connection:
        insert = dialect.insert(connection, journal_archive).on_conflict_do_nothing()
        connection.execute(insert, row)
        for old, new in zip(group, made, strict=True):
            changed = connection.execute(
                update(journal_block)
                .where(
                    journal_block.c.first_position == old.block.first_position,
                    journal_block.c.last_position == old.block.last_position,
                    journal_block.c.body == old.block.body,
                )
                .values(new._asdict())
            )
            if changed.rowcount != 1:
                raise Conflict("another process has changed the journal's blocks: start again")


def _emptied(packer: Packer, emptying: Emptying) -> Block:
    gone = {each.position for each in emptying.going}
    entries = (
        (EntryKind.ARCHIVED, b"") if each.position in gone else (each.kind, each.body)
        for each in unpack(emptying.block)
    )
    return packer.pack(emptying.block.first_position, entries, parts_of(emptying.block))


class ArchivedJournal(Journal):
    """The journal with what was archived of it in its place: for a rebuild, which reads it all."""

    def __init__(self, database: Database, root: Path) -> None:
        super().__init__(database)
        self._root = root
        self._folder: tuple[str, dict[int, Entry]] = "", {}

    def read_blocks(self, connection: Connection, *, after: int, limit: int) -> list[Entry]:
        """As in the journal.

        Raises:
            DataError: the archive lacks an entry; the message names the file.

        """
        found = super().read_blocks(connection, after=after, limit=limit)
        return self._filled(connection, found)

    def read_at(self, connection: Connection, positions: Iterable[int]) -> list[Entry]:
        """As in the journal; raises as ``read_blocks`` too."""
        return self._filled(connection, super().read_at(connection, positions))

    def _filled(self, connection: Connection, entries: list[Entry]) -> list[Entry]:
        lacking = {each.position for each in entries if each.kind is EntryKind.ARCHIVED}
        if not lacking:
            return entries
        columns = journal_archive.c
        folders = connection.execute(
            select(columns.name, columns.digest)
            .where(columns.first_position <= max(lacking), columns.last_position >= min(lacking))
            .order_by(columns.first_position, columns.name)
        ).all()
        there: dict[int, Entry] = {}
        for name, digest in folders:
            if lacking.isdisjoint(there) or not lacking <= there.keys():
                content = self._content(name, digest)
                there |= {at: content[at] for at in lacking & content.keys()}
        if missing := lacking - there.keys():
            raise DataError(f"no archive holds the journal's entry {min(missing)}")
        return [
            replace(each, kind=there[each.position].kind, body=there[each.position].body)
            if each.position in there
            else each
            for each in entries
        ]

    def _content(self, name: str, digest: str) -> dict[int, Entry]:
        if self._folder[0] != name:
            self._folder = name, archive.get_entries(self._root, name, digest)
        return self._folder[1]
