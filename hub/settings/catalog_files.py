"""The catalog's files, and how they become one ``Catalog``.

``domains.yaml`` (platform, governance, domains, sources, owners), ``receivers.yaml`` (receivers,
routes, inhibitions), ``oncall.yaml``, ``maintenance.yaml``, ``names.yaml``, ``products/*.yaml``,
``contracts/*.odcs.yaml`` and ``slos/*.yaml`` (OpenSLO); ``rules/*.yaml`` is checked with them. Any
may be missing. All errors of all files are reported together, each with file and line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hub.domain.attempts import web_address
from hub.domain.catalog import (
    Catalog,
    Dataset,
    Domain,
    Environment,
    Gate,
    Lake,
    Layer,
    Owner,
    OwnerKind,
    OwnerRule,
    Product,
    Receiver,
    Route,
    Slo,
    Source,
    Step,
)
from hub.domain.errors import InvalidInput
from hub.domain.identity.naming import NamingRule
from hub.domain.incidents.routing import LABELS, TOLD_LABELS
from hub.domain.names import DatasetName
from hub.settings import shapes
from hub.settings.contract_files import check_contract
from hub.settings.documents import Document, read_document
from hub.settings.duty_files import DutyReader
from hub.settings.load import Loaded
from hub.settings.naming_files import naming_rules, problems_of
from hub.settings.openslo_files import Placed, read_slos
from hub.settings.rule_files import rule_files, written_rules
from hub.settings.sla_files import is_in_force, promises_of
from hub.settings.slo_files import SloReader

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_DATASET = re.compile(r"(bronze|silver|gold)\.[a-z0-9][a-z0-9_]*")
_LABEL = re.compile(r"[a-z][a-z0-9_]*")
# A label that the hub finds out, and that what is declared may say better.
_OVERRULED = "environment"
# A burst of events is over by then: the root of what it tells of is known.
FIRST_WAIT_SECONDS = 5
_READ = (
    *("domains", "receivers", "oncall", "maintenance", "names"),
    *("products/*", "contracts/*", "slos/*", "rules/*"),
)
_NO_PLATFORM = (
    "the platform team has no receiver, and is to be told of what nobody owns and of what nobody"
    " else can be told: write platform: {team: NAME, receiver: NAME} in domains.yaml"
)
T = TypeVar("T")


def load_catalog(loaded: Loaded) -> Catalog:
    """Read every file of the catalog in the configuration folder.

    Raises:
        InvalidInput: something is malformed, or names what is not declared; the message lists
            every finding with file and line, and nothing is loaded.

    """
    reader = _Reader(loaded.folder)
    catalog = reader.read(loaded.settings.lake)
    if reader.findings:
        raise InvalidInput("\n".join(reader.findings))
    return catalog


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[str] = []
        self.duty = DutyReader(folder, self._find)
        self.slos = SloReader(self.duty, self._find)

    def read(self, lake: Lake) -> Catalog:
        domains = self._file("domains.yaml", shapes.Domains)
        receivers = self._file("receivers.yaml", shapes.Receivers)
        oncall = self._file("oncall.yaml", shapes.OnCall)
        maintenance = self._file("maintenance.yaml", shapes.Maintenance)
        products = [self._parse(path, shapes.Product) for path in self._files("products", "*.yaml")]
        labels = LABELS | frozenset(self._labels(domains, filter(None, products)))
        told = TOLD_LABELS | labels
        contracts = dict(self._contracts())
        catalog = Catalog(
            platform=_owner(domains, "platform", OwnerKind.PLATFORM),
            governance=_owner(domains, "governance", OwnerKind.GOVERNANCE),
            domains=self._placed(domains, "domains", self._domain),
            sources=self._named(domains, "sources", _source),
            receivers=self._placed(receivers, "receivers", _receiver),
            route=self._routes(receivers, labels),
            owners=_owner_rules(domains),
            environments=_environments(domains),
            hours=self._placed(oncall, "hours", partial(self.duty.hours, labels=told)),
            rotas=self._placed(oncall, "rotas", self.duty.rota),
            escalations=self._placed(oncall, "escalations", self.duty.escalation),
            inhibitions=tuple(
                self._placed(
                    receivers, "inhibitions", partial(self.duty.inhibition, labels=labels)
                ).values()
            ),
            windows=tuple(
                self._placed(
                    maintenance, "windows", partial(self.duty.window, labels=told)
                ).values()
            ),
            products=self._with_openslo(
                dict(self._products(filter(None, products), contracts)),
            ),
            lake=msgspec.structs.replace(lake, path=str(self.folder / lake.path)),
            contracts={name: document.text for name, document in contracts.items()},
            naming=self._naming(self._file("names.yaml", shapes.Names)),
        )
        self._check_endings()
        rules = [self._parse(path, shapes.RuleSet) for path in rule_files(self.folder)]
        written_rules([*filter(None, rules)], self._find)
        self._check_receivers(catalog, domains, receivers)
        self._check_oncall(catalog, oncall)
        self._check_products(catalog, filter(None, products))
        return catalog

    def _check_endings(self) -> None:
        """Find what is meant to be read and would be passed over, for how its name ends."""
        for name in _READ:
            for path in sorted(self.folder.glob(f"{name}.yml")):
                self.findings.append(f"{path} is not read: let its name end in .yaml")

    def _files(self, folder: str, pattern: str) -> list[Path]:
        return sorted((self.folder / folder).glob(pattern))

    def _file(self, name: str, shape: type[T]) -> tuple[Document, T] | None:
        path = self.folder / name
        return self._parse(path, shape) if path.exists() else None

    def _parse(self, path: Path, shape: type[T]) -> tuple[Document, T] | None:
        try:
            document = read_document(path)
            return document, document.convert(shape)
        except InvalidInput as error:
            self.findings.append(error.message)
            return None

    def _find(self, document: Document, pointer: str, message: str) -> None:
        self.findings.append(document.error(pointer, message).message)

    def _named(
        self,
        parsed: tuple[Document, Any] | None,
        group: str,
        build: Callable[[Any], T],
    ) -> dict[str, T]:
        return self._placed(parsed, group, lambda _document, _pointer, item: build(item))

    def _placed(
        self,
        parsed: tuple[Document, Any] | None,
        group: str,
        build: Callable[[Document, str, Any], T],
    ) -> dict[str, T]:
        found: dict[str, T] = {}
        if parsed is None:
            return found
        document, content = parsed
        for index, item in enumerate(getattr(content, group)):
            value = build(document, f"$.{group}[{index}]", item)
            name = value.name  # type: ignore[attr-defined]  # every catalog value has one
            pointer = f"$.{group}[{index}]"
            if not _NAME.fullmatch(name):
                self._find(document, pointer, _no_name(name))
            if name in found:
                self._find(document, pointer, f"{name} is declared twice")
            found[name] = value
        return found

    def _domain(self, document: Document, pointer: str, item: shapes.Domain) -> Domain:
        owner = Owner(item.team, OwnerKind.DOMAIN, item.receiver)
        runbook = self._runbook(document, pointer, item.runbook)
        return Domain(item.domain, owner, item.description, _texts(item.labels), runbook)

    def _contracts(self) -> Iterator[tuple[str, Document]]:
        seen: dict[str, Path] = {}
        for path in self._files("contracts", "*.odcs.yaml"):
            try:
                document = read_document(path)
            except InvalidInput as error:
                self.findings.append(error.message)
                continue
            problems = check_contract(document)
            self.findings.extend(problem.message for problem in problems)
            if problems:
                continue
            name = document.value["id"]
            if name in seen:
                self._find(document, "$.id", f"contract {name} is declared in {seen[name]} too")
            seen[name] = path
            yield name, document

    def _naming(self, parsed: tuple[Document, shapes.Names] | None) -> tuple[NamingRule, ...]:
        if parsed is None:
            return ()
        document, content = parsed
        problems = [*problems_of(content)]
        for pointer, message in problems:
            self._find(document, pointer, message)
        return () if problems else naming_rules(content)

    def _labels(
        self,
        domains: tuple[Document, shapes.Domains] | None,
        products: Iterable[tuple[Document, shapes.Product]],
    ) -> Iterator[str]:
        """Yield the labels that domains and products declare."""
        for document, content in products:
            yield from self._declared(document, "$", content.labels)
        if domains is not None:
            document, declared = domains
            for index, domain in enumerate(declared.domains):
                yield from self._declared(document, f"$.domains[{index}]", domain.labels)

    def _declared(self, document: Document, pointer: str, labels: Iterable[str]) -> Iterator[str]:
        for name in labels:
            place = f"{pointer}.labels.{name}"
            if not _LABEL.fullmatch(name):
                self._find(document, place, f"{name!r} is no label: use a-z, 0-9 and _")
            elif name in TOLD_LABELS and name != _OVERRULED:
                message = f"{name} is a label that the hub finds out: choose another name"
                self._find(document, place, message)
            else:
                yield name

    def _routes(
        self, parsed: tuple[Document, shapes.Receivers] | None, labels: frozenset[str]
    ) -> Route:
        if parsed is None or parsed[1].route is None:
            return Route(wait_seconds=FIRST_WAIT_SECONDS)
        route = self._route(parsed[0], "$.route", parsed[1].route, labels)
        if route.wait_seconds is not None:
            return route
        return msgspec.structs.replace(route, wait_seconds=FIRST_WAIT_SECONDS)

    def _route(
        self, document: Document, pointer: str, item: shapes.Route, labels: frozenset[str]
    ) -> Route:
        match = {
            label: tuple(str(each) for each in (values if isinstance(values, list) else [values]))
            for label, values in item.match.items()
        }
        for label, values in match.items():
            self.duty.label(document, f"{pointer}.match.{label}", label, values, labels)
        routes = (
            self._route(document, f"{pointer}.routes[{index}]", child, labels)
            for index, child in enumerate(item.routes)
        )
        seconds = {
            f"{name}_seconds": self.duty.seconds(document, f"{pointer}.{name}", getattr(item, name))
            for name in ("wait", "interval", "repeat")
        }
        return Route(
            item.receiver,
            match,
            item.continues,
            tuple(routes),
            escalation=item.escalation,
            hours=item.hours,
            matchers=self.duty.matchers(document, f"{pointer}.matchers", item.matchers, labels),
            **seconds,
        )

    def _products(
        self,
        parsed: Iterable[tuple[Document, shapes.Product]],
        contracts: Mapping[str, Document],
    ) -> Iterator[tuple[str, Product]]:
        seen: set[str] = set()
        for document, content in parsed:
            if content.product in seen:
                self._find(document, "$.product", f"product {content.product} is declared twice")
            seen.add(content.product)
            if not _NAME.fullmatch(content.product):
                self._find(document, "$.product", _no_name(content.product))
            product = self._product(document, content)
            promised = tuple(self._promised(product, contracts))
            yield content.product, msgspec.structs.replace(product, slos=(*product.slos, *promised))

    def _with_openslo(self, products: dict[str, Product]) -> dict[str, Product]:
        """Return the products with the SLOs that files of OpenSLO promise of their data."""
        whose = {
            name: product.name
            for product in products.values()
            for name in (
                *(step.writes for step in product.steps),
                *(each.written for each in product.datasets),
            )
        }
        declared = {slo.name for product in products.values() for slo in product.slos}
        for path in self._files("slos", "*.yaml"):
            for document, pointer, slo in self._openslo(path):
                dataset = slo.dataset
                if dataset is None or dataset not in whose:
                    self._find(document, pointer, f"slo {slo.slo}: no product has {dataset}")
                    continue
                if slo.slo in declared:
                    self._find(document, pointer, f"slo {slo.slo} is declared twice")
                declared.add(slo.slo)
                product = products[whose[dataset]]
                read = self.slos.slo(document, pointer, product.name, slo)
                slos = (*product.slos, read)
                products[product.name] = msgspec.structs.replace(product, slos=slos)
        return products

    def _openslo(self, path: Path) -> Iterator[Placed]:
        try:
            found = read_slos(path)
        except InvalidInput as error:
            self.findings.append(error.message)
            return
        self.findings += found.refused
        yield from found.placed

    def _promised(self, product: Product, contracts: Mapping[str, Document]) -> Iterator[Slo]:
        """Yield the SLOs that the contracts of a product's data promise; its own come first."""
        declared = {slo.name for slo in product.slos}
        kept = [(step.writes, step.contract) for step in product.steps]
        kept += [(each.written, each.contract) for each in product.datasets]
        for dataset, contract in kept:
            if contract is None or contract not in contracts:
                continue
            document = contracts[contract]
            for promise in promises_of(document, dataset) if is_in_force(document) else ():
                if promise.slo is not None and promise.slo.slo not in declared:
                    declared.add(promise.slo.slo)
                    yield self.slos.slo(document, promise.pointer, product.name, promise.slo)

    def _product(self, document: Document, content: shapes.Product) -> Product:
        owner = content.owner
        return Product(
            name=content.product,
            domain=content.domain,
            description=content.description,
            tier=content.tier,
            owner=Owner(owner.team, OwnerKind.DOMAIN, owner.receiver) if owner else None,
            labels=_texts(content.labels),
            runbook=self._runbook(document, "$", content.runbook),
            steps=tuple(
                self._step(document, index, content.product, step)
                for index, step in enumerate(content.steps)
            ),
            datasets=tuple(
                Dataset(DatasetName(each.namespace, each.name), each.layer, each.contract)
                for each in content.datasets
            ),
            slos=tuple(
                self.slos.slo(document, f"$.slos[{index}]", content.product, slo)
                for index, slo in enumerate(content.slos)
            ),
        )

    def _step(self, document: Document, index: int, product: str, step: shapes.Step) -> Step:
        pointer = f"$.steps[{index}]"
        if (step.lane is None) == (step.transform is None):
            self._find(document, pointer, f"step {step.step} needs either a lane or a transform")
        if not _DATASET.fullmatch(step.writes):
            fix = "write bronze.NAME, silver.NAME or gold.NAME"
            self._find(document, f"{pointer}.writes", f"{step.writes!r} is no lake dataset: {fix}")
            step.writes = f"{Layer.BRONZE}.invalid"
        if step.transform is not None and step.sql is None:
            self._find(document, pointer, f"step {step.step} has a transform but no sql")
        gate = step.gate or shapes.Gate()
        return Step(
            name=step.step,
            product=product,
            writes=step.writes,
            lane=step.lane,
            transform=step.transform,
            source=step.source,
            reads=tuple(step.reads),
            contract=step.contract,
            format=step.format,
            event_time=step.event_time,
            sql=self._sql(document, pointer, step.sql),
            partition_by=tuple(step.partition_by),
            gate=Gate(gate.plugin, tuple(gate.checks)),
            options=step.options,
            runbook=self._runbook(document, pointer, step.runbook),
        )

    def _runbook(self, document: Document, pointer: str, text: str | None) -> str | None:
        if text is not None and web_address(text) is None:
            message = f"{text!r} is no address of a page: write https://HOST/PATH"
            self._find(document, f"{pointer}.runbook", message)
        return text

    def _sql(self, document: Document, pointer: str, sql: str | None) -> str | None:
        """Return the statement; a value that ends in ``.sql`` names a file in the folder."""
        if sql is None or not sql.strip().endswith(".sql"):
            return sql
        try:
            return (self.folder / sql.strip()).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self._find(document, f"{pointer}.sql", f"{sql.strip()} cannot be read: {error}")
            return None

    def _check_receivers(
        self,
        catalog: Catalog,
        domains: tuple[Document, shapes.Domains] | None,
        receivers: tuple[Document, shapes.Receivers] | None,
    ) -> None:
        if domains:
            document, content = domains
            for group in ("domains", "sources", "owners"):
                for index, item in enumerate(getattr(content, group)):
                    self._check_receiver(catalog, document, f"$.{group}[{index}]", item.receiver)
            for index, source in enumerate(content.sources):
                if source.domain not in catalog.domains:
                    message = f"source {source.source}: domain {source.domain} is not declared"
                    self._find(document, f"$.sources[{index}].domain", message)
            for name in ("platform", "governance"):
                team = getattr(content, name)
                self._check_receiver(catalog, document, f"$.{name}", team and team.receiver)
        if receivers:
            self._check_places(catalog, domains, *receivers)

    def _check_places(
        self,
        catalog: Catalog,
        domains: tuple[Document, shapes.Domains] | None,
        document: Document,
        told: shapes.Receivers,
    ) -> None:
        for index, item in enumerate(told.receivers):
            pointer = f"$.receivers[{index}]"
            self._check_hours(catalog, document, pointer, item.hours)
            self._check_fallback(catalog, document, pointer, item)
        if told.receivers and catalog.platform.receiver is None:
            self._find(*_platform_in(domains, document), _NO_PLATFORM)
        if told.route:
            self._check_route(catalog, document, "$.route", told.route)

    def _check_oncall(
        self, catalog: Catalog, parsed: tuple[Document, shapes.OnCall] | None
    ) -> None:
        if parsed is None:
            return
        document, content = parsed
        for index, rota in enumerate(content.rotas):
            pointer = f"$.rotas[{index}]"
            if rota.rota in catalog.receivers:
                self._find(document, pointer, f"{rota.rota} is the name of a receiver already")
            for place, name in [("otherwise", rota.otherwise)] + [
                (f"people.{person}", name) for person, name in rota.people.items()
            ]:
                if name not in catalog.receivers:
                    message = f"receiver {name} is not declared"
                    self._find(document, f"{pointer}.{place}", message)
        for index, chain in enumerate(content.escalations):
            for number, step in enumerate(chain.steps):
                pointer = f"$.escalations[{index}].steps[{number}]"
                for name in step.to:
                    self._check_receiver(catalog, document, pointer, name)

    def _check_receiver(
        self, catalog: Catalog, document: Document, pointer: str, name: str | None
    ) -> None:
        if name is not None and name not in catalog.receivers and name not in catalog.rotas:
            self._find(document, f"{pointer}.receiver", f"receiver {name} is not declared")

    def _check_fallback(
        self, catalog: Catalog, document: Document, pointer: str, item: shapes.Receiver
    ) -> None:
        if item.fallback is None:
            return
        place = f"{pointer}.fallback"
        if item.fallback not in catalog.receivers:
            message = f"receiver {item.fallback} is not declared"
            self._find(document, place, message)
            return
        passed, name = [item.receiver], item.fallback
        while name in catalog.receivers and name not in passed:
            passed.append(name)
            name = catalog.receivers[name].fallback or ""
        if name == item.receiver:
            circle = " → ".join([*passed, name])
            self._find(document, place, f"nobody is left to be told in this circle: {circle}")

    def _check_hours(
        self, catalog: Catalog, document: Document, pointer: str, name: str | None
    ) -> None:
        if name is not None and name not in catalog.hours:
            message = f"hours {name} are not declared in oncall.yaml"
            self._find(document, f"{pointer}.hours", message)

    def _check_route(
        self, catalog: Catalog, document: Document, pointer: str, route: shapes.Route
    ) -> None:
        if route.receiver != shapes.OWNER_RECEIVER:
            self._check_receiver(catalog, document, pointer, route.receiver)
        self._check_hours(catalog, document, pointer, route.hours)
        if route.escalation is not None and route.escalation not in catalog.escalations:
            message = f"escalation {route.escalation} is not declared in oncall.yaml"
            self._find(document, f"{pointer}.escalation", message)
        for index, child in enumerate(route.routes):
            self._check_route(catalog, document, f"{pointer}.routes[{index}]", child)

    def _check_products(
        self, catalog: Catalog, parsed: Iterable[tuple[Document, shapes.Product]]
    ) -> None:
        writers: dict[str, str] = {}
        written = {step.writes for step in catalog.steps}
        declared = written.union(
            each.written for product in catalog.products.values() for each in product.datasets
        )
        slos: set[str] = set()
        for document, content in parsed:
            if content.domain not in catalog.domains:
                self._find(document, "$.domain", f"domain {content.domain} is not declared")
            if content.owner:
                self._check_receiver(catalog, document, "$.owner", content.owner.receiver)
            names: set[str] = set()
            for index, step in enumerate(content.steps):
                pointer = f"$.steps[{index}]"
                if step.step in names:
                    self._find(document, pointer, f"step {step.step} is declared twice")
                names.add(step.step)
                other = writers.setdefault(step.writes, f"{content.product}.{step.step}")
                if other != f"{content.product}.{step.step}":
                    message = f"{step.writes} is written by {other} already"
                    self._find(document, f"{pointer}.writes", message)
                self._check_step(catalog, document, pointer, step, written)
            for index, dataset in enumerate(content.datasets):
                self._check_dataset(catalog, document, f"$.datasets[{index}]", content, dataset)
            for index, slo in enumerate(content.slos):
                if slo.slo in slos:
                    self._find(document, f"$.slos[{index}]", f"slo {slo.slo} is declared twice")
                slos.add(slo.slo)
                self._check_slo(document, f"$.slos[{index}]", slo, declared)

    def _check_step(
        self,
        catalog: Catalog,
        document: Document,
        pointer: str,
        step: shapes.Step,
        written: set[str],
    ) -> None:
        if step.source is not None and step.source not in catalog.sources:
            self._find(document, f"{pointer}.source", f"source {step.source} is not declared")
        self._check_contract(catalog, document, pointer, step.contract)
        for index, read in enumerate(step.reads):
            if read not in written:
                self._find(document, f"{pointer}.reads[{index}]", f"no step writes {read}")

    def _check_dataset(
        self,
        catalog: Catalog,
        document: Document,
        pointer: str,
        product: shapes.Product,
        dataset: shapes.Dataset,
    ) -> None:
        name = DatasetName(dataset.namespace, dataset.name)
        if not (dataset.namespace and dataset.name):
            self._find(document, pointer, "a dataset needs a namespace and a name")
        if dataset.namespace == catalog.lake.namespace:
            message = f"{dataset.name} is of the lake {dataset.namespace}: a step writes it"
            self._find(document, pointer, message)
        other = catalog.products_by_dataset.get(name)
        if other is not None and other.name != product.product:
            self._find(document, pointer, f"{':'.join(name)} is of product {other.name} already")
        self._check_contract(catalog, document, pointer, dataset.contract)

    def _check_contract(
        self, catalog: Catalog, document: Document, pointer: str, contract: str | None
    ) -> None:
        if contract is not None and contract not in catalog.contracts:
            message = f"there is no contract {contract} in contracts/*.odcs.yaml"
            self._find(document, f"{pointer}.contract", message)

    def _check_slo(
        self, document: Document, pointer: str, slo: shapes.Slo, declared: set[str]
    ) -> None:
        if slo.dataset is not None and slo.dataset not in declared:
            message = (
                f"slo {slo.slo}: no step writes {slo.dataset}; what others make is declared in"
                " datasets: [{namespace: …, name: …}], and named NAMESPACE:NAME"
            )
            self._find(document, pointer, message)
            return
        part = slo.punctuality or slo.availability
        if part is not None and part.job is None and ":" in part.dataset:
            message = f"slo {slo.slo}: no step writes {slo.dataset}: say whose runs, as job"
            self._find(document, pointer, message)


