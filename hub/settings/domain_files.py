"""``domains.yaml``: teams, domains, sources, owners, environments; and labels wherever declared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from hub.domain.attempts import web_address
from hub.domain.catalog import Catalog, Domain, Environment, Owner, OwnerKind, OwnerRule, Source
from hub.domain.incidents.routing import TOLD_LABELS
from hub.settings import shapes
from hub.settings.documents import Document, Report
from hub.settings.receiver_files import ReceiverCheck

_LABEL: Final = re.compile(r"[a-z][a-z0-9_]*")
# A label that the hub finds out, and that what is declared may say better.
_OVERRULED: Final = "environment"


class DomainReader:
    """Reads domains, and what products declare as they do; each finding goes to ``report``."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def domain(self, document: Document, pointer: str, item: shapes.Domain) -> Domain:
        """Read one domain."""
        owner = Owner(item.team, OwnerKind.DOMAIN, item.receiver)
        runbook = self.runbook(document, pointer, item.runbook)
        return Domain(item.domain, owner, item.description, label_texts(item.labels), runbook)

    def labels(
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

    def runbook(self, document: Document, pointer: str, text: str | None) -> str | None:
        """Read the address of a page."""
        if text is not None and web_address(text) is None:
            message = f"{text!r} is no address of a page: write https://HOST/PATH"
            self._report(document, f"{pointer}.runbook", message)
        return text

    def _declared(self, document: Document, pointer: str, labels: Iterable[str]) -> Iterator[str]:
        for name in labels:
            place = f"{pointer}.labels.{name}"
            if not _LABEL.fullmatch(name):
                self._report(document, place, f"{name!r} is no label: use a-z, 0-9 and _")
            elif name in TOLD_LABELS and name != _OVERRULED:
                message = f"{name} is a label that the hub finds out: choose another name"
                self._report(document, place, message)
            else:
                yield name


def check_domains(
    parsed: tuple[Document, shapes.Domains] | None,
    catalog: Catalog,
    receivers: ReceiverCheck,
    report: Report,
) -> None:
    """Check whom and what ``domains.yaml`` names."""
    if parsed is None:
        return
    document, content = parsed
    for group in ("domains", "sources", "owners"):
        for index, item in enumerate(getattr(content, group)):
            receivers.receiver(document, f"$.{group}[{index}]", item.receiver)
    for index, source in enumerate(content.sources):
        if source.domain not in catalog.domains:
            message = f"source {source.source}: domain {source.domain} is not declared"
            report(document, f"$.sources[{index}].domain", message)
    for name in ("platform", "governance"):
        team = getattr(content, name)
        receivers.receiver(document, f"$.{name}", team and team.receiver)


def owner_of(parsed: tuple[Document, shapes.Domains] | None, name: str, kind: OwnerKind) -> Owner:
    """Return one of the platform's own teams; its name alone where none is declared."""
    team: shapes.Team | None = getattr(parsed[1], name) if parsed else None
    return Owner(team.team, kind, team.receiver) if team else Owner(name, kind)


def source_of(item: shapes.Source) -> Source:
    """Return one source."""
    owner = Owner(item.team, OwnerKind.SOURCE_SYSTEM, item.receiver)
    return Source(item.source, owner, item.domain, item.description)


def owner_rules(parsed: tuple[Document, shapes.Domains] | None) -> tuple[OwnerRule, ...]:
    """Return who owns what is named as a rule says."""
    return tuple(
        OwnerRule(item.match, Owner(item.team, OwnerKind.DOMAIN, item.receiver))
        for item in (parsed[1].owners if parsed else ())
    )


def environments_of(parsed: tuple[Document, shapes.Domains] | None) -> tuple[Environment, ...]:
    """Return the environments, with the namespaces of each."""
    return tuple(
        Environment(item.environment, tuple(item.namespaces))
        for item in (parsed[1].environments if parsed else ())
    )


def label_texts(labels: Mapping[str, str | int]) -> dict[str, str]:
    """Return labels as texts."""
    return {name: str(value) for name, value in labels.items()}
