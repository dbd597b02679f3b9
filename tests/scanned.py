"""The book by hand: every question answered by going through all that it holds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from hub.domain.failures.failure import Signature
from hub.domain.incidents.book import Healed, IncidentBook, OpenSignal
from hub.domain.incidents.causes import Downstream
from hub.domain.incidents.incident import Incident, Role
from hub.domain.incidents.signals import Signal


class ScannedBook(IncidentBook):
    """A book without indexes: it asks its incidents, signals and healed incidents alone."""

    def _open(self) -> list[OpenSignal]:
        return [
            held
            for held in self.signals.values()
            if held.roles and not held.is_cleared
            if any(not self._has_ceased(held, key) for key in held.roles)
        ]

    def _has_ceased(self, held: OpenSignal, incident: str) -> bool:
        chain = [held]
        while chain[-1].roles.get(incident) is not Role.ROOT:
            cause = self.signals.get(chain[-1].causes.get(incident, ""))
            if cause is None or cause in chain:
                return self.incidents[incident].is_settling
            chain.append(cause)
        return self.incidents[incident].is_settling or chain[-1].is_cleared

    def of(self, incident: str) -> list[OpenSignal]:
        return [held for held in self.signals.values() if incident in held.roles]

    def lasting(self, incident: str) -> Mapping[str, OpenSignal]:
        roots = [held for held in self.of(incident) if held.roles[incident] is Role.ROOT]
        return {held.signal.id: held for held in roots if not held.is_cleared}

    def around(self, signal: Signal) -> list[OpenSignal]:
        return [
            held
            for held in self.signals.values()
            if held.roles and not held.is_cleared
            if held.signal.run in signal.parents
            or (
                signal.run is not None
                and (held.signal.run == signal.run or signal.run in held.signal.parents)
            )
        ]

    def inside(self, run: str) -> list[OpenSignal]:
        return [held for held in self._open() if run in held.signal.parents]

    def about(self, subject: str) -> list[OpenSignal]:
        return [held for held in self._open() if held.signal.subject == subject]

    def breaking(self, dataset: str) -> list[OpenSignal]:
        return [held for held in self._open() if dataset in held.signal.datasets]

    def touching(self, broken: Iterable[str], read: Iterable[str]) -> list[OpenSignal]:
        names = set(broken), set(read)
        return [
            held
            for held in self._open()
            if names[0].intersection(held.signal.datasets)
            or names[1].intersection(held.signal.inputs)
        ]

    def troubled(self, trouble: Signature, *, since: int) -> list[OpenSignal]:
        return [
            held
            for held in self._open()
            if held.signal.trouble == trouble
            and any(
                self.incidents[key].opened_at >= since and not self.incidents[key].is_settling
                for key, role in held.roles.items()
                if role is Role.ROOT
            )
        ]

    def healed_at(self, datasets: Iterable[str]) -> list[Healed]:
        names = set(datasets)
        return [
            over
            for over in self.healed.values()
            if any(names.intersection(root.datasets) for root, _ in over.roots)
        ]

    def healed_about(self, subjects: Iterable[str]) -> list[Healed]:
        names = set(subjects)
        return [
            over
            for over in self.healed.values()
            if any(root.subject in names for root, _ in over.roots)
        ]

    def settling_about(self, subject: str) -> list[OpenSignal]:
        return [held for held in self._settling_roots() if held.signal.subject == subject]

    def mended_at(self, datasets: Iterable[str]) -> list[OpenSignal]:
        names = set(datasets)
        return [
            held
            for held in self.signals.values()
            if held.is_cleared and held.is_root and names.intersection(held.signal.datasets)
        ]

    def _settling_roots(self) -> list[OpenSignal]:
        return [
            held
            for held in self.signals.values()
            if any(
                role is Role.ROOT and self.incidents[key].is_settling
                for key, role in held.roles.items()
            )
        ]

    def holding(self, subject: str) -> list[Healed]:
        return [
            over
            for over in self.healed.values()
            if any(each.subject == subject for each in over.consequences.values())
        ]

    def held_around(self, signal: Signal) -> list[tuple[Healed, Signal]]:
        found = [
            (over, each)
            for over in self.healed.values()
            for each in over.consequences.values()
            if each.run in signal.parents or (signal.run is not None and signal.run in each.parents)
        ]
        return sorted(found, key=lambda pair: (-pair[0].came, pair[1].onset_at, pair[1].id))

    def due(self, now: int) -> list[Incident]:
        found = [
            incident
            for incident in self.incidents.values()
            if incident.due_at is not None and incident.due_at <= now
        ]
        return sorted(found, key=attrgetter("age"))

    @property
    def next_due_at(self) -> int | None:
        waiting = (i.due_at for i in self.incidents.values())
        return min((at for at in waiting if at is not None), default=None)


class DrawnLineage:
    """Lineage as it is drawn: what each dataset is made from."""

    def __init__(self, made_from: Mapping[str, Sequence[str]]) -> None:
        self._above = made_from
        self._below: dict[str, list[str]] = {}
        for name, sources in made_from.items():
            for source in sources:
                self._below.setdefault(source, []).append(name)

    def upstream(
        self, datasets: Sequence[str], hops: int, *, reads: Sequence[str] = ()
    ) -> Iterator[tuple[str, int]]:
        return _walk(self._above, datasets, hops, reads)

    def made_from(self, datasets: Sequence[str], hops: int) -> Iterator[tuple[str, int]]:
        return _walk(self._below, datasets, hops)

    def names_of(self, node: str) -> tuple[str, ...]:
        return (node,)

    @property
    def names(self) -> object:
        return None

    def downstream(self, datasets: Sequence[str], known: Sequence[str] = ()) -> Downstream:
        found = (name for name, _hops in _walk(self._below, datasets, len(self._above)))
        return Downstream(tuple(dict.fromkeys((*known, *found))))

    def beside(self, names: Sequence[str], datasets: Sequence[str]) -> frozenset[str]:
        return frozenset(names).difference(self.downstream(datasets, datasets).names)


def _walk(
    near: Mapping[str, Sequence[str]], datasets: Sequence[str], hops: int, more: Sequence[str] = ()
) -> Iterator[tuple[str, int]]:
    seen, frontier = set(datasets), list(datasets)
    for hop in range(1, hops + 1):
        found = dict.fromkeys(name for each in frontier for name in near.get(each, ()))
        found.update(dict.fromkeys(more if hop == 1 else ()))
        frontier = [name for name in found if name not in seen]
        if not frontier:
            return
        seen.update(frontier)
        yield from ((name, hop) for name in frontier)
