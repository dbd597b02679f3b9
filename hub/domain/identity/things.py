"""One thing, one identity: which names mean the same dataset, or the same job, and why.

What producers named stays as they named it. Links say that two names are one thing; the things are
what the links join. Where somebody has said that two names are to be kept apart, no chain of links
joins them: surer links are followed first, and one that would join the two is left out. So the
outcome depends on what was said, and never on the order in which that came.
"""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

# Namespace and name; of a dataset or of a job, never of both in one place.
Name: TypeAlias = tuple[str, str]
# Two names that are to be kept apart, the lesser one first.
Pair: TypeAlias = tuple[Name, Name]


class Provenance(StrEnum):
    """Who says that two names are one thing; the surest first."""

    OPERATOR = "OPERATOR"
    RULE = "RULE"
    RENAME = "RENAME"
    PRODUCER = "PRODUCER"
    SYMLINK = "SYMLINK"


class Link(NamedTuple):
    """``alias`` is another name of ``name``, which is the one to be shown.

    ``since`` is when that was first said: the hub's clock where an operator says it, else event
    time; None where it is not known. ``position`` orders what operators say.
    """

    alias: Name
    name: Name
    provenance: Provenance
    reason: str
    since: int | None = None
    approved_by: str | None = None
    position: int = 0


class Thing(NamedTuple):
    """What several names mean: the one that is shown, all of them, and the links between them."""

    name: Name
    names: tuple[Name, ...]
    links: tuple[Link, ...]


_SURENESS: Final = {provenance: place for place, provenance in enumerate(Provenance)}
# Names that nobody has used may be shown where somebody asks for them.
_MAY_BE_UNSEEN: Final = (Provenance.OPERATOR, Provenance.RULE)
_OTHERS: Final = (Provenance.RENAME, Provenance.PRODUCER, Provenance.SYMLINK)


def pair(one: Name, other: Name) -> Pair:
    """Return two names in order."""
    return (one, other) if one <= other else (other, one)


def things_of(
    links: Iterable[Link], *, apart: Collection[Pair] = (), seen: Collection[Name]
) -> list[Thing]:
    """Return the things that have several names; ``seen`` are the names that events use."""
    union = _Union(apart)
    kept = [
        link
        for link in sorted(set(links), key=_order)
        if link.alias != link.name and union.join(link.alias, link.name)
    ]
    groups: defaultdict[Name, list[Link]] = defaultdict(list)
    for link in kept:
        groups[union.root(link.alias)].append(link)
    return [
        Thing(_shown(names, inside, seen), names, tuple(inside))
        for root, inside in sorted(groups.items())
        for names in [tuple(sorted(union.members(root)))]
    ]


class _Union:
    """Disjoint sets, some of whose members must not come together."""

    def __init__(self, apart: Collection[Pair]) -> None:
        self._parents: dict[Name, Name] = {}
        self._members: dict[Name, list[Name]] = {}
        # By the root of a set: the names that must not be in it.
        self._enemies: defaultdict[Name, set[Name]] = defaultdict(set)
        for one, other in apart:
            self._enemies[one].add(other)
            self._enemies[other].add(one)

    def root(self, name: Name) -> Name:
        """Return what stands for the set that a name is in."""
        path = []
        while (parent := self._parents.get(name, name)) != name:
            path.append(name)
            name = parent
        for each in path:
            self._parents[each] = name
        return name

    def members(self, root: Name) -> list[Name]:
        """Return the names in a set."""
        return self._members.get(root, [root])

    def join(self, one: Name, other: Name) -> bool:
        """Make two sets one, unless they are to be kept apart; tell whether they are one."""
        less, more = self.root(one), self.root(other)
        if less == more:
            return True
        if len(self.members(less)) > len(self.members(more)):
            less, more = more, less
        moved = self.members(less)
        if self._enemies and not self._enemies[more].isdisjoint(moved):
            return False
        self._parents[less] = more
        self._members[more] = self.members(more) + moved
        if self._enemies:
            self._enemies[more] |= self._enemies[less]
        return True


def _order(link: Link) -> tuple[int, int, Name, Name]:
    return _SURENESS[link.provenance], link.position, link.alias, link.name


def _shown(names: Collection[Name], links: Collection[Link], seen: Collection[Name]) -> Name:
    """Return the name that a thing is shown under.

    It is the one that an operator has chosen, else the one that a rule makes; else one that events
    use, and that has not been renamed, nor given way to another one that a producer says.
    """
    given_up = {(link.provenance, link.alias) for link in links}
    stands = {(link.provenance, link.name) for link in links}

    def rank(name: Name) -> tuple[object, ...]:
        wanted = [
            2 if (each, name) in given_up else 0 if (each, name) in stands else 1
            for each in _MAY_BE_UNSEEN
        ]
        return *wanted, name not in seen, *[(each, name) in given_up for each in _OTHERS], name

    return min(names, key=rank)
