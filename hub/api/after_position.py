"""Reading what one has just written: the header ``Hub-After-Position``."""

from __future__ import annotations

from collections.abc import Callable

import anyio
from anyio import to_thread

from hub.domain.errors import InvalidInput, NotYetProjected
from hub.queries.positions import Positions

HEADER = "Hub-After-Position"

# Shorter than the time that HTTP clients wait for an answer by default.
_BOUND_SECONDS = 4.0
_INTERVAL_SECONDS = 0.01

LookUp = Callable[[], Positions]


def read_header(value: str | None) -> int | None:
    """Return the position that a request wants to read after.

    Raises:
        InvalidInput: the value is no position.

    """
    if value is None:
        return None
    # Longer ones are no 64-bit integers.
    if not (value.isascii() and value.isdigit() and len(value) < 19):  # noqa: PLR2004 - digits of one
        raise InvalidInput(f"{HEADER}: {value!r} is no journal position")
    return int(value)


async def wait_until_passed(
    position: int, look_up: LookUp, *, decided: bool, indexed: bool = False
) -> None:
    """Wait until the stages have passed ``position``.

    What is inferred from it counts, once that is projected. With ``indexed``, the search index is
    waited for too. With ``decided``, what evaluate and route make of it is: evaluate's signals,
    route's decisions on those, and their projection.

    Raises:
        NotYetProjected: that takes longer than a client should have to wait.

    """
    with anyio.move_on_after(_BOUND_SECONDS):
        inferred = await _until(look_up, lambda at: at.projected >= position)
        needed = position
        if inferred.inferred < position:
            inferred = await _until(look_up, lambda at: at.inferred >= position)
        if inferred.inferred < inferred.journal:
            needed = inferred.journal
            await _until(look_up, lambda at: at.projected >= needed)
        if indexed:
            await _until(look_up, lambda at: at.indexed >= needed)
        if decided:
            evaluated = await _until(look_up, lambda at: at.evaluated >= position)
            routed = await _until(look_up, lambda at: at.routed >= evaluated.journal)
            await _until(look_up, lambda at: at.projected >= routed.journal)
        return
    raise NotYetProjected(f"position {position} is not projected yet", fix="ask again in a moment")


async def _until(look_up: LookUp, holds: Callable[[Positions], bool]) -> Positions:
    while not holds(at := await to_thread.run_sync(look_up)):  # noqa: ASYNC110 - another process may write
        await anyio.sleep(_INTERVAL_SECONDS)
    return at
