"""Matchers: what labels a thing must have for a route, a silence or a window to be about it.

A label that a thing lacks is empty, as in Alertmanager: ``environment!=dev`` holds where there is
no environment. Of a thing with several names a label has several values, of which ``also`` are the
others: it is and is like what any of them is, and is not what none of them is. Patterns are globs,
which take no longer the worse they are meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final, TypeAlias

from msgspec import Struct

from hub.domain.errors import InvalidInput

MAX_MATCHERS: Final = 20
MAX_VALUE: Final = 400
_WRITTEN: Final = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(!=|!~|=|~)(.*)", re.DOTALL)


# What else labels are.
Also: TypeAlias = Mapping[str, tuple[str, ...]]
NOTHING_ELSE: Final[Also] = {}


class Op(StrEnum):
    """How a label is compared: with a value, or with a glob (``*``, ``?``, ``[abc]``)."""

    IS = "="
    IS_NOT = "!="
    LIKE = "~"
    UNLIKE = "!~"


class Matcher(Struct, frozen=True):
    """One comparison of one label."""

    label: str
    op: Op
    value: str

    def __str__(self) -> str:
        return f"{self.label}{self.op.value}{self.value}"

    def holds(self, labels: Mapping[str, str], also: Also = NOTHING_ELSE) -> bool:
        """Whether a thing with these labels is meant."""
        found = (labels.get(self.label, ""), *also.get(self.label, ()))
        if self.op in (Op.IS, Op.IS_NOT):
            return (self.value in found) is (self.op is Op.IS)
        return any(fnmatchcase(each, self.value) for each in found) is (self.op is Op.LIKE)


def parse_matcher(text: str) -> Matcher:
    """Read ``label=value``, ``label!=value``, ``label~glob`` or ``label!~glob``.

    A value may stand in double quotes, as in Alertmanager.

    Raises:
        InvalidInput: it is none of these, as Alertmanager's ``label=~regex``, or longer than a
            label's value may be.

    """
    written = _WRITTEN.fullmatch(text)
    if written is None:
        message = f"{text[:MAX_VALUE]!r} is no matcher"
        raise InvalidInput(message, fix="write label=value, label!=value, label~glob, label!~glob")
    label, op, value = written.groups()
    if op == "=" and value.startswith("~"):
        message = f"{text[:MAX_VALUE]!r} compares with a regular expression"
        raise InvalidInput(message, fix=f"write a glob, as in {label}~silver.*")
    if len(value) > MAX_VALUE:
        raise InvalidInput(f"the matcher of {label} is longer than {MAX_VALUE} characters")
    value = value.strip()
    is_quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return Matcher(label, Op(op), value[1:-1] if is_quoted else value)


def all_hold(
    matchers: Iterable[Matcher], labels: Mapping[str, str], also: Also = NOTHING_ELSE
) -> bool:
    """Whether every one of the matchers holds."""
    return all(each.holds(labels, also) for each in matchers)
