"""The recorded Marquez, its database, and stores to import into."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import create_engine, make_url

from tests.bridges.recorded import RecordedMarquez, recorded_marquez, restore_database


@pytest.fixture
def marquez() -> Iterator[RecordedMarquez]:
    """A Marquez that lives on this machine."""
    with recorded_marquez() as served:
        yield served


@pytest.fixture
def marquez_database(postgresql_server: str) -> Iterator[str]:
    """The address of its database."""
    engine = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE marquez TEMPLATE template0")
    url = make_url(postgresql_server).set(drivername="postgresql", database="marquez")
    address = url.render_as_string(hide_password=False)
    with psycopg.connect(address) as told:
        restore_database(told)
    yield address
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE marquez WITH (FORCE)")
    engine.dispose()
