"""What each page shows: values read from one snapshot of the store, handed to a template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection

from hub.api.web.addresses import namings
from hub.api.web.rendering import Document, Page
from hub.api.web.trees import Branch, SuretyOf, downstream_tree, upstream_tree
from hub.domain.catalog import Catalog, Product, Slo
from hub.domain.errors import InvalidInput, NotFound
from hub.domain.identity.things import Name
from hub.domain.names import (
    DatasetName,
    JobName,
    NodeId,
    NodeKind,
    dataset_id,
    job_id,
    parse_node_id,
    run_id,
)
from hub.domain.openlineage.dependencies import DOWN, UP
from hub.graph.closure import Closure, Direction, Extent, find_closure
from hub.graph.identities import Things
from hub.graph.index import LineageIndex
from hub.queries import dataset_details as details
from hub.queries import labels
from hub.queries.budgets import Account, accounts
from hub.queries.datasets import find_datasets
from hub.queries.dead_letters import DeadLetterFilter, count_dead_letters, list_dead_letters
from hub.queries.dependencies import dependencies_of
from hub.queries.flows import Flow, flows_of_jobs
from hub.queries.happenings import Happening, summary
from hub.queries.incidents import (
    IncidentFilter,
    IncidentRow,
    incidents_by_id,
    list_incidents,
    notifications_of,
    open_incidents,
    signals_of,
    timelines_of,
)
from hub.queries.jobs import applications_of, find_jobs, jobs_by_id
from hub.queries.lineage import inferred_facts, surety_of
from hub.queries.moments import NOW
from hub.queries.pages import MAX_FIRST, PageRequest, cursor, page_request
from hub.queries.positions import positions
from hub.queries.postmortems import postmortems_of
from hub.queries.producers import examples_of, faults_of, list_producers
from hub.queries.run_changes import changes_of
from hub.queries.runs import runs_by_id
from hub.queries.search import find
from hub.queries.similar import similar_to
from hub.queries.slos import SloReading, SloStateRow, as_of_now, not_read, slo_states
from hub.queries.things import (
    distinct,
    runs_of,
    together,
    unite_datasets,
    unite_jobs,
    versions_of,
)
from hub.queries.timelines import dataset_timelines
from hub.queries.touching import touched_unnamed
from hub.store.database import Database
from hub.store.journal import Journal

# Up and down of a dataset or job, on its page.
_DEFAULT_DEPTH = 2
_MAX_DEPTH = 20
_MAX_NODES = 300
_RUNS = 20
_HAPPENINGS = 20
_FOUND = 50
_PRODUCERS = 20
_MAX_QUERY = 200


class Check(Protocol):
    """One thing that must hold for the hub to be ready."""

    @property
    def is_ok(self) -> bool:
        """Whether it holds."""

    @property
    def detail(self) -> str:
        """What is to be said of it."""


class WebSources(NamedTuple):
    """What the composition root gives. ``clock`` returns microseconds UTC."""

    database: Database
    journal: Journal
    lineage: LineageIndex
    catalog: Callable[[], Catalog]
    clock: Callable[[], int]
    checks: Callable[[], Mapping[str, Check]]
    reading: SloReading = not_read


class Asking(NamedTuple):
    """One request: the snapshot that it reads, and what follows the page's name."""

    connection: Connection
    sources: WebSources
    segments: Sequence[str]
    query: Mapping[str, str]


class SloShown(NamedTuple):
    """A declared SLO with how it stands."""

    slo: Slo
    state: SloStateRow | None
    dataset: NodeId
    account: Account | None


def overview(asking: Asking) -> Page:
    """``/``: what is broken, how the SLOs stand, and a search."""
    connection, catalog = asking.connection, asking.sources.catalog()
    text = asking.query.get("q", "").strip()[:_MAX_QUERY]
    hits = find(connection, catalog, text)
    return Page(
        "overview.html",
        {
            "incidents": open_incidents(connection),
            "slos": _slos(asking),
            "dead_letters": count_dead_letters(connection, DeadLetterFilter(states=("open",))),
            "text": text,
            "hits": hits[:_FOUND],
            "more": max(0, len(hits) - _FOUND),
            "products": catalog.products.values(),
        },
    )


