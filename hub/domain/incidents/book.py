"""The book: the open incidents with their signals, and those over lately, found by what they are.

``decide_raised`` and ``decide_cleared`` (in ``correlation``) read it and say what a signal means;
applying those decisions is the only way in which the book changes, so a replay of them makes the
same book. Whoever asks for what lies around a signal does not go through what is open elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import count
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias, TypeVar

from msgspec import Struct, field, structs

from hub.domain.dues import Dues
from hub.domain.failures.failure import Signature
from hub.domain.incidents.incident import Incident, IncidentState, Role
from hub.domain.incidents.inhibitors import Inhibitors
from hub.domain.incidents.signals import Signal

# A week's job has its next run within that time of the incident that held it back.
REMEMBERED_MICROS: Final = 8 * 86_400_000_000

# Signals by their ids, and those of each name that they may be found by.
_Signals: TypeAlias = dict[str, "OpenSignal"]
_ByName: TypeAlias = dict[str, _Signals]
_HeldByName: TypeAlias = dict[str, dict[str, Signal]]
_Key = TypeVar("_Key")
_Held = TypeVar("_Held")
_Numbered = TypeVar("_Numbered", "OpenSignal", "Healed")
_CAME: Final = attrgetter("came")


class OpenSignal(Struct):
    """A signal in the book: what it is in which open incidents, and whether it has cleared.

    ``came`` is greater than that of every signal that came before. ``causes`` are the signals that
    explain it, by incident; ``healed_at`` is the event time of what passed and so cleared it.
    """

    signal: Signal
    came: int
    roles: dict[str, Role] = field(default_factory=dict)
    causes: dict[str, str] = field(default_factory=dict)
    is_cleared: bool = False
    healed_at: int | None = None

    @property
    def is_root(self) -> bool:
        """Whether it is a root of an open incident."""
        return Role.ROOT in self.roles.values()

    @property
    def is_open(self) -> bool:
        """Whether it is part of an open incident and has not cleared."""
        return bool(self.roles) and not self.is_cleared


class HealedRoot(NamedTuple):
    """A root with the event time of what passed and so ended it."""

    signal: Signal
    healed_at: int | None


class Healed(Struct):
    """An incident that is over, with its roots, and what is held back as their consequence.

    Each root with when it healed, if something passed. ``came`` is greater than that of every
    incident that was over before.
    """

    incident: Incident
    roots: tuple[HealedRoot, ...]
    consequences: dict[str, Signal]
    came: int


class IncidentBook:
    """The incidents that are not resolved, with every signal of theirs; and those over lately."""

    def __init__(self) -> None:
        self._incidents: dict[str, Incident] = {}
        self.inhibitors = Inhibitors(self._incidents)
        self._signals: dict[str, OpenSignal] = {}
        self._healed: dict[str, Healed] = {}
        self._numbers = count()
        # Signals that have not cleared, in the order in which they came.
        self._about: _ByName = {}
        self._of_run: _ByName = {}
        self._inside: _ByName = {}
        self._breaking: _ByName = {}
        self._reading: _ByName = {}
        self._members: _ByName = {}
        # Roots that have not cleared, by incident; those of one trouble in the order they came.
        self._lasting: _ByName = {}
        self._troubled: dict[Signature, _ByName] = {}
        self._healed_by_dataset: dict[str, dict[str, Healed]] = {}
        self._healed_by_subject: dict[str, dict[str, Healed]] = {}
        # Roots that have cleared, of incidents that have not: all, and by what they broke.
        self._mended: _Signals = {}
        self._mended_by_dataset: _ByName = {}
        # Incidents that have healed and are held open, by what their roots were about.
        self._settling: dict[str, dict[str, None]] = {}
        self._settling_by: dict[str, dict[str, None]] = {}
        # Signals that are held back, and incidents that hold them.
        self._held_about: _HeldByName = {}
        self._holding: dict[str, dict[str, Healed]] = {}
        self._held_of_run: _HeldByName = {}
        self._held_inside: _HeldByName = {}
        # Incidents of which somebody is not told yet, by what that waits for.
        self._waiting: dict[str, dict[str, None]] = {}
        self._due: Dues[str] = Dues()
        # A heap.
        self._resolved: list[tuple[int, str]] = []

    @property
    def incidents(self) -> Mapping[str, Incident]:
        """The incidents that are not resolved, by id."""
        return self._incidents

    @property
    def signals(self) -> Mapping[str, OpenSignal]:
        """Every signal of theirs, cleared or not, in the order in which they came."""
        return self._signals

    @property
    def healed(self) -> Mapping[str, Healed]:
        """The incidents over lately, in the order in which they ended."""
        return self._healed

    def of(self, incident: str) -> list[OpenSignal]:
        """Return the signals of an incident, in the order in which they came."""
        return _in_order(self._members.get(incident, {}).values())

    def lasting(self, incident: str) -> Mapping[str, OpenSignal]:
        """Return the roots of an incident that have not cleared, by id, in no order."""
        return self._lasting.get(incident, {})

    def around(self, signal: Signal) -> list[OpenSignal]:
        """Return the signals of a signal's run, of runs around it and of runs inside it.

        Those are of one trouble, though what explains it has healed while they went on.
        """
        found = [self._of_run.get(run) for run in signal.parents]
        if signal.run is not None:
            found += self._of_run.get(signal.run), self._inside.get(signal.run)
        known = (held for each in found if each for held in each.values() if held.roles)
        return _in_order({held.signal.id: held for held in known}.values())

    def inside(self, run: str) -> list[OpenSignal]:
        """Return the open signals of runs inside one."""
        return self._found([self._inside.get(run)])

    def about(self, subject: str) -> Sequence[OpenSignal]:
        """Return the open signals about one thing, in the order in which they came."""
        return self._still_open(self._about.get(subject))

    def breaking(self, dataset: str) -> Sequence[OpenSignal]:
        """Return the open signals that leave a dataset broken, in the order in which they came."""
        return self._still_open(self._breaking.get(dataset))

    def broken(self) -> Iterator[str]:
        """Yield the datasets that a signal leaves broken, or left so that has healed lately."""
        yield from self._breaking
        yield from self._mended_by_dataset
        yield from self._healed_by_dataset

    def read(self) -> Collection[str]:
        """Return the datasets that the run of a signal reads which has not cleared."""
        return self._reading.keys()

    def touching(self, broken: Iterable[str], read: Iterable[str]) -> list[OpenSignal]:
        """Return the open signals that leave one of ``broken`` so, or that read one of ``read``."""
        return self._found([*map(self._breaking.get, broken), *map(self._reading.get, read)])

    def troubled(self, trouble: Signature, *, since: int) -> list[OpenSignal]:
        """Return the lasting roots of a trouble, of incidents opened since an instant, in order."""
        found = {
            held.signal.id: held
            for key, roots in self._troubled.get(trouble, {}).items()
            if self._incidents[key].opened_at >= since and not self._incidents[key].is_settling
            for held in roots.values()
        }
        return _in_order(found.values())

    def healed_at(self, datasets: Iterable[str]) -> list[Healed]:
        """Return the incidents over by now that had a root at one of the datasets."""
        found = [self._healed_by_dataset.get(name, {}).values() for name in datasets]
        return _in_order({over.incident.id: over for each in found for over in each}.values())

    def healed_about(self, subjects: Iterable[str]) -> list[Healed]:
        """Return the incidents over by now that had a root about one of the subjects."""
        found = [self._healed_by_subject.get(name, {}).values() for name in subjects]
        return _in_order({over.incident.id: over for each in found for over in each}.values())

    def settling_about(self, subject: str) -> list[OpenSignal]:
        """Return the roots about one thing that have cleared, of incidents that are held open."""
        found = {
            held.signal.id: held
            for key in self._settling.get(subject, ())
            for held in self._roots(key)
            if held.signal.subject == subject
        }
        return _in_order(found.values())

    def mended_at(self, datasets: Iterable[str]) -> list[OpenSignal]:
        """Return the roots at datasets that have cleared, of incidents that are not over."""
        found = [self._mended_by_dataset.get(name, {}).values() for name in datasets]
        return _in_order({held.signal.id: held for each in found for held in each}.values())

    def holding(self, subject: str) -> list[Healed]:
        """Return the incidents over by now that hold something back about ``subject``."""
        found = [self._holding[signal].values() for signal in self._held_about.get(subject, ())]
        return _in_order({over.incident.id: over for each in found for over in each}.values())

    def held_around(self, signal: Signal) -> list[tuple[Healed, Signal]]:
        """Return what is held back of runs around a signal's and inside it, each with what holds.

        The incident that was over last comes first, and of what it holds what began first.
        """
        known = [self._held_of_run.get(run, {}) for run in signal.parents]
        if signal.run is not None:
            known.append(self._held_inside.get(signal.run, {}))
        held = {each.id: each for signals in known for each in signals.values()}
        found = [(over, each) for each in held.values() for over in self._holding[each.id].values()]
        return sorted(found, key=lambda pair: (-pair[0].came, pair[1].onset_at, pair[1].id))

    def due(self, now: int) -> list[Incident]:
        """Return the incidents of which something is due, the oldest first."""
        found = [self._incidents[key] for key in iter(lambda: self._due.pop(now), None)]
        for incident in found:
            self._due.put(incident.id, incident.due_at)
        return sorted(found, key=attrgetter("age"))

    def waiting_for(self, name: str) -> list[Incident]:
        """Return the incidents that something holds, the oldest first."""
        found = [self._incidents[key] for key in self._waiting.get(name, ())]
        return sorted(found, key=attrgetter("age"))

    def waiting(self) -> list[Incident]:
        """Return every incident that something holds, the oldest first."""
        keys = dict.fromkeys(key for held in self._waiting.values() for key in held)
        return sorted((self._incidents[key] for key in keys), key=attrgetter("age"))

    def triggered(self) -> list[Incident]:
        """Return every incident to which nobody sees yet, the oldest first."""
        found = (each for each in self._incidents.values() if each.state is IncidentState.TRIGGERED)
        return sorted(found, key=attrgetter("age"))

    @property
    def next_due_at(self) -> int | None:
        """When the clock alone makes something due of an incident."""
        return self._due.next_at

    def changed(self, incident: str, **changes: object) -> Incident:
        """Return an incident with changes and the next version; the book stays as it is."""
        found = self._incidents[incident]
        return structs.replace(found, version=found.version + 1, **changes)

    def add(self, signal: Signal) -> OpenSignal:
        """Enter a signal that is nobody's yet."""
        held = OpenSignal(signal=signal, came=next(self._numbers))
        self._signals[signal.id] = held
        for index, names in self._indexes(signal):
            for name in names:
                index.setdefault(name, {})[signal.id] = held
        return held

    def forget(self, signal: str) -> None:
        """Take a signal out, whatever it was part of."""
        held = self._signals.pop(signal, None)
        if held is None:
            return
        self._cease(held)
        self._mend_no_more(held)
        for incident in held.roles:
            _drop(self._members, incident, signal)

    def put(self, incident: Incident) -> None:
        """Enter an incident, or a change of it; a resolved one leaves with its signals."""
        known = self._incidents.get(incident.id)
        if known is not None:
            self._index_no_more(known)
        if incident.state is not IncidentState.RESOLVED:
            for hold in incident.telling.held:
                self._waiting.setdefault(hold.by, {})[incident.id] = None
            self._incidents[incident.id] = incident
            self.inhibitors.changed(incident.id)
            self._due.put(incident.id, incident.due_at)
            if incident.is_settling:
                self._settling_by[incident.id] = {}
                for held in self._roots(incident.id):
                    self._settle(held, incident.id)
            return
        self._incidents.pop(incident.id, None)
        self.inhibitors.changed(incident.id)
        self._due.put(incident.id, None)
        mine = self.of(incident.id)
        self._remember(incident, mine)
        for held in mine:
            self._detach(held, incident.id)
            if not held.roles:
                self.forget(held.signal.id)

    def attach(self, signal: str, incident: str, role: Role, cause: str | None = None) -> None:
        """Give a signal to an incident, or another role in it; one that is over holds it back."""
        held = self._signals.get(signal)
        if held is None:
            return
        if incident in self._incidents:
            if incident in held.roles:
                self._last_no_more(held, incident)
            held.roles[incident] = role
            if cause is not None:
                held.causes[incident] = cause
            self._members.setdefault(incident, {})[signal] = held
            if role is Role.ROOT:
                self._last(held, incident)
                self._settle(held, incident)
            self._mend(held)
        elif incident in self._healed:
            self.forget(signal)
            self._hold(self._healed[incident], held.signal)

    def clear(self, signal: str, healed_at: int | None = None) -> OpenSignal | None:
        """Mark a signal as cleared, and return it; one that is nobody's is forgotten."""
        for over in list(self._holding.get(signal, {}).values()):
            self._release(over, signal)
        held = self._signals.get(signal)
        if held is None:
            return None
        self._cease(held)
        held.is_cleared, held.healed_at = True, healed_at
        self._mend(held)
        if not held.roles:
            self.forget(signal)
        return held

    def recall(
        self, incident: Incident, roots: Iterable[HealedRoot], consequences: Iterable[Signal]
    ) -> None:
        """Enter an incident that is over, for as long as a late consequence may come."""
        over = Healed(incident, tuple(roots), {}, next(self._numbers))
        self._healed[incident.id] = over
        heappush(self._resolved, (incident.resolved_at or 0, incident.id))
        for root, _ in over.roots:
            self._healed_by_subject.setdefault(root.subject, {})[incident.id] = over
            for dataset in root.datasets:
                self._healed_by_dataset.setdefault(dataset, {})[incident.id] = over
        for signal in consequences:
            self._hold(over, signal)

    def _indexes(self, signal: Signal) -> Iterable[tuple[_ByName, Iterable[str]]]:
        """Return by what a signal is found while it has not cleared, and which names of that."""
        return (
            (self._about, (signal.subject,)),
            (self._of_run, () if signal.run is None else (signal.run,)),
            (self._inside, signal.parents),
            (self._breaking, signal.datasets),
            (self._reading, signal.inputs),
        )

    def _found(self, known: Iterable[_Signals | None]) -> list[OpenSignal]:
        """Return those of signals found by several names that are open, in order, each once."""
        some = [each for each in known if each]
        if not some:
            return []
        found = {held.signal.id: held for each in some for held in self._still_open(each)}
        return _in_order(found.values())

    def _still_open(self, known: _Signals | None) -> Sequence[OpenSignal]:
        """Return those of signals that are not only what is left of what has healed."""
        if not known:
            return ()
        if not self._settling_by and not self._mended:
            return [held for held in known.values() if held.roles]
        return [held for held in known.values() if not self._is_left(held)]

    def _is_left(self, held: OpenSignal) -> bool:
        """Whether a signal is nobody's, or waits for its next run: what explains it has healed."""
        return all(key in self._settling_by or self._has_healed(held, key) for key in held.roles)

    def _has_healed(self, held: OpenSignal, incident: str) -> bool:
        """Whether the root that explains a signal in an incident has cleared."""
        seen: set[str] = set()
        cause: OpenSignal | None = held
        while cause is not None and cause.signal.id not in seen:
            if cause.roles.get(incident) is Role.ROOT:
                return cause.is_cleared
            seen.add(cause.signal.id)
            cause = self._signals.get(cause.causes.get(incident, ""))
        return False

    def _index_no_more(self, incident: Incident) -> None:
        for hold in incident.telling.held:
            _drop(self._waiting, hold.by, incident.id)
        for subject in self._settling_by.pop(incident.id, ()):
            _drop(self._settling, subject, incident.id)

    def _detach(self, held: OpenSignal, incident: str) -> None:
        self._last_no_more(held, incident)
        self._mend_no_more(held)
        del held.roles[incident]
        self._mend(held)
        _drop(self._members, incident, held.signal.id)

    def _cease(self, held: OpenSignal) -> None:
        """Find a signal no more as one that has not cleared."""
        for index, names in self._indexes(held.signal):
            for name in names:
                _drop(index, name, held.signal.id)
        for incident in held.roles:
            self._last_no_more(held, incident)

    def _last(self, held: OpenSignal, incident: str) -> None:
        """Find a root of an incident among those that last, if it does."""
        if held.is_cleared:
            return
        self._lasting.setdefault(incident, {})[held.signal.id] = held
        trouble = held.signal.trouble
        if trouble is not None:
            _enter(self._troubled.setdefault(trouble, {}), incident, held)

    def _roots(self, incident: str) -> list[OpenSignal]:
        return [held for held in self.of(incident) if held.roles[incident] is Role.ROOT]

    def _settle(self, held: OpenSignal, incident: str) -> None:
        """Find a root of an incident by what it was about, if that is held open."""
        if self._incidents[incident].is_settling:
            self._settling.setdefault(held.signal.subject, {})[incident] = None
            self._settling_by[incident][held.signal.subject] = None

    def _mend(self, held: OpenSignal) -> None:
        """Find a signal by what it broke, if it is a root that has cleared, as nothing else."""
        self._mend_no_more(held)
        if held.is_cleared and held.is_root:
            self._mended[held.signal.id] = held
            for dataset in held.signal.datasets:
                self._mended_by_dataset.setdefault(dataset, {})[held.signal.id] = held

    def _mend_no_more(self, held: OpenSignal) -> None:
        if self._mended.pop(held.signal.id, None) is not None:
            for dataset in held.signal.datasets:
                _drop(self._mended_by_dataset, dataset, held.signal.id)

    def _last_no_more(self, held: OpenSignal, incident: str) -> None:
        if held.signal.id not in self.lasting(incident):
            return
        _drop(self._lasting, incident, held.signal.id)
        trouble = held.signal.trouble
        if trouble is not None:
            _drop(self._troubled[trouble], incident, held.signal.id)
            if not self._troubled[trouble]:
                del self._troubled[trouble]

    def _remember(self, incident: Incident, mine: Iterable[OpenSignal]) -> None:
        """Keep what a late consequence would be known by, for as long as one may come."""
        at = incident.resolved_at or 0
        while self._resolved and self._resolved[0][0] <= at - REMEMBERED_MICROS:
            self._lose(heappop(self._resolved)[1])
        if incident.merged_into is not None:
            return
        roots, consequences = [], []
        for held in mine:
            if held.roles[incident.id] is Role.ROOT:
                roots.append(HealedRoot(held.signal, held.healed_at))
            elif not held.is_cleared:
                consequences.append(held.signal)
        self.recall(incident, roots, consequences)

    def _lose(self, incident: str) -> None:
        over = self._healed.pop(incident)
        for root, _ in over.roots:
            _drop(self._healed_by_subject, root.subject, incident)
            for dataset in root.datasets:
                _drop(self._healed_by_dataset, dataset, incident)
        for signal in list(over.consequences):
            self._release(over, signal)

    def _hold(self, over: Healed, signal: Signal) -> None:
        over.consequences[signal.id] = signal
        self._holding.setdefault(signal.id, {})[over.incident.id] = over
        for index, names in self._held_by(signal):
            for name in names:
                index.setdefault(name, {})[signal.id] = signal

    def _release(self, over: Healed, signal: str) -> None:
        held = over.consequences.pop(signal)
        _drop(self._holding, signal, over.incident.id)
        for index, names in self._held_by(held) if signal not in self._holding else ():
            for name in names:
                _drop(index, name, signal)

    def _held_by(self, signal: Signal) -> Iterable[tuple[_HeldByName, Iterable[str]]]:
        """Return by what a signal is found while it is held back, and which names of that."""
        return (
            (self._held_about, (signal.subject,)),
            (self._held_of_run, () if signal.run is None else (signal.run,)),
            (self._held_inside, signal.parents),
        )


def _enter(index: _ByName, key: str, held: OpenSignal) -> None:
    """Put a signal into an index, behind those that came before it."""
    members = index.setdefault(key, {})
    is_last = not members or next(reversed(members.values())).came < held.came
    members[held.signal.id] = held
    if not is_last:
        index[key] = {each.signal.id: each for each in _in_order(members.values())}


def _drop(index: dict[_Key, dict[str, _Held]], key: _Key, member: str) -> None:
    """Take a member out of an index, which keeps no empty places."""
    members = index.get(key)
    if members is not None:
        members.pop(member, None)
        if not members:
            del index[key]


def _in_order(found: Iterable[_Numbered]) -> list[_Numbered]:
    return sorted(found, key=_CAME)
