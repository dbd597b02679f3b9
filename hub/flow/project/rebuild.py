"""Projecting the whole journal anew: to replace the live projection, or to compare with it.

Either way a new store is filled beside the live one, through the same stage, so nobody reads a
half-made projection and a crash on the way changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from heapq import nsmallest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection

from hub.domain.errors import Conflict
from hub.flow.project.stage import Project
from hub.store import dialect, tracking
from hub.store.emptying import ArchivedJournal
from hub.store.natural_rows import (
    NATURAL_TABLES,
    SEARCH_TABLES,
    NaturalTable,
    read_natural_rows,
    sum_up,
)
from hub.store.opening import Store, open_store
from hub.store.replacing import replace_projection
from hub.store.search_index import CONSUMER, index_all

_SHOWN_ROWS: Final = 10
# Told the position reached, and the one to reach.
OnProgress = Callable[[int, int], None]
Row = dict[str, Any]


class Difference(Struct, frozen=True):
    """A table that a rebuild fills otherwise; of each one's own rows the first few are shown."""

    table: str
    live_rows: int
    rebuilt_rows: int
    only_live: list[Row]
    only_rebuilt: list[Row]


def _ignore(_reached: int, _head: int) -> None:
    """Nobody wants to know."""


def project_all(store: Store, on_progress: OnProgress = _ignore) -> None:
    """Project what the journal had when this was called.

    A server that projects at the same time is no obstacle: each entry is projected by one of them.
    """
    with store.database.read() as connection:
        head = store.journal.head(connection)
    _project(store, store, head, on_progress)


def project_behind(store: Store, origin: Store, until: int) -> None:
    """Project into an empty store what another one's journal has up to a position."""
    _project(store, origin, until, _ignore)


def rebuild(
    store: Store, on_progress: OnProgress = _ignore, *, archive: Path | None = None
) -> None:
    """Replace the live projection by one made anew. Nothing is decided again, nothing is sent.

    Intake and stages may go on meanwhile; they are held up only while the rows are exchanged.
    Entries that retention has moved are read from the folder ``archive``.

    Raises:
        DataError: the archive lacks something; nothing was changed.

    """
    store = _with_archive(store, archive)
    with _fresh_store() as fresh:
        with store.database.read() as connection:
            head = store.journal.head(connection)
        _project(fresh, store, head, on_progress)
        # What changes from here on, the stage that indexes makes up for.
        index_all(fresh.database)
        indexed = head
        with store.database.write() as live:
            # What has been appended since is little; from here on nothing is.
            dialect.lock_appends(live)
            head = store.journal.head(live)
            _project(fresh, store, head, on_progress)
            with fresh.database.read() as rebuilt:
                replace_projection(live, rebuilt, {Project.name: head, CONSUMER: indexed})


def verify(
    store: Store, on_progress: OnProgress = _ignore, *, archive: Path | None = None
) -> list[Difference]:
    """Project the journal into a store of its own, and return what differs from the live one.

    The search index is compared where it has come as far as the projection.

    Raises:
        DataError: as ``rebuild``.

    """
    project_all(store)
    store = _with_archive(store, archive)
    with _fresh_store() as fresh, store.database.read() as live:
        position = tracking.position(live, Project.name)
        _project(fresh, store, position, on_progress)
        tables = NATURAL_TABLES
        if tracking.position(live, CONSUMER) == position:
            index_all(fresh.database)
            tables += SEARCH_TABLES
        with fresh.database.read() as rebuilt:
            return [
                _difference(table, live, rebuilt)
                for table in tables
                if sum_up(live, table) != sum_up(rebuilt, table)
            ]


def _with_archive(store: Store, archive: Path | None) -> Store:
    if archive is None:
        return store
    return store._replace(journal=ArchivedJournal(store.database, archive))


@contextmanager
def _fresh_store() -> Iterator[Store]:
    with TemporaryDirectory(prefix="hub-rebuild-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'hub.db'}")
        try:
            yield store
        finally:
            store.close()


def _project(target: Store, source: Store, until: int, on_progress: OnProgress) -> None:
    stage = Project(target, source=source, until=until)
    while _step(stage):
        with target.database.read() as connection:
            on_progress(tracking.position(connection, stage.name), until)


def _step(stage: Project) -> bool:
    try:
        return stage.step()
    except Conflict:
        return True  # another process has projected these entries


def _difference(table: NaturalTable, live: Connection, rebuilt: Connection) -> Difference:
    names = [column.name for column in table.statement.selected_columns]
    ours = Counter(read_natural_rows(live, table))
    theirs = Counter(read_natural_rows(rebuilt, table))
    return Difference(
        table.name,
        ours.total(),
        theirs.total(),
        _shown(names, ours - theirs),
        _shown(names, theirs - ours),
    )


def _shown(names: Sequence[str], rows: Counter[tuple[Any, ...]]) -> list[Row]:
    first = nsmallest(_SHOWN_ROWS, rows.elements(), key=repr)
    return [dict(zip(names, map(_readable, row), strict=True)) for row in first]


def _readable(cell: object) -> object:
    if not isinstance(cell, bytes):
        return cell
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return cell.hex()
