"""The process that appends for a hub: what it says is durable is, and its end costs nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.app.appending import ChildAppender
from hub.domain.entries import Appended, EntryKind, NewEntry
from hub.domain.errors import StoreUnavailable
from hub.flow.ingest import receive
from hub.store.opening import Store
from tests.api.intake import bodies

EVENT = b'{"eventTime": "2026-11-23T09:00:00Z", "run": {"runId": "%d"}}'
SECRET = b'{"run": {"runId": "1"}, "password": "hunter22"}'


@pytest.fixture
def appender(store: Store) -> Iterator[ChildAppender]:
    made = ChildAppender(store.database.url)
    yield made
    made.close()


def children() -> list[int]:
    """The processes that this one has started and that still run."""
    text = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return [
        int(child)
        for child in text.split()
        if b"hub.app.appending" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_what_a_child_appends_is_there_and_repeats_are_known(
    store: Store, appender: ChildAppender
) -> None:
    events = [receive(EVENT % number) for number in (1, 2, 1)]
    own = NewEntry(EntryKind.COMMAND, b"{}")
    appended = appender.append([*events, own], recorded_at=1)
    assert appended == [
        Appended(1, is_repeat=False),
        Appended(2, is_repeat=False),
        Appended(1, is_repeat=True),
        Appended(3, is_repeat=False),
    ]
    assert bodies(store) == [EVENT % 1, EVENT % 2, b"{}"]


def test_secrets_do_not_reach_the_journal(store: Store, appender: ChildAppender) -> None:
    appender.append([receive(SECRET)], recorded_at=1)
    assert bodies(store) == [SECRET.replace(b"hunter22", b"***")]


def test_a_child_that_was_killed_is_replaced_and_nothing_is_acknowledged_for_it(
    store: Store, appender: ChildAppender
) -> None:
    appender.append([receive(EVENT % 1)], recorded_at=1)
    [child] = children()
    os.kill(child, signal.SIGKILL)
    with pytest.raises(StoreUnavailable, match="started again"):
        appender.append([receive(EVENT % 2)], recorded_at=2)
    again = [receive(EVENT % number) for number in (1, 2)]
    assert [each.is_repeat for each in appender.append(again, recorded_at=3)] == [True, False]
    assert bodies(store) == [EVENT % 1, EVENT % 2]


def test_a_store_that_cannot_be_used_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_bytes(b"no store" * 1_000)
    appender = ChildAppender(f"sqlite:///{tmp_path}/hub.db")
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="not a database"):
            appender.append([receive(EVENT % 1)], recorded_at=1)
    appender.close()


def test_a_child_ends_when_it_is_closed(store: Store) -> None:
    appender = ChildAppender(store.database.url)
    appender.append([receive(EVENT % 1)], recorded_at=1)
    appender.close()
    assert children() == []


def test_a_child_outlives_signals_that_are_its_hubs_to_answer(
    store: Store, appender: ChildAppender
) -> None:
    appender.append([receive(EVENT % 1)], recorded_at=1)
    [child] = children()
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(child, number)
    assert appender.append([receive(EVENT % 1)], recorded_at=1)[0].is_repeat


PARENT = """
import os, sys
from hub.app.appending import ChildAppender
from hub.flow.ingest import receive
appender = ChildAppender(sys.argv[1])
appender.append([receive(b"{}")], recorded_at=1)
print(open(f"/proc/self/task/{os.getpid()}/children").read(), flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_child_ends_with_a_hub_that_was_killed(sqlite_store: Store) -> None:
    parent = [sys.executable, "-c", PARENT, sqlite_store.database.url]
    with subprocess.Popen(parent, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        # The pipe is the child's too: it ends once both have.
        child, _, rest = process.stdout.read().partition(" ")
    assert child.isdigit()
    assert not rest.strip()
    assert bodies(sqlite_store) == [b"{}"]
