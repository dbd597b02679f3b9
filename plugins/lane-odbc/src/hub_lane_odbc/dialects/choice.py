"""Which dialect a connection speaks: by its driver's name, or else by asking."""

from __future__ import annotations

from contextlib import suppress

import arrow_odbc

from hub_lane_odbc.connection import completed, driver_of
from hub_lane_odbc.dialects.ansi import Ansi
from hub_lane_odbc.dialects.dialect import Dialect
from hub_lane_odbc.dialects.postgresql import PostgreSQL, of_sizes
from hub_lane_odbc.dialects.sqlite import SQLite
from hub_lane_odbc.request import Request
from hub_lane_odbc.session import Session

_NAMED: tuple[tuple[str, type[Dialect]], ...] = (
    ("sqlite", SQLite),
    ("postgres", PostgreSQL),
    ("psqlodbc", PostgreSQL),
)
# What only one database answers, and how its answer begins.
_ASKED: tuple[tuple[str, str, type[Dialect]], ...] = (
    ("select sqlite_version()", "3.", SQLite),
    ("select version()", "PostgreSQL", PostgreSQL),
)


def chosen(request: Request) -> Dialect:
    """Return the dialect of a connection, connected and in its transaction."""
    kind = _by_name(request.connection) or _by_asking(request.connection)
    wanted = dict(kind.attributes)
    if kind is PostgreSQL:
        wanted |= of_sizes(request)
    dialect = kind(Session(completed(request.connection, wanted)), request)
    dialect.begin()
    return dialect


def _by_name(connection: str) -> type[Dialect] | None:
    driver = driver_of(connection).lower()
    return next((dialect for part, dialect in _NAMED if part in driver), None)


def _by_asking(connection: str) -> type[Dialect]:
    session = Session(connection)
    for query, beginning, dialect in _ASKED:
        with suppress(arrow_odbc.Error):
            if str(session.rows(query)[0][0]).startswith(beginning):
                return dialect
    return Ansi
