"""The lane: messages of one stream in order; the checkpoint is the last one's sequence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeAlias

import msgspec
from msgspec import Meta, Struct

from hub.domain.errors import DataError, InvalidInput
from hub.spi.lane import Checkpoint, LaneContext, Slice

if TYPE_CHECKING:
    from hub.spi.spine import Message, Spine

Positive: TypeAlias = Annotated[int, Meta(ge=1)]

# A slice may be this many messages, and no more bytes: payloads are of any size.
_MAX_SLICE_BYTES = 64 * 2**20
_PAGE = 1_000


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step's options; ``schema`` is its format's, and read by the runtime."""

    stream: Annotated[str, Meta(min_length=1)]
    schema: str | None = None
    slice_messages: Positive = 10_000


class Progress(Struct, frozen=True):
    """The checkpoint: everything up to ``sequence`` was read."""

    sequence: int = 0


class EventsLane:
    """See ``hub.spi.lane.Lane``."""

    def reads(self, context: LaneContext) -> str:
        return _options(context).stream

    def read(self, context: LaneContext, checkpoint: Checkpoint | None) -> Iterator[Slice]:
        options, spine = _options(context), _spine(context)
        after = msgspec.convert(checkpoint or {}, Progress).sequence
        # What comes while it reads is the next run's: a busy stream must not keep a run alive.
        end = after + spine.lag(options.stream, after=after)
        while messages := _taken(spine, options, after, end):
            after = messages[-1].sequence
            yield Slice(
                checkpoint=msgspec.to_builtins(Progress(after)),
                messages=messages,
                origin=options.stream,
                bytes_read=sum(len(message.payload) for message in messages),
            )

    def reread(self, context: LaneContext, payload: bytes) -> NoReturn:  # noqa: ARG002 - whatever it is
        raise DataError("a message is refused by its format or contract, never by its lane")


def _taken(spine: Spine, options: Options, after: int, end: int) -> list[Message]:
    """Return the next messages up to ``end``, as many as a slice may hold, but at least one."""
    taken: list[Message] = []
    size = 0
    while after < end and len(taken) < options.slice_messages and size < _MAX_SLICE_BYTES:
        limit = min(_PAGE, options.slice_messages - len(taken), end - after)
        if not (page := spine.read(options.stream, after=after, limit=limit)):
            break
        taken += page
        size += sum(len(message.payload) for message in page)
        after = page[-1].sequence
    return taken


def _options(context: LaneContext) -> Options:
    try:
        return msgspec.convert(dict(context.options), Options)
    except msgspec.ValidationError as error:
        known = ", ".join(Options.__struct_fields__)
        raise InvalidInput(
            f"step {context.step}, lane events: {error}", fix=f"the options are {known}"
        ) from error


def _spine(context: LaneContext) -> Spine:
    if context.spine is None:
        raise InvalidInput(
            f"step {context.step} reads a stream, and there is no spine",
            fix='name the spine\'s file in hub.toml: spine = ".hub/spine.db"',
        )
    return context.spine
