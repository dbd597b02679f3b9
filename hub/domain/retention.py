"""Retention: for how long what happened is kept in the store, before it is archived.

Only what adds up with time has a horizon: runs with what hangs on them, entries of the journal,
incidents and dead letters that are over, what edges were taken to be before the hub knew better,
and on which days facets were said. What is in force, and what the hub says of the time since the
horizon, stays as it is. ``docs/operations.md`` says of every table what bounds it.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Final

from msgspec import Meta, Struct

from hub.domain.incidents.book import REMEMBERED_MICROS

DAY: Final = 86_400_000_000

Days = Annotated[int, Meta(ge=0, le=100_000)]


class NamespaceRetention(Struct, frozen=True, forbid_unknown_fields=True):
    """The retention of the jobs whose namespace matches a pattern (``*``, ``?``)."""

    namespace: str
    runs_days: Days


class RetentionPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """For how many days things are kept in the store; 0 is for ever.

    Of ``namespaces`` the first that matches counts, else ``runs_days``. Each job keeps its
    ``least_runs`` newest runs, each dataset as many versions, checks and measures: leases look at
    the last twenty, and SLOs at as many as their window says. Routing looks back at incidents that
    are over for some days; ``incidents_days`` is more. ``known_days`` is how far ``knownAt`` can
    ask back, ``facets_days`` how far tags, owners and descriptions can be asked of. ``archive`` is
    the folder of what has left.

    Raises:
        ValueError: ``incidents_days`` are too few.

    """

    archive: str = ".hub/archive"
    runs_days: Days = 0
    journal_days: Days = 0
    least_runs: Annotated[int, Meta(ge=20)] = 100
    namespaces: tuple[NamespaceRetention, ...] = ()
    incidents_days: Days = 0
    dead_letters_days: Days = 0
    known_days: Days = 0
    facets_days: Days = 0

    def __post_init__(self) -> None:
        """Refuse to let go what routing still looks at."""
        if 0 < self.incidents_days <= REMEMBERED_MICROS // DAY:
            least = REMEMBERED_MICROS // DAY + 1
            raise ValueError(f"incidents_days: 0 (for ever) or {least} at least")


def runs_horizon(policy: RetentionPolicy, namespace: str, now: int) -> int | None:
    """Return the instant from which on runs of a namespace are kept; None where all are."""
    matching = (each for each in policy.namespaces if fnmatchcase(namespace, each.namespace))
    found = next(matching, None)
    return horizon(policy.runs_days if found is None else found.runs_days, now)


def horizon(days: int, now: int) -> int | None:
    """Return the instant from which on all is kept; None where it is for ever."""
    return now - days * DAY if days else None
