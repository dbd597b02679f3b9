"""Routing: from a signal to the team that can mend it, and to the receivers that reach them.

The class says which kind of team is asked; who that is follows from what is declared, and from
ownership facets where they name someone. Each step is kept in words, so that a person who is
woken can read why it is they.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from hub.domain.catalog import (
    Catalog,
    Domain,
    Layer,
    Owner,
    OwnerKind,
    Product,
    Route,
    Source,
    Step,
)
from hub.domain.failures import FailureClass
from hub.domain.incidents import Ownership
from hub.domain.names import DatasetName, NodeKind, parse_node_id
from hub.domain.signals import Signal

OWNER_RECEIVER: Final = "owner"


class Place(Struct, frozen=True):
    """Where in the catalog a signal is: all that is declared about it, as far as it is."""

    product: Product | None = None
    step: Step | None = None
    source: Source | None = None
    domain: Domain | None = None
    layer: Layer | None = None


def place_of(catalog: Catalog, signal: Signal) -> Place:
    """Find a signal in the catalog: by the names it carries, by its datasets, by its job."""
    product = catalog.products.get(signal.product) if signal.product else None
    dataset = _first_dataset(signal)
    if product is None and dataset is not None:
        product = catalog.product_of(dataset)
    step = _step(product, signal, dataset)
    source = catalog.sources.get(signal.source or (step.source if step else None) or "")
    domain = catalog.domains.get(product.domain) if product else _domain_of_job(catalog, signal)
    return Place(product, step, source, domain, step.layer if step else None)


def find_owner(catalog: Catalog, signal: Signal) -> tuple[Owner, list[str]]:
    """Return who owns the mending of a signal, and the steps that led there."""
    failure_class = signal.verdict.failure_class
    place = place_of(catalog, signal)
    path = [f"the class is {failure_class}: {_WHOSE[failure_class.owner_kind]}"]
    if failure_class is FailureClass.INFRA_NETWORK and place.source and signal.source:
        path.append(f"but the host is the declared source {place.source.name}, not the platform's")
        return place.source.owner, [
            *path,
            _owned(f"source {place.source.name}", place.source.owner),
        ]
    owner = _FINDERS[failure_class.owner_kind](catalog, signal, place, path)
    if owner is None:
        owner = catalog.platform
        path.append(f"nobody is declared to own {signal.subject}: the platform team catches it")
    return owner, path


def route(catalog: Catalog, owner: Owner, labels: Mapping[str, str], path: list[str]) -> Ownership:
    """Return who is told, by the routing tree; ``labels`` are those of ``Route.match``."""
    receivers: dict[str, None] = {}
    wait_seconds = 0
    for matched, wait in _matches(catalog.route, labels, 0):
        wait_seconds = max(wait, wait_seconds)
        if matched.receiver != OWNER_RECEIVER:
            path.append(f"route {_words(matched.match)} sends it to {matched.receiver}")
            receivers[matched.receiver] = None
        elif owner.receiver:
            path.append(f"{owner.name} is reached through {owner.receiver}")
            receivers[owner.receiver] = None
        elif catalog.platform.receiver:
            path.append(
                f"{owner.name} has no receiver: {catalog.platform.receiver} of the platform is told"
            )
            receivers[catalog.platform.receiver] = None
    if not receivers:
        path.append("no receiver is declared: nobody is told")
    return Ownership(owner, tuple(receivers), tuple(path), wait_seconds)


def labels_of(signal: Signal, owner: Owner, place: Place) -> dict[str, str]:
    """Return what a route can match on."""
    labels = {
        "class": signal.verdict.failure_class.value,
        "owner": owner.name,
        "owner_kind": owner.kind.value,
        "severity": signal.severity.value,
    }
    if place.product is not None:
        labels |= {"product": place.product.name, "tier": str(place.product.tier)}
    if place.domain is not None:
        labels["domain"] = place.domain.name
    if place.layer is not None:
        labels["layer"] = place.layer.value
    return labels


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
    return _of_data(catalog, signal, place, path)


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


def _known_owners(catalog: Catalog) -> dict[str, Owner]:
    owners = [catalog.platform, catalog.governance]
    owners += [source.owner for source in catalog.sources.values()]
    owners += [product.owner for product in catalog.products.values() if product.owner]
    owners += [domain.owner for domain in catalog.domains.values()]
    return {owner.name: owner for owner in owners} | {
        domain.name: domain.owner for domain in catalog.domains.values()
    }


def _first_dataset(signal: Signal) -> DatasetName | None:
    names = [*signal.datasets, *([signal.subject] if signal.kind != "run-failed" else [])]
    for name in names:
        node = parse_node_id(name)
        if node.kind is NodeKind.DATASET:
            return node.dataset
    return None


def _step(product: Product | None, signal: Signal, dataset: DatasetName | None) -> Step | None:
    if product is None:
        return None
    for step in product.steps:
        if step.name == signal.step or (dataset is not None and step.writes == dataset.name):
            return step
    return None


def _domain_of_job(catalog: Catalog, signal: Signal) -> Domain | None:
    """Return the domain that a job's namespace names: it is the namespace of steps' jobs."""
    if signal.job is None:
        return None
    return catalog.domains.get(parse_node_id(signal.job).job.namespace)


def _matches(
    node: Route, labels: Mapping[str, str], wait_seconds: int
) -> Iterator[tuple[Route, int]]:
    """Yield the deepest nodes that match: the first child, and on while one says ``continues``.

    With each goes how long a first notification waits.
    """
    wait = wait_seconds if node.wait_seconds is None else node.wait_seconds
    found = False
    for child in node.routes:
        if all(labels.get(label) in values for label, values in child.match.items()):
            found = True
            yield from _matches(child, labels, wait)
            if not child.continues:
                return
    if not found:
        yield node, wait


def _words(match: Mapping[str, tuple[str, ...]]) -> str:
    wanted = " and ".join(f"{label} {' or '.join(values)}" for label, values in match.items())
    return f"for {wanted}" if wanted else "for everything"
