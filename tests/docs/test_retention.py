"""Operations says of every table what bounds it, and what retention bounds is what leaves."""

from __future__ import annotations

import re

from hub.flow.retain.planning import INCIDENTS, LETTERS
from hub.store import aging, old_sayings, superseded
from hub.store.retirement import Horizon
from hub.store.tables import metadata
from tests.docs.markdown import rows

LEAVES = {
    "runs_days": aging.run_rows(()),
    "incidents_days": INCIDENTS.rows(()),
    "dead_letters_days": LETTERS.rows(()),
    "known_days": superseded.rows_until(0),
    "facets_days": old_sayings.rows_until(Horizon(0, 0)),
}
# Deleted with what they hang on, and archived as what they are made of.
WITHOUT_FILES = {"lost_run", "journal_block"}


def bounds() -> list[tuple[str, str]]:
    """Return each table that operations names, with what bounds it."""
    told = []
    for cells in rows("docs/operations.md", "Retention"):
        if len(cells) == 2:  # what bounds tables; the other table has three columns
            told += [(name, cells[1]) for name in re.findall(r"`(\w+)`", cells[0])]
    return told


def test_of_every_table_it_is_said_once_what_bounds_it() -> None:
    assert sorted(name for name, _ in bounds()) == sorted(metadata.tables)


def test_what_a_setting_bounds_is_what_leaves_by_it() -> None:
    told = {
        setting: {name for name, bound in bounds() if bound.startswith(f"`{setting}`")}
        for setting in LEAVES
    }

    assert {setting: names - WITHOUT_FILES for setting, names in told.items()} == {
        setting: {table.name.partition(" ")[0] for table, _ in each}
        for setting, each in LEAVES.items()
    }
