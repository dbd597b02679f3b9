from hypothesis import given
from hypothesis import strategies as st

from hub.domain.dues import Dues

KEYS = st.sampled_from("abcd")
INSTANTS = st.integers(0, 9)


@given(st.lists(st.tuples(KEYS, INSTANTS | st.none())), INSTANTS)
def test_each_key_comes_once_when_it_was_last_put(puts: list[tuple[str, int]], now: int) -> None:
    dues: Dues[str] = Dues()
    for key, at in puts:
        dues.put(key, at)
    last = dict(puts)
    due = sorted((at, key) for key, at in last.items() if at is not None and at <= now)

    assert dues.next_at == min((at for at in last.values() if at is not None), default=None)
    assert list(iter(lambda: dues.pop(now), None)) == [key for _at, key in due]


@given(st.lists(st.tuples(KEYS, INSTANTS, INSTANTS)))
def test_keys_are_as_due_after_some_were_taken(turns: list[tuple[str, int, int]]) -> None:
    dues: Dues[str] = Dues()
    expected: dict[str, int] = {}
    for key, at, now in turns:
        dues.put(key, at)
        expected[key] = at
        first = min((at, key) for key, at in expected.items())
        taken = dues.pop(now)
        assert taken == (first[1] if first[0] <= now else None)
        if taken is not None:
            del expected[taken]


def test_a_key_that_is_put_off_again_and_again_takes_one_place() -> None:
    dues: Dues[str] = Dues()
    for at in range(1_000):
        dues.put("a", at)

    assert len(dues._heap) == 1
    assert dues.next_at == 999


def test_keys_that_are_taken_back_before_they_are_due_take_no_room() -> None:
    dues: Dues[str] = Dues()
    dues.put("last", 2_000_000)
    for number in range(50_000):
        dues.put(f"run {number}", 1_000_000 + number)
        dues.put(f"run {number}", None)

    assert max(len(dues._heap), len(dues._queued)) < 2_000
    assert dues.next_at == 2_000_000
    assert dues.pop(2_000_000) == "last"


def test_a_key_that_is_put_forward_again_and_again_takes_no_room() -> None:
    dues: Dues[str] = Dues()
    for at in range(50_000, 0, -1):
        dues.put("a", at)

    assert len(dues._heap) < 2_000
    assert dues.next_at == 1


def test_what_is_to_be_looked_at_anyway_is_not_put_off() -> None:
    dues: Dues[str] = Dues()
    dues.put("a", 1)
    dues.setdefault("a", 5)
    dues.setdefault("b", 7)

    assert dues.pop(3) == "a"
    assert dues.next_at == 7
