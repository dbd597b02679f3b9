"""What a step may say about its files."""

from __future__ import annotations

import codecs
from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Meta, Struct

from hub.domain.errors import InvalidInput
from hub.spi.lane import LaneContext

Positive: TypeAlias = Annotated[int, Meta(ge=1)]


class Format(StrEnum):
    """How a file holds its records; text formats may be gzipped."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step's options.

    ``path`` is a file, a folder or a glob. ``format`` is needed where names don't end in it.
    ``columns`` names the fields of CSV files that have no header. Texts in ``nulls`` stand for
    no value. ``timezone`` is that of times written without one.
    """

    path: str
    format: Format | None = None
    delimiter: str | None = None
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    nulls: tuple[str, ...] = ("",)
    timezone: str = "UTC"
    slice_rows: Positive = 100_000
    max_file_bytes: Positive = 10 * 2**30


def read_options(context: LaneContext) -> Options:
    """Return a step's options.

    Raises:
        InvalidInput: one of them is unknown, missing, or not of its type.

    """
    try:
        options = msgspec.convert(dict(context.options), Options)
    except msgspec.ValidationError as error:
        known = ", ".join(Options.__struct_fields__)
        raise InvalidInput(
            f"step {context.step}, lane files: {error}", fix=f"the options are {known}"
        ) from error
    for is_wrong, message in (
        (len(options.delimiter or ",") != 1, "delimiter must be one character"),
        (not _keeps_lines(options.encoding), f"files in {options.encoding} cannot be read"),
        (not _is_zone(options.timezone), f"there is no time zone {options.timezone}"),
    ):
        if is_wrong:
            raise InvalidInput(f"step {context.step}, lane files: {message}")
    return options


def _keeps_lines(encoding: str) -> bool:
    """Tell whether text can be split into lines before it is decoded (not so in UTF-16)."""
    try:
        return codecs.encode('\n,"', encoding) == b'\n,"'
    except LookupError:
        return False


def _is_zone(name: str) -> bool:
    try:
        pc.assume_timezone(pa.scalar(0, pa.timestamp("us")), timezone=name)
    except pa.ArrowInvalid:
        return False
    return True
