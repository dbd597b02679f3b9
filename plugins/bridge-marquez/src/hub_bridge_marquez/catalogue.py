"""A catalogue that speaks Marquez's REST API: a Marquez, or the hub itself.

marquez-python knows its paths and parameters. How requests are sent is ours: its own way holds no
answer to a size, keeps no connection, and hands one client's key to all others of the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from marquez_client import MarquezClient
from msgspec import Raw

from hub.domain.errors import DataError, InvalidInput
from hub.spi.bridge import HubApi, Reply
from hub_bridge_marquez.shapes import (
    Dataset,
    DatasetVersion,
    Job,
    JobVersion,
    Namespace,
    Run,
    Source,
    Tag,
)

ROOT: Final = "/api/v1"
_OK: Final = 200
_MOVED: Final = frozenset({301, 302, 307, 308})
# A renamed job leads to the last of its names; whoever leads further leads in a circle.
_MAX_MOVES: Final = 5
_NOT_FOUND: Final = 404
_BROKEN: Final = 500
_PAGE: Final = 100
_T = TypeVar("_T")


class NotHere(DataError):
    """What was asked for is not there."""


class Broken(DataError):
    """The server failed; asked for less, it may not."""


class Page(NamedTuple):
    """Events as they came, and how many there are in all."""

    events: list[Raw]
    total: int


class Catalogue(MarquezClient):  # type: ignore[misc]  # it ships no types
    """Reads through ``api``; ``what`` names it in errors.

    ``unreadable`` collects what the server fails to show: a list of Marquez's is answered with 500
    where one of its elements cannot be shown.
    """

    def __init__(self, api: HubApi, what: str) -> None:
        super().__init__("", timeout_ms=1)  # the time is the api's affair
        self._ask = api.ask
        self._what = what
        self.unreadable: list[str] = []

    def namespaces(self) -> Iterator[Namespace]:
        """Yield the namespaces, hidden ones too."""
        try:
            yield from self._each("namespaces", Namespace, self.list_namespaces)
        except NotHere as error:
            message = f"{error.message}: it is none"
            raise InvalidInput(message, fix="write http://HOST:PORT, without /api/v1") from None

    def sources(self) -> Iterator[Source]:
        """Yield the sources."""
        return self._each("sources", Source, self.list_sources)

    def tags(self) -> Iterator[Tag]:
        """Yield the tags."""
        return self._each("tags", Tag, self.list_tags)

    def datasets(self, namespace: str) -> Iterator[Dataset]:
        """Yield the datasets of a namespace."""
        return self._within("datasets", Dataset, partial(self.list_datasets, namespace))

    def dataset_versions(self, namespace: str, name: str) -> Iterator[DatasetVersion]:
        """Yield the versions of a dataset, the newest first."""
        path = _below(namespace, "datasets", name, "versions")
        return self._within("versions", DatasetVersion, partial(self._list, path))

    def jobs(self, namespace: str) -> Iterator[Job]:
        """Yield the jobs of a namespace."""
        return self._within("jobs", Job, partial(self.list_jobs, namespace))

    def job_versions(self, namespace: str, name: str) -> Iterator[JobVersion]:
        """Yield the versions of a job, the newest first."""
        path = _below(namespace, "jobs", name, "versions")
        return self._within("versions", JobVersion, partial(self._list, path))

    def runs(self, namespace: str, job: str) -> Iterator[Run]:
        """Yield the runs of a job, the newest first."""
        path = _below(namespace, "jobs", job, "runs")
        return self._within("runs", Run, partial(self._list, path))

    def find(self, path: str, kind: type[_T]) -> _T | None:
        """Return the one thing that a path leads to, if it is there."""
        try:
            found: _T = _decoded(self._what, path, self._got(path), kind)
        except NotHere:
            return None
        return found

    def events(self, *, limit: int, after: str, before: str) -> Page:
        """Return events, the oldest first: from ``after`` on, before ``before``."""
        asked = {"sortDirection": "asc", "limit": limit, "after": after, "before": before}
        body = self._got(f"{ROOT}/events/lineage?{urlencode(asked)}")
        found = _decoded(self._what, "/events/lineage", body, _Events)
        return Page(found.events, found.total_count)

    def _within(self, member: str, kind: type[_T], ask: Callable[..., bytes]) -> Iterator[_T]:
        """Yield what is listed of one thing; nothing where that has gone meanwhile."""
        with suppress(NotHere):
            yield from self._each(member, kind, ask)

    def _each(self, member: str, kind: type[_T], ask: Callable[..., bytes]) -> Iterator[_T]:
        offset, body = 0, b""
        while True:
            before = body
            try:
                body = ask(limit=_PAGE, offset=offset)
            except Broken:
                found, is_last = self._one_by_one(member, kind, ask, offset)
            except ValueError as error:
                # marquez-python asks for no name that is longer than Marquez's own may be.
                self.unreadable.append(f"{member}: {error}")
                return
            else:
                found = self._elements(member, kind, body)
                if body == before:
                    return  # it knows nothing of pages, and would answer like this for ever
                is_last = len(found) < _PAGE
            yield from found
            if is_last:
                return
            offset += _PAGE

    def _one_by_one(
        self, member: str, kind: type[_T], ask: Callable[..., bytes], start: int
    ) -> tuple[list[_T], bool]:
        """Return the elements of a page that cannot be shown whole, and whether it is the last."""
        found: list[_T] = []
        broken: list[str] = []
        for offset in range(start, start + _PAGE):
            try:
                one = self._elements(member, kind, ask(limit=1, offset=offset))
            except Broken as error:
                broken.append(f"{member}[{offset}]: {error.message}")
                continue
            if not one:
                break
            found += one
        if not found and len(broken) == _PAGE:
            raise Broken(broken[0], fix="look into the Marquez's log")
        self.unreadable += broken
        return found, len(found) + len(broken) < _PAGE

    def _elements(self, member: str, kind: type[_T], body: bytes) -> list[_T]:
        listed: dict[str, Raw] = _decoded(self._what, member, body, dict[str, Raw])
        if member not in listed:
            raise DataError(f"{self._what} answers without {member}", fix="is it a Marquez?")
        return _decoded(self._what, member, listed[member], list[kind] | None) or []  # type: ignore[valid-type]  # a type that is passed in

    def _list(self, path: str, *, limit: int, offset: int) -> bytes:
        # Longer names than marquez-python asks for.
        return self._got(f"{path}?{urlencode({'limit': limit, 'offset': offset})}")

    def _get(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        as_json: bool = True,  # noqa: FBT001, FBT002 - as in the base class
    ) -> bytes:
        """Send what marquez-python asks for; unlike there, the body is returned as it is."""
        del as_json
        given = {name: value for name, value in (params or {}).items() if value is not None}
        return self._got(f"{url}?{urlencode(given)}")

    def _got(self, path: str) -> bytes:
        reply = self._followed(path)
        where = path.partition("?")[0]
        if reply.status == _NOT_FOUND:
            raise NotHere(f"{self._what} has no {where}")
        if reply.status >= _BROKEN:
            raise Broken(f"{self._what} answers {reply.status} to {where}")
        if reply.status != _OK:
            message = f"{self._what} answers {reply.status} to {where}"
            raise DataError(message, fix="check that there is a Marquez")
        return reply.body

    def _followed(self, path: str) -> Reply:
        """Return the answer to a read, of a job that goes by another name from where that is."""
        reply = self._ask("GET", path)
        for _move in range(_MAX_MOVES):
            moved_to = _own_path(reply.moved_to) if reply.status in _MOVED else None
            if moved_to is None:
                break
            reply = self._ask("GET", moved_to)
        return reply


def _own_path(location: str | None) -> str | None:
    """Return the path of a redirect below the API; never another server's."""
    where = urlsplit(location or "")
    _before, root, below = where.path.partition(f"{ROOT}/")
    return f"{root}{below}?{where.query}" if root else None


def dataset_path(namespace: str, name: str) -> str:
    """Return the path of a dataset."""
    return _below(namespace, "datasets", name)


def job_path(namespace: str, name: str) -> str:
    """Return the path of a job."""
    return _below(namespace, "jobs", name)


def path_of(*parts: str) -> str:
    """Return the path of whatever these segments lead to."""
    return "/".join((ROOT, *(quote(part, safe="") for part in parts)))


def _below(namespace: str, *parts: str) -> str:
    return path_of("namespaces", namespace, *parts)


class _Events(msgspec.Struct, rename="camel"):
    events: list[Raw]
    total_count: int = 0


def _decoded(what: str, where: str, body: bytes | Raw, kind: Any) -> Any:  # noqa: ANN401 - the kind asked for
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"{what} answers to {where} what cannot be read: {error}"
        raise DataError(message, fix="check that there is a Marquez") from None
