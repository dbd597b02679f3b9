"""The archive: folders of Parquet files of what has left the store, each with a manifest.

A folder is made beside its place and renamed into it once everything in it is on the disk, so it is
there whole or not at all. Its name tells what is in it; made again, it is the same.

pyarrow is loaded only by what writes or reads Parquet, which a hub that serves never does.
"""

from __future__ import annotations

import os
import shutil
from hashlib import blake2b
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from hub.domain.entries import Entry, EntryKind
from hub.domain.errors import DataError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MANIFEST: Final = "manifest.json"
_ENTRIES: Final = "entries"


class ArchivedFile(Struct, frozen=True):
    """A file of an archive: how many rows it has, and the BLAKE2b-128 of its bytes."""

    file: str
    rows: int
    digest: str


class Columns(NamedTuple):
    """A table's rows, with the Python type of each column."""

    types: Mapping[str, type]
    rows: Sequence[Sequence[Any]]


def put(root: Path, name: str, tables: Mapping[str, Columns]) -> dict[str, ArchivedFile]:
    """Write tables to the folder ``name`` of the archive, durably; return what its manifest says.

    Raises:
        InvalidInput: pyarrow is not installed.
        DataError: the folder cannot be written.

    """
    place = root / name
    try:
        if place.is_dir():
            return manifest(root, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        making = Path(mkdtemp(prefix=".making-", dir=place.parent))
        try:
            found = {key: _write(making, key, each) for key, each in tables.items()}
            text = msgspec.json.format(msgspec.json.encode(found), indent=2)
            _write_durably(making / _MANIFEST, text)
            _sync(making)
            making.rename(place)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        for folder in (place.parent, root):
            _sync(folder)
    except OSError as error:
        raise DataError(f"the archive {place} cannot be written: {error}") from error
    return found


def manifest(root: Path, name: str) -> dict[str, ArchivedFile]:
    """Return what a folder of the archive holds, by table.

    Raises:
        DataError: it is missing, or damaged.

    """
    path = root / name / _MANIFEST
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, ArchivedFile])
    except (OSError, msgspec.DecodeError) as error:
        raise _lacks(path, str(error)) from error


def put_entries(root: Path, entries: Sequence[Entry]) -> tuple[str, ArchivedFile]:
    """Archive entries of the journal; return the folder's name within the archive, and its file."""
    types = {"position": int, "kind": str, "recorded_at": int, "body": bytes, "block_end": int}
    rows = [tuple(getattr(each, name) for name in types) for each in entries]
    which = _digest(b" ".join(b"%d" % each.position for each in entries))[:8]
    name = f"journal/{entries[0].position:015d}-{entries[-1].position:015d}-{which}"
    return name, put(root, name, {_ENTRIES: Columns(types, rows)})[_ENTRIES]


def get_entries(root: Path, name: str, digest: str) -> dict[int, Entry]:
    """Return the archived entries of a folder by position.

    Raises:
        InvalidInput: pyarrow is not installed.
        DataError: the file is missing, or is not the one that was archived.

    """
    path = root / name / f"{_ENTRIES}.parquet"
    try:
        found = path.read_bytes()
    except OSError as error:
        raise _lacks(path, str(error)) from error
    if _digest(found) != digest:
        raise _lacks(path, "its content is not what was archived")
    arrow, parquet = _pyarrow()
    rows = parquet.read_table(arrow.BufferReader(found)).to_pylist()
    return {row["position"]: Entry(**{**row, "kind": EntryKind(row["kind"])}) for row in rows}


def _write(folder: Path, name: str, table: Columns) -> ArchivedFile:
    arrow, parquet = _pyarrow()
    kinds = {int: arrow.int64(), str: arrow.string(), bytes: arrow.binary()}
    kinds |= {bool: arrow.bool_(), float: arrow.float64()}
    columns = zip(*table.rows, strict=True) if table.rows else ([] for _ in table.types)
    arrays = [
        arrow.array(list(cells), type=kinds[kind])
        for cells, kind in zip(columns, table.types.values(), strict=True)
    ]
    sink = arrow.BufferOutputStream()
    whole = arrow.Table.from_arrays(arrays, names=list(table.types))
    parquet.write_table(whole, sink, compression="zstd")
    made = sink.getvalue().to_pybytes()
    file = f"{name}.parquet"
    _write_durably(folder / file, made)
    return ArchivedFile(file, len(table.rows), _digest(made))


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def _lacks(path: Path, why: str) -> DataError:
    fix = "bring the folder back from its backup, or name where it is in retention.archive"
    return DataError(f"the archive lacks {path}: {why}", fix=fix)


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow  # noqa: PLC0415, ICN001 - see the module's docstring
        from pyarrow import parquet  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        message = "the archive is written and read with pyarrow, which is not installed"
        raise InvalidInput(message, fix="pip install 'hub[archive]'") from error
    return pyarrow, parquet
