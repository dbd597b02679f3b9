"""Databases to measure on: an embedded one, and a PostgreSQL server of our own."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import create_engine, make_url

from hub.store.database import Database
from hub.store.schema import upgrade
from tests.bench.processes import cpu_seconds

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
_numbers = count(1)


class Place:
    """Somewhere to make databases, and what its server has cost so far."""

    def __init__(self, kind: str, where: str, server_pid: int | None) -> None:
        self.kind = kind
        self._where = where
        self._server_pid = server_pid

    def empty_store(self) -> str:
        """Return the URL of a new store with the hub's tables."""
        name = f"bench_{next(_numbers)}"
        if self.kind == SQLITE:
            return f"sqlite:///{self._where}/{name}.db"
        engine = create_engine(self._where, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        url = make_url(self._where).set(database=name).render_as_string(hide_password=False)
        database = Database(url)
        with database.write() as connection:
            upgrade(connection)
        database.close()
        return url

    def cpu_seconds(self) -> float:
        """Return the processor time of this process, and of the server where there is one."""
        server = cpu_seconds(self._server_pid) if self._server_pid else 0.0
        return time.process_time() + server


@contextmanager
def places() -> Iterator[list[Place]]:
    """Yield both kinds, or SQLite alone where this Python has no PostgreSQL server."""
    with TemporaryDirectory(prefix="hub-bench-") as folder:
        sqlite = Place(SQLITE, folder, None)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # where no user runtime folder is set, /tmp does
                from pgserver.postgres_server import get_server
        except ModuleNotFoundError:
            yield [sqlite]
            return
        server = get_server(Path(folder) / "data", "stop")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        try:
            yield [sqlite, Place(POSTGRESQL, url, server.get_pid())]
        finally:
            server.cleanup()
