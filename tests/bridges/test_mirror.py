"""A mirror tells a Marquez what the hub is told: in order, at least once, through outages."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hub_bridge_marquez.bridge import MarquezBridge

from hub.app.mirroring import Mirror
from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.commands import AcknowledgeIncident, entry_of
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import Conflict, InvalidInput, NotAuthorised
from hub.host import Host, Kind, Plug, PluginState
from hub.host.discovery import Plugin
from hub.spi.bridge import Bridge
from hub.store.opening import Store, open_store
from tests.bridges import world
from tests.bridges.recorded import RecordedMarquez
from tests.served.hubs import MAIN


def tell(store: Store, events: Sequence[bytes]) -> None:
    entries = [NewEntry(EntryKind.EVENT, event) for event in events]
    store.journal.append(entries, recorded_at=1)


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [b'{"number":%d}' % number for number in range(start, start + count)]


class Pauses:
    """A clock that only counts how long it was slept on, and mends things after a while."""

    def __init__(self) -> None:
        self.slept = 0.0
        self.mends: list[tuple[float, RecordedMarquez]] = []

    def __call__(self, seconds: float) -> None:
        self.slept += seconds
        for after, marquez in self.mends:
            if self.slept >= after:
                marquez.is_broken = False


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def plug(pauses: Pauses) -> Plug[Bridge]:
    """The bridge, behind the host's guard, with a clock of its own."""
    state = PluginState(name="bridge-marquez", distribution="hub-bridge-marquez", version="1")
    made = {(Kind.BRIDGE, "marquez"): lambda: MarquezBridge(sleep=pauses)}
    return Host([Plugin(state, made)]).bridge("marquez")


def mirror(
    store: Store, plug: Plug[Bridge], marquez: RecordedMarquez, pauses: Pauses, **more: str
) -> Mirror:
    return Mirror(store, plug, {"url": marquez.url, **more}, name="mirror marquez", sleep=pauses)


def drained(mirror: Mirror, *, from_start: bool = True) -> list[int]:
    """Send everything; return the positions that were refused."""
    refused: list[int] = []
    mirror.begin(from_start=from_start)
    while mirror.catch_up(lambda position, _why: refused.append(position)):
        pass
    return refused


def test_events_are_sent_in_order_as_they_are_and_nothing_else_is(
    store: Store, plug: Plug[Bridge], marquez: RecordedMarquez, pauses: Pauses
) -> None:
    tell(store, numbered(60))
    command = entry_of(AcknowledgeIncident(incident="INC-1"))
    store.journal.append([command], recorded_at=1)
    tell(store, numbered(60, 60))
    mirrored = mirror(store, plug, marquez, pauses)

    assert drained(mirrored) == []
    assert marquez.events == numbered(120)
    assert (mirrored.counts.sent, mirrored.counts.position) == (120, 121)
    again = mirror(store, plug, marquez, pauses)
    assert drained(again) == []
    assert len(marquez.events) == 120
    tell(store, numbered(1, 120))
    assert drained(again) == []
    assert marquez.events == numbered(121)


def test_at_first_it_begins_at_the_journal_s_end(
    sqlite_store: Store, plug: Plug[Bridge], marquez: RecordedMarquez, pauses: Pauses
) -> None:
    drained(mirror(sqlite_store, plug, marquez, pauses), from_start=False)
    tell(sqlite_store, numbered(3))
    # It has begun before there was anything: all three have come since.
    drained(mirror(sqlite_store, plug, marquez, pauses), from_start=False)
    assert marquez.events == numbered(3)
    other = Mirror(sqlite_store, plug, {"url": marquez.url}, name="other", sleep=pauses)
    drained(other, from_start=False)
    assert marquez.events == numbered(3)


def test_what_a_marquez_refuses_for_good_is_told_and_left_out(
    sqlite_store: Store, plug: Plug[Bridge], marquez: RecordedMarquez, pauses: Pauses
) -> None:
    tell(sqlite_store, world.events())
    mirrored = mirror(sqlite_store, plug, marquez, pauses)
    refused = drained(mirrored)

    # As the real one did: 422 and 400.
    assert refused == [13, 14]
    assert (mirrored.counts.sent, mirrored.counts.refused) == (12, 2)
    assert pauses.slept == 0


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_it_waits_while_a_marquez_is_away(
    sqlite_store: Store,
    plug: Plug[Bridge],
    marquez: RecordedMarquez,
    pauses: Pauses,
    status: int,
) -> None:
    tell(sqlite_store, numbered(3))
    marquez.outages = [status] * 12
    assert drained(mirror(sqlite_store, plug, marquez, pauses)) == []
    assert marquez.events == numbered(3)
    assert pauses.slept > 60


def test_an_event_that_breaks_a_healthy_marquez_is_left_out(
    sqlite_store: Store, plug: Plug[Bridge], marquez: RecordedMarquez, pauses: Pauses
) -> None:
    tell(sqlite_store, numbered(3))
    marquez.outages = [500] * 3
    assert drained(mirror(sqlite_store, plug, marquez, pauses)) == [1]
    assert marquez.events == numbered(2, 1)


