"""A spine in one SQLite file: WAL, and a commit is on the disk before it returns.

A message's key in the file is its stream's number and its sequence in one integer, so a stream
lies together and is read in order without an index of its own.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from hub.domain.errors import InvalidInput
from hub.spi.spine import Message, NewMessage

_SCHEMA = """
CREATE TABLE IF NOT EXISTS stream (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS message (
    key INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    id TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    headers BLOB,
    payload BLOB NOT NULL,
    UNIQUE (stream, id)
);
"""
# A repeat changes no row, and so takes no sequence.
_INSERT = "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (stream, id) DO NOTHING"
_STREAM_BITS = 40
_BUSY_SECONDS = 30.0


class EmbeddedSpine:
    """See ``hub.spi.spine.Spine``. Many processes may read; those that append take turns."""

    def __init__(self) -> None:
        self._opened: sqlite3.Connection | None = None

    def open(self, location: str) -> None:
        if "://" in location:
            raise InvalidInput(
                f"the embedded spine cannot be opened at {location}",
                fix='name a file, for example spine = ".hub/spine.db"',
            )
        path = Path(location)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        self._opened = _connect(path)

    def append(self, stream: str, messages: Sequence[NewMessage], *, published_at: int) -> int:
        with self._writing() as connection:
            number = _number(connection, stream, create=True)
            last = _last(connection, number)
            for message in messages:
                headers = msgspec.json.encode(message.headers) if message.headers else None
                row = (message.id, published_at, headers, message.payload)
                last += connection.execute(_INSERT, (_key(number, last + 1), number, *row)).rowcount
        return last

    def read(self, stream: str, *, after: int, limit: int) -> list[Message]:
        connection = self._connection
        number = _number(connection, stream)
        rows = connection.execute(
            "SELECT key, id, published_at, headers, payload FROM message "
            "WHERE key > ? AND key < ? ORDER BY key LIMIT ?",
            (_key(number, after), _key(number + 1, 0), limit),
        )
        return [
            Message(
                stream=stream,
                sequence=key - _key(number, 0),
                id=name,
                payload=payload,
                published_at=published_at,
                headers=msgspec.json.decode(headers) if headers else {},
            )
            for key, name, published_at, headers, payload in rows
        ]

    def lag(self, stream: str, *, after: int) -> int:
        # Sequences are dense: nothing is counted.
        last = _last(self._connection, _number(self._connection, stream))
        return max(0, last - after)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            raise InvalidInput("the spine is not open", fix="call open() first")
        return self._opened

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _create(path: Path) -> None:
    """Put a finished file at ``path``: two processes cannot both turn WAL on in a new one."""
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
        made = Path(folder, path.name)
        _connect(made).close()
        with suppress(FileExistsError):
            os.link(made, path)


def _key(stream: int, sequence: int) -> int:
    return (stream << _STREAM_BITS) + sequence


def _number(connection: sqlite3.Connection, stream: str, *, create: bool = False) -> int:
    """Return the number of a stream; 0, which has no messages, for one that is not there."""
    if create:
        connection.execute("INSERT OR IGNORE INTO stream (name) VALUES (?)", (stream,))
    found = connection.execute("SELECT number FROM stream WHERE name = ?", (stream,)).fetchone()
    return int(found[0]) if found else 0


def _last(connection: sqlite3.Connection, stream: int) -> int:
    (key,) = connection.execute(
        "SELECT max(key) FROM message WHERE key < ?", (_key(stream + 1, 0),)
    ).fetchone()
    return max(0, (key or 0) - _key(stream, 0))
