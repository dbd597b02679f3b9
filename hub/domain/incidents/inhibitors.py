"""Inhibitors: the open incidents that rules let hold others back, found without a search.

Each incident is looked at when it has changed, not whenever another one may be inhibited: in a
storm that would be all that is open for each that fails.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from hub.domain.duty.matching import Also, all_hold, share

if TYPE_CHECKING:
    from hub.domain.duty.plans import Inhibition
    from hub.domain.incidents.incident import Incident

# Labels of which a thing with several names has several values; the one that tells most first.
_NAMING: Final = ("dataset", "job", "namespace")

# The number of a rule, whether its target is fit as well, and values of labels to be equal.
_Place: TypeAlias = tuple[int, bool, tuple[str, ...]]
_Aged: TypeAlias = tuple[tuple[int, int], str]


class Rules(NamedTuple):
    """The rules in force, and what else labels are by the names that hold now.

    ``names`` is another object whenever something has got, or lost, another name.
    """

    inhibitions: tuple[Inhibition, ...]
    names: object
    also_called: Callable[[str, str | None], Also]

    def labels(self, incident: Incident) -> tuple[Mapping[str, str], Also]:
        """Return the labels of an incident, and what else they are."""
        why = incident.explanation
        return why.labels, self.also_called(incident.root, why.job)


class Inhibitors:
    """What fits the source of each rule, the oldest first, by the labels to be equal."""

    def __init__(self, incidents: Mapping[str, Incident]) -> None:
        """Follow the open incidents of a book, which tells of each that has ``changed``."""
        self._incidents = incidents
        self._changed: dict[str, None] = {}
        self._known_by: tuple[object, object] = (None, None)
        self._at: dict[_Place, list[_Aged]] = {}
        self._places: dict[str, tuple[_Aged, list[_Place]]] = {}

    def changed(self, incident: str) -> None:
        """Take note that an incident was opened, has changed, or is over."""
        self._leave(incident)
        if incident in self._incidents:
            self._changed[incident] = None
        else:
            self._changed.pop(incident, None)

    def oldest(self, rules: Rules, number: int, incident: Incident) -> Incident | None:
        """Return the oldest open incident that a rule, by its number, lets hold another one back.

        Of two that both fit either side, neither holds the other (as in Alertmanager): they would
        wait for each other.
        """
        rule, (labels, also) = rules.inhibitions[number], rules.labels(incident)
        if not all_hold(rule.target, labels, also):
            return None
        self._bring_up_to_date(rules)
        is_source_too = all_hold(rule.source, labels, also)
        found = (
            self._first(rules, (number, is_target_too, key), incident)
            for is_target_too in ((False,) if is_source_too else (False, True))
            for key in _keys(rule, labels, also)
        )
        first = min(filter(None, found), default=None)
        return None if first is None else self._incidents[first[1]]

    def _first(self, rules: Rules, place: _Place, incident: Incident) -> _Aged | None:
        equal, mine = rules.inhibitions[place[0]].equal, rules.labels(incident)
        for aged in self._at.get(place, ()):
            if aged[1] != incident.id:
                theirs = rules.labels(self._incidents[aged[1]])
                if all(share(name, mine, theirs) for name in equal):
                    return aged
        return None

    def _bring_up_to_date(self, rules: Rules) -> None:
        before = self._known_by
        if rules.inhibitions is not before[0] or rules.names is not before[1]:
            self._known_by = (rules.inhibitions, rules.names)
            self._at, self._places = {}, {}
            self._changed = dict.fromkeys(self._incidents)
        for key in self._changed:
            self._enter(rules, self._incidents[key])
        self._changed = {}

    def _enter(self, rules: Rules, incident: Incident) -> None:
        # What passes counts as healed, though it is held open (ADR 44).
        if incident.is_settling:
            return
        labels, also = rules.labels(incident)
        places = [
            (number, all_hold(rule.target, labels, also), key)
            for number, rule in enumerate(rules.inhibitions)
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
