"""Routing: from a signal to the team that can mend it, and to the receivers that reach them.

The class says which kind of team is asked; who that is follows from what is declared, and from
ownership facets where they name someone. Each step is kept in words, so that a person who is
woken can read why it is they.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from msgspec import Struct, structs

from hub.domain.catalog import (
    Catalog,
    Domain,
    Layer,
    Owner,
    OwnerKind,
    Product,
    Route,
    Severity,
    Source,
    Step,
)
from hub.domain.duty.matching import NOTHING_ELSE, Also, all_hold
from hub.domain.failures.failure import FailureClass
from hub.domain.incidents.incident import Ownership, Pace
from hub.domain.incidents.signals import Signal, SignalKind
from hub.domain.names import DatasetName, JobName, NamesOf, NodeKind, alone, parse_node_id

OWNER_RECEIVER: Final = "owner"
# What a route can match on, besides labels that domains and products declare.
LABELS: Final = frozenset(
    {
        "class",
        "dataset",
        "domain",
        "environment",
        "job",
        "kind",
        "layer",
        "namespace",
        "owner",
        "owner_kind",
        "product",
        "severity",
        "slo",
        "source",
        "tier",
    }
)
_INHERITED: Final = ("wait_seconds", "interval_seconds", "repeat_seconds", "escalation", "hours")
# What is known of a notification only, not yet where a route is looked for.
TOLD_LABELS: Final = LABELS | {"incident", "receiver"}
_VALUES: Final[Mapping[str, type[StrEnum]]] = {
    "class": FailureClass,
    "kind": SignalKind,
    "layer": Layer,
    "owner_kind": OwnerKind,
    "severity": Severity,
}


def why_never(label: str, value: str) -> str | None:
    """Return in words that no label has a value, where all that it may have are known."""
    values = _VALUES.get(label)
    if values is None or value in ("", *values):
        return None
    return f"no {label} is {value!r}: it is one of {', '.join(sorted(values))}"


def labels_known(catalog: Catalog) -> frozenset[str]:
    """Return every label that something can be told apart by when somebody is to be told."""
    domains = (each.labels for each in catalog.domains.values())
    return TOLD_LABELS.union(*domains, *(each.labels for each in catalog.products.values()))


class Place(Struct, frozen=True):
    """Where in the catalog a signal is: all that is declared about it, as far as it is.

    ``names`` finds all that things are called: whatever holds for one name holds for the thing.
    """

    product: Product | None = None
    step: Step | None = None
    source: Source | None = None
    domain: Domain | None = None
    layer: Layer | None = None
    names: NamesOf = alone

    def datasets(self, node: str) -> list[DatasetName]:
        """Return all that a dataset is called."""
        return [parse_node_id(each).dataset for each in self.names(node)]

    def jobs(self, signal: Signal) -> list[JobName]:
        """Return all that the job of a signal is called."""
        return [parse_node_id(each).job for each in self.names(signal.job)] if signal.job else []


def place_of(catalog: Catalog, signal: Signal, names: NamesOf = alone) -> Place:
    """Find a signal in the catalog: by the names it carries, by its datasets, by its job."""
    called = Place(names=names)
    product = catalog.products.get(signal.product) if signal.product else None
    first = _first_dataset(signal)
    datasets = called.datasets(first) if first else []
    if product is None:
        product = next(filter(None, map(catalog.product_of, datasets)), None)
    step = _step(catalog, product, signal, datasets)
    source = catalog.sources.get(signal.source or (step.source if step else None) or "")
    domains = [product.domain] if product else [job.namespace for job in called.jobs(signal)]
    domain = next(filter(None, map(catalog.domains.get, domains)), None)
    layer = step.layer if step else next(filter(None, map(catalog.layer_of, datasets)), None)
    return Place(product, step, source, domain, layer, names)


class Found(Struct):
    """Who owns the mending of a signal, and the steps that led there.

    ``is_caught`` says that it is nobody's, as far as is declared.
    """

    owner: Owner
    path: list[str]
    is_caught: bool = False


def find_owner(catalog: Catalog, signal: Signal, place: Place) -> Found:
    """Return who owns the mending of a signal."""
    failure_class = signal.verdict.failure_class
    path = [f"the class is {failure_class}: {_WHOSE[failure_class.owner_kind]}"]
    if failure_class is FailureClass.INFRA_NETWORK and place.source and signal.source:
        path.append(f"but the host is the declared source {place.source.name}, not the platform's")
        path.append(_owned(f"source {place.source.name}", place.source.owner))
        return Found(place.source.owner, path)
    owner = _FINDERS[failure_class.owner_kind](catalog, signal, place, path)
    if owner is None:
        path.append(f"nobody is declared to own {signal.subject}: the platform team catches it")
        return Found(catalog.platform, path, is_caught=True)
    return Found(owner, path)


def route(
    catalog: Catalog, found: Found, labels: Mapping[str, str], also: Also = NOTHING_ELSE
) -> Ownership:
    """Return who is told and when, by the routing tree; ``labels`` are those of ``labels_of``.

    ``also`` is what else they are, of a thing that has several names.
    """
    owner, path = found.owner, [*found.path]
    receivers: dict[str, str | None] = {}
    paces = []
    for nodes, matched in ways(catalog, labels, also):
        paces.append(matched)
        way = " then ".join(words_of(node) for node in nodes[1:])
        if matched.receiver != OWNER_RECEIVER:
            path.append(f"route {way or 'for everything'} sends it to {matched.receiver}")
            receiver: str | None = matched.receiver
        elif owner.receiver:
            by = f" by the route {way}" if way else ""
            path.append(f"{owner.name} is reached through {owner.receiver}{by}")
            receiver = owner.receiver
        else:
            receiver = catalog.platform.receiver
            if receiver:
                path.append(f"{owner.name} has no receiver: {receiver} of the platform is told")
        if receiver:
            receivers[receiver] = matched.hours
    if not receivers:
        path.append("no receiver is declared: nobody is told")
    hours = {name: hours for name, hours in receivers.items() if hours is not None}
    return Ownership(owner, tuple(receivers), tuple(path), _pace(paces, hours), found.is_caught)


class Way(NamedTuple):
    """A way through the routing tree, from its root to the deepest node that matches.

    ``settled`` is that node, with what it leaves open as those around it say.
    """

    nodes: tuple[Route, ...]
    settled: Route


def ways(catalog: Catalog, labels: Mapping[str, str], also: Also = NOTHING_ELSE) -> Iterator[Way]:
    """Yield the ways that an incident of such labels takes."""
    for nodes in _matches(catalog.route, labels, also, ()):
        yield Way(nodes, _inherited(nodes))


def words_of(node: Route) -> str:
    """Return in words what a route is for."""
    wanted = [f"{label} {' or '.join(values)}" for label, values in node.match.items()]
    wanted += [str(each) for each in node.matchers]
    return f"for {' and '.join(wanted)}" if wanted else "for everything"


def met_by(node: Route, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the labels that a route looks at, each with what it is; empty where it is nothing."""
    looked_at = dict.fromkeys([*node.match, *(each.label for each in node.matchers)])
    return [(name, labels.get(name, "")) for name in looked_at]


