"""What a step may say about its database."""

from __future__ import annotations

from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from hub.domain.errors import InvalidInput
from hub.spi.lane import LaneContext

Name: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z_]\w*$")]


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a step; see the plugin's README."""

    connection: str
    table: Annotated[str, Meta(pattern=r"^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*){0,2}$")] | None = None
    query: Annotated[str, Meta(min_length=1)] | None = None
    cursor: Name | None = None
    timezone: str = "UTC"
    slice_rows: Annotated[int, Meta(ge=1, le=1_000_000)] = 100_000
    batch_rows: Annotated[int, Meta(ge=1, le=1_000_000)] = 20_000
    max_text_bytes: Annotated[int, Meta(ge=1, le=16_777_216)] = 4_096
    memory_bytes: Annotated[int, Meta(ge=1 << 24)] = 4 << 30

    @property
    def statement(self) -> str:
        """What is read."""
        return self.query.strip().rstrip("; \n") if self.query else f"select * from {self.table}"  # noqa: S608 - a checked name


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
            f"step {context.step}: options: {error}", fix=f"the options are {known}"
        ) from error
    if options.table is None and options.query is None:
        raise InvalidInput(f"step {context.step}: options: it needs a table or a query")
    try:
        ZoneInfo(options.timezone)
    except (KeyError, ValueError, OSError) as error:
        message = f"step {context.step}: options: there is no time zone {options.timezone}"
        raise InvalidInput(message) from error
    return options


def name_of(context: LaneContext, options: Options) -> str:
    """Return what people call the source: its table, or the step whose query it is."""
    return options.table or context.step
