"""Opening the store: one engine per process, many readers, one writer at a time.

SQLite runs in WAL with ``synchronous=FULL``, so that a commit that returned is on the disk;
PostgreSQL's own default is the same. Writers queue on a lock here, across processes too, instead of
on SQLite's busy handler, which polls and is unfair.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from hub.domain.errors import InvalidInput, StoreUnavailable
from hub.store import dialect

if TYPE_CHECKING:
    from collections.abc import Iterator

# The first with trigrams, which the search index needs.
_OLDEST_SQLITE = (3, 34)
_BUSY_TIMEOUT_MS = 30_000
_SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    f"busy_timeout={_BUSY_TIMEOUT_MS}",
    "cache_size=-65536",
    "temp_store=MEMORY",
    "foreign_keys=OFF",
)


class Database:
    """A connection factory with the hub's transaction rules.

    Safe to use from any thread; the connections it yields are not.
    """

    def __init__(self, url: str) -> None:
        """Connect lazily to ``url`` (SQLAlchemy form, ``sqlite:///…`` or ``postgresql+psycopg://…``).

        Raises:
            InvalidInput: the URL is malformed or names a database that the hub does not support.
            StoreUnavailable: no folder can be made for it.

        """
        self.url = url
        try:
            self.engine = _engine(url)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            message = f"database {_masked(url)!r} cannot be used: {error}"
            fix = "write sqlite:////absolute/path or postgresql+psycopg://user@host/name"
            raise InvalidInput(message, fix=fix) from error
        except OSError as error:
            raise _not_to_be_had(str(error.filename), error) from error
        self._writer = _Turn(self.engine.url.database if self.is_sqlite else None)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded store."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection on one consistent snapshot; what it writes is lost.

        Raises:
            StoreUnavailable: the database cannot be reached, or failed on the way.

        """
        with self._connected() as connection:
            dialect.begin_read(connection)
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            dialect.end_read(connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction: committed at the end of the block, or not at all.

        Raises:
            StoreUnavailable: the database cannot be reached, is full, or failed on the way; then
                nothing was kept, unless it failed in the very commit of a PostgreSQL server.

        """
        with self._writer, self._connected() as connection:
            dialect.begin_write(connection)
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def give_back_space(self) -> None:
        """Make an embedded store's file shorter, if much in it is empty.

        Raises:
            StoreUnavailable: the database cannot be reached, or failed on the way.

        """
        with self._writer, self._connected() as connection:
            dialect.give_back_space(connection)

    @property
    def masked_url(self) -> str:
        """The URL without its password."""
        return _masked(self.url)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        self._writer.close()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                yield connection
        except Exception as error:
            if outage := self.outage(error):
                raise outage from error
            raise

    def outage(self, error: BaseException | None) -> StoreUnavailable | None:
        """Return how an error is told that the database is at fault for; None where it is not."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not dialect.is_outage(cause):
            return None
        message = f"database {self.masked_url!r} cannot be used: {cause}"
        return StoreUnavailable(message, fix=dialect.cure(cause))


class _Turn:
    """The turn to write: of one thread, and where the store is a file, of one process.

    SQLite's own lock is asked for again and again, ever more rarely, by those who wait for it;
    this one is handed on at once. It is held by a file beside the store, and let go of by the
    system where its holder ends.
    """

    def __init__(self, store: str | None) -> None:
        self._threads = threading.RLock()
        self._depth = 0
        self._path = store and f"{store}-turn"
        self._file: int | None = None

    def __enter__(self) -> None:
        self._threads.acquire()
        self._depth += 1
        if self._path and self._depth == 1:
            try:
                self._wait_for_others(self._path)
            except BaseException:
                self.__exit__()
                raise

    def __exit__(self, *_raised: object) -> None:
        self._depth -= 1
        if self._file is not None and not self._depth:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _wait_for_others(self, path: str) -> None:
        if self._file is None:
            try:
                self._file = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except OSError as error:
                raise _not_to_be_had(path, error) from error
        fcntl.flock(self._file, fcntl.LOCK_EX)


def is_missing(url: str) -> bool:
    """Whether a URL is that of an embedded store that is not there: to connect would make it."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return False
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, ":memory:")
    return is_file and not Path(str(parsed.database)).exists()


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed, pool_pre_ping=True, pool_size=8)
    if parsed.get_backend_name() != "sqlite":
        message = f"{parsed.get_backend_name()} is neither sqlite nor postgresql"
        raise ArgumentError(message)
    if parsed.database in (None, "", ":memory:"):
        message = "an in-memory database loses what the hub has acknowledged"
        raise ArgumentError(message)
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        message = f"this Python has SQLite {sqlite3.sqlite_version}, which is older than {oldest}"
        raise ArgumentError(message)
    Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
    _adapt_at_once()
    engine = create_engine(parsed, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _set_pragmas)
    return engine


def _adapt_at_once() -> None:
    """Have the driver take bytes, None and bool as they are, as it takes numbers and text.

    It looks for an adapter of any other type, and failing that asks for one in a way that raises
    and drops an exception for each value: that is half of what it costs to insert a row.
    """
    # A method is called in a third of the time that a type is.
    sqlite3.register_adapter(bytes, bytes.__bytes__)
    sqlite3.register_adapter(bool, int)
    sqlite3.register_adapter(type(None), {None: None}.get)


def _set_pragmas(connection: Any, _record: Any) -> None:  # noqa: ANN401 - a DBAPI connection
    # The hub says BEGIN itself; the driver's implicit one is DEFERRED.
    connection.isolation_level = None
    if not connection.execute("PRAGMA page_count").fetchone()[0]:
        # So that it can give back space; a file in which something is written cannot learn it.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _not_to_be_had(path: str, error: OSError) -> StoreUnavailable:
    message = f"the store needs {path}, which cannot be made: {error.strerror}"
    return StoreUnavailable(message, fix="name a store in a folder of yours, with --database")


def _masked(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url.partition("://")[0] + "://…"
