"""Rules make one name of what is written in several ways."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hub.domain.identity.naming import NamingRule, Template, writing_of
from hub.domain.names import NodeKind

TRIM = NamingRule(name="trim", namespaces="s3://.*", trims_partitions=True)
FOLD = NamingRule(name="fold", namespaces="snowflake://.*", folds_case=True)
SPACES = st.sampled_from("abcd")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("raw/orders/dt=2026-01-01", "raw/orders"),
        ("raw/orders/dt=2026-01-01/hour=03/", "raw/orders"),
        ("raw/orders/2026-01-01", "raw/orders"),
        ("raw/orders/2026/01/01", "raw/orders"),
        ("raw/orders/20260101", "raw/orders"),
        ("raw/orders/region=eu/20260101", "raw/orders"),
        ("orders$20260101", "orders"),
        ("orders$__UNPARTITIONED__", "orders"),
        ("raw/orders", "raw/orders"),
        ("v$session", "v$session"),
        ("a=b/orders", "a=b/orders"),
        ("raw/1234", "raw/1234"),
        ("dt=2026-01-01", "dt=2026-01-01"),
        ("/dt=2026-01-01", "/dt=2026-01-01"),
    ],
)
def test_what_names_a_partition_is_cut_off(written: str, read: str) -> None:
    assert TRIM.normal(written) == read


def test_templates_come_before_partitions_and_case() -> None:
    rule = NamingRule(
        name="all",
        namespaces=".*",
        templates=(Template(r"^tmp_(.*)_v\d+", r"\1"),),
        trims_partitions=True,
        folds_case=True,
    )
    assert rule.normal("tmp_Orders_v12/dt=X") == "orders"


def test_rules_hold_for_whole_namespaces_and_for_what_they_say() -> None:
    assert TRIM.holds_for(NodeKind.DATASET, "s3://lake")
    assert not TRIM.holds_for(NodeKind.DATASET, "xs3://lake")
    assert writing_of((TRIM, FOLD), NodeKind.DATASET, "snowflake://x").rules == (FOLD,)


def test_a_name_is_told_with_the_rules_that_have_changed_it() -> None:
    fold, trim = (NamingRule(each.name, "s", (NodeKind.DATASET,)) for each in (FOLD, TRIM))
    both = (structs.replace(fold, folds_case=True), structs.replace(trim, trims_partitions=True))
    assert writing_of(both, NodeKind.DATASET, "s").write("A/dt=1") == (("s", "a"), "fold, trim")
    assert writing_of((), NodeKind.DATASET, "s").write("A/dt=1") == (("s", "A/dt=1"), "")


def test_what_is_written_has_groups_by_number_and_name_and_letters_of_any_alphabet() -> None:
    template = Template(r"(?P<day>\d{8})_(.)(x)?", r"\\é-\2\3-\g<day>-\g<1>")
    rule = NamingRule(name="all", namespaces=".*", templates=(template,))
    assert rule.normal("20260101_ü") == r"\é-ü-20260101-20260101"


def test_an_expression_that_could_take_forever_does_not() -> None:
    rule = NamingRule(name="all", namespaces="(a+)+b|(.*)*(.*)*c")
    assert not rule.holds_for(NodeKind.DATASET, "a" * 10_000)


@pytest.mark.parametrize("folder", ["/a=1", "/20260101", "/2026/01", "/2026-01-01"])
def test_a_name_of_many_partitions_that_ends_in_none_stays_and_takes_no_time(folder: str) -> None:
    name = f"raw{folder * 200}/x"
    assert TRIM.normal(name) == name


HADOOP = NamingRule("hadoop", r"s3[an]://(.*)", namespace=r"s3://\1")


def test_a_namespace_is_written_as_the_rule_says_and_told_with_it() -> None:
    writing = writing_of((HADOOP,), NodeKind.DATASET, "s3a://lake")
    assert writing.write("raw/x") == (("s3://lake", "raw/x"), "hadoop")
    assert writing_of((HADOOP,), NodeKind.DATASET, "xs3a://lake").namespace == "xs3a://lake"
    assert writing_of((HADOOP,), NodeKind.DATASET, "s3://lake").by == ()


@pytest.mark.parametrize("rules", [*permutations((HADOOP, TRIM, FOLD))])
def test_rules_hold_for_a_namespace_as_others_write_it_whatever_their_order(
    rules: tuple[NamingRule, ...],
) -> None:
    writing = writing_of(rules, NodeKind.DATASET, "s3n://lake")
    assert writing.write("raw/x/dt=1")[0] == ("s3://lake", "raw/x")
    assert {*writing.write("raw/x/dt=1")[1].split(", ")} == {"hadoop", "trim"}


@pytest.mark.parametrize(
    "rules",
    [
        (NamingRule("there", "a", namespace="b"), NamingRule("back", "b", namespace="a")),
        (NamingRule("back", "b", namespace="a"), NamingRule("there", "a", namespace="b")),
        (NamingRule("grows", "(.*)", namespace=r"\1x"),),
        tuple(NamingRule(f"doubles{n}", "(.*)", namespace=r"\1\1") for n in range(40)),
        (NamingRule("empties", "(.)(x?)", namespace=r"\2"),),
    ],
)
def test_a_namespace_that_is_written_anew_without_end_stays_as_it_is(
    rules: tuple[NamingRule, ...],
) -> None:
    for said in ("a", "b"):
        writing = writing_of(rules, NodeKind.DATASET, said)
        if writing.by:
            assert (writing.namespace, writing.loops) == (said, True)
            assert writing.write("n") == ((said, "n"), "")
    assert writing_of(rules, NodeKind.DATASET, "a").by


def test_addresses_are_known_where_a_rule_says_so() -> None:
    rule = NamingRule("addresses", "postgres.*", knows_addresses=True)
    assert (
        writing_of((rule,), NodeKind.DATASET, "postgresql://db").namespace == "postgres://db:5432"
    )
    assert writing_of((rule,), NodeKind.DATASET, "s3a://lake").namespace == "s3a://lake"


@given(st.lists(st.tuples(SPACES, SPACES), max_size=5), SPACES)
def test_what_has_been_written_has_nothing_left_to_write(
    pairs: list[tuple[str, str]], said: str
) -> None:
    rules = tuple(NamingRule(str(n), one, namespace=two) for n, (one, two) in enumerate(pairs))
    writing = writing_of(rules, NodeKind.DATASET, said)
    again = writing_of(rules, NodeKind.DATASET, writing.namespace)
    assert again.namespace == writing.namespace
    assert writing.loops or not again.by


@given(st.text(max_size=40), st.booleans(), st.booleans())
def test_what_has_been_trimmed_has_nothing_left_to_trim(
    text: str, trims: bool, folds: bool
) -> None:
    rule = NamingRule(name="r", namespaces=".*", trims_partitions=trims, folds_case=folds)
    once = rule.normal(text)
    assert rule.normal(once) == once
    assert once or not text
