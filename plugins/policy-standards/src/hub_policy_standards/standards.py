"""The standards, each a rule over the whole catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub.domain.catalog import Catalog, Product, Step
from hub.domain.names import NodeKind, dataset_id, node_id
from hub.spi.policy import Finding

_WORDS = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")


class Owned:
    """Every product has an owner whom a notification reaches."""

    def check(self, catalog: Catalog) -> Iterator[Finding]:
        """Yield a finding for each product that nobody answers for."""
        for product in catalog.products.values():
            domain = catalog.domains.get(product.domain)
            owner = product.owner or (domain.owner if domain else None)
            if owner is None:
                yield _finding("owned", product, "has no owner", "give it or its domain a team")
            elif owner.receiver is None:
                message = f"is owned by {owner.name}, whom no notification reaches"
                yield _finding("owned", product, message, "give the team a receiver")


class Contracted:
    """Every lane keeps a contract, so that a source cannot change its shape unnoticed."""

    def check(self, catalog: Catalog) -> Iterator[Finding]:
        """Yield a finding for each lane that takes whatever comes."""
        for step in catalog.steps:
            if step.lane is not None and step.contract is None:
                yield Finding(
                    policy="contracted",
                    subject=_dataset(catalog, step),
                    message=f"step {step.job_name} takes records without a contract",
                    fix="add contract: to the step, and the document to the contracts folder",
                    blocks=True,
                )


class Promised:
    """Every product promises something that can be measured."""

    def check(self, catalog: Catalog) -> Iterator[Finding]:
        """Yield a finding for each product without an SLO."""
        for product in catalog.products.values():
            if not product.slos:
                fix = "add an SLO on freshness or quality"
                yield _finding("promised", product, "promises nothing", fix, blocks=False)


class Named:
    """Names are lower case, with ``_`` or ``-`` between words."""

    def check(self, catalog: Catalog) -> Iterator[Finding]:
        """Yield a finding for each name that breaks the convention."""
        for product in catalog.products.values():
            if not _WORDS.fullmatch(product.name):
                fix = f"call it {_tidy(product.name)}"
                yield _finding("named", product, "breaks the naming convention", fix, blocks=False)
        for step in catalog.steps:
            names = (step.name, step.writes.partition(".")[2])
            for name in names:
                if not _WORDS.fullmatch(name):
                    yield Finding(
                        policy="named",
                        subject=_dataset(catalog, step),
                        message=f"{name} of step {step.job_name} breaks the naming convention",
                        fix=f"call it {_tidy(name)}",
                        blocks=False,
                    )


def _finding(
    policy: str, product: Product, message: str, fix: str, *, blocks: bool = True
) -> Finding:
    return Finding(
        policy=policy,
        subject=node_id(NodeKind.PRODUCT, product.name),
        message=f"product {product.name} {message}",
        fix=fix,
        blocks=blocks,
    )


def _dataset(catalog: Catalog, step: Step) -> str:
    return dataset_id(catalog.dataset(step.writes))


def _tidy(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name)
    return re.sub(r"_+", "_", words).strip("_").lower()