def test_while_its_database_is_away_nothing_is_left_out(
    sqlite_store: Store, plug: Plug[Bridge], marquez: RecordedMarquez, pauses: Pauses
) -> None:
    tell(sqlite_store, numbered(3))
    marquez.is_broken = True
    pauses.mends.append((600, marquez))
    assert drained(mirror(sqlite_store, plug, marquez, pauses)) == []
    assert marquez.events == numbered(3)


def test_a_wrong_key_ends_it_and_loses_nothing(
    sqlite_store: Store, plug: Plug[Bridge], marquez: RecordedMarquez, pauses: Pauses
) -> None:
    tell(sqlite_store, numbered(3))
    marquez.key = "right"
    with pytest.raises(NotAuthorised):
        drained(mirror(sqlite_store, plug, marquez, pauses, key="wrong"))
    drained(mirror(sqlite_store, plug, marquez, pauses, key="right"))
    assert marquez.events == numbered(3)


@pytest.mark.parametrize("status", [301, 404, 405])
def test_what_is_no_marquez_ends_it_and_loses_nothing(
    sqlite_store: Store,
    plug: Plug[Bridge],
    marquez: RecordedMarquez,
    pauses: Pauses,
    status: int,
) -> None:
    tell(sqlite_store, numbered(3))
    marquez.outages = [status]
    with pytest.raises(InvalidInput, match=f"no Marquez.*answers {status}"):
        drained(mirror(sqlite_store, plug, marquez, pauses))
    drained(mirror(sqlite_store, plug, marquez, pauses))
    assert marquez.events == numbered(3)


def test_an_outage_is_told_once_with_its_reason(
    sqlite_store: Store, plug: Plug[Bridge], marquez: RecordedMarquez, pauses: Pauses
) -> None:
    tell(sqlite_store, numbered(2))
    marquez.outages = [503, 503, 503]
    told: list[str] = []
    mirrored = Mirror(
        sqlite_store,
        plug,
        {"url": marquez.url},
        name="mirror marquez",
        sleep=pauses,
        on_outage=lambda outage: told.append(outage.message),
    )
    assert drained(mirrored) == []
    [once] = told
    assert "answers 503" in once


def test_two_mirrors_to_one_place_are_one_too_many(
    sqlite_store: Store, plug: Plug[Bridge], marquez: RecordedMarquez, pauses: Pauses
) -> None:
    tell(sqlite_store, numbered(1))
    first, second = (mirror(sqlite_store, plug, marquez, pauses) for _ in range(2))
    first.begin(from_start=True)
    second.begin(from_start=True)
    drained(first)
    with pytest.raises(Conflict):
        second.catch_up(lambda _position, _why: None)


@pytest.fixture
def told(sqlite_url: str) -> str:
    with closing(open_store(sqlite_url)) as store:
        tell(store, numbered(500))
    return sqlite_url


def command(marquez: RecordedMarquez, url: str, *more: str) -> list[str]:
    return ["mirror", "marquez", "--to", marquez.url, "--database", url, "--from-start", *more]


def test_a_mirror_that_is_killed_sends_every_event_at_least_once(
    marquez: RecordedMarquez, told: str, tmp_path: Path
) -> None:
    for wanted in (20, 130, 260):
        args = [*MAIN, "bridge", *command(marquez, told)]
        with subprocess.Popen(args, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
            while len(marquez.events) < wanted and process.poll() is None:
                time.sleep(0.001)
            process.kill()
    assert run_to_exit(lambda: root(["bridge", *command(marquez, told, "--once")])) == 0

    assert list(dict.fromkeys(marquez.events)) == numbered(500)
    assert len(marquez.events) <= 500 + 3 * 51


def test_a_mirror_that_is_told_to_end_notes_what_it_has_sent(
    marquez: RecordedMarquez, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = [*MAIN, "bridge", *command(marquez, told, "--json")]
    with subprocess.Popen(args, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        while len(marquez.events) < 120 and process.poll() is None:
            time.sleep(0.001)
        process.terminate()
        out, _err = process.communicate(timeout=60)
    assert process.returncode == 130
    sent = json.loads(out)["sent"]
    assert run_to_exit(lambda: root(["bridge", *command(marquez, told, "--once", "--json")])) == 0
    assert sent + json.loads(capsys.readouterr().out)["sent"] == 500
    # What was on its way when the end came is sent once more.
    assert len(marquez.events) <= 501


def test_refusals_are_told_and_fail_the_command(
    marquez: RecordedMarquez, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(open_store(sqlite_url)) as store:
        tell(store, world.events())
    assert run_to_exit(lambda: root(["bridge", *command(marquez, sqlite_url, "--once")])) == 1
    out, err = capsys.readouterr()
    assert out == "sent 12, refused 2, up to position 14\n"
    assert "position 13 is refused: it answers 422" in err
