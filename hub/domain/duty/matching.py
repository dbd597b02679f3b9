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
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
# Of what else is escaped the backslash stays, as in globs.
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", '"': '"', "\\": "\\"}
_SPECIAL: Final = re.compile(r'["\\\n]')


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
        value = self.value
        if '"' in value or value != value.strip() or value[:1] == "~":
            value = f'"{_SPECIAL.sub(_escaped, value)}"'
        return f"{self.label}{self.op.value}{value}"

    @property
    def compares_values(self) -> bool:
        """Whether it compares with a value, not with a glob."""
        return self.op in (Op.IS, Op.IS_NOT)

    def holds(self, labels: Mapping[str, str], also: Also = NOTHING_ELSE) -> bool:
        """Whether a thing with these labels is meant."""
        found = (labels.get(self.label, ""), *also.get(self.label, ()))
        if self.compares_values:
            return (self.value in found) is (self.op is Op.IS)
        return any(fnmatchcase(each, self.value) for each in found) is (self.op is Op.LIKE)


def parse_matcher(text: str) -> Matcher:
    r"""Read ``label=value``, ``label!=value``, ``label~glob`` or ``label!~glob``.

    A value may stand in double quotes, as in Alertmanager: then ``\"``, ``\\`` and ``\n`` stand for
    a quote, a backslash and a new line.

    Raises:
        InvalidInput: it is none of these, as Alertmanager's ``label=~regex``, a quote in it has no
            other one, or it is longer than a label's value may be.

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
    return Matcher(label, Op(op), _unquoted(label, value.strip()))


def _unquoted(label: str, value: str) -> str:
    if '"' not in value:
        return value
    quoted = _QUOTED.fullmatch(value)
    if quoted is None:
        message = f"the quotes of {value!r} do not match"
        raise InvalidInput(message, fix=f'write {label}="value", and \\" for a quote within it')
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), quoted[1])


def _escaped(found: re.Match[str]) -> str:
    return {"\n": "\\n"}.get(found[0], f"\\{found[0]}")


def all_hold(
    matchers: Iterable[Matcher], labels: Mapping[str, str], also: Also = NOTHING_ELSE
) -> bool:
    """Whether every one of the matchers holds."""
    return all(each.holds(labels, also) for each in matchers)


def share(
    label: str, one: tuple[Mapping[str, str], Also], other: tuple[Mapping[str, str], Also]
) -> bool:
    """Whether two things are the same in a label, by any of its values; each with its ``also``."""
    mine, theirs = ({each.get(label, ""), *also.get(label, ())} for each, also in (one, other))
    return not mine.isdisjoint(theirs)
