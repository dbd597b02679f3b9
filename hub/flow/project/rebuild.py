"""Projecting the whole journal again: in place, or beside the live tables to compare with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from hub.domain.errors import Conflict
from hub.flow.project.stage import Project
from hub.store import rebuilding, tracking
from hub.store.opening import Store, open_store

OnProgress = Callable[[int, int], None]


class Difference(Struct, frozen=True):
    """A table whose live content is not what the journal makes of it."""

    table: str
    live: str
    rebuilt: str


def project_all(store: Store, on_progress: OnProgress = lambda _done, _total: None) -> None:
    """Project until nothing is left; ``on_progress`` is told the position and the last one."""
    stage = Project(store)
    while _step(stage):
        with store.database.read() as connection:
            done = tracking.position(connection, stage.name)
            on_progress(done, store.journal.head(connection))


def rebuild(store: Store, on_progress: OnProgress = lambda _done, _total: None) -> None:
    """Empty every projection and make it again. Decisions are replayed, never decided again."""
    with store.database.write() as connection:
        rebuilding.empty_projections(connection)
    project_all(store, on_progress)


def verify(store: Store, on_progress: OnProgress = lambda _done, _total: None) -> list[Difference]:
    """Project the journal into a store of its own, and return what differs from the live one."""
    project_all(store)
    with TemporaryDirectory(prefix="hub-rebuild-") as folder:
        other = open_store(f"sqlite:///{Path(folder, 'rebuilt.db')}")
        try:
            # One snapshot: what is appended meanwhile is in neither.
            with store.database.read() as connection:
                position = tracking.position(connection, Project.name)
                rebuilding.copy_journal(connection, other.database, up_to=position)
                live = rebuilding.digests(connection)
            project_all(other, on_progress)
            with other.database.read() as connection:
                rebuilt = rebuilding.digests(connection)
        finally:
            other.close()
    return [
        Difference(name, live[name], rebuilt[name]) for name in live if live[name] != rebuilt[name]
    ]


def _step(stage: Project) -> bool:
    try:
        return stage.step()
    except Conflict:
        return True
