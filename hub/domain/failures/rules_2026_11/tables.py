"""The form of the tables: what many codes or names have in common is written once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from hub.domain.failures.failure import FailureClass

if TYPE_CHECKING:
    from hub.domain.failures.classification import Claim

# Class, confidence, and the codes or names that claim it, in one text.
Table: TypeAlias = tuple[tuple[FailureClass, float, str], ...]


def claims_of(*tables: Table) -> dict[str, Claim]:
    """Return the claim of each code or name."""
    return {
        word: (failure_class, confidence)
        for table in tables
        for failure_class, confidence, words in table
        for word in words.split()
    }
