"""Telling the hub: events in batches, and what no event can say as writes of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from hub.domain.errors import DataError
from hub.domain.openlineage.events import complaints, read_event
from hub.spi.bridge import HubApi
from hub_bridge_marquez.catalogue import ROOT
from hub_bridge_marquez.lacks import Lack, Request

_BATCH_BYTES: Final = 8 << 20
_OK: Final = range(200, 300)
_TOO_LARGE: Final = 413


class Told(NamedTuple):
    """How many events were new, and which, by their number, the hub takes in no form."""

    new: int
    refused: dict[int, str]


class _Summary(Struct):
    received: int
    failed: int


class _Failed(Struct):
    index: int
    reason: str


class _Answer(Struct):
    summary: _Summary
    failed_events: list[_Failed]
    duplicate_events: list[int]


class Teller:
    """Tells one hub. ``position`` is its journal's after the last write; the rest counts."""

    def __init__(self, hub: HubApi) -> None:
        self._hub = hub
        self.position: int | None = None
        self.rebuilt = 0
        self.written = 0
        self.refusals: dict[tuple[str, str], str] = {}

    def tell(self, events: Sequence[bytes]) -> Told:
        """Tell events, in order.

        Raises:
            DataError: the hub answers what cannot be understood.

        """
        new, refused = 0, dict[int, str]()
        for start, part in _parts(events):
            told = self._post(part)
            new += told.new
            refused |= {start + index: why for index, why in told.refused.items()}
        return Told(new, refused)

    def tell_of(self, lacks: Iterable[Lack]) -> None:
        """Tell the events that fill ``lacks``."""
        whose = [(lack, event) for lack in lacks for event in lack.events]
        told = self.tell([event for _, event in whose])
        self.rebuilt += told.new
        for index, (lack, event) in enumerate(whose):
            why = told.refused.get(index) or "; ".join(complaints(read_event(event)))
            if why:
                self.refusals[lack.kind, lack.what] = why

    def write_for(self, lacks: Iterable[Lack]) -> None:
        """Make the writes that fill ``lacks``; what they are about is projected."""
        for lack in lacks:
            for request in lack.requests:
                why = self._write(request)
                if why is not None:
                    self.refusals[lack.kind, lack.what] = why

    def _write(self, request: Request) -> str | None:
        reply = self._hub.ask(request.method, request.path, request.body)
        if reply.status in _OK:
            self.written += 1
            self.position = reply.position or self.position
            return None
        said = reply.body[:200].decode(errors="replace")
        return f"the hub answers {reply.status} to {request.method}: {said}"

    def _post(self, events: Sequence[bytes]) -> Told:
        body = b"[" + b",".join(events) + b"]"
        reply = self._hub.ask("POST", f"{ROOT}/lineage/batch", body)
        if reply.status == _TOO_LARGE and len(events) == 1:
            return Told(0, {0: f"an event of {len(body):,} bytes is more than the hub takes"})
        if reply.status == _TOO_LARGE:
            middle = len(events) // 2
            first, second = self._post(events[:middle]), self._post(events[middle:])
            refused = first.refused | {middle + n: why for n, why in second.refused.items()}
            return Told(first.new + second.new, refused)
        if reply.status not in _OK:
            said = reply.body[:200].decode(errors="replace")
            raise DataError(f"the hub answers {reply.status} to a batch of events: {said}")
        self.position = reply.position or self.position
        try:
            answer = msgspec.json.decode(reply.body, type=_Answer)
        except msgspec.DecodeError as error:
            raise DataError(f"the hub's answer to events cannot be read: {error}") from None
        summary = answer.summary
        new = summary.received - summary.failed - len(answer.duplicate_events)
        return Told(new, {each.index: each.reason for each in answer.failed_events})


def _parts(events: Sequence[bytes]) -> Iterator[tuple[int, Sequence[bytes]]]:
    """Yield events in parts that are small enough for one request, each with its first's number."""
    start, size = 0, 0
    for index, event in enumerate(events):
        if size and size + len(event) > _BATCH_BYTES:
            yield start, events[start:index]
            start, size = index, 0
        size += len(event)
    if start < len(events):
        yield start, events[start:]
