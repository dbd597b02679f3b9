"""Inhibitors: the open incidents that rules let hold others back, found without a search.

Each incident is looked at when it has changed, not whenever another one may be inhibited: in a
storm that would be all that is open for each that fails.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from hub.domain.duty.matching import Also, all_hold, share

if TYPE_CHECKING:
    from hub.domain.duty.plans import Inhibition
    from hub.domain.incidents.desk import Desk
    from hub.domain.incidents.incident import Incident

# Labels of which a thing with several names has several values; the one that tells most first.
_NAMING: Final = ("dataset", "job", "namespace")

# The number of a rule, whether its target is fit as well, and values of labels to be equal.
_Place: TypeAlias = tuple[int, bool, tuple[str, ...]]
_Aged: TypeAlias = tuple[tuple[int, int], str]


class Inhibitors:
    """What fits the source of each rule, the oldest first, by the labels to be equal."""

    def __init__(self, incidents: Mapping[str, Incident]) -> None:
        """Follow the open incidents of a book, which tells of each that has ``changed``."""
        self._incidents = incidents
        self._changed: dict[str, None] = {}
        self._rules: tuple[Inhibition, ...] = ()
        self._names: object = None
        self._at: dict[_Place, list[_Aged]] = {}
        self._places: dict[str, tuple[_Aged, list[_Place]]] = {}

    def changed(self, incident: str) -> None:
        """Take note that an incident was opened, has changed, or is over."""
        self._leave(incident)
        if incident in self._incidents:
            self._changed[incident] = None
        else:
            self._changed.pop(incident, None)

    def oldest(self, desk: Desk, number: int, incident: Incident) -> Incident | None:
        """Return the oldest open incident that a rule, by its number, lets hold another one back.

        Of two that both fit either side, neither holds the other (as in Alertmanager): they would
        wait for each other.
        """
        rule, labels = desk.catalog.inhibitions[number], incident.explanation.labels
        also = desk.also_called(incident.root, incident.explanation.job)
        if not all_hold(rule.target, labels, also):
            return None
        self._bring_up_to_date(desk)
        is_source_too = all_hold(rule.source, labels, also)
        found = (
            self._first(desk, (number, is_target_too, key), incident)
            for is_target_too in ((False,) if is_source_too else (False, True))
            for key in _keys(rule, labels, also)
        )
        first = min(filter(None, found), default=None)
        return None if first is None else self._incidents[first[1]]

    def _first(self, desk: Desk, place: _Place, incident: Incident) -> _Aged | None:
        equal = desk.catalog.inhibitions[place[0]].equal
        mine = _labels(desk, incident)
        for aged in self._at.get(place, ()):
            if aged[1] != incident.id:
                theirs = _labels(desk, self._incidents[aged[1]])
                if all(share(name, mine, theirs) for name in equal):
                    return aged
        return None

    def _bring_up_to_date(self, desk: Desk) -> None:
        rules, names = desk.catalog.inhibitions, desk.lineage.names
        if rules is not self._rules or names is not self._names:
            self._rules, self._names = rules, names
            self._at, self._places = {}, {}
            self._changed = dict.fromkeys(self._incidents)
        for key in self._changed:
            self._enter(desk, self._incidents[key])
        self._changed = {}

    def _enter(self, desk: Desk, incident: Incident) -> None:
        # What passes counts as healed, though it is held open (ADR 44).
        if incident.is_settling:
            return
        labels, also = _labels(desk, incident)
        places = [
            (number, all_hold(rule.target, labels, also), key)
            for number, rule in enumerate(self._rules)
            if all_hold(rule.source, labels, also)
            for key in _keys(rule, labels, also)
        ]
        aged = (incident.age, incident.id)
        self._places[incident.id] = (aged, places)
        for place in places:
            insort(self._at.setdefault(place, []), aged)

    def _leave(self, incident: str) -> None:
        left = self._places.pop(incident, None)
        if left is None:
            return
        aged, places = left
        for place in places:
            members = self._at[place]
            del members[bisect_left(members, aged)]
            if not members:
                del self._at[place]


def _labels(desk: Desk, incident: Incident) -> tuple[Mapping[str, str], Also]:
    also = desk.also_called(incident.root, incident.explanation.job)
    return incident.explanation.labels, also


def _keys(rule: Inhibition, labels: Mapping[str, str], also: Also) -> Iterator[tuple[str, ...]]:
    """Yield by what an incident is found that is the same in all labels to be equal.

    Of labels with several values that is one, by each of them: not all that go together.
    """
    plain = tuple(labels.get(name, "") for name in rule.equal if name not in _NAMING)
    named = next((name for name in _NAMING if name in rule.equal), None)
    if named is None:
        yield plain
        return
    for value in {labels.get(named, ""), *also.get(named, ())}:
        yield (*plain, value)
