"""Where datasets and jobs belong by what is declared: layer, data product, domain, and whose.

The catalog is as it is now: files have no clock of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hub.domain.catalog import Layer
from hub.domain.names import NodeId, NodeKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.domain.catalog import Catalog, Domain, Owner, Product, Step
    from hub.domain.names import DatasetName

_LAYERS = {layer.value: layer for layer in Layer}


class Belonging(NamedTuple):
    """What a dataset or a job is part of, as far as it is declared."""

    product: Product | None = None
    domain: Domain | None = None
    layer: Layer | None = None

    @property
    def owner(self) -> Owner | None:
        """The team that is declared for it: its product's, else its domain's."""
        if self.product is not None and self.product.owner is not None:
            return self.product.owner
        return self.domain.owner if self.domain is not None else None


class Belongings:
    """What every dataset, field and job is part of.

    A step's dataset and job belong to its product. Others belong to the domain that their namespace
    is called after, if there is one. ``shown`` gives the name that a thing of several is asked by.
    """

    def __init__(
        self, catalog: Catalog, shown: Callable[[NodeId], NodeId] = lambda node: node
    ) -> None:
        self._catalog = catalog
        self._steps: dict[NodeId, Step] = {}
        for step in catalog.steps:
            dataset = NodeId(NodeKind.DATASET, tuple(catalog.dataset(step.writes)))
            self._steps.setdefault(shown(dataset), step)
            self._steps[shown(NodeId(NodeKind.JOB, tuple(catalog.job(step))))] = step

    def of(self, node: NodeId) -> Belonging:
        """Return what a dataset, a field's dataset, or a job is part of."""
        step = self._steps.get(whole_of(node))
        if step is None:
            return Belonging(None, self._catalog.domains.get(node.parts[0]), self._layer(node))
        product = self._catalog.products[step.product]
        return Belonging(product, self._catalog.domains.get(product.domain), step.layer)

    def datasets_in(self, whole: NodeId) -> list[DatasetName]:
        """Return the datasets that the steps of a product or of a domain's products write."""
        name = whole.parts[0]
        is_domain = whole.kind is NodeKind.DOMAIN
        return [
            self._catalog.dataset(step.writes)
            for product in self._catalog.products.values()
            if (product.domain if is_domain else product.name) == name
            for step in product.steps
        ]

    def product_or_wider(self, node: NodeId) -> NodeId:
        """Return the product that something is part of, else its domain, else its namespace."""
        product = self.of(node).product
        if product is not None:
            return NodeId(NodeKind.PRODUCT, (product.name,))
        return self.domain_or_wider(node)

    def domain_or_wider(self, node: NodeId) -> NodeId:
        """Return the domain that something is part of, else its namespace."""
        domain = self.of(node).domain
        if domain is not None:
            return NodeId(NodeKind.DOMAIN, (domain.name,))
        return NodeId(NodeKind.NAMESPACE, node.parts[:1])

    def _layer(self, node: NodeId) -> Layer | None:
        if node.kind is NodeKind.JOB or node.parts[0] != self._catalog.lake.namespace:
            return None
        return _LAYERS.get(node.parts[1].partition(".")[0])


def whole_of(node: NodeId) -> NodeId:
    """Return the dataset that a field is of; anything else as it is."""
    return NodeId(NodeKind.DATASET, node.parts[:2]) if node.kind is NodeKind.FIELD else node
