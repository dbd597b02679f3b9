"""The laws of ``hub.spi.bridge``."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.app.hub_api import local_hub
from hub.domain.errors import InvalidInput, Unreachable
from hub.settings import load_settings
from hub.spi.bridge import Bridge, HubApi, Progress, Reply, Report

# Nobody listens there: the port is reserved.
_NOBODY = "http://127.0.0.1:1"
_EVENT = (
    b'{"eventTime":"2026-11-23T09:00:00Z","eventType":"COMPLETE","producer":"https://p.example",'
    b'"schemaURL":"https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",'
    b'"run":{"runId":"00000000-0000-4000-8000-000000000001"},'
    b'"job":{"namespace":"n","name":"j"},"inputs":[],"outputs":[]}'
)


class Counting:
    """A hub's API that counts what is written through it, and breaks after ``left`` requests."""

    def __init__(self, hub: HubApi, *, left: int | None = None) -> None:
        self._hub = hub
        self._left = left
        self.writes = 0

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, after: int | None = None
    ) -> Reply:
        """Pass the request on."""
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Unreachable("cut off")
        self.writes += method != "GET"
        return self._hub.ask(method, path, body, after=after)


def last(steps: Iterator[Progress | Report]) -> Report:
    """Return the report that an import ends with."""
    *progress, report = steps
    assert all(isinstance(each, Progress) for each in progress)
    assert isinstance(report, Report)
    return report


class BridgeConformance:
    """Subclass it in a ``Test…`` class and say how a bridge is made, and where it leads."""

    @abstractmethod
    def bridge(self) -> Bridge:
        """Return a bridge that waits for nothing."""

    @pytest.fixture
    @abstractmethod
    def options(self) -> Mapping[str, Any]:
        """Options that lead to a catalogue that holds something, and takes every event."""

    @pytest.fixture
    def hub(self, tmp_path: Path) -> Iterator[HubApi]:
        """A hub that knows nothing."""
        with local_hub(
            load_settings(tmp_path, flags={"database": f"sqlite:///{tmp_path}/h.db"})
        ) as hub:
            yield hub

    def test_what_was_brought_is_there(self, hub: HubApi, options: Mapping[str, Any]) -> None:
        """All of it, and a comparison says so too; before, it said what is lacking."""
        assert not last(self.bridge().compare(hub, options)).is_whole
        report = last(self.bridge().bring(hub, options, None))

        assert report.is_whole
        assert [each.kind for each in report.counts if each.there != each.here] == []
        assert last(self.bridge().compare(hub, options)).is_whole

    def test_bringing_again_changes_nothing(self, hub: HubApi, options: Mapping[str, Any]) -> None:
        """What is told again is a repeat, and nothing else is written."""
        first = last(self.bridge().bring(hub, options, None))
        again = last(self.bridge().bring(hub, options, None))

        assert set(again.told.values()) == {0}
        assert (again.counts, again.differences) == (first.counts, first.differences)

    def test_a_comparison_writes_nothing(self, hub: HubApi, options: Mapping[str, Any]) -> None:
        """Nor does one of a hub that lacks everything."""
        counting = Counting(hub)
        last(self.bridge().compare(counting, options))

        assert counting.writes == 0

    def test_an_import_goes_on_wherever_it_was_cut_off(
        self, hub: HubApi, options: Mapping[str, Any]
    ) -> None:
        """From its last checkpoint, as it is after having been written and read."""
        kept: list[Mapping[str, Any] | None] = [None]

        def bring(hub: HubApi) -> Report:
            for step in self.bridge().bring(hub, options, kept[-1]):
                if isinstance(step, Report):
                    return step
                if step.checkpoint is not None:
                    kept.append(msgspec.json.decode(msgspec.json.encode(step.checkpoint)))
            raise AssertionError("there is no report")

        for left in range(1, 12, 3):
            with pytest.raises(Unreachable, match="cut off"):
                bring(Counting(hub, left=left))

        assert bring(hub).is_whole

    def test_an_event_is_sent(self, options: Mapping[str, Any]) -> None:
        """Once, and again."""
        bridge = self.bridge()

        assert [bridge.send(_EVENT, options) for _ in range(2)] == [None, None]

    def test_where_nobody_answers_trying_again_may_help(
        self, hub: HubApi, options: Mapping[str, Any]
    ) -> None:
        """Reading and writing."""
        nowhere = {**options, "url": _NOBODY}

        with pytest.raises(Unreachable):
            self.bridge().send(_EVENT, nowhere)
        with pytest.raises(Unreachable):
            last(self.bridge().compare(hub, nowhere))

    def test_an_option_that_it_does_not_know_is_refused(
        self, hub: HubApi, options: Mapping[str, Any]
    ) -> None:
        """With what to do, and without the values of options: they may be secret."""
        with pytest.raises(InvalidInput) as refused:
            last(self.bridge().compare(hub, {**options, "no_such_option": "s3cret-value"}))

        assert refused.value.fix
        assert "s3cret-value" not in str(refused.value)
