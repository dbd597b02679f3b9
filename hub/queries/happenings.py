"""Happenings: the entries of a timeline, what they say, and how they stand in it.

At one instant, kinds come by ``_RANKS``, the greatest first.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from hub.domain.errors import InvalidInput
from hub.domain.openlineage.dependencies import UP
from hub.domain.openlineage.runs import SeenState
from hub.queries.dataset_details import AssertionRow, DropRow, VersionRow
from hub.queries.pages import Key, PageRequest
from hub.queries.runs import RunRow


class HappeningKind(StrEnum):
    """What can happen to a dataset or a job."""

    RAN = "RAN"
    WRITTEN = "WRITTEN"
    TESTED = "TESTED"
    SCHEMA_CHANGED = "SCHEMA_CHANGED"
    EDGE_OPENED = "EDGE_OPENED"
    EDGE_CLOSED = "EDGE_CLOSED"
    OWNERS_CHANGED = "OWNERS_CHANGED"
    TAGS_CHANGED = "TAGS_CHANGED"
    NAME_JOINED = "NAME_JOINED"
    NAME_PARTED = "NAME_PARTED"
    DEPENDENCY_ADDED = "DEPENDENCY_ADDED"
    DEPENDENCY_DROPPED = "DEPENDENCY_DROPPED"
    INCIDENT_OPENED = "INCIDENT_OPENED"
    INCIDENT_RESOLVED = "INCIDENT_RESOLVED"
    SLO_BROKEN = "SLO_BROKEN"
    SLO_MET = "SLO_MET"
    DROPPED = "DROPPED"


class SchemaChange(NamedTuple):
    """Which fields came, went and changed their type when a schema was first seen."""

    added: list[str]
    removed: list[str]
    changed: list[str]


class LabelChange(NamedTuple):
    """Which owners, or which tags, came and went when they were first said to be others.

    ``actor`` is who put a tag on or took it off by hand.
    """

    added: list[str]
    removed: list[str]
    actor: str | None = None


class NameChange(NamedTuple):
    """That another name came to mean the same thing, or ceased to; ``how`` is in words.

    ``actor`` is the operator who says so.
    """

    how: str
    name: str
    provenance: str
    actor: str | None


class DependencyChange(NamedTuple):
    """That a job is first said to wait for another (side "up"), or the other for it; or last.

    ``other`` is the store's id.
    """

    other: int
    side: str
    kind: str


class Trouble(NamedTuple):
    """That an incident or the breach of an SLO began or ended; ``name`` is its id, or the SLO's."""

    name: str
    words: str


class EdgeChange(NamedTuple):
    """That a job began or ceased to read (side "in") or write ("out") a dataset.

    ``other`` is the store's id of the end that the timeline is not about.
    """

    other: int
    side: str
    origin: str
    ordinal: int
    at: int


Change: TypeAlias = (
    SchemaChange | EdgeChange | LabelChange | NameChange | DependencyChange | Trouble
)
Said: TypeAlias = VersionRow | DropRow | AssertionRow | RunRow | Change


class Happening(NamedTuple):
    """One thing that happened. ``at`` is event time, microseconds UTC.

    ``node`` is the id of the run that did it, of the other end of an edge or of a dependency, or of
    an incident.
    """

    at: int
    kind: HappeningKind
    ties: Key
    said: Said
    node: str | None = None

    @property
    def sort_key(self) -> Key:
        """Where it stands in its timeline."""
        return (self.at, _RANKS[self.kind], *self.ties)


_RANKS: Final = {kind: rank for rank, kind in enumerate(HappeningKind)}
_LEAST: Final = -(1 << 63)
_FURTHEST: Final = 1 << 62
# For each kind, what tells apart those of one instant is greater than this.
_NO_TIES: Final[dict[HappeningKind, Key]] = {
    HappeningKind.RAN: (_LEAST,),
    HappeningKind.WRITTEN: (_LEAST,),
    HappeningKind.TESTED: (_LEAST, _LEAST),
    HappeningKind.SCHEMA_CHANGED: ("",),
    HappeningKind.EDGE_OPENED: (_LEAST, "", "", _LEAST),
    HappeningKind.EDGE_CLOSED: (_LEAST, "", "", _LEAST),
    HappeningKind.OWNERS_CHANGED: ("",),
    HappeningKind.TAGS_CHANGED: ("",),
    HappeningKind.NAME_JOINED: ("", "", ""),
    HappeningKind.NAME_PARTED: ("", "", ""),
    HappeningKind.DEPENDENCY_ADDED: (_LEAST, "", "", "", ""),
    HappeningKind.DEPENDENCY_DROPPED: (_LEAST, "", "", "", ""),
    HappeningKind.INCIDENT_OPENED: ("",),
    HappeningKind.INCIDENT_RESOLVED: ("",),
    HappeningKind.SLO_BROKEN: ("",),
    HappeningKind.SLO_MET: ("",),
    HappeningKind.DROPPED: (_LEAST,),
}
_TROUBLES: Final = {
    HappeningKind.INCIDENT_OPENED: "incident {} began",
    HappeningKind.INCIDENT_RESOLVED: "incident {} was resolved",
    HappeningKind.SLO_BROKEN: "SLO {} was broken",
    HappeningKind.SLO_MET: "SLO {} was met again",
}


