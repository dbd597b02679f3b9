from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from hub.domain.errors import StoreUnavailable
from hub.store import schema
from hub.store.database import Database
from hub.store.opening import Store, open_store
from hub.store.tables import metadata


def definitions(connection: Connection) -> set[str]:
    statements = connection.execute(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
    return {" ".join(sql.split()) for (sql,) in statements if "alembic_version" not in sql}


def set_revision(store: Store, revision: str) -> None:
    with store.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})


def test_migrations_produce_the_same_schema_as_the_tables(store: Store) -> None:
    with store.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_produce_the_very_definitions_of_the_tables(
    sqlite_store: Store, tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{tmp_path}/from-tables.db")
    with database.write() as connection:
        metadata.create_all(connection)
        expected = definitions(connection)
    database.close()
    with sqlite_store.database.read() as connection:
        assert definitions(connection) == expected


def test_the_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(schema.migrations()).get_current_head() == schema.HEAD


def test_every_migration_says_whether_it_runs_before_or_after_the_deployment() -> None:
    for script in ScriptDirectory.from_config(schema.migrations()).walk_revisions():
        assert Path(script.path).name.startswith(("pre_", "post_"))


def test_an_embedded_store_is_created_with_its_folder_and_migrated(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/folder/hub.db"
    for _ in range(2):
        store = open_store(url)
        with store.database.read() as connection:
            assert schema.is_current(connection)
        store.close()


def test_two_processes_may_open_a_new_embedded_store_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hub.db"
    with ThreadPoolExecutor(2) as threads:
        for store in threads.map(open_store, [url] * 2):
            with store.database.read() as connection:
                assert schema.is_current(connection)
            store.close()


def test_a_server_without_tables_is_refused_with_the_command_to_type(
    postgresql_server: str,
) -> None:
    with pytest.raises(StoreUnavailable, match="no tables") as caught:
        open_store(postgresql_server)
    assert caught.value.fix is not None
    assert "hub migrate --database" in caught.value.fix


def test_a_server_that_is_behind_is_refused(postgresql_url: str) -> None:
    store = open_store(postgresql_url)
    set_revision(store, "pre_0000")
    store.close()
    with pytest.raises(StoreUnavailable, match="pre_0000"):
        open_store(postgresql_url)


def test_a_store_of_a_newer_hub_is_refused(sqlite_store: Store) -> None:
    set_revision(sqlite_store, "post_9999")
    with pytest.raises(StoreUnavailable, match="does not know"):
        open_store(sqlite_store.database.url)
