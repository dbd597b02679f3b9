"""The intake's appends to the journal, in a process of their own (ADR 18).

The event loop then has the interpreter to itself: it reads requests while the child packs, writes
and waits for the disk. The child holds no state but a connection to the store. What it was told
and did not confirm is acknowledged to nobody, and found to be a repeat where it is sent again.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Sequence
from contextlib import closing, suppress
from functools import cached_property
from multiprocessing.connection import Connection
from typing import Final

import msgspec

from hub.domain.entries import Appended, NewEntry
from hub.domain.errors import HubError, StoreUnavailable
from hub.flow.ingest.appender import Arrival, JournalAppender
from hub.flow.ingest.bodies import EventReader, Received
from hub.store.database import Database
from hub.store.journal import Journal
from hub.store.secret import dedup_secret

_END_SECONDS: Final = 30


class _Append(msgspec.Struct, array_like=True):
    recorded_at: int
    arrivals: Sequence[Received | NewEntry]


class _Done(msgspec.Struct, array_like=True, tag="done"):
    """The positions in order; those of repeats are negative."""

    positions: list[int]


class _Failed(msgspec.Struct, array_like=True, tag="failed"):
    message: str
    fix: str | None


_append_decoder: Final = msgspec.msgpack.Decoder(_Append)
_answer_decoder: Final = msgspec.msgpack.Decoder(_Done | _Failed)


class ChildAppender:
    """Appends through a child process, which is started at once, and again should it end.

    For one thread at a time.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._child = _Child(url)

    def append(self, arrivals: Sequence[Arrival], *, recorded_at: int) -> list[Appended]:
        """See ``hub.flow.ingest.Appender``.

        Raises:
            StoreUnavailable: the store failed, or the child has ended, in which case what arrived
                may be there all the same.

        """
        try:
            answer = self._child.ask(_Append(recorded_at, arrivals))
        except (EOFError, OSError) as error:
            self._child.end()
            self._child = _Child(self._url)
            message = "the process that writes the journal has ended, and is started again"
            raise StoreUnavailable(message, fix="send the events again") from error
        if isinstance(answer, _Failed):
            raise StoreUnavailable(answer.message, fix=answer.fix)
        return [Appended(abs(at), is_repeat=at < 0) for at in answer.positions]

    def close(self) -> None:
        """End the child, after what it does."""
        self._child.end()


class _Child:
    """A process that appends, and the way to it."""

    def __init__(self, url: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # The URL may hold a password, so it is told, not written where all can read it.
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._way = Connection(ours.detach())
        self._way.send_bytes(url.encode())

    def ask(self, append: _Append) -> _Done | _Failed:
        self._way.send_bytes(msgspec.msgpack.encode(append))
        answer: _Done | _Failed = _answer_decoder.decode(self._way.recv_bytes())
        return answer

    def end(self) -> None:
        self._way.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _serve(way: Connection) -> None:
    """Append what is asked for until the parent has gone; to be stopped is its business."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with closing(Database(way.recv_bytes().decode())) as database:
        writer = _Writer(database)
        while True:
            way.send_bytes(msgspec.msgpack.encode(writer.answer(way.recv_bytes())))


class _Writer:
    """Appends to the journal of a store, which is whole by the time of the first append."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def answer(self, request: bytes) -> _Done | _Failed:
        append = _append_decoder.decode(request)
        try:
            appended = self._appender.append(append.arrivals, recorded_at=append.recorded_at)
        except HubError as error:
            return _Failed(error.message, error.fix)
        except Exception as error:  # noqa: BLE001 - nothing was kept, and the next may do better
            traceback.print_exc()
            return _Failed(f"the journal cannot be written: {type(error).__name__}: {error}", None)
        return _Done([-each.position if each.is_repeat else each.position for each in appended])

    @cached_property
    def _appender(self) -> JournalAppender:
        secret = dedup_secret(self._database)
        return JournalAppender(Journal(self._database), EventReader(secret))


if __name__ == "__main__":
    # It ends when the hub does, which also says it where there is no such database.
    with suppress(EOFError, ConnectionError, HubError):
        _serve(Connection(int(sys.argv[1])))