def labels_of(
    catalog: Catalog, signal: Signal, place: Place, owner: Owner, touched: Iterable[str] = ()
) -> dict[str, str]:
    """Return what a route can match on; ``touched`` are the products that it breaks or delays.

    The tier is that of the product among them on which most depends. What a label says twice, the
    product's own word counts, then the domain's, then what the hub finds out.
    """
    first = _first_dataset(signal)
    dataset = parse_node_id(first).dataset if first else None
    job = parse_node_id(signal.job).job if signal.job else None
    namespace = dataset.namespace if dataset else job.namespace if job else ""
    own = [place.product.name] if place.product else []
    found = {
        "class": signal.verdict.failure_class.value,
        "owner": owner.name,
        "owner_kind": owner.kind.value,
        "severity": signal.severity.value,
        "kind": signal.kind.value,
        "namespace": namespace,
        "dataset": dataset.name if dataset else "",
        "job": job.name if job else "",
        "environment": catalog.environment_of(namespace),
        "product": place.product.name if place.product else "",
        "domain": place.domain.name if place.domain else "",
        "layer": place.layer.value if place.layer else "",
        "source": place.source.name if place.source else "",
        "slo": signal.slo or "",
        **tier_of(catalog, [*own, *touched]),
    }
    declared = {
        **(place.domain.labels if place.domain else {}),
        **(place.product.labels if place.product else {}),
    }
    return {name: value for name, value in {**found, **declared}.items() if value}


