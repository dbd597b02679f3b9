"""Rotas: who is on call at an instant, and whose shift it was when."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from hub.domain.duty.calendars import spans_at, spans_between

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hub.domain.duty.calendars import Span
    from hub.domain.duty.plans import Rota


class Shift(NamedTuple):
    """A receiver is on call from ``start`` until just before ``end``, microseconds UTC."""

    start: int
    end: int
    receiver: str


def on_call_at(rota: Rota, at: int) -> str:
    """Return the receiver that a rota stands for at an instant.

    Raises:
        InvalidInput: its calendar cannot be read.

    """
    return _on_call(rota, spans_at(rota.calendar, at))


def shifts_between(rota: Rota, start: int, end: int) -> Iterator[Shift]:
    """Yield whose shift it is from one instant to another, without gaps.

    Raises:
        InvalidInput: as ``on_call_at``.

    """
    coming = sorted({*spans_between(rota.calendar, start, end)}, reverse=True)
    changes = {at for span in coming for at in (span.start, span.end) if start < at < end}
    going: list[Span] = []
    for begins, ends in pairwise(sorted({start, end, *changes})):
        while coming and coming[-1].start <= begins:
            going.append(coming.pop())
        going = [span for span in going if span.end > begins]
        yield Shift(begins, ends, _on_call(rota, going))


def _on_call(rota: Rota, spans: Iterable[Span]) -> str:
    """Return who is on call by events that go on, the one that began first before the others."""
    return next(filter(None, (rota.receiver_of(span.about) for span in spans)), rota.otherwise)
