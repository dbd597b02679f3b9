"""A lake of Delta tables, one folder a dataset: ``bronze.scans`` lies in ``bronze/scans``.

Each commit records two application transactions: the writer's own, with the commit's number, and
one with the version that it was based on. Delta keeps the newest of both at hand, and the second
says where in the history the writer's notes are, however long the history has become.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from pyarrow.fs import FileSystem, SubTreeFileSystem

from hub.domain.errors import Conflict, DataError, InvalidInput, NotFound
from hub.spi.lake import Commit, Version
from hub_lake_delta.log import Entry, read_entry
from hub_lake_delta.stored import for_dataset, for_new_dataset

Write: TypeAlias = Callable[[DeltaTable | None, CommitProperties], None]
Partition: TypeAlias = Mapping[str, Any]

_NAME = re.compile(r"\w[\w-]*(\.\w[\w-]*)*")
_ATTEMPTS = 10
# A commit's notes are nowhere but in the log: it is never cleaned up.
_PROPERTIES: dict[str, str | None] = {"delta.enableExpiredLogCleanup": "false"}


class DeltaLake:
    """See ``hub.spi.lake.Lake``."""

    def __init__(self) -> None:
        self._root = ""

    def open(self, location: str) -> None:
        if "://" in location:
            self._root = location.rstrip("/")
            return
        folder = Path(location).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        self._root = folder.as_uri()

    def location(self, dataset: str) -> str:
        if not _NAME.fullmatch(dataset):
            raise InvalidInput(
                f"{dataset!r} cannot name a lake dataset",
                fix="use letters, digits, '_' and '-', with '.' between parts: bronze.scans",
            )
        return f"{self._root}/{dataset.replace('.', '/')}"

    def append(
        self, dataset: str, table: pa.Table, commit: Commit, *, append_only: bool
    ) -> Version:
        uri = self.location(dataset)

        def write(current: DeltaTable | None, properties: CommitProperties) -> None:
            if current is None:
                rows = for_new_dataset(dataset, table)
                own = {"delta.appendOnly": str(append_only).lower()}
                write_deltalake(
                    uri, rows, configuration=_PROPERTIES | own, commit_properties=properties
                )
            else:
                rows = for_dataset(dataset, table, _schema(current))
                write_deltalake(
                    current,
                    rows,
                    mode="append",
                    schema_mode="merge",
                    commit_properties=properties,
                )

        return self._commit(dataset, commit, write)

    def overwrite(
        self, dataset: str, table: pa.Table, commit: Commit, *, partition: Partition | None
    ) -> Version:
        uri = self.location(dataset)
        if partition:
            _refuse_other_partitions(dataset, table, partition)

        def write(current: DeltaTable | None, properties: CommitProperties) -> None:
            if current is None:
                write_deltalake(
                    uri,
                    for_new_dataset(dataset, table),
                    partition_by=list(partition) if partition else None,
                    configuration=_PROPERTIES,
                    commit_properties=properties,
                )
            elif partition:
                write_deltalake(
                    current,
                    for_dataset(dataset, table, _schema(current)),
                    mode="overwrite",
                    schema_mode="merge",
                    predicate=" AND ".join(_equals(*item) for item in partition.items()),
                    commit_properties=properties,
                )
            else:
                write_deltalake(
                    current,
                    for_new_dataset(dataset, table),
                    mode="overwrite",
                    schema_mode="overwrite",
                    commit_properties=properties,
                )

        return self._commit(dataset, commit, write)

    def read(
        self, dataset: str, *, version: int | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        files, folder = FileSystem.from_uri(self.location(dataset))
        return self._load(dataset, version).to_pyarrow_table(
            columns=None if columns is None else list(columns),
            # With the engine's own file system now and then the process aborts when it exits.
            filesystem=SubTreeFileSystem(folder, files),
        )

    def version(self, dataset: str) -> Version | None:
        current = self._newest(dataset)
        return None if current is None else self._described(dataset, current)

    def schema(self, dataset: str) -> pa.Schema | None:
        current = self._newest(dataset)
        return None if current is None else _schema(current)

    def last_commit(self, dataset: str, writer: str) -> Commit | None:
        current = self._newest(dataset)
        number = None if current is None else current.transaction_version(writer)
        if current is None or number is None:
            return None
        found = self._entry_of(dataset, current, writer, number)
        return Commit(writer=writer, number=number, notes=found.notes)

    def _commit(self, dataset: str, commit: Commit, write: Write) -> Version:
        """Write what is not written yet; again where another writer was quicker."""
        attempt = 0
        while True:
            attempt += 1
            current = self._newest(dataset)
            if (made := self._made_by(dataset, current, commit)) is not None:
                return made
            try:
                write(current, _properties(commit, current))
            except DeltaError as error:
                is_last = attempt == _ATTEMPTS
                if is_last or not self._was_overtaken(dataset, current, commit, error):
                    raise

    def _was_overtaken(
        self, dataset: str, current: DeltaTable | None, commit: Commit, error: DeltaError
    ) -> bool:
        """Tell whether a commit failed only because another writer was quicker.

        Delta merges appends of two writers, but of two creations one fails. Where the writer's
        own number has moved, but not to this commit, another process runs under its name: that
        is no chance.
        """
        newest = self._newest(dataset)
        if newest is None or current is None:
            return newest is not None
        before = current.transaction_version(commit.writer)
        after = newest.transaction_version(commit.writer)
        is_rivalled = after is not None and after != before and after < commit.number
        return isinstance(error, CommitFailedError) and not is_rivalled

    def _made_by(self, dataset: str, current: DeltaTable | None, commit: Commit) -> Version | None:
        """Return the version that a commit made, if it was made."""
        number = None if current is None else current.transaction_version(commit.writer)
        if current is None or number is None or number < commit.number:
            return None
        found = self._entry_of(dataset, current, commit.writer, commit.number)
        if found.version != current.version():
            current = self._load(dataset, found.version)
        return self._described(dataset, current)

    def _entry_of(self, dataset: str, current: DeltaTable, writer: str, number: int) -> Entry:
        """Return the log's entry of a commit that is known to have been made."""
        for version in _candidates(current, writer, number):
            try:
                entry = read_entry(self.location(dataset), version)
            except FileNotFoundError as error:
                raise DataError(
                    f"lake dataset {dataset}: version {version} is gone from the log",
                    fix="restore the files of _delta_log; nothing may clean them up",
                ) from error
            if entry.transactions.get(writer) == number:
                return entry
        raise Conflict(
            f"lake dataset {dataset}: {writer} is past commit {number}, and never made it",
            fix="read last_commit again and number from there",
        )

    def _described(self, dataset: str, table: DeltaTable) -> Version:
        files = pa.table(table.get_add_actions())
        entry = read_entry(self.location(dataset), table.version())
        return Version(
            number=entry.version,
            rows=pc.sum(files["num_records"]).as_py() or 0,
            bytes=pc.sum(files["size_bytes"]).as_py() or 0,
            files=files.num_rows,
            committed_at=entry.committed_at,
            notes=entry.notes,
        )

    def _newest(self, dataset: str) -> DeltaTable | None:
        try:
            return DeltaTable(self.location(dataset))
        except TableNotFoundError:
            return None

    def _load(self, dataset: str, version: int | None = None) -> DeltaTable:
        try:
            return DeltaTable(self.location(dataset), version=version)
        except TableNotFoundError as error:
            raise NotFound(f"no lake dataset {dataset} at {self.location(dataset)}") from error
        except DeltaError as error:
            newest = DeltaTable(self.location(dataset)).version()
            if version is None or 0 <= version <= newest:
                raise
            raise NotFound(
                f"lake dataset {dataset} has no version {version}; the newest is {newest}"
            ) from error