def tier_of(catalog: Catalog, products: Iterable[str]) -> dict[str, str]:
    """Return the label of the tier of what most depends on, among products that are declared."""
    tiers = [catalog.products[name].tier for name in products if name in catalog.products]
    return {"tier": str(min(tiers))} if tiers else {}


def _pace(matched: Sequence[Route], hours: dict[str, str]) -> Pace:
    """Return the pace that suits all routes: as patient as the most patient one before a page."""
    repeats = [each.repeat_seconds for each in matched if each.repeat_seconds]
    return Pace(
        wait_seconds=max((each.wait_seconds or 0 for each in matched), default=0),
        interval_seconds=max((each.interval_seconds or 0 for each in matched), default=0),
        repeat_seconds=min(repeats, default=None),
        escalation=next((each.escalation for each in matched if each.escalation), None),
        hours=hours,
    )


_WHOSE: Final = {
    OwnerKind.PLATFORM: "the platform team mends those",
    OwnerKind.GOVERNANCE: "governance grants and withdraws rights",
    OwnerKind.SOURCE_SYSTEM: "the owner of the source is asked for the data",
    OwnerKind.DOMAIN: "the domain that owns the data mends those",
    OwnerKind.NONE: "nobody needs to act",
}


def _platform(catalog: Catalog, _signal: Signal, _place: Place, path: list[str]) -> Owner:
    path.append(_owned("the platform", catalog.platform))
    return catalog.platform


def _governance(catalog: Catalog, _signal: Signal, _place: Place, path: list[str]) -> Owner:
    path.append(_owned("governance", catalog.governance))
    return catalog.governance


def _source(catalog: Catalog, signal: Signal, place: Place, path: list[str]) -> Owner | None:
    if place.source is not None:
        if place.step is not None:
            path.append(f"step {place.step.job_name} reads source {place.source.name}")
        path.append(_owned(f"source {place.source.name}", place.source.owner))
        return place.source.owner
    path.append("no source is declared for it")
    return _of_data(catalog, signal, place, path)


def _domain(catalog: Catalog, signal: Signal, place: Place, path: list[str]) -> Owner | None:
    """The producer's domain for a broken contract, else the domain of the data or the job."""
    if signal.verdict.failure_class is FailureClass.SCHEMA_CONTRACT and place.source is not None:
        domain = catalog.domains.get(place.source.domain)
        if domain is not None:
            path.append(f"source {place.source.name} is produced by domain {domain.name}")
            path.append(_owned(f"domain {domain.name}", domain.owner))
            return domain.owner
    if signal.changed is not None and not signal.owners:
        owner = _of_changed_input(catalog, place, signal.changed, signal.changed_by, path)
        if owner is not None:
            return owner
    return _of_data(catalog, signal, place, path)


def _of_changed_input(
    catalog: Catalog, place: Place, changed: str, changed_by: str | None, path: list[str]
) -> Owner | None:
    """Return who makes the input that has changed: whoever reads it cannot mend that."""
    names = place.datasets(changed)
    dataset = names[0]
    product = next(filter(None, map(catalog.product_of, names)), None)
    if product is not None and product.owner is not None:
        path.append(f"{dataset.name}, which has changed its shape, is of product {product.name}")
        path.append(_owned(f"product {product.name}", product.owner))
        return product.owner
    writers = place.names(changed_by) if changed_by else ()
    spaces = [parse_node_id(each).job.namespace for each in writers]
    domains = [product.domain] if product else spaces
    domain = next(filter(None, map(catalog.domains.get, domains)), None)
    if domain is not None:
        path.append(f"{dataset.name}, which has changed its shape, is of domain {domain.name}")
        path.append(_owned(f"domain {domain.name}", domain.owner))
        return domain.owner
    return _fitting(catalog, names, path)


