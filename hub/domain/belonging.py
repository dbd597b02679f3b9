"""Where datasets and jobs belong by what is declared: layer, data product, domain, and whose.

The catalog is as it is now: files have no clock of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hub.domain.catalog import Layer
from hub.domain.names import NodeId, NodeKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.domain.catalog import Catalog, Domain, Owner, Product
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

    A step's dataset and job belong to its product, and so do the datasets that it declares. Others
    belong to the domain that their namespace is called after, if there is one. ``shown`` gives the
    name that a thing of several is asked by.
    """

    def __init__(
        self, catalog: Catalog, shown: Callable[[NodeId], NodeId] = lambda node: node
    ) -> None:
        self._catalog = catalog
        self._declared: dict[NodeId, tuple[Product, Layer | None]] = {}
        for name, product in catalog.products_by_dataset.items():
            dataset = NodeId(NodeKind.DATASET, tuple(name))
            self._declared.setdefault(shown(dataset), (product, catalog.layer_of(name)))
        for step in catalog.steps:
            job = NodeId(NodeKind.JOB, tuple(catalog.job(step)))
            self._declared[shown(job)] = catalog.products[step.product], step.layer

    def of(self, node: NodeId) -> Belonging:
        """Return what a dataset, a field's dataset, or a job is part of."""
        declared = self._declared.get(whole_of(node))
        if declared is None:
            return Belonging(None, self._catalog.domains.get(node.parts[0]), self._layer(node))
        product, layer = declared
        return Belonging(product, self._catalog.domains.get(product.domain), layer)

    def datasets_in(self, whole: NodeId) -> list[DatasetName]:
        """Return the datasets of a product, or of a domain's products."""
        name = whole.parts[0]
        is_domain = whole.kind is NodeKind.DOMAIN
        return [
            dataset
            for product in self._catalog.products.values()
            if (product.domain if is_domain else product.name) == name
            for dataset in self._catalog.datasets_of(product)
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
