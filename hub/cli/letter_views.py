"""Dead letters as the command line shows them, from a store or from a running hub alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field

from hub.cli.options import settings_of
from hub.cli.remote import ask
from hub.domain.deadletters import payload_text
from hub.domain.errors import NotFound
from hub.domain.instants import format_instant
from hub.domain.names import NodeKind, node_id
from hub.queries.pages import MAX_FIRST
from hub.store.dead_letters import (
    DISCARDED,
    OPEN,
    RESOLVED,
    Chosen,
    StoredLetter,
    count_letters,
    find_letters,
    newest_letters,
)
from hub.store.opening import Store, open_present

PREFIX: Final = f"{NodeKind.DEAD_LETTER.value}:"
_REFERENCES: Final = ("dataset", "run", "incident")
_ALL: Final = """
id state stage class rule reasons product step source dataset { id } run { id } contract origin
encoding eventTime recordedAt resolvedAt discardedFor replays incident { id }
"""
_LIST: Final = f"""
query ($filter: DeadLetterFilter, $first: Int!, $after: String) {{
  deadLetters(filter: $filter, first: $first, after: $after) {{
    nodes {{ {_ALL} }} totalCount pageInfo {{ endCursor hasNextPage }}
  }}
}}
"""
_ONE: Final = f"query ($id: ID!) {{ node(id: $id) {{ ... on DeadLetter {{ {_ALL} payload }} }} }}"


class Done(Struct, kw_only=True):
    """What came of dead letters, by their bare ids: those that came back, and those that did not.

    ``refused`` has today's reasons; ``left_alone`` are those that were not open any more, or whose
    step is not declared.
    """

    resolved: list[str] = field(default_factory=list)
    refused: dict[str, Sequence[str]] = field(default_factory=dict)
    discarded: list[str] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)

    def outcomes(self) -> Iterator[tuple[str, str, Sequence[str]]]:
        """Yield each letter with its state and the reasons against it."""
        yield from ((key, RESOLVED, ()) for key in self.resolved)
        yield from ((key, OPEN, reasons) for key, reasons in self.refused.items())
        yield from ((key, DISCARDED, ()) for key in self.discarded)


def ask_letters(url: str, chosen: Chosen, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Return those of a running hub's letters that changed last, and how many were chosen."""
    names = ("product", "step", "rule", "source")
    said = {name: getattr(chosen, name) for name in names}
    said |= {"states": chosen.states or None, "stages": [chosen.stage] if chosen.stage else None}
    found: list[dict[str, Any]] = []
    after = None
    while True:
        first = min(MAX_FIRST, limit - len(found))
        page = ask(url, _LIST, {"filter": said, "first": first, "after": after})["deadLetters"]
        found += map(_plain, page["nodes"])
        after = page["pageInfo"]["endCursor"]
        if len(found) >= limit or not page["pageInfo"]["hasNextPage"]:
            return found, page["totalCount"]


def ask_letter(url: str, key: str) -> dict[str, Any]:
    """Return one of a running hub's letters, with what came in."""
    found = ask(url, _ONE, {"id": PREFIX + key.removeprefix(PREFIX)})["node"]
    if not found:
        raise _unknown([key])
    return _plain(found)


def read_letters(
    config: Path | None, database: str | None, chosen: Chosen, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """Return those of a store's letters that changed last, and how many were chosen."""
    url = settings_of(config, database).settings.database
    with closing(open_present(url)) as store, store.database.read() as connection:
        found = newest_letters(connection, chosen, limit)
        return [_described(each) for each in found], count_letters(connection, chosen)


def read_letter(config: Path | None, database: str | None, key: str) -> dict[str, Any]:
    """Return one of a store's letters, with what came in."""
    with closing(open_present(settings_of(config, database).settings.database)) as store:
        [found] = find_by_id(store, [key])
    return _described(found) | {"payload": payload_text(found.letter.payload)}


def find_chosen(store: Store, chosen: Chosen) -> list[StoredLetter]:
    """Return letters by what is chosen of them."""
    with store.database.read() as connection:
        return find_letters(connection, chosen)


def find_by_id(store: Store, keys: list[str]) -> list[StoredLetter]:
    """Return letters by their ids.

    Raises:
        NotFound: there is none under one of them.

    """
    ids = tuple(key.removeprefix(PREFIX) for key in keys)
    found = find_chosen(store, Chosen(ids=ids))
    if unknown := sorted(set(ids) - {each.id for each in found}):
        raise _unknown(unknown)
    return found


def _unknown(keys: list[str]) -> NotFound:
    message = f"no dead letter has the id {', '.join(keys)}"
    return NotFound(message, fix="`hub dlq ls --all` lists them")


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    references = {name: found[name] and found[name]["id"] for name in _REFERENCES}
    return found | references


def _described(found: StoredLetter) -> dict[str, Any]:
    letter = found.letter
    at, resolved = letter.event_time, found.resolved_at
    incident = found.incident and node_id(NodeKind.INCIDENT, found.incident)
    return {
        "id": node_id(NodeKind.DEAD_LETTER, found.id),
        "state": found.state,
        "stage": letter.stage,
        "class": found.failure_class,
        "rule": letter.rule,
        "reasons": letter.reasons,
        "product": letter.product or None,
        "step": letter.step or None,
        "source": letter.source,
        "dataset": letter.dataset,
        "run": letter.run,
        "contract": letter.contract,
        "origin": letter.origin,
        "encoding": letter.encoding,
        "eventTime": None if at is None else format_instant(at),
        "recordedAt": format_instant(found.recorded_at),
        "resolvedAt": None if resolved is None else format_instant(resolved),
        "discardedFor": found.discarded_for,
        "replays": found.replays,
        "incident": incident,
    }
