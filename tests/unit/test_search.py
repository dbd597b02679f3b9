"""How texts are compared: what is found, how well it matches, and that no store can miss it."""

from __future__ import annotations

from itertools import pairwise
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.errors import InvalidInput
from hub.domain.search import (
    MAX_POINTS,
    MAX_SOUGHT,
    Match,
    SearchLevel,
    SearchPart,
    Sought,
    judge,
    loose_clauses,
    normal_name,
    normal_phrase,
    read_sought,
    shown,
    sure_clauses,
    typos_between,
    weighed,
)

EXACT, PREFIX, WORD, PART, TYPO = SearchLevel
WORDS = (
    "customer",
    "order",
    "a",
    "v2",
    "Fact",
    "daily",
    "public",
    "s3",
    "forêt",
    "注文",
    "顧客住所",
)
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).flatmap(
    lambda words: st.sampled_from("._/-").map(lambda by: by.join(words))
)


@st.composite
def mistyped(draw: st.DrawFn, name: str) -> str:
    """Return a name with one letter missing, too many, wrong, or swapped with the next."""
    at = draw(st.integers(0, len(name) - 1))
    letter = draw(st.sampled_from(ascii_lowercase))
    before, rest = name[:at], name[at:]
    ways = [rest[1:], letter + rest, letter + rest[1:], rest[1:2] + rest[:1] + rest[2:]]
    return before + draw(st.sampled_from(ways))


def sought(text: str) -> Sought:
    found = read_sought(text)
    assert found is not None
    return found


def match(text: str, name: str) -> Match | None:
    return judge(sought(text), normal_name(name))


def level(text: str, name: str) -> SearchLevel | None:
    found = match(text, name)
    return found.level if found else None


def is_candidate(text: str, name: str) -> bool:
    """Whether the grams that a store is asked for are those of the name."""
    asked, normal = sought(text), normal_name(name)
    clauses = [*sure_clauses(asked), *loose_clauses(asked)]
    return any(all(gram in normal for gram in clause) for clause in clauses)


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("shop.public.customer_orders", " shop . public . customer orders "),
        ("s3://Lake/CustomerOrders", " s3 . lake . customer orders "),
        ("HTTPServerLog-v2", " http server log v2 "),
        ("Größe Café İd", " größe cafe id ".replace("öß", "oss")),
        ("注文_明細ID", " 注 文 明 細 id "),
        ("///", ""),
        ("\ud800a\0b", " a b "),
    ],
)
def test_a_name_is_compared_by_its_words(name: str, normal: str) -> None:
    assert normal_name(name) == normal


def test_a_point_in_a_phrase_is_no_path() -> None:
    assert normal_phrase("Paid orders. One a day") == " paid orders one a day "
    assert shown(normal_name("shop/customer_orders")) == "shop.customer orders"
    assert shown(normal_name("販売/注文v2")) == "販売.注文 v2"


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("customer_orders", "customer_orders", EXACT),
        ("Customer Orders", "customerOrders", EXACT),
        ("customerorders", "customer_orders", EXACT),
        ("orders", "shop.public.orders", EXACT),
        ("public.orders", "shop.public.orders", EXACT),
        ("customer_ord", "shop.customer_orders", PREFIX),
        ("orders", "shop.customer_orders", WORD),
        ("orders cust", "shop.customer_orders", WORD),
        ("rders", "shop.customer_orders", PART),
        ("custmer_orders", "shop.customer_orders", TYPO),
        ("customer_rodesr_daily", "customer_orders_daily", TYPO),
        ("注文", "販売.注文", EXACT),
        ("注文", "販売.注文明細", PREFIX),
        ("文明", "販売.注文明細", WORD),
        ("细", "销售.订单明细", WORD),
        ("明細 注文", "販売.注文明細", WORD),
        ("明注", "販売.注文明細", None),
        ("rd", "shop.orders", PART),
        ("custmer", "shop.customer_orders", TYPO),
        ("custmer_ord", "shop.customer_orders", TYPO),
        ("ordes", "orders", TYPO),
        ("ordr", "orders", None),
        ("invoices", "shop.customer_orders", None),
    ],
)
def test_a_name_matches_at_one_level(text: str, name: str, expected: SearchLevel | None) -> None:
    assert level(text, name) == expected
    assert is_candidate(text, name) or expected in (TYPO, None)


