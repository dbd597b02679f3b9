"""``products/*.yaml``: products with their steps, datasets and SLOs, and what they may name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from msgspec import structs

from hub.domain.catalog import Catalog, Dataset, Gate, Layer, Owner, OwnerKind, Product, Slo, Step
from hub.domain.names import DatasetName
from hub.settings import shapes
from hub.settings.documents import NAME, Document, Report, no_name
from hub.settings.domain_files import DomainReader, label_texts
from hub.settings.openslo_files import Placed
from hub.settings.receiver_files import ReceiverCheck
from hub.settings.sla_files import is_in_force, promises_of
from hub.settings.slo_files import SloReader

_DATASET: Final = re.compile(r"(bronze|silver|gold)\.[a-z0-9][a-z0-9_]*")


class ProductReader:
    """Reads products; each finding goes to ``report``."""

    def __init__(
        self, folder: Path, domains: DomainReader, slos: SloReader, report: Report
    ) -> None:
        self._folder = folder
        self._domains = domains
        self._slos = slos
        self._report = report

    def products(
        self,
        parsed: Iterable[tuple[Document, shapes.Product]],
        contracts: Mapping[str, Document],
    ) -> Iterator[tuple[str, Product]]:
        """Yield products by name, with what the contracts of their data promise."""
        seen: set[str] = set()
        for document, content in parsed:
            if content.product in seen:
                self._report(document, "$.product", f"product {content.product} is declared twice")
            seen.add(content.product)
            if not NAME.fullmatch(content.product):
                self._report(document, "$.product", no_name(content.product))
            product = self._product(document, content)
            promised = tuple(self._promised(product, contracts))
            yield content.product, structs.replace(product, slos=(*product.slos, *promised))

    def with_openslo(
        self, products: dict[str, Product], promised: Iterable[Placed]
    ) -> dict[str, Product]:
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
        for document, pointer, slo in promised:
            dataset = slo.dataset
            if dataset is None or dataset not in whose:
                self._report(document, pointer, f"slo {slo.slo}: no product has {dataset}")
                continue
            if slo.slo in declared:
                self._report(document, pointer, f"slo {slo.slo} is declared twice")
            declared.add(slo.slo)
            product = products[whose[dataset]]
            read = self._slos.slo(document, pointer, product.name, slo)
            slos = (*product.slos, read)
            products[product.name] = structs.replace(product, slos=slos)
        return products

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
                    yield self._slos.slo(document, promise.pointer, product.name, promise.slo)

    def _product(self, document: Document, content: shapes.Product) -> Product:
        owner = content.owner
        return Product(
            name=content.product,
            domain=content.domain,
            description=content.description,
            tier=content.tier,
            owner=Owner(owner.team, OwnerKind.DOMAIN, owner.receiver) if owner else None,
            labels=label_texts(content.labels),
            runbook=self._domains.runbook(document, "$", content.runbook),
            steps=tuple(
                self._step(document, index, content.product, step)
                for index, step in enumerate(content.steps)
            ),
            datasets=tuple(
                Dataset(DatasetName(each.namespace, each.name), each.layer, each.contract)
                for each in content.datasets
            ),
            slos=tuple(
                self._slos.slo(document, f"$.slos[{index}]", content.product, slo)
                for index, slo in enumerate(content.slos)
            ),
        )

    def _step(self, document: Document, index: int, product: str, step: shapes.Step) -> Step:
        pointer = f"$.steps[{index}]"
        if (step.lane is None) == (step.transform is None):
            self._report(document, pointer, f"step {step.step} needs either a lane or a transform")
        if not _DATASET.fullmatch(step.writes):
            fix = "write bronze.NAME, silver.NAME or gold.NAME"
            self._report(
                document, f"{pointer}.writes", f"{step.writes!r} is no lake dataset: {fix}"
            )
            step.writes = f"{Layer.BRONZE}.invalid"
        if step.transform is not None and step.sql is None:
            self._report(document, pointer, f"step {step.step} has a transform but no sql")
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
            runbook=self._domains.runbook(document, pointer, step.runbook),
        )

    def _sql(self, document: Document, pointer: str, sql: str | None) -> str | None:
        """Return the statement; a value that ends in ``.sql`` names a file in the folder."""
        if sql is None or not sql.strip().endswith(".sql"):
            return sql
        try:
            return (self._folder / sql.strip()).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self._report(document, f"{pointer}.sql", f"{sql.strip()} cannot be read: {error}")
            return None


class ProductCheck:
    """Whether what products name is declared; each finding goes to ``report``."""

    def __init__(self, catalog: Catalog, receivers: ReceiverCheck, report: Report) -> None:
        self._catalog = catalog
        self._receivers = receivers
        self._report = report

    def products(self, parsed: Iterable[tuple[Document, shapes.Product]]) -> None:
        """Check whom and what products name, and that no two declare the same."""
        writers: dict[str, str] = {}
        written = {step.writes for step in self._catalog.steps}
        declared = written.union(
            each.written for product in self._catalog.products.values() for each in product.datasets
        )
        slos: set[str] = set()
        for document, content in parsed:
            if content.domain not in self._catalog.domains:
                self._report(document, "$.domain", f"domain {content.domain} is not declared")
            if content.owner:
                self._receivers.receiver(document, "$.owner", content.owner.receiver)
            names: set[str] = set()
            for index, step in enumerate(content.steps):
                pointer = f"$.steps[{index}]"
                if step.step in names:
                    self._report(document, pointer, f"step {step.step} is declared twice")
                names.add(step.step)
                other = writers.setdefault(step.writes, f"{content.product}.{step.step}")
                if other != f"{content.product}.{step.step}":
                    message = f"{step.writes} is written by {other} already"
                    self._report(document, f"{pointer}.writes", message)
                self._check_step(document, pointer, step, written)
            for index, dataset in enumerate(content.datasets):
                self._check_dataset(document, f"$.datasets[{index}]", content, dataset)
            for index, slo in enumerate(content.slos):
                if slo.slo in slos:
                    self._report(document, f"$.slos[{index}]", f"slo {slo.slo} is declared twice")
                slos.add(slo.slo)
                self._check_slo(document, f"$.slos[{index}]", slo, declared)

    def _check_step(
        self,
        document: Document,
        pointer: str,
        step: shapes.Step,
        written: set[str],
    ) -> None:
        if step.source is not None and step.source not in self._catalog.sources:
            self._report(document, f"{pointer}.source", f"source {step.source} is not declared")
        self._check_contract(document, pointer, step.contract)
        for index, read in enumerate(step.reads):
            if read not in written:
                self._report(document, f"{pointer}.reads[{index}]", f"no step writes {read}")

    def _check_dataset(
        self,
        document: Document,
        pointer: str,
        product: shapes.Product,
        dataset: shapes.Dataset,
    ) -> None:
        name = DatasetName(dataset.namespace, dataset.name)
        if not (dataset.namespace and dataset.name):
            self._report(document, pointer, "a dataset needs a namespace and a name")
        if dataset.namespace == self._catalog.lake.namespace:
            message = f"{dataset.name} is of the lake {dataset.namespace}: a step writes it"
            self._report(document, pointer, message)
        other = self._catalog.products_by_dataset.get(name)
        if other is not None and other.name != product.product:
            self._report(document, pointer, f"{':'.join(name)} is of product {other.name} already")
        self._check_contract(document, pointer, dataset.contract)

    def _check_contract(self, document: Document, pointer: str, contract: str | None) -> None:
        if contract is not None and contract not in self._catalog.contracts:
            message = f"there is no contract {contract} in contracts/*.odcs.yaml"
            self._report(document, f"{pointer}.contract", message)

    def _check_slo(
        self, document: Document, pointer: str, slo: shapes.Slo, declared: set[str]
    ) -> None:
        if slo.dataset is not None and slo.dataset not in declared:
            message = (
                f"slo {slo.slo}: no step writes {slo.dataset}; what others make is declared in"
                " datasets: [{namespace: …, name: …}], and named NAMESPACE:NAME"
            )
            self._report(document, pointer, message)
            return
        part = slo.punctuality or slo.availability
        if part is not None and part.job is None and ":" in part.dataset:
            message = f"slo {slo.slo}: no step writes {slo.dataset}: say whose runs, as job"
            self._report(document, pointer, message)
