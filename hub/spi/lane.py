"""Lanes: how records come in from a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from hub.spi.spine import Message, Spine

Checkpoint: TypeAlias = dict[str, Any]


class Refused(NamedTuple):
    """A record that could not even be framed, such as a broken line.

    ``payload`` holds what ``Lane.reread`` needs to try again (for CSV, the header as well).
    ``sequence`` is its place in the slice's origin, counted like ``Slice.first_sequence``.
    """

    payload: bytes
    reason: str
    sequence: int = 0


class Slice(Struct, kw_only=True):
    """A bounded piece of a source, with the checkpoint that says it has been read.

    Exactly one of ``table`` (decoded records) and ``messages`` (encoded ones, which the step's
    schema format decodes) is set. ``refused`` holds records that are in neither.

    ``origin`` and a sequence identify a record for ever, in the lake (columns ``_origin`` and
    ``_sequence``) and in the dead letters: for a table, the row's place in ``origin`` counted
    from ``first_sequence``; for messages, the message's own sequence.
    """

    checkpoint: Checkpoint
    table: pa.Table | None = None
    messages: list[Message] | None = None
    refused: list[Refused] = field(default_factory=list)
    # Where in the source this came from: a file's path, a stream, a table.
    origin: str = ""
    # Of the first row of ``table``: 1 unless the slice continues an origin.
    first_sequence: int = 1
    bytes_read: int = 0


class LaneContext(Struct, frozen=True, kw_only=True):
    """What a lane is told.

    ``options`` are the step's, as written, with secrets filled in; relative paths in them are
    relative to ``root``, the configuration folder. ``expected`` maps field names to the logical
    types of the step's contract (empty without one).
    """

    step: str
    options: Mapping[str, Any]
    root: str
    expected: Mapping[str, str]
    spine: Spine | None = None


class Lane(Protocol):
    """Reads a source from a checkpoint on.

    Duties: be re-runnable (the same checkpoint gives the same slices while the source stands
    still); put into ``Slice.checkpoint`` all that is needed to continue after that slice; bound a
    slice to what fits in memory (about 100,000 records); never skip a record silently; raise the
    driver's own exception when the source fails, wrapping nothing (where the lane knows better than
    its text what kind of failure it is, the exception has an attribute ``failure_class`` that names
    it, such as ``ACCESS``: that goes before all other evidence). Checkpoints are stored with
    the data by the runtime, in one commit: a lane keeps no state. One object reads one step, and
    is called from one thread.

    It may have a method ``check(context)``, which raises an error with a ``fix`` where this
    machine lacks what the step needs, and touches no source: ``hub doctor`` calls it, with secrets
    left as they are written.
    """

    def reads(self, context: LaneContext) -> str:
        """Return what is read, without touching it: a path, a stream or a table, for lineage."""

    def read(self, context: LaneContext, checkpoint: Checkpoint | None) -> Iterator[Slice]:
        """Yield what is there after ``checkpoint`` (None: from the beginning), then stop."""

    def reread(self, context: LaneContext, payload: bytes) -> pa.Table:
        """Return the record of a payload that was ``Refused`` before, read by today's code.

        Raises ``DataError`` with the reason when it still cannot be read. A lane that refuses
        nothing raises it always.
        """