def test_better_levels_and_shorter_names_come_first() -> None:
    names = (
        "orders",
        "shop.orders",
        "shop.public.orders",
        "orders_daily",
        "shop.orders_daily",
        "daily_orders",
        "shop.daily_orders",
        "reorders",
        "odrers",
        "shop.odrers",
        "odrers_daily",
    )
    points = [found.points for name in names if (found := match("orders", name))]
    assert len(points) == len(names)
    assert all(one > other for one, other in pairwise(points))


def test_a_word_in_a_description_is_worth_less_than_in_a_name_and_more_than_a_typo() -> None:
    word, typo = match("orders", "daily_orders"), match("odrers", "orders")
    assert word is not None
    assert typo is not None
    weights = [weighed(word, part) for part in (SearchPart.NAME, SearchPart.TAG)]
    described = weighed(word, SearchPart.DESCRIPTION)
    assert weights[0] > weights[1] > described > 0
    assert weighed(typo, SearchPart.DESCRIPTION) == 0


@given(NAMES)
def test_a_name_finds_itself_with_all_points(name: str) -> None:
    assert match(name, name) == (EXACT, MAX_POINTS)
    assert is_candidate(name, name)


@given(NAMES.filter(lambda name: len(sought(name).joined) >= 6), st.data())
def test_a_name_with_one_typing_error_is_found_and_no_store_can_miss_it(
    name: str, data: st.DataObject
) -> None:
    typed = data.draw(mistyped(name))
    assert match(typed, name) is not None
    assert is_candidate(typed, name)


@given(NAMES, NAMES)
def test_whatever_matches_but_for_typos_is_a_candidate(text: str, name: str) -> None:
    found = match(text, name)
    if found is not None and found.level in (EXACT, PREFIX, WORD):
        assert is_candidate(text, name)


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    asked = read_sought(text)
    if asked is not None:
        assert judge(asked, normal_phrase(text)) is not None
        assert all(sure_clauses(asked))
        assert all(loose_clauses(asked))


@pytest.mark.parametrize("text", ["", " ", "%", "_", "\0", "🙂", "\ud800"])
def test_a_text_without_letters_or_digits_asks_for_nothing(text: str) -> None:
    assert read_sought(text) is None


def test_a_text_longer_than_any_name_is_refused() -> None:
    assert read_sought("x" * MAX_SOUGHT) is not None
    with pytest.raises(InvalidInput, match="2,049 characters are over the limit"):
        read_sought("x" * (MAX_SOUGHT + 1))


@pytest.mark.parametrize(
    ("one", "other", "limit", "expected"),
    [
        ("orders", "orders", 0, 0),
        ("orders", "order", 1, 1),
        ("orders", "odrers", 1, 1),
        ("orders", "oxders", 1, 1),
        ("orders", "oreders", 1, 1),
        ("orders", "odresr", 1, None),
        ("orders", "odresr", 2, 2),
        ("", "ab", 2, 2),
        ("abc", "xyz", 2, None),
    ],
)
def test_errors_in_typing_are_counted(
    one: str, other: str, limit: int, expected: int | None
) -> None:
    assert typos_between(one, other, limit) == expected
    assert typos_between(other, one, limit) == expected


def test_a_text_may_go_on_after_what_was_typed() -> None:
    assert typos_between("custmer_ord", "customer_orders", 1) is None
    assert typos_between("custmer_ord", "customer_orders", 1, is_open=True) == 1
    assert typos_between("customer_orders", "custmer_ord", 1, is_open=True) is None
