"""A pytest plugin: an empty store per test.

``store`` runs the test on SQLite and on PostgreSQL, for what must hold on both; ``sqlite_store``
is for everything else. Each is copied from a template that is migrated once a session.
"""

import itertools
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import pytest
from sqlalchemy import Connection, create_engine, make_url

from hub.flow.infer import Infer
from hub.store.opening import Store, open_store
from hub.store.schema import upgrade
from tests.machine import missing

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "hub.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of an empty embedded store, current and closed."""
    path = tmp_path / "hub.db"
    shutil.copyfile(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own; databases may be created on it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where no user runtime folder is set, /tmp does
            from pgserver.postgres_server import get_server
    except ModuleNotFoundError:
        missing("postgresql", "the pgserver package has no wheel for this Python")
    # Not under pytest's folders: run by root, the server is another user, who must get in.
    with TemporaryDirectory(prefix="hub-postgresql-") as folder:
        server = get_server(Path(folder) / "data", "stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture(scope="session")
def _postgresql_template(postgresql_server: str) -> str:
    return _create_database(postgresql_server, "hub_template", None)


@pytest.fixture
def postgresql_url(postgresql_server: str, _postgresql_template: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL store, current and closed."""
    name = f"hub_{next(_numbers)}"
    yield _create_database(postgresql_server, name, "hub_template")
    _administer(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty store; the test runs once per kind of database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store; the test runs once per kind of database."""
    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """An empty embedded store."""
    opened = open_store(sqlite_url)
    yield opened
    opened.close()


@contextmanager
def rolled_back(store: Store) -> Iterator[Connection]:
    """A write transaction that fails at its end."""
    with suppress(ZeroDivisionError), store.database.write() as connection:
        yield connection
        raise ZeroDivisionError


def _create_database(server: str, name: str, template: str | None) -> str:
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    if template is None:
        engine = create_engine(url)
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()
    return url


def _administer(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def no_inference(store: Store) -> Infer:
    """Return the stage that reads SQL, without readers: whoever waits for it needs one."""
    return Infer(store, [], make_nothing, clock=lambda: 0)


def make_nothing(name: str) -> NoReturn:
    """Fail, where no reader is to be made."""
    pytest.fail(f"no reader of SQL is wanted here, least of all {name}")
