"""The catalog's files, and how they become one ``Catalog``.

``domains.yaml`` (platform, governance, domains, sources, owners), ``receivers.yaml`` (receivers,
routes, inhibitions), ``oncall.yaml``, ``maintenance.yaml``, ``names.yaml``, ``products/*.yaml``,
``contracts/*.odcs.yaml`` and ``slos/*.yaml`` (OpenSLO); ``rules/*.yaml`` is checked with them. Any
may be missing. All errors of all files are reported together, each with file and line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from hub.domain.catalog import Catalog, Lake, OwnerKind
from hub.domain.errors import InvalidInput
from hub.domain.identity.naming import NamingRule
from hub.domain.incidents.routing import LABELS, TOLD_LABELS
from hub.settings import shapes
from hub.settings.contract_files import check_contract
from hub.settings.documents import NAME, Document, no_name, read_document
from hub.settings.domain_files import (
    DomainReader,
    check_domains,
    environments_of,
    owner_of,
    owner_rules,
    source_of,
)
from hub.settings.duty_files import DutyReader
from hub.settings.load import Loaded
from hub.settings.naming_files import naming_rules, problems_of
from hub.settings.openslo_files import Placed, read_slos
from hub.settings.product_files import ProductCheck, ProductReader
from hub.settings.receiver_files import ReceiverCheck, RouteReader, receiver_of
from hub.settings.rule_files import rule_files, written_rules
from hub.settings.slo_files import SloReader

T = TypeVar("T")
_READ: Final = (
    *("domains", "receivers", "oncall", "maintenance", "names"),
    *("products/*", "contracts/*", "slos/*", "rules/*"),
)


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
        self.duty = DutyReader(folder, self._report)
        self.domains = DomainReader(self._report)
        self.routes = RouteReader(self.duty, self._report)
        slos = SloReader(self.duty, self._report)
        self.products = ProductReader(folder, self.domains, slos, self._report)

    def read(self, lake: Lake) -> Catalog:
        domains = self._file("domains.yaml", shapes.Domains)
        receivers = self._file("receivers.yaml", shapes.Receivers)
        oncall = self._file("oncall.yaml", shapes.OnCall)
        maintenance = self._file("maintenance.yaml", shapes.Maintenance)
        products = [self._parse(path, shapes.Product) for path in self._files("products", "*.yaml")]
        labels = LABELS | frozenset(self.domains.labels(domains, filter(None, products)))
        told = TOLD_LABELS | labels
        contracts = dict(self._contracts())
        catalog = Catalog(
            platform=owner_of(domains, "platform", OwnerKind.PLATFORM),
            governance=owner_of(domains, "governance", OwnerKind.GOVERNANCE),
            domains=self._placed(domains, "domains", self.domains.domain),
            sources=self._named(domains, "sources", source_of),
            receivers=self._placed(receivers, "receivers", receiver_of),
            route=self.routes.routes(receivers, labels),
            owners=owner_rules(domains),
            environments=environments_of(domains),
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
            products=self.products.with_openslo(
                dict(self.products.products(filter(None, products), contracts)), self._openslo()
            ),
            lake=msgspec.structs.replace(lake, path=str(self.folder / lake.path)),
            contracts={name: document.text for name, document in contracts.items()},
            naming=self._naming(self._file("names.yaml", shapes.Names)),
        )
        self._check_endings()
        rules = [self._parse(path, shapes.RuleSet) for path in rule_files(self.folder)]
        written_rules([*filter(None, rules)], self._report)
        recipients = ReceiverCheck(catalog, self._report)
        check_domains(domains, catalog, recipients, self._report)
        recipients.receivers(domains, receivers)
        recipients.oncall(oncall)
        ProductCheck(catalog, recipients, self._report).products(filter(None, products))
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

    def _report(self, document: Document, pointer: str, message: str) -> None:
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
            if not NAME.fullmatch(name):
                self._report(document, pointer, no_name(name))
            if name in found:
                self._report(document, pointer, f"{name} is declared twice")
            found[name] = value
        return found

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
                self._report(document, "$.id", f"contract {name} is declared in {seen[name]} too")
            seen[name] = path
            yield name, document

    def _naming(self, parsed: tuple[Document, shapes.Names] | None) -> tuple[NamingRule, ...]:
        if parsed is None:
            return ()
        document, content = parsed
        problems = [*problems_of(content)]
        for pointer, message in problems:
            self._report(document, pointer, message)
        return () if problems else naming_rules(content)

    def _openslo(self) -> Iterator[Placed]:
        for path in self._files("slos", "*.yaml"):
            try:
                found = read_slos(path)
            except InvalidInput as error:
                self.findings.append(error.message)
                continue
            self.findings += found.refused
            yield from found.placed
