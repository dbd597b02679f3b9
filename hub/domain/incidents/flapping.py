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


def find_flapping(desk: Desk, incident: Incident, passed_at: int) -> Flapping | None:
    """Return how an incident flaps, whose roots have all passed; None: it is over.

    ``passed_at`` is the event time of what passed, microseconds UTC.
    """
    before = incident.flapping
    if before is not None:
        turns, passes, longest = before.turns + 1, [before.passed_at], before.turn
    else:
        passes, longest = _passes(desk, incident.id, passed_at), 0
        turns = len(passes) + 1
    if turns < TURNS:
        return None
    gaps = (later - earlier for earlier, later in pairwise([*passes, passed_at]))
    turn = max(longest, *gaps)
    settles_at = passed_at + max(2 * turn, LEAST_SETTLING_MICROS)
    if settles_at <= desk.now:
        return None
    return Flapping(turns=turns, turn=turn, passed_at=passed_at, settles_at=settles_at)


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


def _passes(desk: Desk, incident: str, passed_at: int) -> list[int]:
    """Return when earlier incidents about the same things healed, within the last day."""
    held = desk.book.of(incident)
    roots = [each.signal for each in held if each.roles[incident] is Role.ROOT]
    names = (name for root in roots for name in desk.lineage.names_of(root.subject))
    over = desk.book.healed_about(dict.fromkeys(names))
    found = (each.incident.healed_at for each in over)
    return sorted(at for at in found if at is not None and 0 <= passed_at - at <= TURNS_MICROS)
