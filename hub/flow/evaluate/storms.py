"""Storms: the order in which signals that are raised together are told."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from hub.domain.incidents.decisions import Decision, SignalRaised


def by_onset(decisions: Iterable[Decision]) -> list[Decision]:
    """Put signals that are raised one after another in the order in which they began.

    Whatever their order, the same comes of them: but a cause that is told first opens one incident,
    and one that is told last has to merge those of all that it explains.
    """
    ordered: list[Decision] = []
    for _, each in groupby(decisions, key=lambda decision: isinstance(decision, SignalRaised)):
        ordered += sorted(each, key=_onset)
    return ordered


def _onset(decision: Decision) -> int:
    """Return when a signal began; decisions of other kinds stay as they are."""
    return decision.signal.onset_at if isinstance(decision, SignalRaised) else 0
