"""Rules by which names that differ in their writing alone are one name.

A rule holds for the namespaces that its pattern matches, and for datasets, jobs or both. What it
does to a name is done in this order: the templates, then the partitions, then the case.
"""

from __future__ import annotations

import re
from functools import cached_property
from re import Pattern
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from hub.domain.names import NodeKind

if TYPE_CHECKING:
    from hub.domain.identity.things import Name

# What is cut off the end of a name: folders such as `/dt=2026-01-01/hour=03`, dates as folders
# (`/2026-01-01`, `/20260101`, `/2026/01/01/03`), and BigQuery's decorator (`$20260101`).
_PARTITIONS: Final = re.compile(
    r"(?:(?:/[^/=]+=[^/]*)+"
    r"|/\d{4}-\d{2}(?:-\d{2})?|/\d{8}(?:\d{2})?|/(?:19|20)\d{2}/\d{2}(?:/\d{2}){0,2})+/?$"
    r"|\$(?:\d{4,10}|__\w+__)$"
)


class Template(Struct, frozen=True):
    """What part of a name is written otherwise, as ``re.sub`` has it."""

    match: str
    write: str

    @property
    def pattern(self) -> Pattern[str]:
        """The expression, compiled."""
        return re.compile(self.match)


class NamingRule(Struct, frozen=True, dict=True):
    """One rule of the configuration; ``namespaces`` is a regular expression for a whole name."""

    name: str
    namespaces: str
    kinds: tuple[NodeKind, ...] = (NodeKind.DATASET, NodeKind.JOB)
    templates: tuple[Template, ...] = ()
    trims_partitions: bool = False
    folds_case: bool = False

    def holds_for(self, kind: NodeKind, namespace: str) -> bool:
        """Whether it says anything of names in a namespace."""
        return kind in self.kinds and self._namespaces.fullmatch(namespace) is not None

    def normal(self, name: str) -> str:
        """Return the name as it is written by this rule; one that would be empty stays."""
        made = name
        for pattern, write in self._templates:
            made = pattern.sub(write, made)
        if self.trims_partitions:
            made = _PARTITIONS.sub("", made)
        if self.folds_case:
            made = made.lower()
        return made or name

    @cached_property
    def _namespaces(self) -> Pattern[str]:
        return re.compile(self.namespaces)

    @cached_property
    def _templates(self) -> list[tuple[Pattern[str], str]]:
        return [(each.pattern, each.write) for each in self.templates]


def rules_for(
    rules: tuple[NamingRule, ...], kind: NodeKind, namespace: str
) -> tuple[NamingRule, ...]:
    """Return the rules that hold for names of a kind in a namespace."""
    return tuple(rule for rule in rules if rule.holds_for(kind, namespace))


def normal_name(rules: tuple[NamingRule, ...], name: Name) -> tuple[Name, str]:
    """Return a name as rules write it, one after the other, and which of them changed it."""
    space, made = name
    used = []
    for rule in rules:
        before, made = made, rule.normal(made)
        if made != before:
            used.append(rule.name)
    return (space, made), ", ".join(used)
