"""Which names are one thing, by name and by the store's ids: made of what the store and rules say.

It is brought up to date when somebody asks; what is known of names does not change in between.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hub.domain.identity.naming import Writings
from hub.domain.identity.things import Link, Provenance, things_of
from hub.domain.names import DatasetName, JobName, NodeId, NodeKind, node_id, parse_node_id
from hub.graph.same import Same
from hub.store import identity, lineage_rows, natural_keys
from hub.store.identity import Said

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from hub.domain.identity.naming import NamingRule
    from hub.domain.identity.things import Name, Thing
    from hub.graph.fields import Fields
    from hub.graph.names import NameBook
    from hub.store.identity import Mark

_KINDS = (NodeKind.DATASET, NodeKind.JOB)
_READERS = {
    NodeKind.DATASET: lineage_rows.read_dataset_names,
    NodeKind.JOB: lineage_rows.read_job_names,
}


class Known(NamedTuple):
    """A thing that has several names, of which events use at least one.

    ``key`` is the store's id that stands for ``ids``, those of all the names in use.
    """

    thing: Thing
    key: int
    ids: tuple[int, ...]


class Things:
    """The datasets, or the jobs, that have several names. Immutable."""

    def __init__(self, found: Iterable[Known] = ()) -> None:
        self.known = tuple(found)
        self._by_name = {name: each for each in self.known for name in each.thing.names}
        self._by_id = {key: each for each in self.known for key in each.ids}
        self.same = Same([(each.key, each.ids) for each in self.known if len(each.ids) > 1])

    def find(self, name: Name) -> Known | None:
        """Return the thing that a name means; None where it has no other name."""
        return self._by_name.get(name)

    def with_id(self, key: int) -> Known | None:
        """Return the thing that has an id; None where it has no other name."""
        return self._by_id.get(key)

    def key(self, key: int) -> int:
        """Return the id that stands for the thing that has an id."""
        found = self._by_id.get(key)
        return key if found is None else found.key

    def ids(self, keys: Collection[int]) -> list[int]:
        """Return all ids of the things that ``keys`` stand for."""
        if not self.known:
            return [*keys]
        found = (self._by_id.get(key) for key in keys)
        each = ((key,) if it is None else it.ids for key, it in zip(keys, found, strict=True))
        return list(dict.fromkeys(key for ids in each for key in ids))

    @property
    def further(self) -> list[int]:
        """The ids that another one stands for."""
        return [key for each in self.known for key in each.ids if key != each.key]

    def shown(self, name: Name) -> Name:
        """Return the name that what a name means is shown under."""
        found = self.find(name)
        return name if found is None else found.thing.name

    def names_of(self, name: Name) -> tuple[Name, ...]:
        """Return all names of the thing that a name means."""
        found = self.find(name)
        return (name,) if found is None else found.thing.names


NOTHING = Things()


class Identities:
    """What has several names. ``version`` tells one state of that from another. Immutable."""

    def __init__(
        self, version: int = 0, datasets: Things = NOTHING, jobs: Things = NOTHING
    ) -> None:
        self.version = version
        self.datasets = datasets
        self.jobs = jobs
        # Datasets are the even nodes of a graph, and jobs the odd ones.
        self.nodes = Same(
            [
                (2 * each.key + odd, [2 * key + odd for key in each.ids])
                for odd, things in enumerate((datasets, jobs))
                for each in things.known
                if len(each.ids) > 1
            ]
        )

    def of(self, kind: NodeKind) -> Things:
        """Return the datasets, or the jobs for what is of jobs."""
        return self.jobs if kind in (NodeKind.JOB, NodeKind.RUN) else self.datasets

    def find(self, node: NodeId) -> Known | None:
        """Return the thing that a dataset, a job, or a field of one, is by other names too."""
        return self.of(node.kind).find((node.parts[0], node.parts[1]))

    @property
    def are_any(self) -> bool:
        """Whether anything at all has several names."""
        return bool(self.datasets.known or self.jobs.known)

    def called(self, node: str) -> tuple[str, ...]:
        """Return the node ids of all that a dataset or a job is called: as it was given, others."""
        if not self.are_any:
            return (node,)
        parsed = parse_node_id(node)
        found = self.find(parsed) if parsed.kind in _KINDS else None
        others = () if found is None else found.thing.names
        return tuple(dict.fromkeys((node, *(node_id(parsed.kind, *each) for each in others))))

    def shown(self, node: NodeId) -> NodeId:
        """Return the name that a dataset, a field or a job is shown under."""
        found = self.find(node)
        return node if found is None else NodeId(node.kind, (*found.thing.name, *node.parts[2:]))

    def shown_each(self, nodes: list[NodeId | None]) -> list[NodeId | None]:
        """Return the name that each is shown under; None stays."""
        if not self.are_any:
            return nodes
        return [node and self.shown(node) for node in nodes]


# Where nothing is known to have several names.
NOBODY = Identities()


class IdentityBook:
    """Keeps identities up to date. Not safe to use from several threads at once."""

    def __init__(self) -> None:
        self._mark: Mark | None = None
        self._rules: tuple[NamingRule, ...] = ()
        self._declared: frozenset[DatasetName] = frozenset()
        self._names = {kind: _Names(kind) for kind in _KINDS}
        self._found = Identities()

    def find(
        self,
        connection: Connection,
        rules: tuple[NamingRule, ...],
        declared: Collection[DatasetName] = (),
    ) -> Identities:
        """Return the identities as of the connection's snapshot, or of a later one.

        ``declared`` are datasets that files name, whether or not events use those names.
        """
        mark, before = identity.mark(connection), self._mark
        # What rules do not write otherwise needs no link.
        declared = frozenset(declared if rules else ())
        is_same = rules == self._rules and declared == self._declared
        if before is not None and before.covers(mark) and is_same:
            return self._found
        is_new_store = before is None or before.generation != mark.generation
        if is_new_store or not is_same:
            self._names = {
                NodeKind.DATASET: _Names(NodeKind.DATASET, rules, declared),
                NodeKind.JOB: _Names(NodeKind.JOB, rules),
            }
            self._rules, self._declared, before = rules, declared, None
        if before is None or before.revision != mark.revision:
            for kind, said in identity.read_said(connection).items():
                self._names[kind].hear(connection, said)
        last = (0, 0) if before is None else (before.last_dataset, before.last_job)
        for kind, after in zip(_KINDS, last, strict=True):
            # Of a store that is read for the first time, what is said of names was looked up.
            if before is not None or any(kind in rule.kinds for rule in rules):
                self._names[kind].take(connection, after=after)
        self._mark = mark
        found = [names.things() for names in self._names.values()]
        if found != [self._found.datasets.known, self._found.jobs.known]:
            self._found = Identities(self._found.version + 1, *map(Things, found))
        return self._found


class _Names:
    """What is said of the names of one kind, what rules make of them, and which are in use."""

    def __init__(
        self,
        kind: NodeKind,
        rules: tuple[NamingRule, ...] = (),
        declared: Collection[Name] = (),
    ) -> None:
        self.said = Said([], frozenset())
        self._kind = kind
        self._rules = rules
        self._declared = [(*name,) for name in declared]
        self._writings = Writings(rules, kind)
        # What rules write otherwise, of names in use and of those that something is said of.
        self._of_used: dict[Name, Link] = {}
        self._of_linked: dict[Name, Link] = {}
        # The ids of names in use, as far as anything says something of them.
        self._seen: dict[Name, int] = {}
        self._linked: set[Name] = set()

    def hear(self, connection: Connection, said: Said) -> None:
        """Take what is said of names, and look up which of them are in use."""
        self.said = said
        linked = {name for link in said.links for name in (link.alias, link.name)}
        written = self._written({*linked, *self._declared})
        self._of_linked = {link.alias: link for link in written}
        links = chain(self._of_used.values(), written)
        self._linked = linked | {name for link in links for name in (link.alias, link.name)}
        self._look_up(connection, self._linked)

    def take(self, connection: Connection, *, after: int) -> None:
        """Look at the names with ids above ``after``."""
        read = _READERS[self._kind]
        spaces = lineage_rows.read_namespaces(connection, after=0)
        new: list[Name] = []
        for key, owner, text in read(connection, after=after):
            name = spaces[owner], text
            if self._writings[spaces[owner]].rules:
                self._seen[name] = key
                new.append(name)
            elif name in self._linked:
                self._seen[name] = key
        written = self._written(new)
        self._of_used |= {link.alias: link for link in written}
        targets = {link.name for link in written}
        self._linked |= targets
        self._look_up(connection, targets)

    def things(self) -> tuple[Known, ...]:
        """Return the things that have several names."""
        links = [*self.said.links, *(self._of_used | self._of_linked).values()]
        found = things_of(links, apart=self.said.apart, seen=self._seen.keys())
        return tuple(_known(found, self._seen))

    def _look_up(self, connection: Connection, names: set[Name]) -> None:
        missing = names - self._seen.keys()
        if not missing:
            return
        if self._kind is NodeKind.JOB:
            jobs = natural_keys.find_jobs(connection, [JobName(*name) for name in missing])
            self._seen |= {(*name,): key for name, key in jobs.items()}
        else:
            datasets = natural_keys.find_datasets(
                connection, [DatasetName(*name) for name in missing]
            )
            self._seen |= {(*name,): key for name, key in datasets.items()}

    def _written(self, names: Iterable[Name]) -> list[Link]:
        """Return the links that rules make of names."""
        found = []
        for name in names if self._rules else ():
            made, by = self._writings[name[0]].write(name[1])
            if made != name:
                found.append(Link(name, made, Provenance.RULE, f"rule {by}"))
        return found


def _known(things: Iterable[Thing], seen: Mapping[Name, int]) -> Iterator[Known]:
    for thing in things:
        ids = [seen[name] for name in thing.names if name in seen]
        if ids:
            yield Known(thing, seen.get(thing.name, ids[0]), tuple(ids))


def fields_alike(
    connection: Connection, things: Things, fields: Fields, names: NameBook
) -> list[tuple[int, list[int]]]:
    """Return the fields of one name of each thing, with the one that stands for all."""
    found = {
        key: [int(field) for dataset in _shown_first(each) for field in fields.of_dataset(dataset)]
        for each in things.known
        if len(each.ids) > 1
        for key in [each.key]
    }
    keys = np.array([field for each in found.values() for field in each], dtype=np.int64)
    called = dict(zip(keys.tolist(), names.find(connection, NodeKind.FIELD, keys), strict=True))
    groups = []
    for inside in found.values():
        by_name: dict[str, list[int]] = {}
        for field in inside:
            node = called[field]
            if node is not None:
                by_name.setdefault("".join(node.parts[2:]), []).append(field)
        groups += [(alike[0], alike) for alike in by_name.values() if len(alike) > 1]
    return groups


def _shown_first(known: Known) -> Iterator[int]:
    yield known.key
    yield from (key for key in known.ids if key != known.key)
