"""One request: what it asks for, and where the answer is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from hub.api.rest.marquez.problems import bad_parameter, coded, not_found
from hub.domain.names import DatasetName, JobName, plain_run_id
from hub.domain.openlineage.events import parse_time, usable_name
from hub.queries.datasets import DatasetRow, find_datasets
from hub.queries.jobs import JobRow, find_jobs
from hub.queries.marquez.curated import NotedNamespace, find_namespace, hidden_among
from hub.queries.marquez.lists import Slice
from hub.queries.marquez.runs import find_run
from hub.queries.runs import RunRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.api.rest.receiving import Receiver
    from hub.flow.ingest import Intake
    from hub.graph.identities import Identities
    from hub.graph.index import LineageIndex
    from hub.store.database import Database
    from hub.store.journal import Journal

DEFAULT_LIMIT: Final = 100
# Of one answer; a list can be asked for in slices.
MAX_LIMIT: Final = 10_000
_MAX_OFFSET: Final = 1 << 40
_MAX_DEPTH: Final = 10_000
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,100}")
_TRUE: Final = frozenset({"true", "1", "yes"})


class MarquezSources(Struct, frozen=True, kw_only=True):
    """What answers are made of. ``clock`` is µs UTC; ``hurry`` tells that somebody waits."""

    database: Database
    journal: Journal
    lineage: LineageIndex
    intake: Intake
    receiver: Receiver
    clock: Callable[[], int]
    hurry: Callable[[], None] = lambda: None


class Asking(Struct, dict=True):
    """A request to one route: the names in its path, its query, its body, and a snapshot."""

    connection: Connection
    sources: MarquezSources
    names: tuple[str, ...]
    query: Mapping[str, list[str]]
    body: bytes = b""
    # Who asks, by the key that they hold.
    actor: str = "local"

    @cached_property
    def identities(self) -> Identities:
        """Which names are one thing."""
        return self.sources.lineage.identities(self.connection)

    def text(self, name: str) -> str | None:
        """Return a parameter; an empty one counts as absent."""
        found = self.query.get(name, [""])[-1]
        return found.replace("\0", "�") or None

    def required(self, name: str) -> str:
        """Return a parameter that must be there."""
        found = self.text(name)
        if found is None:
            raise bad_parameter(name, "must not be null")
        return found

    def number(self, name: str, default: int, *, at_most: int) -> int:
        """Return a parameter that is a number, not a negative one."""
        text = self.text(name)
        if text is None:
            return default
        if not _NUMBER.fullmatch(text):
            raise bad_parameter(name, "must be a number")
        value = int(text)
        if value < 0:
            raise bad_parameter(name, "must be greater than or equal to 0")
        if value > at_most:
            raise bad_parameter(name, f"must be less than or equal to {at_most}")
        return value

    def depth(self) -> int:
        """Return how far a graph is to go."""
        return self.number("depth", 20, at_most=_MAX_DEPTH)

    def slice(self, default: int = DEFAULT_LIMIT) -> Slice:
        """Return which part of a list is wanted."""
        limit = self.number("limit", default, at_most=MAX_LIMIT)
        return Slice(limit, self.number("offset", 0, at_most=_MAX_OFFSET))

    def flag(self, name: str) -> bool:
        """Return a parameter that is true or false, however it is capitalised."""
        return (self.text(name) or "").lower() in _TRUE

    def choice(self, name: str, choices: Mapping[str, Any]) -> Any:  # noqa: ANN401 - one of the choices
        """Return what a word stands for; None where the parameter is absent."""
        text = self.text(name)
        return None if text is None else chosen(name, text, choices)

    def instant(self, name: str) -> int | None:
        """Return a parameter that is a time, in microseconds UTC."""
        text = self.text(name)
        if text is None:
            return None
        # A plus sign that nobody has encoded arrives as a blank.
        when = parse_time(re.sub(r" (?=[0-9]{2}:?[0-9]{2}$)", "+", text))
        if when is None:
            raise coded(400, f"Parameter is invalid: {name} {text!r} is no time from 1970 to 2199")
        return when.at

    def namespace(self) -> NotedNamespace:
        """Return the namespace that the first name of the path names."""
        name = self.names[0]
        found = find_namespace(self.connection, name) if usable_name(name) else None
        if found is None:
            raise not_found("Namespace", name)
        return found

    def dataset(self) -> DatasetRow:
        """Return the dataset that the first two names of the path name."""
        name = DatasetName(*self.names[:2])
        found = self._dataset_called(name) if all(map(usable_name, name)) else None
        if found is None or hidden_among(self.connection, "dataset", [found.key]):
            self.namespace()
            raise not_found("Dataset", name.name)
        return found

    def _dataset_called(self, name: DatasetName) -> DatasetRow | None:
        """Return the dataset of a name; of one that only a symlink gives, what it links."""
        found = find_datasets(self.connection, [name])
        if name in found:
            return found[name]
        others = [DatasetName(*each) for each in self.identities.datasets.names_of(name)]
        found = find_datasets(self.connection, others)
        return next((found[each] for each in others if each in found), None)

    def job(self) -> JobRow:
        """Return the job that the first two names of the path name."""
        self.namespace()
        name = JobName(*self.names[:2])
        found = find_jobs(self.connection, [name]) if usable_name(name.name) else {}
        if name not in found or hidden_among(self.connection, "job", [name]):
            raise not_found("Job", name.name)
        return found[name]

    def run(self, run_id: str) -> RunRow:
        """Return a run by its id."""
        found = find_run(self.connection, plain_run_id(run_id)) if usable_name(run_id) else None
        if found is None:
            raise not_found("Run", run_id)
        return found


def chosen(name: str, text: str, choices: Mapping[str, Any]) -> Any:  # noqa: ANN401 - one of the choices
    """Return what a word of a parameter stands for."""
    if text.upper() not in choices:
        message = f"query param {name} must be one of [{', '.join(choices)}]"
        raise coded(400, message)
    return choices[text.upper()]
