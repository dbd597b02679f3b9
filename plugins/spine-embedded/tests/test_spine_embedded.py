import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hub_spine_embedded.spine import EmbeddedSpine

from hub.domain.errors import InvalidInput
from hub.spi.spine import NewMessage
from hub.testing.conformance import SpineConformance

WRITER = """
import sys
from hub.spi.spine import NewMessage
from hub_spine_embedded.spine import EmbeddedSpine

spine = EmbeddedSpine()
spine.open(sys.argv[1])
start = number = int(sys.argv[2])
while True:
    batch = [NewMessage(id=str(number + each), payload=b"x" * 500) for each in range(7)]
    number += 7
    print(spine.append("a", batch, published_at=1), flush=True)
"""


def opened(location: str) -> EmbeddedSpine:
    spine = EmbeddedSpine()
    spine.open(location)
    return spine


class TestEmbeddedSpine(SpineConformance):
    def opened(self, location: str) -> EmbeddedSpine:
        return opened(location)


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    location = str(tmp_path / "spine.db")
    kept = 0
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, location, str(kept)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            acknowledged = [int(writer.stdout.readline()) for _ in range(15)][-1]
            writer.kill()

        spine = opened(location)
        found = spine.read("a", after=0, limit=100_000)
        spine.close()
        kept = len(found)
        assert kept >= acknowledged
        assert kept % 7 == 0, "a batch is there whole or not at all"
        assert [each.sequence for each in found] == list(range(1, kept + 1))
        assert [each.id for each in found] == [str(each) for each in range(kept)]


def test_commits_are_on_the_disk_when_they_return(tmp_path: Path) -> None:
    spine = opened(str(tmp_path / "spine.db"))

    assert spine._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert spine._connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_url_is_no_place_for_it(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nats://here"):
        opened("nats://here")


def test_what_is_no_spine_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "spine.db").write_text("something else that is long enough to be looked at" * 9)

    with pytest.raises(sqlite3.DatabaseError):
        opened(str(tmp_path / "spine.db"))


def test_a_closed_spine_says_so(tmp_path: Path) -> None:
    spine = opened(str(tmp_path / "spine.db"))
    spine.close()
    spine.close()

    with pytest.raises(InvalidInput, match="not open"):
        spine.append("a", [NewMessage(id="1", payload=b"")], published_at=1)