def incidents(asking: Asking) -> Page:
    """``/incidents``: all of them, the last opened first."""
    state = asking.query.get("state", "")
    states = {"open": ("triggered", "acknowledged"), "resolved": ("resolved",)}.get(state, ())
    request = page_request(MAX_FIRST, asking.query.get("after") or None)
    page = list_incidents(asking.connection, request, IncidentFilter(states=states))
    following = cursor(page.rows[-1]) if page.has_next else None
    return Page("incidents.html", {"rows": page.rows, "state": state, "following": following})


def incident(asking: Asking) -> Page:
    """``/incidents/ID``: what broke, why, whose it is, and what was done."""
    connection, sources = asking.connection, asking.sources
    row = _incident_row(asking)
    key = row.id
    known = sources.lineage.identities(connection)
    since = changes_of(connection, sources.journal, sources.catalog(), [row], known.jobs).get(key)
    good = since.last_good if since else None
    values = {
        "row": row,
        "why": row.explanation,
        "changes": since.changes if since else [],
        "last_good": good and run_id(good.key),
        "similar": similar_to(connection, [row], known.called)[key],
        "timeline": timelines_of(connection, [key]).get(key, []),
        "signals": signals_of(connection, [key]).get(key, []),
        "notifications": notifications_of(connection, [key]).get(key, []),
    }
    return Page("incident.html", values)


def postmortem(asking: Asking) -> Document:
    """``/postmortems/ID``: all that is known of an incident, as Markdown to go on with."""
    connection, sources = asking.connection, asking.sources
    row = _incident_row(asking)
    known = sources.lineage.identities(connection)
    made = postmortems_of(connection, sources.journal, sources.catalog(), [row], known)
    return Document(made[row.id], "text/markdown")


def _incident_row(asking: Asking) -> IncidentRow:
    key = "/".join(asking.segments).removeprefix("incident:")
    row = incidents_by_id(asking.connection, [key]).get(key)
    if row is None:
        raise NotFound(f"there is no incident {key}")
    return row


def dataset(asking: Asking) -> Page:
    """``/datasets/NAMESPACE/NAME``: what it is, what is promised, what is up and down of it."""
    connection = asking.connection
    things = asking.sources.lineage.identities(connection).datasets
    names = [DatasetName(*each) for each in _every(things, namings(asking.segments))]
    found = find_datasets(connection, names) if names else {}
    first = next((found[name] for name in names if name in found), None)
    if first is None:
        raise NotFound(f"no event has named the dataset {'/'.join(asking.segments)}")
    row = unite_datasets(connection, things, [first])[first.id]
    catalog = asking.sources.catalog()
    node = NodeId(NodeKind.DATASET, tuple(row.key))
    of = partial(_of_all_names, connection, things, row.id)
    written = versions_of(connection, things, [row.id], at_most=_RUNS, moment=NOW)
    versions = written.get(row.id, [])
    products = (catalog.product_of(DatasetName(*name)) for name in things.names_of(row.key))
    product = next(filter(None, products), None)
    domain = catalog.domains.get(product.domain) if product else None
    return Page(
        "dataset.html",
        {
            "row": row,
            "node": node,
            "fields": of(details.fields_of),
            "owners": of(labels.owners_of, entity="dataset"),
            "tags": of(labels.tags_of, entity="dataset"),
            "aliases": _aliases(things, row.key),
            "assertions": of(details.assertions_of),
            "versions": versions,
            "runs": runs_by_id(connection, [version.run_id for version in versions]),
            "timeline": _timeline(asking, row.id),
            "product": product,
            "declared_owner": (product and product.owner) or (domain and domain.owner),
            "slos": [
                each for each in _slos(asking) if each.dataset.parts in things.names_of(row.key)
            ],
            "incidents": _touching(asking, dataset_id(row.key)),
            **_lineage(asking, node),
        },
    )


