"""What the hub lacks of a Marquez: found by asking both for the same things, one after the other.

Each lack knows what would fill it. So an import fills what is found, and looks again; what is found
then is what could not be brought over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple
from urllib.parse import quote

import msgspec

from hub.domain.scrub import scrub
from hub.spi.bridge import Progress
from hub_bridge_marquez.catalogue import Catalogue, dataset_path, job_path, path_of
from hub_bridge_marquez.names import rewritten_namespace, run_ids_of
from hub_bridge_marquez.rebuilt import dataset_events, instant_of, job_events, run_events
from hub_bridge_marquez.shapes import Dataset, Field, Job, Name, Namespace, Run, Source

# Marquez's word for nobody in particular, and its stand-in for a source that nobody named.
_NOBODY: Final = "anonymous"
_NO_SOURCE: Final = "default"
_STATES: Final = "Marquez has the state that arrived last, or a child's; the hub what happened last"
_DELETED: Final = "it is deleted in Marquez"
_FIELDS: Final = "Marquez shows fields that are not in the schema that producers said last"
_UNREADABLE: Final = "Marquez fails to show it; the hub has what events say of it"
# Seen that often, the walk tells how far it has come.
_TOLD_EVERY: Final = 50


class Request(NamedTuple):
    """A write through the hub's own surface of Marquez's API."""

    method: str
    path: str
    body: bytes | None = None


class Deleted(NamedTuple):
    """A dataset or job that somebody has deleted in Marquez; it keeps them, out of sight."""

    kind: str
    namespace: str
    name: str


class Lack(NamedTuple):
    """Something that the hub lacks, why, and what fills it: events first, then requests."""

    kind: str
    what: str
    why: str
    events: tuple[bytes, ...] = ()
    requests: tuple[Request, ...] = ()


class Odd(NamedTuple):
    """Where the two differ, and the hub is right, or nobody can tell."""

    kind: str
    what: str
    why: str


Found = Lack | Odd | Progress


class Walk:
    """One walk over everything that a Marquez lists. ``there`` and ``here`` count, by kind."""

    def __init__(self, marquez: Catalogue, hub: Catalogue, deleted: Iterable[Deleted]) -> None:
        self._marquez = marquez
        self._hub = hub
        self._deleted = deleted
        self.there: Counter[str] = Counter()
        self.here: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Found]:
        """Yield what is lacking or odd, and how far the walk has come."""
        here = {each.name: each for each in self._hub.namespaces()}
        known_as = {rewritten_namespace(name): name for name in here}
        known_as |= {name: name for name in here}
        there = list(self._marquez.namespaces())
        yield from self._tags()
        yield from self._sources()
        for number, namespace in enumerate(there, 1):
            own = known_as.get(namespace.name, namespace.name)
            yield from self._namespace(namespace, here.get(own))
            if not namespace.is_hidden:
                yield from self._things(namespace.name, own)
            yield Progress(stage="namespaces", done=number, total=len(there))
        # Last, as it takes things out of sight.
        for thing in self._deleted:
            yield from self._hide(thing, known_as.get(thing.namespace, thing.namespace))
        for namespace in there:
            found = here.get(known_as.get(namespace.name, namespace.name))
            if namespace.is_hidden and (found is None or not found.is_hidden):
                own = found.name if found else namespace.name
                request = Request("DELETE", path_of("namespaces", own))
                yield Lack("namespaces", namespace.name, _DELETED, (), (request,))
        for each in self._marquez.unreadable:
            yield Odd(each.partition("[")[0], each, _UNREADABLE)

    def _hide(self, thing: Deleted, own: str) -> Iterator[Found]:
        kind = f"{thing.kind}s"
        path = path_of("namespaces", own, kind, thing.name)
        if self._hub.find(path, Name) is not None:
            request = Request("DELETE", path)
            yield Lack(kind, f"{thing.namespace}:{thing.name}", _DELETED, (), (request,))

    def _seen(self, kind: str, *, is_here: bool) -> Iterator[Progress]:
        self.there[kind] += 1
        self.here[kind] += is_here
        if self.there[kind] % _TOLD_EVERY == 0:
            yield Progress(stage=kind, done=self.there[kind])

    def _tags(self) -> Iterator[Found]:
        known = {each.name: each for each in self._hub.tags()}
        for tag in self._marquez.tags():
            found = known.get(tag.name)
            yield from self._seen("tags", is_here=found is not None)
            if found is None or (tag.description and not found.description):
                request = Request(
                    "PUT", path_of("tags", tag.name), _body(description=tag.description)
                )
                yield Lack("tags", tag.name, _why(found, "its description"), (), (request,))

    def _sources(self) -> Iterator[Found]:
        for source in self._marquez.sources():
            found = self._hub.find(path_of("sources", source.name), Source)
            yield from self._seen("sources", is_here=found is not None)
            url = _scrubbed(source.connection_url or "")
            is_stand_in = source.name == _NO_SOURCE and not url
            lacking = _lacking(
                ("its address", url and (found is None or found.connection_url != url)),
                ("its description", source.description and not (found and found.description)),
            )
            if not is_stand_in and (found is None or lacking):
                body = _body(
                    type=source.type or "UNKNOWN", connectionUrl=url, description=source.description
                )
                request = Request("PUT", path_of("sources", source.name), body)
                yield Lack("sources", source.name, _why(found, lacking), (), (request,))

    def _namespace(self, namespace: Namespace, found: Namespace | None) -> Iterator[Found]:
        yield from self._seen("namespaces", is_here=found is not None)
        owner = namespace.owner_name or _NOBODY
        lacking = _lacking(
            ("its owner", owner != _NOBODY and (found is None or found.owner_name != owner)),
            ("its description", namespace.description and not (found and found.description)),
        )
        if found is None or lacking:
            own = found.name if found else namespace.name
            body = _body(ownerName=owner, description=namespace.description)
            request = Request("PUT", path_of("namespaces", own), body)
            yield Lack("namespaces", namespace.name, _why(found, lacking), (), (request,))

    def _things(self, namespace: str, own: str) -> Iterator[Found]:
        # The hub lists a hundred things in the time that it takes to tell of a few one by one.
        datasets = {each.name: each for each in self._hub.datasets(own)}
        for dataset in self._marquez.datasets(namespace):
            yield from self._dataset(namespace, own, dataset, datasets.get(dataset.name))
        jobs = {each.name: each for each in self._hub.jobs(own)}
        for job in self._marquez.jobs(namespace):
            found = jobs.get(job.name)
            if found is None and job.simple_name in jobs:
                # Marquez puts a parent's name before its child's; a job without is another one.
                child = jobs[job.simple_name]
                found = child if child.parent_job_name is not None else None
            yield from self._job(namespace, own, job, found)

    def _dataset(
        self, namespace: str, own: str, dataset: Dataset, found: Dataset | None
    ) -> Iterator[Found]:
        path = dataset_path(own, dataset.name)
        yield from self._seen("datasets", is_here=found is not None)
        fields = {each.name: each for each in (found.fields or () if found else ())}
        absent = {each.name for each in dataset.fields or ()} - fields.keys()
        if absent and _has_spoken_last(found, dataset):
            names = ", ".join(sorted(absent))
            yield Odd("datasets", f"{namespace}:{dataset.name} {names}", _FIELDS)
            absent = set()
        lacking = _lacking(
            ("fields", absent),
            ("its description", dataset.description and not (found and found.description)),
        )
        events: tuple[bytes, ...] = ()
        if found is None or lacking:
            versions = self._marquez.dataset_versions(namespace, dataset.name)
            events = tuple(dataset_events(own, dataset, versions))
        known = set(found.tags or ()) if found else set()
        requests = [
            Request("POST", f"{path}/tags/{quote(tag, safe='')}")
            for tag in dataset.tags or ()
            if tag not in known
        ]
        requests += [
            Request("POST", f"{path}/fields/{quote(name, safe='')}/tags/{quote(tag, safe='')}")
            for name, tag in _field_tags(dataset.fields) - _field_tags(fields.values())
        ]
        lacking += ["tags"] * bool(requests)
        if events or requests:
            what = f"{namespace}:{dataset.name}"
            yield Lack("datasets", what, _why(found, lacking), events, tuple(sorted(requests)))

    def _job(self, namespace: str, own: str, job: Job, found: Job | None) -> Iterator[Found]:
        path = job_path(own, found.name if found else job.name)
        yield from self._seen("jobs", is_here=found is not None)
        lacking = _lacking(
            ("its description", job.description and not (found and found.description)),
            ("its location", job.location and not (found and found.location)),
        )
        events: tuple[bytes, ...] = ()
        if found is None or lacking:
            called = job if found is None else msgspec.structs.replace(job, name=found.name)
            versions = self._marquez.job_versions(namespace, job.name)
            events = tuple(job_events(own, called, versions))
        known = set(found.tags or ()) if found else set()
        requests = [
            Request("POST", f"{path}/tags/{quote(tag, safe='')}")
            for tag in job.tags or ()
            if tag not in known
        ]
        lacking += ["tags"] * bool(requests)
        if events or requests:
            what = f"{namespace}:{job.name}"
            yield Lack("jobs", what, _why(found, lacking), events, tuple(requests))
        yield from self._runs(namespace, own, job, found)

    def _runs(self, namespace: str, own: str, job: Job, found: Job | None) -> Iterator[Found]:
        known: dict[str, str] = {}
        for run in self._hub.runs(own, found.name) if found else ():
            known |= dict.fromkeys(run_ids_of(run.id), run.state)
        for run in self._marquez.runs(namespace, job.name):
            state = known.get(run.id)
            if state is None:
                # An event may have given it to a job of another name.
                elsewhere = self._hub.find(path_of("jobs", "runs", run.id), Run)
                state = elsewhere.state if elsewhere else None
            yield from self._seen("runs", is_here=state is not None)
            what = f"{namespace}:{job.name} {run.id}"
            if state is None:
                name = found.name if found else job.name
                yield Lack("runs", what, _why(None, []), tuple(run_events(own, name, run)))
            elif state != run.state:
                yield Odd("runs", f"{what}: {run.state}, here {state}", _STATES)


def _lacking(*members: tuple[str, object]) -> list[str]:
    return [name for name, is_lacking in members if is_lacking]


def _why(found: object, lacking: list[str] | str) -> str:
    if found is None:
        return "the hub does not know it"
    return f"the hub lacks {lacking if isinstance(lacking, str) else ' and '.join(lacking)}"


def _body(**members: str | None) -> bytes:
    return msgspec.json.encode(members)


def _scrubbed(address: str) -> str:
    """Return an address as the hub keeps it: without secrets."""
    kept: str = msgspec.json.decode(scrub(msgspec.json.encode({"url": address})))["url"]
    return kept


def _has_spoken_last(found: Dataset | None, dataset: Dataset) -> bool:
    """Tell whether the hub knows what producers said of the schema, and nothing was said since."""
    return (
        found is not None
        and "schema" in (found.facets or {})
        and instant_of(dataset.updated_at) <= instant_of(found.updated_at)
    )


def _field_tags(fields: Iterable[Field] | None) -> set[tuple[str, str]]:
    return {(each.name, tag.upper()) for each in fields or () for tag in each.tags or ()}
