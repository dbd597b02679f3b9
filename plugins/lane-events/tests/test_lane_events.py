from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hub_lane_events.lane import EventsLane
from hub_spine_embedded.spine import EmbeddedSpine

from hub.domain.errors import InvalidInput
from hub.spi.lane import LaneContext, Slice
from hub.spi.spine import NewMessage
from hub.testing.conformance import LaneConformance
from hub.testing.conformance.lane import DELIVERY, SLICE


def publish(spine: EmbeddedSpine, ids: range, *, size: int = 0) -> None:
    batch = [NewMessage(id=str(each), payload=b'{"id":%d}' % each + b" " * size) for each in ids]
    spine.append("scans", batch, published_at=1)


def context(spine: EmbeddedSpine | None, **options: Any) -> LaneContext:  # noqa: ANN401 - options are of many types
    told = {"stream": "scans", **options}
    return LaneContext(step="p.s", options=told, root="", expected={}, spine=spine)


def sizes(slices: list[Slice]) -> list[int]:
    return [len(piece.messages or []) for piece in slices]


@pytest.fixture
def spine(tmp_path: Path) -> Iterator[EmbeddedSpine]:
    spine = EmbeddedSpine()
    spine.open(str(tmp_path / "spine.db"))
    yield spine
    spine.close()


class TestEventsLane(LaneConformance):
    @pytest.fixture(autouse=True)
    def _use(self, spine: EmbeddedSpine) -> None:
        self.spine = spine

    def lane(self) -> EventsLane:
        return EventsLane()

    def deliver(self, root: Path, number: int) -> None:
        publish(self.spine, range(number * DELIVERY, (number + 1) * DELIVERY))

    def context(self, root: Path) -> LaneContext:
        return context(self.spine, slice_messages=SLICE)


def test_a_checkpoint_is_the_sequence_that_was_read(spine: EmbeddedSpine) -> None:
    publish(spine, range(5))

    slices = list(EventsLane().read(context(spine, slice_messages=2), {"sequence": 1}))

    assert [piece.checkpoint for piece in slices] == [{"sequence": 3}, {"sequence": 5}]
    assert {piece.origin for piece in slices} == {"scans"}
    assert [piece.bytes_read for piece in slices] == [16, 16]


def test_a_run_ends_where_the_stream_ended_when_it_began(spine: EmbeddedSpine) -> None:
    publish(spine, range(3))
    slices = EventsLane().read(context(spine, slice_messages=2), None)
    first = next(slices)
    publish(spine, range(3, 9))

    assert sizes([first, *slices]) == [2, 1]


def test_large_messages_make_small_slices(
    spine: EmbeddedSpine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub_lane_events.lane._PAGE", 2)
    monkeypatch.setattr("hub_lane_events.lane._MAX_SLICE_BYTES", 1000)
    publish(spine, range(5), size=700)

    assert sizes(list(EventsLane().read(context(spine), None))) == [2, 2, 1]


@pytest.mark.parametrize(
    "options", [{"stream": ""}, {"stream": 7}, {"slice_messages": 0}, {"streams": "a"}], ids=str
)
def test_wrong_options_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(options))):
        EventsLane().reads(context(None, **options))


def test_without_a_spine_it_says_what_to_set() -> None:
    with pytest.raises(InvalidInput, match="there is no spine"):
        next(EventsLane().read(context(None), None))
