"""The lane: files in order, each content once, in slices that can be continued.

A file is known by its content: the checkpoint holds a digest of every one read, so a renamed or
touched copy is not read again, and another content under an old name is. Beside each digest is
the stamp (name, size, time) under which it was seen, so that files at rest are not hashed again.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, TypeAlias, cast

import msgspec
import pyarrow as pa
from msgspec import Struct, field
from msgspec.structs import replace

from hub.domain.errors import DataError, InvalidInput
from hub.spi.columns import Typing
from hub.spi.lane import Checkpoint, LaneContext, Refused, Slice
from hub_lane_files.chunk import Chunk, Place
from hub_lane_files.csv_file import csv_chunks
from hub_lane_files.listing import Found, demand_unchanged, digest_of, list_files, too_large
from hub_lane_files.ndjson_file import ndjson_chunks
from hub_lane_files.options import Format, Options, read_options
from hub_lane_files.parquet_file import parquet_chunks

Reader: TypeAlias = Callable[[IO[bytes], Place, Options, Typing], Iterator[Chunk]]

_READERS: dict[Format, Reader] = {
    Format.CSV: csv_chunks,
    Format.NDJSON: ndjson_chunks,
    Format.PARQUET: parquet_chunks,
}
_SUFFIXES = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".json": Format.NDJSON,
    ".parquet": Format.PARQUET,
}
# So many files that are gone are still recognised when they come back.
_REMEMBERED = 10_000


class Open(Struct, frozen=True, kw_only=True):
    """A file that was read in part; ``records`` counts what came of it so far."""

    digest: str
    name: str
    place: Place = Place()
    records: int = 0


class Progress(Struct, frozen=True, kw_only=True):
    """The checkpoint. ``files`` maps the digest of each file read to its stamp, oldest first."""

    files: dict[str, str] = field(default_factory=dict)
    open: Open | None = None


class FilesLane:
    """See ``hub.spi.lane.Lane``."""

    def reads(self, context: LaneContext) -> str:
        return read_options(context).path

    def read(self, context: LaneContext, checkpoint: Checkpoint | None) -> Iterator[Slice]:
        options = read_options(context)
        progress = msgspec.convert(checkpoint or {}, Progress)
        listed = list_files(Path(context.root), options.path)
        fresh = _fresh(listed, progress, options)
        if progress.open is not None and progress.open.digest not in fresh:
            progress = replace(progress, open=None)
            yield _lost(msgspec.convert(checkpoint, Progress), progress)
        for digest, found in _in_order(fresh, progress):
            for piece in _slices(context, options, found, digest, progress):
                progress = _pruned(msgspec.convert(piece.checkpoint, Progress), listed)
                piece.checkpoint = msgspec.to_builtins(progress)
                yield piece

    def reread(self, context: LaneContext, payload: bytes) -> pa.Table:
        options = read_options(context)
        options = _with_delimiter(options, options.path)
        found = _format_of_payload(options, payload)
        if found is Format.PARQUET:
            raise DataError("Parquet files are read whole, or not at all")
        read = _READERS[found]
        typing = Typing(context.expected, options.timezone)
        chunk = next(read(BytesIO(payload), Place(), options, typing), None)
        if chunk is None or chunk.rows.faults or not chunk.rows.table.num_rows:
            reasons = [fault.reason for fault in chunk.rows.faults] if chunk else []
            raise DataError("; ".join(reasons) or "it holds no record")
        return chunk.rows.table


def _fresh(listed: list[Found], progress: Progress, options: Options) -> dict[str, Found]:
    """Return the files whose content was not read to its end, by digest."""
    stamps = set(progress.files.values())
    fresh: dict[str, Found] = {}
    for found in listed:
        if found.stamp not in stamps:
            fresh.setdefault(digest_of(found, options.max_file_bytes), found)
    return {digest: found for digest, found in fresh.items() if digest not in progress.files}


def _in_order(fresh: dict[str, Found], progress: Progress) -> list[tuple[str, Found]]:
    """Return the files by name, behind the one that was begun."""
    begun = progress.open.digest if progress.open else None
    return sorted(fresh.items(), key=lambda item: item[0] != begun)


def _slices(
    context: LaneContext, options: Options, found: Found, digest: str, progress: Progress
) -> Iterator[Slice]:
    begun = progress.open or Open(digest=digest, name=found.name)
    read = _READERS[_format_of(options, found.name)]
    options = _with_delimiter(options, found.name)
    typing = Typing(context.expected, options.timezone)
    with found.path.open("rb") as stream:
        demand_unchanged(found, stream.fileno())
        plain: IO[bytes] = stream
        if found.name.endswith(".gz"):
            plain = cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
        for chunk in read(plain, begun.place, options, typing):
            demand_unchanged(found, stream.fileno())
            if chunk.after.offset > options.max_file_bytes:
                raise too_large(found, options.max_file_bytes)
            count = chunk.rows.table.num_rows + len(chunk.rows.faults)
            after = replace(begun, place=chunk.after, records=begun.records + count)
            files = progress.files | {digest: found.stamp} if chunk.is_last else progress.files
            progress = Progress(files=files, open=None if chunk.is_last else after)
            yield _slice(chunk, begun, progress)
            begun = after


def _slice(chunk: Chunk, begun: Open, after: Progress) -> Slice:
    """Return a chunk as a slice; what was refused is counted behind its rows."""
    table = chunk.rows.table
    first = begun.records + 1
    return Slice(
        checkpoint=msgspec.to_builtins(after),
        table=table,
        refused=[
            Refused(fault.payload, fault.reason, sequence)
            for sequence, fault in enumerate(chunk.rows.faults, first + table.num_rows)
        ],
        origin=_origin(begun),
        first_sequence=first,
        bytes_read=chunk.bytes_read,
    )


def _origin(file: Open) -> str:
    # The digest tells today's delivery from yesterday's under the same name.
    return f"{file.name}@{file.digest[:12]}"


def _lost(before: Progress, after: Progress) -> Slice:
    """Return a slice that says which file went away before it was read to its end."""
    assert before.open is not None  # noqa: S101  # the caller asks for nothing else
    lost = before.open
    return Slice(
        checkpoint=msgspec.to_builtins(after),
        table=pa.table({}),
        refused=[
            Refused(
                msgspec.json.encode(lost),
                f"{lost.name} was read up to record {lost.records}, then changed or went away; "
                "the rest of it was never read",
                lost.records + 1,
            )
        ],
        origin=_origin(lost),
        first_sequence=lost.records + 1,
    )


def _pruned(progress: Progress, listed: list[Found]) -> Progress:
    surplus = len(progress.files) - len(listed) - _REMEMBERED
    if surplus <= 0:
        return progress
    here = {found.stamp for found in listed}
    gone = [digest for digest, stamp in progress.files.items() if stamp not in here]
    forgotten = set(gone[:surplus])
    files = {digest: at for digest, at in progress.files.items() if digest not in forgotten}
    return replace(progress, files=files)


def _format_of(options: Options, name: str) -> Format:
    found = options.format or _SUFFIXES.get(_suffix(name))
    if found is None:
        raise InvalidInput(
            f"{name}: its name does not say what format it has",
            fix=f"add `format:` ({', '.join(Format)}), or narrow the path by a glob",
        )
    return found


def _format_of_payload(options: Options, payload: bytes) -> Format:
    """Return the format of a refused record: only one of CSV has its header's line before it."""
    guess = Format.CSV if b"\n" in payload else Format.NDJSON
    return options.format or _SUFFIXES.get(_suffix(options.path), guess)


def _with_delimiter(options: Options, name: str) -> Options:
    if options.delimiter is None and _suffix(name) == ".tsv":
        return replace(options, delimiter="\t")
    return options


def _suffix(name: str) -> str:
    return Path(name.removesuffix(".gz")).suffix.lower()
