"""Asking GraphQL: of a running hub, or of a store in this process. The answer is the same."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from hub.cli.options import settings_of
from hub.cli.remote import ask
from hub.domain.errors import NotFound, Refused
from hub.graph.index import LineageIndex
from hub.settings import load_catalog
from hub.store.opening import open_present

if TYPE_CHECKING:
    from pathlib import Path

    from hub.domain.commands import Answer, Command


_NEAR: Final = """query ($text: String!, $kinds: [SearchKind!]) {
  search(text: $text, kinds: $kinds, first: 3) { nodes { id } }
}"""


def read(
    query: str,
    variables: dict[str, object],
    *,
    config: Path | None,
    database: str | None,
    url: str | None,
) -> dict[str, Any]:
    """Return the data of a query: of the hub under ``url``, unless a ``database`` is named.

    Raises:
        HubError: as ``ask``, or as the store and what it is asked raise.

    """
    if url and not database:
        return ask(url, query, variables)
    # Heavy, and of no use to whoever asks a hub.
    from hub.api.graphql.in_process import answer
    from hub.api.graphql.reads import Sources
    from hub.app.clock import now
    from hub.flow.evaluate.reading import read_slo

    loaded = settings_of(config, database)
    catalog = load_catalog(loaded)
    with closing(open_present(loaded.settings.database)) as store:
        index = LineageIndex(lambda: catalog)
        sources = Sources(
            database=store.database,
            journal=store.journal,
            lineage=index,
            catalog=lambda: catalog,
            clock=now,
            submit=_refuse,
            reading=lambda connection, slo: read_slo(
                connection, store.journal, catalog, index, slo, now=now()
            ),
        )
        return answer(sources, query, variables)


def read_of(
    node: str,
    member: str,
    query: str,
    variables: dict[str, object],
    *,
    config: Path | None,
    database: str | None,
    url: str | None,
) -> Any:  # noqa: ANN401 - JSON
    """Return a member of the data of a query that asks about a node.

    Raises:
        NotFound: it is null: no event has named the node. The fix are those called most like it.
        HubError: as ``read``.

    """
    found = read(query, variables, config=config, database=database, url=url)[member]
    if found is not None:
        return found
    meant = []
    kind, _, name = node.partition(":")
    if kind in ("dataset", "job", "field"):
        near: dict[str, object] = {
            "text": unquote(name.rpartition(":")[2]),
            "kinds": [kind.upper()],
        }
        meant = read(_NEAR, near, config=config, database=database, url=url)["search"]["nodes"]
    named = " or ".join(each["id"] for each in meant)
    fix = f"did you mean {named}?" if named else "`hub search` finds names"
    raise NotFound(f"no event has named {node}", fix=fix)


def _refuse(_command: Command) -> Answer:
    raise Refused("a read changes nothing")