def _timeline(asking: Asking, dataset: int) -> list[tuple[Happening, str]]:
    """Return what last happened to a dataset, each with its words."""
    known = asking.sources.lineage.identities(asking.connection)
    request = PageRequest(_HAPPENINGS)
    found = dataset_timelines(asking.connection, known, [dataset], request, NOW)
    return [(each, summary(each)) for each in found[dataset].rows]


def job(asking: Asking) -> Page:
    """``/jobs/NAMESPACE/NAME``: what it and its statements read and write, and its runs."""
    connection = asking.connection
    things = asking.sources.lineage.identities(connection).jobs
    names = [JobName(*each) for each in _every(things, namings(asking.segments))]
    found = find_jobs(connection, names) if names else {}
    first = next((found[name] for name in names if name in found), None)
    if first is None:
        raise NotFound(f"no event has named the job {'/'.join(asking.segments)}")
    row = unite_jobs(connection, things, [first])[first.id]
    node = NodeId(NodeKind.JOB, tuple(row.key))
    of = partial(_of_all_names, connection, things, row.id)
    page = runs_of(connection, things, [row.id], PageRequest(_RUNS), moment=NOW).get(row.id)
    return Page(
        "job.html",
        {
            "row": row,
            "node": node,
            "owners": of(labels.owners_of, entity="job"),
            "tags": of(labels.tags_of, entity="job"),
            "aliases": _aliases(things, row.key),
            "applications": [each for each in of(applications_of) if things.key(each.id) != row.id],
            **_flows(asking, row.id),
            **_waiting(connection, things, row.id),
            "runs": [each.row for each in page.rows] if page else [],
            "incidents": _touching(asking, job_id(row.key)),
            **_lineage(asking, node),
        },
    )


def _flows(asking: Asking, key: int) -> dict[str, list[Flow]]:
    """Return what a job reads and writes."""
    known = asking.sources.lineage.identities(asking.connection)
    return {
        name: flows_of_jobs(asking.connection, known, [key], side, NOW)[key]
        for name, side in (("inputs", "in"), ("outputs", "out"))
    }


def _waiting(connection: Connection, things: Things, key: int) -> dict[str, list[NodeId]]:
    """Return which jobs a job waits for, and which wait for it, each once."""
    found = dependencies_of(connection, things, [key], NOW)[key]
    rows = jobs_by_id(connection, {each.other for each in found})
    node = {at: NodeId(NodeKind.JOB, tuple(things.shown(row.key))) for at, row in rows.items()}
    return {
        name: list(dict.fromkeys(node[each.other] for each in found if each.side == side))
        for name, side in (("waits_for", UP), ("waited_for_by", DOWN))
    }


def _every(things: Things, names: Iterable[Name]) -> list[Name]:
    return [each for name in names for each in (name, *things.names_of(name))]


def _of_all_names(
    connection: Connection,
    things: Things,
    key: int,
    load: Callable[..., Mapping[int, list[Any]]],
    **options: object,
) -> list[Any]:
    """Return what is said of one thing under all of its names."""
    found = load(connection, things.ids([key]), **options)
    return together(things, [key], found, distinct).get(key, [])


def _aliases(things: Things, name: Name) -> list[Name]:
    return [each for each in things.names_of(name) if each != name]


def slos(asking: Asking) -> Page:
    """``/slos``: what is promised, and whether it is kept."""
    return Page(
        "slos.html",
        {"slos": _slos(asking)},
    )


def dead_letters(asking: Asking) -> Page:
    """``/dead-letters``: what was refused, with every reason."""
    request = page_request(MAX_FIRST, asking.query.get("after") or None)
    state = asking.query.get("state", "open")
    chosen = DeadLetterFilter(states=() if state == "all" else (state,))
    page = list_dead_letters(asking.connection, request, chosen)
    following = cursor(page.rows[-1]) if page.has_next else None
    return Page("dead_letters.html", {"rows": page.rows, "state": state, "following": following})


