"""What several sources declare of one job: the last word of each, in whatever order it came."""

from __future__ import annotations

import json
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from hub.domain.lineage.intervals import Naming
from hub.domain.lineage.surety import DECLARED
from hub.domain.names import DatasetName
from hub.flow.project import Project, verify
from hub.store.opening import Store
from hub.store.projection.courses import DeclaredCourse
from hub.store.tables import dataset, edge
from tests.small_world import LOAD, NAMES, SECOND, A, B, C, append, copied, declaration_event

FILES, TOOL = "urn:hub:files:0.1.0", "https://github.com/acme/tool/tree/1.2.0/lineage"


class Word(NamedTuple):
    """What a source says at a second that a job reads; nothing is silence, unless ``is_whole``."""

    at: int
    source: str
    inputs: tuple[DatasetName, ...]
    is_whole: bool = False

    @property
    def event(self) -> bytes:
        return declaration_event(
            LOAD, self.at * SECOND, self.inputs, producer=self.source, is_whole=self.is_whole
        )


def words() -> st.SearchStrategy[list[Word]]:
    """Words in the order of their coming; of a source there is one at a time."""
    word = st.builds(
        Word,
        at=st.integers(1, 9),
        source=st.sampled_from([FILES, TOOL]),
        inputs=st.lists(st.sampled_from(NAMES), max_size=3, unique=True).map(tuple),
        is_whole=st.booleans(),
    )
    return st.lists(word, min_size=1, max_size=12, unique_by=lambda each: (each.at, each.source))


def declared_at(connection: Connection, second: int) -> set[str]:
    """Return what edges say that the job is declared to read then."""
    at = second * SECOND
    holds = edge.c.closed_at.is_(None) | (edge.c.closed_at > at)
    names = select(dataset.c.name).join(edge, edge.c.dataset_id == dataset.c.id)
    said = names.where(edge.c.origin == DECLARED, edge.c.opened_at <= at, holds)
    return set(connection.scalars(said))


def said_at(said: list[Word], second: int) -> set[str]:
    """Return what the last words of all sources name then."""
    last: dict[str, Word] = {}
    for word in sorted(said):
        if word.at <= second and (word.inputs or word.is_whole):
            last[word.source] = word
    return {name.name for word in last.values() for name in word.inputs}


def tell(store: Store, *blocks: list[bytes]) -> None:
    stage = Project(store)
    for block in blocks:
        append(store, *block)
        while stage.step():
            pass


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40
)
@given(words(), st.integers(1, 4))
def test_an_edge_is_declared_while_the_last_word_of_any_source_names_it(
    sqlite_url: str, said: list[Word], size: int
) -> None:
    events = [word.event for word in said]
    with copied(sqlite_url) as store:
        tell(store, *(events[start : start + size] for start in range(0, len(events), size)))
        with store.database.read() as connection:
            found = {second: declared_at(connection, second) for second in range(11)}
        assert found == {second: said_at(said, second) for second in range(11)}
        assert verify(store) == []


def test_a_source_replaces_its_own_word_whatever_version_it_has(store: Store) -> None:
    newer = TOOL.replace("1.2.0", "1.3.0")
    said = [Word(1, TOOL, (A,)), Word(2, FILES, (B,), is_whole=True), Word(3, newer, (C,))]
    tell(store, *([word.event] for word in said))
    with store.database.read() as connection:
        assert declared_at(connection, 2) == {"a", "b"}
        assert declared_at(connection, 3) == {"b", "c"}
    tell(store, [Word(4, FILES.replace("0.1.0", "0.2.0"), (), is_whole=True).event])
    with store.database.read() as connection:
        assert declared_at(connection, 4) == {"c"}
    assert verify(store) == []


def test_who_does_not_say_who_it_is_is_a_source_too(sqlite_store: Store) -> None:
    nameless = json.loads(Word(2, TOOL, (B,)).event)
    del nameless["producer"]
    tell(sqlite_store, [Word(1, TOOL, (A,)).event], [json.dumps(nameless).encode()])
    with sqlite_store.database.read() as connection:
        assert declared_at(connection, 2) == {"a", "b"}


def test_a_source_that_repeats_itself_beside_others_changes_nothing() -> None:
    def word(at: int, source: str, *names: int, can_omit: bool = True) -> Naming:
        return Naming(at, at, "", can_omit, frozenset(names), source=source)

    said = [word(1, FILES, 1), word(2, TOOL, 2), word(5, TOOL, 2, can_omit=False)]
    course = DeclaredCourse(0, {each.end: each for each in said}, {})
    assert course.is_settled_by(word(3, TOOL, 2))
    assert course.is_settled_by(word(9, FILES, 1))
    assert not course.is_settled_by(word(3, TOOL, 2, 3))
    assert not course.is_settled_by(word(1, TOOL, 2))
    # What it leaves out counts, and that of the word before did not.
    assert not course.is_settled_by(word(6, TOOL, 2))