def _of_data(catalog: Catalog, signal: Signal, place: Place, path: list[str]) -> Owner | None:
    for name in signal.owners:
        owner = _known_owners(catalog).get(name.rpartition(":")[2], Owner(name, OwnerKind.DOMAIN))
        path.append(f"its ownership facet names {name}")
        return owner
    if place.product is not None and place.product.owner is not None:
        path.append(_owned(f"product {place.product.name}", place.product.owner))
        return place.product.owner
    if place.domain is not None:
        if place.product is not None:
            path.append(f"product {place.product.name} is in domain {place.domain.name}")
        path.append(_owned(f"domain {place.domain.name}", place.domain.owner))
        return place.domain.owner
    return _by_pattern(catalog, signal, place, path)


def _by_pattern(catalog: Catalog, signal: Signal, place: Place, path: list[str]) -> Owner | None:
    """Return the owner whose pattern fits the dataset, or else the job; of several the last."""
    first = _first_dataset(signal)
    datasets = place.datasets(first) if first else []
    found = (_fitting(catalog, names, path) for names in (datasets, place.jobs(signal)))
    return next(filter(None, found), None)


def _fitting(
    catalog: Catalog, names: Sequence[DatasetName | JobName], path: list[str]
) -> Owner | None:
    """Return the owner whose pattern fits a thing under any of its names."""
    written = [f"{each.namespace}:{each.name}" for each in names]
    for rule in reversed(catalog.owners):
        fitting = next((name for name in written if fnmatchcase(name, rule.pattern)), None)
        if fitting is not None:
            path.append(_owned(f"{fitting}, which fits {rule.pattern},", rule.owner))
            return rule.owner
    return None


def _nobody(_catalog: Catalog, _signal: Signal, _place: Place, _path: list[str]) -> Owner:
    return Owner("none", OwnerKind.NONE)


_FINDERS: Final[dict[OwnerKind, Callable[[Catalog, Signal, Place, list[str]], Owner | None]]] = {
    OwnerKind.PLATFORM: _platform,
    OwnerKind.GOVERNANCE: _governance,
    OwnerKind.SOURCE_SYSTEM: _source,
    OwnerKind.DOMAIN: _domain,
    OwnerKind.NONE: _nobody,
}


def _owned(what: str, owner: Owner) -> str:
    return f"{what} is owned by {owner.name}"


def owner_named(catalog: Catalog, name: str) -> Owner | None:
    """Return a declared team by its name or its domain's, or the platform's or governance's."""
    by_role = {"platform": catalog.platform, "governance": catalog.governance}
    return _known_owners(catalog).get(name) or by_role.get(name)


def _known_owners(catalog: Catalog) -> dict[str, Owner]:
    return {owner.name: owner for owner in catalog.teams} | {
        domain.name: domain.owner for domain in catalog.domains.values()
    }


def _first_dataset(signal: Signal) -> str | None:
    names = [*signal.datasets, *([signal.subject] if signal.kind != "run-failed" else [])]
    return next((each for each in names if parse_node_id(each).kind is NodeKind.DATASET), None)


def _step(
    catalog: Catalog, product: Product | None, signal: Signal, datasets: Iterable[DatasetName]
) -> Step | None:
    if product is None:
        return None
    # Others may make data of the same name elsewhere.
    writers = [catalog.writer(each) for each in datasets]
    return next((s for s in product.steps if s.name == signal.step or s in writers), None)


def _matches(
    node: Route, labels: Mapping[str, str], also: Also, around: tuple[Route, ...]
) -> Iterator[tuple[Route, ...]]:
    """Yield the ways to the deepest nodes that match, from the root on.

    The first child that matches is taken, and those after it while one says ``continues``.
    """
    way = (*around, node)
    is_met = False
    for child in node.routes:
        if _fits(child, labels, also):
            is_met = True
            yield from _matches(child, labels, also, way)
            if not child.continues:
                return
    if not is_met:
        yield way


def _fits(node: Route, labels: Mapping[str, str], also: Also) -> bool:
    return all(
        any(found in values for found in (labels.get(label, ""), *also.get(label, ())))
        for label, values in node.match.items()
    ) and all_hold(node.matchers, labels, also)


def _inherited(way: Sequence[Route]) -> Route:
    """Return the last node of a way, with what it leaves open as those around it say."""
    merged = way[0]
    for node in way[1:]:
        said = {name: getattr(node, name) for name in _INHERITED}
        merged = structs.replace(
            node,
            **{
                name: getattr(merged, name) if value is None else value
                for name, value in said.items()
            },
        )
    return merged
