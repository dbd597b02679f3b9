"""The laws of ``hub.spi.spine``."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.spi.spine import Message, NewMessage, Spine

_AT = 1_700_000_000_000_000


def messages(*ids: object) -> list[NewMessage]:
    """Return messages with these ids, and payloads of them."""
    return [NewMessage(id=str(each), payload=str(each).encode()) for each in ids]


def ids(found: Iterable[Message]) -> list[str]:
    """Return the ids of messages, in order."""
    return [message.id for message in found]


class SpineConformance:
    """Subclass it in a ``Test…`` class and say how a spine is opened."""

    @abstractmethod
    def opened(self, location: str) -> Spine:
        """Return a spine at ``location``; a second one at the same place sees the same streams."""

    @pytest.fixture
    def location(self, tmp_path: Path) -> str:
        """Where the spine is."""
        return str(tmp_path / "new" / "spine.db")

    @pytest.fixture
    def spine(self, location: str) -> Iterable[Spine]:
        """A spine without messages."""
        spine = self.opened(location)
        yield spine
        spine.close()

    def test_a_stream_that_was_never_written_is_empty(self, spine: Spine) -> None:
        """It need not be created."""
        assert spine.read("scans", after=0, limit=10) == []
        assert spine.lag("scans", after=0) == 0
        assert spine.append("scans", [], published_at=_AT) == 0

    def test_a_message_comes_back_as_it_went_in(self, spine: Spine) -> None:
        """Any bytes, any id, any headers."""
        new = NewMessage(id="a'\u20ac", payload=b"\x00\xff", headers={"kind": "é"})

        assert spine.append("scans", [new], published_at=_AT) == 1
        assert spine.read("scans", after=0, limit=10) == [
            Message(
                stream="scans",
                sequence=1,
                id=new.id,
                payload=new.payload,
                published_at=_AT,
                headers=new.headers,
            )
        ]

    def test_streams_number_their_messages_alone(self, spine: Spine) -> None:
        """Densely, from 1; also where ids are the same."""
        assert spine.append("a", messages(1, 2), published_at=_AT) == 2
        assert spine.append("b", messages(1), published_at=_AT) == 1
        assert spine.append("a", messages(3), published_at=_AT) == 3

        assert ids(spine.read("a", after=0, limit=10)) == ["1", "2", "3"]
        assert [each.sequence for each in spine.read("a", after=0, limit=10)] == [1, 2, 3]
        assert ids(spine.read("b", after=0, limit=10)) == ["1"]

    def test_a_stream_is_read_in_pages(self, spine: Spine) -> None:
        """From any place on, and it says how much is left."""
        spine.append("a", messages(*range(1, 8)), published_at=_AT)

        assert ids(spine.read("a", after=0, limit=3)) == ["1", "2", "3"]
        assert ids(spine.read("a", after=5, limit=3)) == ["6", "7"]
        assert spine.read("a", after=7, limit=3) == []
        assert [spine.lag("a", after=after) for after in (0, 5, 7, 9)] == [7, 2, 0, 0]

    @settings(suppress_health_check=[HealthCheck.differing_executors], deadline=None)
    @given(
        batches=st.lists(
            st.lists(st.sampled_from(["a", "b", "A", "a\0", "a\0b", ""]), max_size=4), max_size=6
        )
    )
    def test_each_id_is_kept_once(self, batches: list[list[str]]) -> None:
        """The first one, whatever is repeated, in one batch or later."""
        with TemporaryDirectory() as folder:
            spine = self.opened(f"{folder}/spine.db")
            for batch in batches:
                spine.append("a", messages(*batch), published_at=_AT)
            found = spine.read("a", after=0, limit=100)
            spine.close()

        expected = list(dict.fromkeys(each for batch in batches for each in batch))
        assert ids(found) == expected
        assert [each.sequence for each in found] == list(range(1, len(expected) + 1))

    def test_a_repeat_keeps_what_came_first(self, spine: Spine, location: str) -> None:
        """Also in the eyes of another process."""
        spine.append("a", messages("x"), published_at=_AT)
        other = self.opened(location)
        again = NewMessage(id="x", payload=b"other")

        assert other.append("a", [again], published_at=_AT + 1) == 1
        assert other.read("a", after=0, limit=9) == spine.read("a", after=0, limit=9)
        assert spine.read("a", after=0, limit=9)[0].payload == b"x"
        other.close()

    def test_a_batch_is_kept_whole_or_not_at_all(self, spine: Spine) -> None:
        """What fails in the middle leaves nothing behind."""
        broken = NewMessage(id="2", payload=object())  # type: ignore[arg-type]  # on purpose

        with pytest.raises(Exception, match=r"\w"):
            spine.append("a", [*messages(1), broken, *messages(3)], published_at=_AT)
        assert spine.read("a", after=0, limit=9) == []
        assert spine.append("a", messages(3), published_at=_AT) == 1

    def test_it_can_be_opened_for_the_first_time_by_many(self, location: str) -> None:
        """At once, and none of them fails."""

        def write(writer: int) -> int:
            spine = self.opened(location)
            last = spine.append("a", messages(writer), published_at=_AT)
            spine.close()
            return last

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(write, range(8))) == list(range(1, 9))

    def test_writers_take_turns_and_readers_see_no_gap(self, spine: Spine, location: str) -> None:
        """Sequences become visible in order, while four writers append."""

        def write(writer: int) -> None:
            own = self.opened(location)
            for number in range(15):
                own.append("a", messages(f"{writer}-{number}", "shared"), published_at=_AT)
            own.close()

        seen: list[Message] = []
        with ThreadPoolExecutor(4) as pool:
            writers = [pool.submit(write, writer) for writer in range(4)]
            while not all(writer.done() for writer in writers):
                seen += spine.read("a", after=len(seen), limit=7)
            for writer in writers:
                writer.result()
        seen += spine.read("a", after=len(seen), limit=1000)

        assert [each.sequence for each in seen] == list(range(1, 62))
        assert len(set(ids(seen))) == 61
        own = [each for each in ids(seen) if each.startswith("2-")]
        assert own == [f"2-{number}" for number in range(15)]
