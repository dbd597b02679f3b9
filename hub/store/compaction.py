"""Compacting the journal: many small blocks become few large ones, better compressed.

Events that come one at a time are made durable one at a time, and a block of one event is hardly
smaller than the event. What is past is therefore packed again, with its neighbours and with more
care, once every consumer that matters has read it. No entry, position or time changes by that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from hub.store import tracking
from hub.store.blocks import MAX_BLOCK_BYTES, Block, Packer, parts_of, unpack
from hub.store.tables import journal_block

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sqlalchemy import Connection, Select

    from hub.store.database import Database

# An event alone may be a few hundred bytes long.
_MAX_ENTRIES: Final = 1_024
# Takes three times as long as level 1 and saves a fifth; higher ones take much and save little.
_LEVEL: Final = 9

_SIZES = select(
    journal_block.c.first_position,
    journal_block.c.last_position,
    journal_block.c.raw_bytes,
).order_by(journal_block.c.first_position)


class Compactor:
    """Compacts one journal from its beginning on; its place is kept under a consumer's name."""

    def __init__(
        self, database: Database, *, consumer: str, behind: str, max_entries: int = _MAX_ENTRIES
    ) -> None:
        """Stay behind the consumer ``behind``: it reads blocks while they are as they came."""
        self._database = database
        self._consumer = consumer
        self._behind = behind
        self._max_entries = max_entries
        self._packer = Packer(level=_LEVEL)

    def compact(self) -> bool:
        """Make one block of those that come next, if they fill one; tell whether they did.

        Raises:
            StoreUnavailable: as :meth:`Database.write`.
            Conflict: another process has compacted them.

        """
        with self._database.read() as connection:
            position = tracking.position(connection, self._consumer)
            until = tracking.position(connection, self._behind)
            span = self._next_full(connection, position, until)
            if span is None:
                return False
            blocks = connection.execute(_between(*span)).all()
        made = self._packed([Block(*block) for block in blocks])
        with self._database.write() as connection:
            tracking.advance(connection, self._consumer, expected=position, to=made.last_position)
            _replace(connection, made)
        self._database.give_back_space()
        return True

    def _next_full(self, connection: Connection, after: int, until: int) -> tuple[int, int] | None:
        """Return the first and last position of the blocks that fill one, if as many are there."""
        size, first, last = 0, None, 0
        # A block holds an entry at least; the one behind the last tells that it is the last.
        sizes = _SIZES.where(journal_block.c.first_position > after).limit(self._max_entries + 1)
        for block in connection.execute(sizes):
            if first is not None:
                is_full = size + block.raw_bytes > MAX_BLOCK_BYTES
                if is_full or block.last_position - first >= self._max_entries:
                    return first, last
            if block.last_position > until:
                return None
            first = block.first_position if first is None else first
            last, size = block.last_position, size + block.raw_bytes
        return None

    def _packed(self, blocks: Sequence[Block]) -> Block:
        entries = [entry for block in blocks for entry in unpack(block)]
        return self._packer.pack(
            blocks[0].first_position,
            ((entry.kind, entry.body) for entry in entries),
            [part for block in blocks for part in parts_of(block)],
            [place for place, entry in enumerate(entries) if entry.overtakes],
        )


def _between(first: int, last: int) -> Select[Any]:
    column = journal_block.c.first_position
    return select(journal_block).where(column.between(first, last)).order_by(column)


def _replace(connection: Connection, made: Block) -> None:
    column = journal_block.c.first_position
    connection.execute(
        delete(journal_block).where(column > made.first_position, column <= made.last_position)
    )
    connection.execute(
        update(journal_block).where(column == made.first_position).values(made._asdict())
    )
