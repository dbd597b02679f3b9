"""What is declared and published: domains, data products, SLOs and contracts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import strawberry

from hub.api.graphql.batches import Batch
from hub.api.graphql.budgets import BurnRate, ErrorBudget, make_budget, make_burn
from hub.api.graphql.clocks import AsOf, KnownAt, moment_of
from hub.api.graphql.described import field
from hub.api.graphql.enums import Layer, NodeKind, Severity, SloKind, SloState
from hub.api.graphql.incidents import Incident, Team, make_incidents
from hub.api.graphql.nodes import Node, Reference, references
from hub.api.graphql.reads import Reads
from hub.api.graphql.scalars import Instant, maybe_instant
from hub.domain import catalog
from hub.domain.names import NodeId, dataset_id, job_id, node_id
from hub.domain.slos.objectives import describe_objective
from hub.queries import contracts as contract_rows
from hub.queries import slos as slo_rows
from hub.queries.budgets import Account, accounts
from hub.queries.contracts import ContractRow
from hub.queries.incidents import open_incidents
from hub.queries.moments import NOW, Moment
from hub.queries.pages import Key


class Declared(NamedTuple):
    """A name of the catalog, as a row of a list."""

    id: str

    @property
    def sort_key(self) -> Key:
        """What is declared is listed by name."""
        return (self.id,)


@strawberry.type(description="A service level objective, and how it stands.")
class Slo(Node):
    declared: strawberry.Private[catalog.Slo]
    batch: strawberry.Private[Batch[catalog.Slo]]
    name: str
    kind: SloKind
    product: str
    severity: Severity

    @field
    def dataset(self) -> Reference:
        """The dataset that it is about."""
        return self.batch.once(_slo_datasets)[self.declared.dataset]

    @field
    def objective(self) -> str:
        """What is promised, in words."""
        return describe_objective(self.declared)

    @field
    def state(self) -> SloState:
        """How it stands."""
        found = self._judged()
        return SloState(found.state) if found else SloState.NO_DATA

    @field
    def since(self) -> Instant | None:
        """Since when it has stood like that."""
        found = self._judged()
        return maybe_instant(found.since if found else None)

    @field
    def objective_since(self) -> Instant | None:
        """Since when it is judged by this objective: what was before counts as it was judged then.

        That is when the hub came to know of it. Files do not tell when they were changed, so of
        one that was changed while no hub ran, that is when one began again.
        """
        found = self._judged()
        return maybe_instant(found.declared_at if found else None)

    @field
    def detail(self) -> str:
        """Why it stands like that, as of now; where that is another state already, both."""
        reads = self.batch.reads
        found = slo_rows.as_of_now(reads.connection, self._judged(), reads.reading)
        return found.detail if found else "not judged yet"

    @field
    def target(self) -> float | None:
        """The share of time in which it must be kept, where it has an error budget."""
        budget = self.declared.budget
        return None if budget is None else float(budget.target)

    @field
    def window(self) -> str | None:
        """Over which time: such as 30d, or week, month or quarter."""
        budget = self.declared.budget
        return None if budget is None else budget.window_name

    @field
    def budget(self) -> ErrorBudget | None:
        """How its error budget stands, where it has one."""
        account = self._account()
        return None if account is None else make_budget(account)

    @field
    def burn(self) -> list[BurnRate]:
        """How fast its error budget was spent, over the lookback of each limit."""
        account = self._account()
        return [] if account is None else make_burn(account)

    def _account(self) -> Account | None:
        return self.batch.once(_accounts).get(self.declared.name)

    def _judged(self) -> slo_rows.SloStateRow | None:
        return self.batch.once(_slo_states).get(self.declared.name)


@strawberry.type(description="One published version of a contract (ODCS).")
class Contract(Node):
    contract_id: str
    version: str
    status: str | None
    name: str | None
    domain: str | None
    product: str | None
    published_at: Instant
    body: str = strawberry.field(description="The document as it was published.")


@strawberry.type(description="One lane or transform of a data product.")
class Step:
    name: str
    layer: Layer
    lane: str | None
    transform: str | None
    source: str | None
    contract: str | None
    job: Reference
    writes: Reference
    reads: list[Reference]


@strawberry.type(description="What a domain offers to others, with the steps that make it.")
class DataProduct(Node):
    declared: strawberry.Private[catalog.Product]
    batch: strawberry.Private[Batch[catalog.Product]]
    name: str
    description: str
    tier: int
    domain: Reference
    owner: Team | None

    @field
    def steps(self) -> list[Step]:
        """The steps that make it, in the order of declaration."""
        return [self.batch.once(_steps)[step.job_name] for step in self.declared.steps]

    @field
    def datasets(self) -> list[Reference]:
        """What it consists of: what its steps write, and what others make."""
        return self.batch.once(_datasets)[self.name]

    @field
    def slos(self) -> list[Slo]:
        """What it promises, and whether it keeps it."""
        made = self.batch.once(_slos_of_products)
        return [made[slo.name] for slo in self.declared.slos]

    @field
    def contracts(self, as_of: AsOf = None, known_at: KnownAt = None) -> list[Contract]:
        """The contracts that were published for it."""
        found = self.batch.once(_contracts_of_products, as_of, known_at).get(self.name, [])
        return [make_contract(row) for row in found]

    @field
    def open_incidents(self) -> list[Incident]:
        """The incidents that touch it and are not resolved."""
        return self.batch.once(_open_incidents).get(self.name, [])


@strawberry.type(
    description="A domain of the mesh: it owns products, and the data and jobs in them."
)
class Domain(Node):
    name: str
    description: str
    owner: Team
    batch: strawberry.Private[Batch[catalog.Domain]]

    @field
    def products(self) -> list[DataProduct]:
        """The data products of the domain."""
        return self.batch.once(_products_of_domains).get(self.name, [])


def make_domains(reads: Reads, names: Iterable[str]) -> list[Domain]:
    """Return declared domains that load in company."""
    batch = Batch(reads, (reads.catalog.domains[name] for name in names))
    return [
        Domain(
            id=strawberry.ID(node_id(NodeKind.DOMAIN, one.name)),
            name=one.name,
            description=one.description,
            owner=make_team(one.owner),
            batch=batch,
        )
        for one in batch.rows
    ]


def make_products(reads: Reads, names: Iterable[str]) -> list[DataProduct]:
    """Return declared data products that load in company."""
    batch = Batch(reads, (reads.catalog.products[name] for name in names))
    domains = references(
        reads, [node_id(NodeKind.DOMAIN, product.domain) for product in batch.rows]
    )
    return [
        DataProduct(
            id=strawberry.ID(node_id(NodeKind.PRODUCT, one.name)),
            declared=one,
            batch=batch,
            name=one.name,
            description=one.description,
            tier=one.tier,
            domain=domains[node_id(NodeKind.DOMAIN, one.domain)],
            owner=make_team(one.owner) if one.owner else None,
        )
        for one in batch.rows
    ]


def make_slos(reads: Reads, declared: Iterable[catalog.Slo]) -> list[Slo]:
    """Return declared SLOs that load in company."""
    batch = Batch(reads, declared)
    return [
        Slo(
            id=strawberry.ID(node_id(NodeKind.SLO, one.name)),
            declared=one,
            batch=batch,
            name=one.name,
            kind=one.kind,
            product=one.product,
            severity=one.severity,
        )
        for one in batch.rows
    ]


def make_contract(row: ContractRow) -> Contract:
    """Return a published contract."""
    return Contract(
        id=strawberry.ID(node_id(NodeKind.CONTRACT, row.contract_id, row.version)),
        contract_id=row.contract_id,
        version=row.version,
        status=row.status,
        name=row.name,
        domain=row.domain,
        product=row.product,
        published_at=Instant(row.published_at),
        body=row.body,
    )


def make_team(owner: catalog.Owner) -> Team:
    """Return a declared owner."""
    return Team(name=owner.name, kind=owner.kind.value)


def slos_by_name(declared: catalog.Catalog) -> dict[str, catalog.Slo]:
    """Return every SLO of the catalog."""
    return {slo.name: slo for slo in declared.slos}


def find_domains(reads: Reads, ids: Sequence[NodeId]) -> dict[NodeId, Domain]:
    """Return the domains among ``ids`` that are declared."""
    known = [node for node in ids if node.parts[0] in reads.catalog.domains]
    made = make_domains(reads, [node.parts[0] for node in known])
    return dict(zip(known, made, strict=True))


def find_products(reads: Reads, ids: Sequence[NodeId]) -> dict[NodeId, DataProduct]:
    """Return the data products among ``ids`` that are declared."""
    known = [node for node in ids if node.parts[0] in reads.catalog.products]
    made = make_products(reads, [node.parts[0] for node in known])
    return dict(zip(known, made, strict=True))


def find_slos(reads: Reads, ids: Sequence[NodeId]) -> dict[NodeId, Slo]:
    """Return the SLOs among ``ids`` that are declared."""
    declared = slos_by_name(reads.catalog)
    known = [node for node in ids if node.parts[0] in declared]
    made = make_slos(reads, [declared[node.parts[0]] for node in known])
    return dict(zip(known, made, strict=True))


def find_contracts(
    reads: Reads, ids: Sequence[NodeId], moment: Moment = NOW
) -> dict[NodeId, Contract]:
    """Return the contract versions among ``ids`` that were published by then."""
    wanted = {(node.parts[0], node.parts[1]): node for node in ids}
    found = contract_rows.find_contracts(reads.connection, wanted, moment=moment)
    return {wanted[key]: make_contract(row) for key, row in found.items()}


def _slo_datasets(reads: Reads, slos: tuple[catalog.Slo, ...]) -> dict[str, Reference]:
    ids = {slo.dataset: dataset_id(reads.catalog.dataset(slo.dataset)) for slo in slos}
    found = references(reads, [*ids.values()])
    return {name: found[node] for name, node in ids.items()}


def _slo_states(reads: Reads, _slos: tuple[catalog.Slo, ...]) -> dict[str, slo_rows.SloStateRow]:
    return slo_rows.slo_states(reads.connection)


def _accounts(reads: Reads, slos: tuple[catalog.Slo, ...]) -> dict[str, Account]:
    names = reads.identities.called
    return accounts(reads.connection, reads.catalog, slos, reads.now, names)


def _datasets(reads: Reads, products: tuple[catalog.Product, ...]) -> dict[str, list[Reference]]:
    ids = {
        product.name: [dataset_id(name) for name in reads.catalog.datasets_of(product)]
        for product in products
    }
    found = references(reads, [each for mine in ids.values() for each in mine])
    return {name: [found[each] for each in mine] for name, mine in ids.items()}


def _slos_of_products(reads: Reads, products: tuple[catalog.Product, ...]) -> dict[str, Slo]:
    made = make_slos(reads, [slo for product in products for slo in product.slos])
    return {slo.name: slo for slo in made}


def _contracts_of_products(
    reads: Reads, products: tuple[catalog.Product, ...], as_of: int | None, known_at: int | None
) -> dict[str, list[ContractRow]]:
    names = [product.name for product in products]
    moment = moment_of(reads, as_of, known_at)
    return contract_rows.contracts_of_products(reads.connection, names, moment=moment)


def _products_of_domains(
    reads: Reads, domains: tuple[catalog.Domain, ...]
) -> dict[str, list[DataProduct]]:
    names = {domain.name for domain in domains}
    declared = [p for p in reads.catalog.products.values() if p.domain in names]
    found: dict[str, list[DataProduct]] = {}
    for made in make_products(reads, [product.name for product in declared]):
        found.setdefault(made.declared.domain, []).append(made)
    return found


def _open_incidents(
    reads: Reads, _products: tuple[catalog.Product, ...]
) -> dict[str, list[Incident]]:
    found: dict[str, list[Incident]] = {}
    for made in make_incidents(reads, open_incidents(reads.connection)):
        said = made.row.explanation
        for name in {*said.blast.products, said.product}:
            found.setdefault(name or "", []).append(made)
    return found


def _steps(reads: Reads, products: tuple[catalog.Product, ...]) -> dict[str, Step]:
    declared = [step for product in products for step in product.steps]
    datasets = {name for step in declared for name in (step.writes, *step.reads)}
    ids = {name: dataset_id(reads.catalog.dataset(name)) for name in datasets}
    jobs = {step.job_name: job_id(reads.catalog.job(step)) for step in declared}
    found = references(reads, [*ids.values(), *jobs.values()])
    return {
        step.job_name: Step(
            name=step.name,
            layer=step.layer,
            lane=step.lane,
            transform=step.transform,
            source=step.source,
            contract=step.contract,
            job=found[jobs[step.job_name]],
            writes=found[ids[step.writes]],
            reads=[found[ids[name]] for name in step.reads],
        )
        for step in declared
    }
