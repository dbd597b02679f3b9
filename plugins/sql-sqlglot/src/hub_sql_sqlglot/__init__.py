"""Registers the SQL reader ``sqlglot``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.spi.hookspecs import hookimpl
from hub.spi.sql_reader import SqlReader

hub_api_version = 1


@hookimpl
def hub_sql_readers() -> Mapping[str, Callable[[], SqlReader]]:
    return {"sqlglot": _sqlglot}


def _sqlglot() -> SqlReader:
    from hub_sql_sqlglot.reader import Sqlglot

    return Sqlglot()
