"""The append-only journal: every fact enters the hub here, before anything else knows of it.

Entries are kept in blocks (``hub.store.blocks``). Positions start at 1 and have no gaps. Appending
speaks to the driver directly and in long statements: it is the hub's hot path, and a driver gives
other threads their turn once a statement.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import BigInteger, bindparam, func, select

from hub.domain.entries import Appended, Entry, NewEntry
from hub.domain.errors import InvariantBroken
from hub.domain.observations import overtakes
from hub.store import dialect
from hub.store.blocks import MAX_BLOCK_BYTES, Packer, Part, last_by, parts_of, recorded_when, unpack
from hub.store.tables import journal_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Row, Select

    from hub.store.database import Database

MAX_BLOCK_ENTRIES = 128
# What one read decodes at most, unless its first block alone is larger.
MAX_READ_BYTES = 32 << 20
_REMEMBERED_BLOCKS = 32
# Of those with entries that overtake.
_BLOCKS_AT_ONCE = 32
# A power of two: batches are powers of two, so that few distinct statements are ever prepared.
_MAX_KEYS_A_STATEMENT = 128

_LEAST_INSTANT = -(1 << 63)

_Key = tuple[int, bytes]
_RowT = TypeVar("_RowT", bound=tuple[Any, ...])

_BLOCKS = select(journal_block).order_by(journal_block.c.first_position)
_LAST_BLOCK = (
    select(
        journal_block.c.first_position,
        journal_block.c.last_position,
        journal_block.c.recorded_at,
        journal_block.c.parts,
    )
    .order_by(journal_block.c.first_position.desc())
    .limit(1)
)
_HEAD = _LAST_BLOCK.with_only_columns(journal_block.c.last_position)
_LAST_BLOCK_UP_TO = _LAST_BLOCK.where(journal_block.c.first_position <= bindparam("position"))


class Journal:
    """Appends to the journal of one database and reads it. Safe to use from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Used only under the database's write lock. Fast, for somebody waits.
        self._packer = Packer(level=1)
        self._remembered = _RecentBlocks(_REMEMBERED_BLOCKS)

    def append(
        self,
        entries: Sequence[NewEntry],
        *,
        recorded_at: int,
        connection: Connection | None = None,
    ) -> list[Appended]:
        """Append all entries or none; a repeat is not stored and gets its first position.

        What is appended counts as recorded no earlier than what stands before it.

        Durable once this returns, or once the transaction of ``connection`` commits. Consumers
        see positions in order: none appears before a lower one.

        Raises:
            StoreUnavailable: as :meth:`Database.write`.

        """
        if not entries:
            return []
        if connection is not None:
            return self._append(connection, entries, recorded_at)
        with self._database.write() as own:
            return self._append(own, entries, recorded_at)

    def head(self, connection: Connection) -> int:
        """Return the last position; 0 when the journal is empty."""
        return connection.execute(_HEAD).scalar_one_or_none() or 0

    def position_at(self, connection: Connection, instant: int) -> int:
        """Return the last position that was there at an instant of the hub's clock; 0 for none.

        Blocks are in the order of the clock, so that the instant's place is found by halving.
        """
        low, high = 0, self.head(connection)
        while low < high:
            middle = (low + high + 1) // 2
            block = connection.execute(_LAST_BLOCK_UP_TO, {"position": middle}).first()
            if block is not None and block.recorded_at > instant:
                high = block.first_position - 1
            else:
                low = middle if block is None else max(middle, block.last_position)
        block = connection.execute(_LAST_BLOCK_UP_TO, {"position": low}).first()
        return low if block is None else last_by(block, instant)

    def read(self, connection: Connection, *, after: int, limit: int) -> list[Entry]:
        """Return up to ``limit`` entries that follow position ``after``, in order.

        There may be fewer than ``limit`` although more follow, as bytes are bounded too; an empty
        list means that nothing follows.
        """
        return self.read_blocks(connection, after=after, limit=limit)[:limit]

    def read_blocks(self, connection: Connection, *, after: int, limit: int) -> list[Entry]:
        """As :meth:`read`, but the last entry is the last of its block, past ``limit`` or not."""
        entries: list[Entry] = []
        for block in connection.execute(_BLOCKS_BETWEEN, {"low": after + 1, "high": after + limit}):
            entries += unpack(block)
        if not entries:
            return []
        first = entries[0].position
        last = entries[min(len(entries), after + limit - first + 1) - 1]
        return entries[max(0, after + 1 - first) : last.block_end - first + 1]

    def read_overtaking(self, connection: Connection, *, after: int) -> tuple[list[Entry], int]:
        """Return entries that overtake and follow a position, and up to which one that is all."""
        # First, since blocks may come in between.
        head = self.head(connection)
        blocks = connection.execute(_OVERTAKING, {"after": after}).all()
        entries = [each for block in blocks for each in unpack(block)]
        found = [each for each in entries if each.overtakes and each.position > after]
        last = blocks[-1].last_position if blocks else after
        return found, last if len(blocks) == _BLOCKS_AT_ONCE else max(last, head)

    def read_at(self, connection: Connection, positions: Iterable[int]) -> list[Entry]:
        """Return the entries at ``positions``, in the order given.

        Raises:
            InvariantBroken: a position holds no entry.

        """
        wanted = list(positions)
        distinct = set(wanted)
        found: dict[int, Entry] = {}
        for block in connection.execute(_BLOCKS_AT, {"positions": distinct}) if wanted else ():
            entries = self._remembered_block(block)
            found |= {entry.position: entry for entry in entries if entry.position in distinct}
        if lacking := distinct - found.keys():
            raise InvariantBroken(f"the journal holds no entry at position {min(lacking)}")
        return [found[position] for position in wanted]

    def _append(
        self, connection: Connection, entries: Sequence[NewEntry], recorded_at: int
    ) -> list[Appended]:
        dialect.lock_appends(connection)
        head, last_at = _end(connection)
        known = _find_keys(connection, {_key(entry) for entry in entries if entry.digest})
        appended: list[Appended] = []
        new: list[NewEntry] = []
        fresh: dict[_Key, int] = {}
        for entry in entries:
            first = known.get(_key(entry)) or fresh.get(_key(entry)) if entry.digest else None
            if first is not None:
                appended.append(Appended(first, is_repeat=True))
                continue
            new.append(entry)
            position = head + len(new)
            if entry.digest:
                fresh[_key(entry)] = position
            appended.append(Appended(position, is_repeat=False))
        _insert_keys(connection, fresh)
        if new:
            # Stages and receivers read the clock before they wait for their turn to append.
            self._insert_blocks(connection, head, new, max(recorded_at, last_at))
        return appended

    def _insert_blocks(
        self, connection: Connection, head: int, entries: list[NewEntry], recorded_at: int
    ) -> None:
        statement = dialect.driver_sql(
            connection,
            "INSERT INTO journal_block"
            " (first_position, last_position, recorded_at, raw_bytes, overtaking, body, parts)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        cursor = _cursor(connection)
        for group in _split(entries):
            block = self._packer.pack(
                head + 1,
                ((entry.kind, entry.body) for entry in group),
                [Part(len(group), recorded_at)],
                [place for place, entry in enumerate(group) if overtakes(entry, recorded_at)],
            )
            cursor.execute(statement, block)
            head = block.last_position

    def _remembered_block(self, block: Row[Any]) -> list[Entry]:
        # A rolled-back block may leave its positions to another, which has another checksum.
        identity = (block.first_position, block.body[-4:])
        entries = self._remembered.get(identity)
        if entries is None:
            entries = unpack(block)
            self._remembered.put(identity, entries)
        return entries


def recorded_at(connection: Connection, position: int) -> int:
    """Return when an entry was recorded, by the hub's clock; its body is not read.

    Raises:
        InvariantBroken: the position holds no entry.

    """
    block = connection.execute(_LAST_BLOCK_UP_TO, {"position": position}).first()
    if block is None:
        raise InvariantBroken(f"the journal holds no entry at position {position}")
    return recorded_when(block, position)


class _RecentBlocks:
    """The last few decoded blocks; pages of a run's events mostly hit the same ones."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._blocks: OrderedDict[tuple[int, bytes], list[Entry]] = OrderedDict()

    def get(self, identity: tuple[int, bytes]) -> list[Entry] | None:
        with self._lock:
            if identity in self._blocks:
                self._blocks.move_to_end(identity)
            return self._blocks.get(identity)

    def put(self, identity: tuple[int, bytes], entries: list[Entry]) -> None:
        with self._lock:
            self._blocks[identity] = entries
            while len(self._blocks) > self._size:
                self._blocks.popitem(last=False)


def _end(connection: Connection) -> tuple[int, int]:
    """Return the last position, and when it was recorded."""
    block = connection.execute(_LAST_BLOCK).first()
    if block is None:
        return 0, _LEAST_INSTANT
    return block.last_position, parts_of(block)[-1].recorded_at


def _key(entry: NewEntry) -> _Key:
    return entry.bucket, entry.digest


def _cursor(connection: Connection) -> Any:  # noqa: ANN401 - the driver's own cursor
    return connection.connection.cursor()


def _find_keys(connection: Connection, keys: set[_Key]) -> dict[_Key, int]:
    cursor = _cursor(connection)
    known: dict[_Key, int] = {}
    for batch in _batches(sorted(keys)):
        # A join, because SQLite scans the whole table for a row value IN a list.
        cursor.execute(
            dialect.driver_sql(
                connection,
                f"WITH wanted (b, d) AS (VALUES {_rows(batch)})"  # noqa: S608 - placeholders only
                " SELECT bucket, digest, position FROM wanted"
                " JOIN journal_key ON bucket = b AND digest = d",
            ),
            [part for key in batch for part in key],
        )
        known |= {(bucket, digest): position for bucket, digest, position in cursor}
    return known


def _insert_keys(connection: Connection, positions: dict[_Key, int]) -> None:
    cursor = _cursor(connection)
    rows = sorted((bucket, digest, at) for (bucket, digest), at in positions.items())
    for batch in _batches(rows):
        cursor.execute(
            dialect.driver_sql(
                connection,
                "INSERT INTO journal_key (bucket, digest, position)"  # noqa: S608 - as above
                f" VALUES {_rows(batch)}",
            ),
            [part for row in batch for part in row],
        )


def _rows(batch: list[_RowT]) -> str:
    one = f"({', '.join('?' * len(batch[0]))})"
    return ", ".join([one] * len(batch))


def _batches(rows: list[_RowT]) -> Iterator[list[_RowT]]:
    start, size = 0, _MAX_KEYS_A_STATEMENT
    while start < len(rows):
        while size > len(rows) - start:
            size //= 2
        yield rows[start : start + size]
        start += size


def _split(entries: list[NewEntry]) -> Iterator[list[NewEntry]]:
    block: list[NewEntry] = []
    size = 0
    for entry in entries:
        if block and (len(block) == MAX_BLOCK_ENTRIES or size + len(entry.body) > MAX_BLOCK_BYTES):
            yield block
            block, size = [], 0
        block.append(entry)
        size += len(entry.body)
    if block:
        yield block


def _blocks_at() -> Select[Any]:
    """Select the blocks that hold any of ``positions``."""
    wanted = dialect.table_of_ids(dialect.ids_named("positions"))
    other = journal_block.alias()
    first = select(func.max(other.c.first_position)).where(other.c.first_position <= wanted.c.id)
    starts = select(first.scalar_subquery()).select_from(wanted)
    return _BLOCKS.where(journal_block.c.first_position.in_(starts))


def _blocks_between() -> Select[Any]:
    """Select the blocks that hold positions ``low`` to ``high``, as far as the bytes allow."""
    low, high = (bindparam(name, type_=BigInteger) for name in ("low", "high"))
    first, size = journal_block.c.first_position, journal_block.c.raw_bytes
    holds_low = select(first).where(first <= low).order_by(first.desc()).limit(1)
    start = func.coalesce(holds_low.scalar_subquery(), low)
    before = (func.sum(size).over(order_by=first) - size).label("before")
    span = select(first, before).where(first >= start, first <= high).subquery()
    return _BLOCKS.join(span, span.c.first_position == first).where(span.c.before < MAX_READ_BYTES)


def _overtaking() -> Select[Any]:
    """Select the blocks that hold entries that overtake, from the one of ``after`` on."""
    first = journal_block.c.first_position
    after = bindparam("after", type_=BigInteger)
    start = select(first).where(first <= after).order_by(first.desc()).limit(1).scalar_subquery()
    is_one = first >= func.coalesce(start, after), journal_block.c.overtaking.isnot(None)
    return _BLOCKS.where(*is_one).limit(_BLOCKS_AT_ONCE)


_OVERTAKING: Final = _overtaking()
_BLOCKS_AT: Final = _blocks_at()
_BLOCKS_BETWEEN: Final = _blocks_between()