def producers(asking: Asking) -> Page:
    """``/producers``: what each omits and breaks, with runs that show it."""
    connection = asking.connection
    request = page_request(_PRODUCERS, asking.query.get("after") or None)
    page = list_producers(connection, request)
    ids = [row.id for row in page.rows]
    faults, examples = faults_of(connection, ids), examples_of(connection, ids)
    wanted = {key for of in examples.values() for keys in of.values() for key in keys}
    return Page(
        "producers.html",
        {
            "rows": page.rows,
            "faults": faults,
            "examples": examples,
            "runs": {key: run_id(r.key) for key, r in runs_by_id(connection, wanted).items()},
            "following": cursor(page.rows[-1]) if page.has_next else None,
        },
    )


def product(asking: Asking) -> Page:
    """``/products/NAME``: the steps that make it, its promises and its incidents."""
    catalog = asking.sources.catalog()
    found = catalog.products.get("/".join(asking.segments))
    if found is None:
        raise NotFound(f"no data product is declared as {'/'.join(asking.segments)}")
    shown = _slos(asking)
    return Page(
        "product.html",
        {
            "product": found,
            "domain": catalog.domains.get(found.domain),
            "catalog": catalog,
            "slos": [each for each in shown if each.slo.product == found.name],
            "incidents": _of_product(asking.connection, found),
        },
    )


def health(asking: Asking) -> Page:
    """``/health``: whether the hub itself is well, and how far it has come."""
    return Page(
        "health.html",
        {
            "checks": asking.sources.checks(),
            "at": positions(asking.connection, asking.sources.journal),
        },
    )


def _lineage(asking: Asking, node: NodeId) -> dict[str, object]:
    depth = _depth(asking.query.get("depth"))
    up, down = (
        find_closure(
            asking.connection,
            asking.sources.lineage,
            node,
            Extent(direction=direction, depth=depth, limit=_MAX_NODES),
        )
        for direction in (Direction.UPSTREAM, Direction.DOWNSTREAM)
    )
    trees: dict[str, list[Branch]] = {
        "up": upstream_tree(up, node, _sureties(asking, up)) if up else [],
        "down": downstream_tree(down, node, _sureties(asking, down)) if down else [],
    }
    hidden = {"up_hidden": up.hidden if up else 0, "down_hidden": down.hidden if down else 0}
    return {**trees, **hidden, "depth": depth, "max_depth": _MAX_DEPTH}


def _sureties(asking: Asking, closure: Closure) -> SuretyOf:
    return partial(surety_of, inferred_facts(asking.connection, closure))


def _depth(text: str | None) -> int:
    if not text:
        return _DEFAULT_DEPTH
    if not (text.isascii() and text.isdigit() and 0 < int(text[:3]) <= _MAX_DEPTH):
        raise InvalidInput(f"depth: {text!r} is not between 1 and {_MAX_DEPTH}")
    return int(text)


def _slos(asking: Asking) -> list[SloShown]:
    connection, catalog = asking.connection, asking.sources.catalog()
    states = slo_states(connection)
    names = asking.sources.lineage.identities(connection).called
    found = accounts(connection, catalog, catalog.slos, asking.sources.clock(), names)
    return [
        SloShown(
            slo,
            as_of_now(connection, states.get(slo.name), asking.sources.reading),
            NodeId(NodeKind.DATASET, tuple(catalog.dataset(slo.dataset))),
            found.get(slo.name),
        )
        for slo in catalog.slos
    ]


def _touching(asking: Asking, node: str) -> list[IncidentRow]:
    """Return the open incidents that touch a dataset or a job, by any of its names."""
    connection, index = asking.connection, asking.sources.lineage
    names = index.identities(connection).called(node)
    opened = open_incidents(connection)
    asked = [node] if parse_node_id(node).kind is NodeKind.DATASET else []
    unnamed = touched_unnamed(connection, index, asking.sources.catalog(), opened, asked)
    found = []
    for row in opened:
        blast = row.explanation.blast
        named = row.root, *blast.datasets, *blast.held_back
        if not {*named, *unnamed.get(row.id, ())}.isdisjoint(names):
            found.append(row)
    return found


def _of_product(connection: Connection, product: Product) -> list[IncidentRow]:
    return [
        row
        for row in open_incidents(connection)
        if product.name in (*row.explanation.blast.products, row.explanation.product)
    ]
