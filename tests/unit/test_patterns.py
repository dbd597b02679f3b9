"""Expressions of files are judged before a hostile name meets them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.settings.patterns import leaves_out, problem_of, samples_of

HARMLESS = [
    "s3://(.*)",
    "s3a://(.*)|s3n://(.*)|gs://(.*)|gcs://(.*)",
    "s3://([^/]+)/([^/]+)/(.*)",
    "postgres://dwh-(old|new)(:5432)?",
    r"(?i)hdfs://[^/:]+(?::\d+)?",
    r"(?:[a-z0-9-]+\.)+example\.com(?::\d{1,5})?",
    "(?:foo|bar)*",
    "(?:[^/]+/)*x",
    "[a-z]+(?:-[a-z]+)*",
    ".*-(?:prod|stage|test)",
]
EXPLODING = [
    "(a+)+",
    "(.*)*",
    "(a|a)*b",
    "(a|ab)*c",
    "(?:a?)*x",
    "(?:a?){30}a{30}",
    "((a?){9}){9}x",
    "a?" * 40 + "a" * 40,
    "(?:/a+a+)*x",
    "(?:/(?:a+|a))*x",
    "(?:/(?:a?){2})*x",
    "(?:a+,a+)*x",
    r"(\w+-?)*x",
    "(?=(a+)+b)a",
]
SLOW = ["(.*)/(.*)/(.*)x", "(?:.*a){9}", "(?:.*,){3}x", r"(.*)-(.*)-\1x"]


@pytest.mark.parametrize("pattern", HARMLESS)
def test_what_fits_in_one_way_is_fine(pattern: str) -> None:
    assert problem_of(pattern) is None


@pytest.mark.parametrize("pattern", EXPLODING)
def test_what_repeats_in_many_ways_is_refused(pattern: str) -> None:
    assert "may take forever" in str(problem_of(pattern))


@pytest.mark.parametrize("pattern", SLOW)
def test_three_parts_of_any_length_are_too_many(pattern: str) -> None:
    assert "takes too long" in str(problem_of(pattern))


def test_what_is_searched_for_begins_anywhere() -> None:
    assert problem_of("(.*)-(.*)x") is None
    assert "takes too long" in str(problem_of("(.*)-(.*)x", is_searched=True))
    for fine in ("^(.*)-(.*)x", "(.*)-(.*)", r"_\d+$", r"(.*)\.run\.(.*)$"):
        assert problem_of(fine, is_searched=True) is None


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("(", "is no regular expression"),
        ("x" * 1_001, "has more than 1,000 characters"),
        ("(" * 30 + "a" + "{9})" * 29 + ")", "more than 8 deep"),
        ("a{99999999999999999999}", "is no regular expression"),
    ],
)
def test_what_is_none_or_too_much_is_told_as_that(pattern: str, complaint: str) -> None:
    assert complaint in str(problem_of(pattern))


@pytest.mark.parametrize(
    ("pattern", "write", "is_lost"),
    [
        ("postgres://.*", "postgres://dwh", True),
        (r"dwh:\d{1,5}", "dwh", True),
        (r"(dwh|old)(:\d+)?", r"\1", True),
        (r"(([a-z])+)x", r"\2", True),
        (r"(([a-z])+)x", r"\1", False),
        ("s3a://(.*)", r"s3://\1", False),
        (r"s3a://(?P<bucket>\w+)/*", r"s3://\g<bucket>", False),
        (r"s3a://[ab]+", r"\g<0>", False),
        ("dwh-(old|new)", "dwh", False),
        ("dwh-[12]", "dwh", False),
    ],
)
def test_text_of_any_kind_has_to_be_in_what_is_written(
    pattern: str, write: str, is_lost: bool
) -> None:
    assert leaves_out(pattern, write) is is_lost


@pytest.mark.parametrize("pattern", HARMLESS)
def test_samples_fit_the_whole(pattern: str) -> None:
    found = samples_of(pattern)
    assert found
    assert all(re.fullmatch(pattern, each) for each in found)
    assert samples_of("a{64}b|c") == ["a" * 64 + "b", "c"]


@pytest.mark.filterwarnings("ignore::FutureWarning")
@given(st.text(alphabet="ab(|)*+?{}29,[]^.\\/", max_size=30))
def test_whatever_is_written_is_judged(pattern: str) -> None:
    if problem_of(pattern) is None:
        samples_of(pattern)
        leaves_out(pattern, "")