def place_of(request: PageRequest, kind: HappeningKind) -> Key | None:
    """Return after which instant and ties happenings of a kind follow."""
    if request.after is None:
        return None
    at, rank, *ties = _checked(request.after)
    none = _NO_TIES[kind]
    if rank == _RANKS[kind]:
        return (at, *ties)
    return (at + 1 if _RANKS[kind] < rank else at, *none)


def _checked(key: Key) -> tuple[int, int, *tuple[str | int, ...]]:
    match key:
        case (int(at), int(rank), *ties) if 0 <= rank < len(_RANKS) and abs(at) < _FURTHEST:
            none = _NO_TIES[[*HappeningKind][rank]]
            if [*map(type, ties)] == [*map(type, none)] and all(map(_fits, ties)):
                return (at, rank, *ties)
    raise InvalidInput("after: the cursor belongs to another list")


def _fits(tie: str | int) -> bool:
    # PostgreSQL has no text with a null character.
    return "\0" not in tie if isinstance(tie, str) else abs(tie) < _FURTHEST


def before(happenings: Iterable[Happening], request: PageRequest) -> list[Happening]:
    """Return those of some happenings that a page may show."""
    if request.after is None:
        return [*happenings]
    place = _checked(request.after)
    return [each for each in happenings if each.sort_key < place]


def summary(happening: Happening) -> str:
    """Return in a few words what happened."""
    match happening.said:
        case RunRow() as run:
            lasted = _lasted(run)
            return f"{(run.state or SeenState.NEW.value).lower()}{lasted}"
        case VersionRow() as version:
            sizes = ((version.rows, "rows"), (version.bytes, "bytes"))
            said = ", ".join(f"{count} {unit}" for count, unit in sizes if count is not None)
            return f"written: {said}" if said else "written"
        case DropRow():
            return "dropped"
        case AssertionRow() as test:
            of = f" of {test.field}" if test.field else ""
            return f"{test.name or test.assertion}{of} {'passed' if test.success else 'failed'}"
    return _in_words(happening.kind, happening.said)


def _in_words(kind: HappeningKind, said: Change) -> str:
    match said:
        case SchemaChange() as change:
            words = _came_and_went(zip(("added", "removed", "changed type"), change, strict=True))
            return f"schema: {words or 'same fields, said otherwise'}"
        case EdgeChange() as change:
            verb = "read" if change.side == "in" else "write"
            began = "began" if kind is HappeningKind.EDGE_OPENED else "ceased"
            return f"{began} to {verb} ({change.origin.lower()})"
        case LabelChange() as change:
            what = "owners" if kind is HappeningKind.OWNERS_CHANGED else "tags"
            words = _came_and_went((("added", change.added), ("removed", change.removed)))
            by = f" (by {change.actor})" if change.actor else ""
            return f"{what}: {words or 'the same, said otherwise'}{by}"
        case NameChange() as change:
            return f"{change.how} {change.name} ({change.provenance.lower()})"
        case DependencyChange() as change:
            once = "first" if kind is HappeningKind.DEPENDENCY_ADDED else "last"
            return f"{once} said to {'wait for' if change.side == UP else 'be waited for by'}"
        case Trouble() as trouble:
            return f"{_TROUBLES[kind].format(trouble.name)}: {trouble.words}"


def _came_and_went(parts: Iterable[tuple[str, list[str]]]) -> str:
    return "; ".join(f"{verb}: {', '.join(names)}" for verb, names in parts if names)


def _lasted(run: RunRow) -> str:
    if run.started_at is None or run.ended_at is None:
        return ""
    return f" after {(run.ended_at - run.started_at) / 1_000_000:g} s"
