"""Transforms: how lake datasets become another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa


class ColumnSource(Struct, frozen=True, kw_only=True):
    """One field of an input that a field of the output is made from."""

    dataset: str
    field: str
    kind: str = "DIRECT"
    subtype: str = "TRANSFORMATION"


class Outcome(Struct, kw_only=True):
    """What a transform made: rows, and where each output field comes from, as far as known."""

    table: pa.Table
    columns: dict[str, list[ColumnSource]] = field(default_factory=dict)


class Transform(Protocol):
    """A stateless function from datasets to a dataset.

    Duties: the same inputs give the same output; no state, no clock, no IO beyond its inputs;
    raise the engine's own exception.
    """

    def run(self, sql: str, inputs: Mapping[str, pa.Table], options: Mapping[str, Any]) -> Outcome:
        """Return the output; ``inputs`` maps lake dataset names (``bronze.scans``) to rows."""
