"""Phrases of earlier sets that fit by chance, by the rule that has them: they are less sure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import structs

from hub.domain.failures.classification import MessageRule

# Less than what stands whatever the other words are.
_LESS: Final = 0.66

LOOSE: Final = {
    "bad-value": r"""
        could not (?:parse|be parsed|cast|coerce)
        invalid (?:character value|cast|argument for|isoformat|byte|utf-?8|json|input for)
        failed to (?:cast|parse|convert) | error (?:converting|when converting|parsing)
        is not (?:a valid|recognized as) | not recognized | malformed | cast error
        incorrect (?:\w+ )?value | bad (?:int|float|double|value|record) | too many errors
        out of bounds | cannot be converted | acceptable range | type check failed
        invalid value(?! for (?:required|config|param|option|setting|property))
        """,
    "out-of-range": r"""
        truncat(?:ed|ion) | lose data | data loss | precision
        (?<!size )overflow(?:s|ed)?\b(?!.{0,20}(?:buffer|stack|\d))
        """,
    "bad-bytes": r"corrupt(?:ed)?\b | unterminated | unexpected token",
    "constraint": r"""
        duplicate (?:key|entry|rows?|record|map key|value) | non-nullable | contains null
        not unique | failed the validation | cannot be null
        """,
    "test-failed": r"""
        validation failed | configured to fail | data test | circuit ?breaker
        checks? (?:\w+ )?failed(?! because) | quality (?:check|gate|rule)
        """,
    "raised-by-rule": r"must be (?:>|<|>=|positive|greater|less|between|unique) | anomal",
    "syntax": r"parse error | parser error | parsing error",
    "columns-differ": r"""
        column (?:count|number) | number of (?:columns|fields) | missing (?:columns?|fields?)
        missing columns? | dialect | length mismatch | are in the \[(?:columns|index)\]
        """,
    "statement-timeout": r"""
        timeout of \d+ ?(?:s|second|min) | maximum time | time limit | timeout, pid | wlm
        exceeded .{0,30}time ?out
        """,
    "resources-exceeded": r"""
        spill | too complex | exceeded maximum allowed | memory limit .{0,30}exceeded
        response too large | maximum (?:query|expression|recursion) (?:length|size|depth|limit)
        """,
    "by-user": r"keyboard ?interrupt | operation was cancel",
    "token-expired": r"session (?:has )?expired | oauth | jwt | session_id | refresh token",
    "commit-conflict": r"version mismatch | has changed: expected | concurrent operation",
    "serialization": r"could not serialize | transaction (?:was )?(?:aborted|conflict)",
    "file-not-there": r"""
        no such file | file (?:does not exist|not found) | object not found | specified key
        path (?:does not exist|not found) | empty (?:file|response|body|directory)
        """,
    "file-of-settings": r"did not find expected",
    "starting-up": r"service unavailable | try again later | not currently available",
    "source-server-error": r"something went wrong | contact support | unknown exception in",
    "no-resources": r"not enough (?:slots|resources) | was evicted",
    "quota-refuses": r"failed quota:",
}


def less_sure(rules: Iterable[MessageRule]) -> Iterator[MessageRule]:
    """Yield rules, each that has loose phrases in two: without them, and with them alone."""
    for rule in rules:
        loose = structs.replace(rule, phrases=LOOSE.get(rule.id, "")).alternatives
        found = [each for each in rule.alternatives if each in loose]
        kept = [each for each in rule.alternatives if each not in loose]
        if kept:
            yield structs.replace(rule, phrases="\n".join(kept))
        if found:
            less = min(_LESS, rule.confidence)
            yield structs.replace(rule, phrases="\n".join(found), confidence=less)
