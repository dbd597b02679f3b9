import json
from pathlib import Path

import pytest

from hub.store.opening import Store
from tests.golden.picture import CORPUS, EXPECTED, expected_path, take_picture


@pytest.mark.parametrize("events", CORPUS, ids=lambda path: path.stem)
def test_events_make_what_a_person_has_checked(events: Path, sqlite_store: Store) -> None:
    expected = json.loads(expected_path(events).read_text("utf-8"))
    assert take_picture(sqlite_store, events) == expected


def test_every_picture_is_of_events_that_there_are() -> None:
    assert sorted(EXPECTED.iterdir()) == sorted(map(expected_path, CORPUS))
