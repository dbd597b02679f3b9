"""An import: the events first, then what no event says, then a look at what is still lacking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct, field, structs

from hub.domain.errors import InvalidInput, Unreachable
from hub.domain.instants import format_instant
from hub.domain.openlineage.events import complaints, read_event
from hub.domain.scrub import scrub
from hub.spi.bridge import Count, Difference, HubApi, Progress, Report
from hub_bridge_marquez.catalogue import ROOT, Catalogue, NotHere
from hub_bridge_marquez.database import Database
from hub_bridge_marquez.events import FIRST, LAST, batches, over_rest
from hub_bridge_marquez.lacks import Lack, Odd, Walk
from hub_bridge_marquez.telling import Teller

_KINDS: Final = ("namespaces", "sources", "tags", "datasets", "jobs", "runs")
_EXAMPLES: Final = 5
_UNLISTED: Final = (
    "Marquez counts more than it lists over REST: repeats, and events of datasets and jobs,"
    " which --from-database reads"
)
_FILLED_AT_ONCE: Final = 100
# Each wait is under a minute; a hub projects a journal of millions of events within hours.
_WAITS: Final = 200

Steps: TypeAlias = Iterator[Progress | Report]


class _State(Struct):
    """Where the events have come to, and what became of those before."""

    then: int = FIRST
    again: int = 0
    are_all_told: bool = False
    read: int = 0
    unlisted: int = 0
    new: int = 0
    quarantined: int = 0
    examples: list[str] = field(default_factory=list)


class Import:
    """One import from one Marquez into one hub."""

    def __init__(self, marquez: Catalogue, hub: HubApi, database: Database | None) -> None:
        self._marquez = marquez
        self._hub = Catalogue(hub, "the hub")
        self._api = hub
        self._teller = Teller(hub)
        self._database = database
        self._state = _State()

    def bring(self, checkpoint: Mapping[str, Any] | None) -> Steps:
        """Bring everything, and report."""
        self._state = _read_state(checkpoint)
        if not self._state.are_all_told:
            yield from self._tell_events()
        walk, odd = self._walk(), list[Odd]()
        waiting, is_whole = list[Lack](), True
        for found in walk:
            if isinstance(found, Lack):
                waiting.append(found)
                is_whole = False
            elif isinstance(found, Odd):
                odd.append(found)
            else:
                yield found
            if len(waiting) >= _FILLED_AT_ONCE:
                yield from self._fill(waiting)
                waiting = []
        yield from self._fill(waiting)
        if is_whole:
            yield self._report(walk, [], odd)
        else:
            yield from self.compare()

    def compare(self) -> Steps:
        """Tell what is lacking, and report."""
        walk, lacking, odd = self._walk(), list[Lack](), list[Odd]()
        for found in walk:
            if isinstance(found, Lack):
                lacking.append(found)
            elif isinstance(found, Odd):
                odd.append(found)
            else:
                yield structs.replace(found, stage=f"compared: {found.stage}")
        yield self._report(walk, lacking, odd)

    def _walk(self) -> Walk:
        self._marquez.unreadable.clear()
        deleted = self._database.deleted() if self._database is not None else []
        return Walk(self._marquez, self._hub, deleted)

    def _tell_events(self) -> Steps:
        state, total = self._state, self._kept_there()
        state.read -= state.again
        read = over_rest(self._marquez) if self._database is None else self._database.read
        for batch in batches(read, state.then) if total is not None else ():
            told = self._teller.tell(batch.events)
            state.then, state.again = batch.then, batch.again
            state.read += len(batch.events)
            state.new += told.new
            self._note_unusable(batch.events, told.refused)
            yield Progress(
                stage="events",
                done=state.read,
                total=max(total or 0, state.read),
                checkpoint=msgspec.to_builtins(state),
            )
        state.are_all_told = True
        state.unlisted = max(0, (total or 0) - state.read) if self._database is None else 0
        yield Progress(
            stage="events",
            done=state.read,
            total=state.read,
            checkpoint=msgspec.to_builtins(state),
        )
        yield from self._wait()

    def _kept_there(self) -> int | None:
        """Return how many events Marquez says that it has; None if it shows none at all."""
        if self._database is not None:
            return self._database.count(FIRST)
        first, last = format_instant(FIRST), format_instant(LAST)
        try:
            return self._marquez.events(limit=0, after=first, before=last).total
        except NotHere:
            return None  # so old is it

    def _note_unusable(self, events: Iterable[bytes], refused: Mapping[int, str]) -> None:
        for index, event in enumerate(events):
            why = [refused[index]] if index in refused else complaints(read_event(event))
            if why:
                self._state.quarantined += 1
                if len(self._state.examples) < _EXAMPLES:
                    self._state.examples.append(f"{why[0]}: {_excerpt(event)}")

    def _fill(self, lacks: Iterable[Lack]) -> Steps:
        self._teller.tell_of(lacks)
        yield from self._wait()
        self._teller.write_for(lacks)

    def _wait(self) -> Steps:
        """Wait until the hub has projected what it was told."""
        position = self._teller.position
        if position is None:
            return
        for attempt in range(_WAITS):
            try:
                self._api.ask("GET", f"{ROOT}/namespaces?limit=1", after=position)
            except Unreachable:
                if attempt == _WAITS - 1:
                    raise
                yield Progress(stage="waiting for the hub to project", done=attempt + 1)
            else:
                return

    def _report(self, walk: Walk, lacking: Iterable[Lack], odd: Iterable[Odd]) -> Report:
        state, teller = self._state, self._teller
        found = [
            (each.kind, teller.refusals.get((each.kind, each.what), each.why), each.what, True)
            for each in lacking
        ]
        found += [(each.kind, each.why, each.what, False) for each in odd]
        if state.unlisted:
            found += [
                ("events", _UNLISTED, f"{state.unlisted} of {state.unlisted + state.read}", False)
            ]
        differences = _grouped(found)
        if state.quarantined:
            unusable = Difference(
                kind="events",
                why="the hub cannot use them as they are; they wait as dead letters (hub dlq)",
                count=state.quarantined,
                examples=tuple(state.examples),
            )
            differences = (unusable, *differences)
        usable = state.read - state.quarantined
        counts = [Count("events", state.read, usable)] if state.read else []
        counts += [Count(kind, walk.there[kind], walk.here[kind]) for kind in _KINDS]
        told = {
            "events that were new to the hub": state.new,
            "events made up for what had none": teller.rebuilt,
            "descriptions, tags and deletions written": teller.written,
        }
        return Report(counts=tuple(counts), differences=differences, told=told)


def _read_state(checkpoint: Mapping[str, Any] | None) -> _State:
    try:
        return msgspec.convert(dict(checkpoint or {}), _State)
    except msgspec.ValidationError as error:
        message = f"the checkpoint is not of this version: {error}"
        raise InvalidInput(message, fix="begin anew with --restart") from None


def _grouped(found: Iterable[tuple[str, str, str, bool]]) -> tuple[Difference, ...]:
    """Return differences of one kind and reason as one, in the order of their first."""
    examples: dict[tuple[str, str, bool], list[str]] = {}
    counts: Counter[tuple[str, str, bool]] = Counter()
    for kind, why, what, is_lacking in found:
        key = (kind, why, is_lacking)
        counts[key] += 1
        if len(shown := examples.setdefault(key, [])) < _EXAMPLES:
            shown.append(what)
    return tuple(
        Difference(
            kind=kind,
            why=why,
            count=counts[kind, why, is_lacking],
            examples=tuple(shown),
            is_lacking=is_lacking,
        )
        for (kind, why, is_lacking), shown in examples.items()
    )


def _excerpt(event: bytes) -> str:
    return scrub(event)[:120].decode(errors="replace")
