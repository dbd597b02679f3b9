"""Flapping: what fails and passes by turns is one incident, held open until it has settled.

Nobody learns anything from the fourth page of an hour, nor from the resolves between them. What
has passed twice within a day, and failed again each time, is over only when it has kept passing
for twice as long as it takes from one turn to the next. ADR 34.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from msgspec import structs

from hub.domain.incidents.decisions import Decision, IncidentChanged
from hub.domain.incidents.incident import Flapping, Role
from hub.domain.incidents.telling import attend
from hub.domain.instants import format_instant, format_span

if TYPE_CHECKING:
    from hub.domain.incidents.desk import Desk
    from hub.domain.incidents.incident import Incident

# How far back turns count.
TURNS_MICROS: Final = 86_400_000_000
# What passes for the third time within that may well fail for the fourth.
TURNS: Final = 3
# Streams turn within seconds, people do not.
LEAST_SETTLING_MICROS: Final = 300_000_000


def find_flapping(desk: Desk, incident: Incident) -> Flapping | None:
    """Return how an incident flaps, whose roots have all passed; None: it is over.

    What counts is when things failed and passed, not when that was told.
    """
    before, passes = incident.flapping, _passes(desk, incident.id)
    lately = [at for at in passes if passes[-1] - at <= TURNS_MICROS]
    if before is None and len(lately) < TURNS:
        return None
    turns, longest = (before.turns + 1, before.turn) if before else (0, 0)
    gaps = (later - earlier for earlier, later in pairwise(lately))
    turn, last = max(longest, *gaps, 0), lately[-1]
    settles_at = last + max(2 * turn, LEAST_SETTLING_MICROS)
    if settles_at <= desk.now:
        return None
    turns = max(turns, len(lately))
    return Flapping(turns=turns, turn=turn, passed_at=last, settles_at=settles_at)


def hold_open(
    desk: Desk, incident: Incident, flapping: Flapping, reason: str
) -> Iterator[Decision]:
    """Say that an incident has healed, as before, and stays open until it has settled."""
    changed = structs.replace(incident, flapping=flapping, notify_at=None)
    told = (
        f"{reason}; it has failed and passed {flapping.turns} times by now, and is over when "
        f"nothing fails until {format_instant(flapping.settles_at or 0)}"
    )
    yield IncidentChanged(at=desk.now, incident=changed, change="settling", reason=told)


def fail_again(desk: Desk, incident: Incident) -> Iterator[Decision]:
    """Say that an incident that had healed has not settled: those who know know all there is."""
    flapping = incident.flapping
    if flapping is None or flapping.settles_at is None:
        return
    changed = structs.replace(incident, flapping=structs.replace(flapping, settles_at=None))
    passed = format_span(max(0, desk.now - flapping.passed_at))
    reason = f"it flaps: it failed again, {passed} after it had passed"
    yield IncidentChanged(at=desk.now, incident=changed, change="flapping", reason=reason)
    yield from attend(desk, changed)


def _passes(desk: Desk, incident: str) -> list[int]:
    """Return when an incident's roots passed after they had failed, and earlier ones about them.

    What failed before another had passed is of the same turn.
    """
    held = desk.book.of(incident)
    roots = [each for each in held if each.roles[incident] is Role.ROOT]
    names = (name for each in roots for name in desk.lineage.names_of(each.signal.subject))
    over = desk.book.healed_about(dict.fromkeys(names))
    known = [(each.signal, each.healed_at) for each in roots]
    known += [(root.signal, root.healed_at) for each in over for root in each.roots]
    passes: list[int] = []
    for failed_at, passed_at in sorted((s.onset_at, at) for s, at in known if at is not None):
        if passes and failed_at <= passes[-1]:
            passes[-1] = max(passes[-1], passed_at)
        else:
            passes.append(passed_at)
    return passes
