"""Running a lane: from the checkpoint in the lake, slice by slice, into its dataset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec

from hub.domain.failures.failure import Origin
from hub.domain.names import DatasetName
from hub.runtime.admission import Decode, admit
from hub.runtime.decoding import decoder
from hub.runtime.failures import blame
from hub.runtime.gates import own_checks, pass_gate
from hub.runtime.letters import place_of
from hub.runtime.promotion import (
    CHECKPOINT,
    COMMITTED_AT,
    append,
    look_up,
    places,
    replay_writer,
)
from hub.runtime.rows import Place, newest, without
from hub.runtime.work import Input, Work
from hub.settings import fill_secrets
from hub.spi.lake import Commit
from hub.spi.lane import Checkpoint, Lane, LaneContext, Slice

# A step whose options name a stream reads it from the spine.
_STREAM = "stream"
_SPINE = "embedded"


@contextmanager
def lane_context(work: Work) -> Iterator[LaneContext]:
    """Yield what the step's lane is told, with the secrets in its options filled in.

    Raises:
        InvalidInput: a secret is not set.

    """
    tools, step = work.tools, work.step
    with ExitStack() as closing:
        spine = None
        if _STREAM in step.options:
            with blame(Origin.SOURCE):
                spine = tools.host.spine(_SPINE).api
                spine.open(tools.spine)
            closing.callback(spine.close)
        yield LaneContext(
            step=step.job_name,
            options=fill_secrets(step.options),
            root=str(tools.folder),
            expected=work.contract.types if work.contract else {},
            spine=spine,
        )


def run_lane(work: Work) -> None:
    """Read what is new at the source, and promote what keeps its contract and passes its gate.

    Refused records are reported before the checkpoint passes them; rows and checkpoint are one
    commit. So after a crash anywhere the next run goes on where the lake says.
    """
    tools, step, tally = work.tools, work.step, work.tally
    lane = tools.host.lane(str(step.lane), step=step.job_name).api
    with lane_context(work) as context:
        with blame(Origin.SOURCE):
            source = DatasetName(step.source or step.product, lane.reads(context))
        tally.inputs = [Input(dataset=source)]
        with blame(Origin.LAKE):
            last = work.lake.last_commit(step.writes, step.job_name)
        checkpoint = _checkpoint(last)
        replayed = _replayed(work, last)
        decode = decoder(work)
        for piece in _slices(lane, context, checkpoint):
            tally.bytes_in += piece.bytes_read
            _take(work, piece, decode, checkpoint, replayed)
            checkpoint = piece.checkpoint
            tally.inputs = [Input(dataset=source, rows=tally.rows_in, bytes=tally.bytes_in)]
            work.on_progress(tally)
    look_up(work)


def _slices(lane: Lane, context: LaneContext, checkpoint: Checkpoint | None) -> Iterator[Slice]:
    with blame(Origin.SOURCE):
        slices = lane.read(context, checkpoint)
    while True:
        with blame(Origin.SOURCE):
            piece = next(slices, None)
        if piece is None:
            return
        yield piece


def _checkpoint(last: Commit | None) -> Checkpoint | None:
    text = last.notes.get(CHECKPOINT) if last else None
    return msgspec.json.decode(text, type=dict[str, Any]) if text else None


def _replayed(work: Work, last: Commit | None) -> set[Place]:
    """Return which records a replay may have written before the checkpoint passed them.

    A record is refused before its slice is committed. If the run broke off in between, and the
    record was replayed since, the lane comes across it a second time.
    """
    with blame(Origin.LAKE):
        replay = work.lake.last_commit(work.step.writes, replay_writer(work))
    if replay is None or (last and _committed_at(last) > _committed_at(replay)):
        return set()
    return places(work)


def _committed_at(commit: Commit) -> int:
    return int(commit.notes[COMMITTED_AT])


def _take(
    work: Work,
    piece: Slice,
    decode: Decode | None,
    before: Checkpoint | None,
    replayed: set[Place],
) -> None:
    """Promote one slice together with the checkpoint after it."""
    rows = without(admit(work, piece, decode), replayed)
    if rows.num_rows:
        pass_gate(work, rows, own_checks(work), at=place_of(piece))
        work.tally.saw(newest(rows, work.step.event_time))
    elif piece.checkpoint == before:
        return
    else:
        with blame(Origin.LAKE):
            schema = work.lake.schema(work.step.writes)
        if schema is None:
            # Nothing holds the checkpoint yet: the next run reads, and refuses, the same again.
            return
        rows = schema.empty_table()
    append(work, rows, {CHECKPOINT: msgspec.json.encode(piece.checkpoint).decode()})