def _properties(commit: Commit, current: DeltaTable | None) -> CommitProperties:
    based_on = -1 if current is None else current.version()
    return CommitProperties(
        custom_metadata={"hub.notes": msgspec.json.encode(commit.notes).decode()},
        app_transactions=[
            Transaction(commit.writer, commit.number),
            Transaction(_based_on(commit.writer), based_on),
        ],
        # A creation that lost must not be merged: nothing would compare the writers' numbers.
        max_commit_retries=0 if current is None else None,
    )


def _based_on(writer: str) -> str:
    return f"hub.based-on:{writer}"


def _candidates(current: DeltaTable, writer: str, number: int) -> Iterable[int]:
    """Return the versions among which a commit is, likeliest first.

    A writer's newest one follows the version that it was based on, behind no more commits than
    others made at the same time. Older ones are asked for after a crash, if ever.
    """
    if current.transaction_version(writer) == number:
        based_on = current.transaction_version(_based_on(writer))
        return range(0 if based_on is None else based_on + 1, current.version() + 1)
    return range(current.version(), -1, -1)


def _schema(table: DeltaTable) -> pa.Schema:
    return pa.schema(table.schema())


def _equals(column: str, value: object) -> str:
    quoted = '"' + column.replace('"', '""') + '"'
    if value is None:
        return f"{quoted} IS NULL"
    if isinstance(value, (str, date)):
        text = str(value).replace("'", "''")
        return f"{quoted} = '{text}'"
    return f"{quoted} = {str(value).lower()}"


def _refuse_other_partitions(dataset: str, table: pa.Table, partition: Partition) -> None:
    for name, value in partition.items():
        column = table[name]
        if value is None:
            inside = pc.is_null(column)
        else:
            inside = pc.equal(column, pa.scalar(value).cast(column.type))
        outside = table.num_rows - (pc.sum(inside).as_py() or 0)
        if outside:
            raise DataError(
                f"lake dataset {dataset}: {outside} of {table.num_rows} rows lie outside the "
                f"partition {name}={value} that they are to replace"
            )
