"""Rules make one name of what is written in several ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.identity.naming import NamingRule, Template, normal_name, rules_for
from hub.domain.names import NodeKind

TRIM = NamingRule(name="trim", namespaces="s3://.*", trims_partitions=True)
FOLD = NamingRule(name="fold", namespaces="snowflake://.*", folds_case=True)


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
    assert rules_for((TRIM, FOLD), NodeKind.DATASET, "snowflake://x") == (FOLD,)


def test_a_name_is_told_with_the_rules_that_have_changed_it() -> None:
    name = ("s", "A/dt=1")
    assert normal_name((FOLD, TRIM), name) == (("s", "a"), "fold, trim")
    assert normal_name((), name) == (name, "")


@given(st.text(max_size=40), st.booleans(), st.booleans())
def test_what_has_been_trimmed_has_nothing_left_to_trim(
    text: str, trims: bool, folds: bool
) -> None:
    rule = NamingRule(name="r", namespaces=".*", trims_partitions=trims, folds_case=folds)
    once = rule.normal(text)
    assert rule.normal(once) == once
    assert once or not text