def _no_name(given: str) -> str:
    return f"{given!r} is no name: use a-z, 0-9, - and _"


def _platform_in(
    domains: tuple[Document, shapes.Domains] | None, receivers: Document
) -> tuple[Document, str]:
    """Return where the platform team would name its receiver."""
    return (domains[0], "$.platform") if domains else (receivers, "$.receivers")


def _owner(parsed: tuple[Document, shapes.Domains] | None, name: str, kind: OwnerKind) -> Owner:
    team: shapes.Team | None = getattr(parsed[1], name) if parsed else None
    return Owner(team.team, kind, team.receiver) if team else Owner(name, kind)


def _source(item: shapes.Source) -> Source:
    owner = Owner(item.team, OwnerKind.SOURCE_SYSTEM, item.receiver)
    return Source(item.source, owner, item.domain, item.description)


def _receiver(document: Document, pointer: str, item: shapes.Receiver) -> Receiver:
    place = f"{document.path}:{document.line(pointer)}"
    return Receiver(
        item.receiver,
        item.notifier,
        item.options,
        item.hours,
        item.fallback,
        place,
        item.send_resolved,
    )


def _owner_rules(parsed: tuple[Document, shapes.Domains] | None) -> tuple[OwnerRule, ...]:
    return tuple(
        OwnerRule(item.match, Owner(item.team, OwnerKind.DOMAIN, item.receiver))
        for item in (parsed[1].owners if parsed else ())
    )


def _environments(parsed: tuple[Document, shapes.Domains] | None) -> tuple[Environment, ...]:
    return tuple(
        Environment(item.environment, tuple(item.namespaces))
        for item in (parsed[1].environments if parsed else ())
    )


def _texts(labels: Mapping[str, str | int]) -> dict[str, str]:
    return {name: str(value) for name, value in labels.items()}
