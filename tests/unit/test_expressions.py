"""Expressions that people write, read by RE2."""

from __future__ import annotations

import pytest
import re2

from hub.domain.expressions import MAX_SIZE, compiled, searchable, unusable


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        ("a(?=b)", "looks neither ahead nor behind"),
        ("a(?!b)", "looks neither ahead nor behind"),
        ("(?<=a)b", "looks neither ahead nor behind"),
        ("(?<!a)b", "looks neither ahead nor behind"),
        (r"(a)\1", "write out what it is to find again"),
        ("(?P<n>a)(?P=n)", "write out what it is to find again"),
        ("(?>a+)b", "a plain group"),
        ("a++b", "+ alone is as quick"),
        ("a*+b", "* alone is as quick"),
        ("(a)?(?(1)b|c)", "write both cases"),
        ("a(?#why)", "beside the expression"),
        ("(?x) a b", "write it without"),
        (r"a\Z", r"write \z"),
        (r"\u00e9", "the character itself"),
        ("a{2000}", "1,000 is the most"),
        ("((a{1,100}){1,100}){1,100}", "1,000 is the most|too large"),
        (r"(?:\pL{1,300}){1,3}", "too large"),
        ("(", "missing )"),
        ("\ud800", "surrogate"),
        ("a" * 1_001, "more than 1,000 characters"),
    ],
)
def test_what_re2_cannot_read_is_told_with_what_to_write_instead(
    pattern: str, instead: str
) -> None:
    why = unusable(pattern)
    assert why is not None
    assert any(each in why for each in instead.split("|")), why


def test_an_expression_is_re2s_and_no_larger_than_is_quick_on_any_text() -> None:
    largest = "a.{1,200}?" * 4
    for pattern in ("(x+x+)+y", "(a|a)*b", largest):
        expression = compiled(pattern, is_loose=True)
        assert type(expression) is type(re2.compile(""))
        assert expression.programsize <= MAX_SIZE
    with pytest.raises(ValueError, match="too large"):
        compiled(largest * 3, is_loose=True)


def test_a_loose_one_ignores_case_and_goes_over_lines() -> None:
    assert compiled("QUOTA.of é", is_loose=True).search("no quota\nof É") is not None
    assert compiled("QUOTA").search("quota") is None
    assert compiled("a.b").search("a\nb") is None


def test_half_a_character_hinders_no_search() -> None:
    found = compiled("quota").search(searchable("\ud800 quota"))
    assert found is not None
    assert found.span() == (2, 7)
