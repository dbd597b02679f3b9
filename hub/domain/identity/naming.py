"""Rules by which names that differ in their writing alone are one name.

A rule holds for the namespaces that its pattern matches, and for datasets, jobs or both. It writes
the namespace otherwise, or the names in it, or both. What it does to a name is done in this order:
the templates, then the partitions, then the case.

Names come from whoever sends events, so expressions are RE2's: see ``hub.domain.expressions``.
"""

from __future__ import annotations

import re
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct

from hub.domain.expressions import compiled
from hub.domain.identity.addresses import plain_address
from hub.domain.names import NodeKind
from hub.domain.openlineage.events import usable_name

if TYPE_CHECKING:
    from hub.domain.identity.things import Name

# To a group, in what is to be written; or a backslash with what follows it.
REFERENCE: Final = re.compile(r"\\(?:g<(\w+)>|([1-9]\d?)|(.?))", re.DOTALL)


class Template(Struct, frozen=True):
    """What part of a name is written otherwise; ``write`` may name groups of ``match``."""

    match: str
    write: str


class NamingRule(Struct, frozen=True, dict=True):
    """One rule of the configuration; ``namespaces`` is a regular expression for a whole name.

    ``namespace`` is what such a namespace is written as, with the groups of ``namespaces`` in it;
    ``knows_addresses`` has it written as what is known of addresses everywhere says.
    """

    name: str
    namespaces: str
    kinds: tuple[NodeKind, ...] = (NodeKind.DATASET, NodeKind.JOB)
    templates: tuple[Template, ...] = ()
    trims_partitions: bool = False
    folds_case: bool = False
    namespace: str | None = None
    knows_addresses: bool = False

    def holds_for(self, kind: NodeKind, namespace: str) -> bool:
        """Whether it says anything of names in a namespace."""
        return kind in self.kinds and self._namespaces.fullmatch(namespace) is not None

    def written(self, namespace: str) -> str:
        """Return a namespace that the rule holds for as the rule writes it."""
        found = self._namespaces.fullmatch(namespace)
        if found is not None and self.namespace is not None:
            namespace = _filled(self.namespace, found)
        return plain_address(namespace) if self.knows_addresses else namespace

    def normal(self, name: str) -> str:
        """Return the name as it is written by this rule; one that would be empty stays."""
        made = name
        for pattern, write in self._templates:
            made = pattern.sub(partial(_filled, write), made)
        if self.trims_partitions:
            made = _PARTITIONS.sub("", made)
        if self.folds_case:
            made = made.lower()
        return made or name

    @cached_property
    def _namespaces(self) -> Any:  # noqa: ANN401 - of a package without types
        return compiled(self.namespaces)

    @cached_property
    def _templates(self) -> list[tuple[Any, str]]:
        return [(compiled(each.match), each.write) for each in self.templates]


# What is cut off the end of a name: folders such as `/dt=2026-01-01/hour=03`, dates as folders
# (`/2026-01-01`, `/20260101`, `/2026/01/01/03`), and BigQuery's decorator (`$20260101`).
_PARTITIONS: Final = compiled(
    r"(?:/[^/=]+=[^/]*"
    r"|/\d{4}-\d{2}(?:-\d{2})?|/\d{8}(?:\d{2})?|/(?:19|20)\d{2}/\d{2}(?:/\d{2}){0,2})+/?$"
    r"|\$(?:\d{4,10}|__\w+__)$"
)


class Writing(NamedTuple):
    """What rules make of a namespace, and which of them hold for the names in it.

    ``by`` are the rules that write the namespace. One that they would write anew without end
    ``loops``, and stays as it is.
    """

    namespace: str
    rules: tuple[NamingRule, ...]
    by: tuple[str, ...] = ()
    loops: bool = False

    def write(self, name: str) -> tuple[Name, str]:
        """Return a name in the namespace as the rules write it, and which of them changed it."""
        made, used = name, set() if self.loops else {*self.by}
        for rule in self.rules:
            before, made = made, rule.normal(made)
            if made != before:
                used.add(rule.name)
        return (self.namespace, made), ", ".join(_in_order(self.rules, used))


def writing_of(rules: tuple[NamingRule, ...], kind: NodeKind, namespace: str) -> Writing:
    """Return what rules make of a namespace, and of the names of a kind in it.

    They are gone through until none of them writes it otherwise: so a rule holds for a namespace
    as others write it too, whatever their order.
    """
    made, held, by = namespace, set[str](), set[str]()
    for _ in range(len(rules) + 1):
        is_settled = True
        for rule in rules:
            if not rule.holds_for(kind, made):
                continue
            held.add(rule.name)
            before, made = made, rule.written(made)
            if made != before:
                is_settled = False
                by.add(rule.name)
            if not usable_name(made):
                return _as_it_is(rules, kind, namespace, by)
        if is_settled:
            holding = tuple(rule for rule in rules if rule.name in held)
            return Writing(made, holding, _in_order(rules, by))
    return _as_it_is(rules, kind, namespace, by)


class Writings(dict[str, Writing]):
    """What rules make of the names of a kind, by namespace; each is found out once."""

    def __init__(self, rules: tuple[NamingRule, ...], kind: NodeKind) -> None:
        super().__init__()
        self._rules = rules
        self._kind = kind

    def __missing__(self, namespace: str) -> Writing:
        found = self[namespace] = writing_of(self._rules, self._kind, namespace)
        return found


def misfit(pattern: str, write: str) -> str | None:
    """Return why what is to be written cannot be, in the groups of an expression."""
    expression = compiled(pattern)
    for reference in REFERENCE.finditer(write):
        name, number, sign = reference.groups()
        if sign is not None:
            if sign != "\\":
                return rf"{reference[0]} names no group, and a backslash is written \\"
            continue
        group = name or number
        is_there = int(group) <= expression.groups if group.isdecimal() else False
        if not is_there and group not in expression.groupindex:
            return f"it has no group {group}"
    return None


def _filled(write: str, found: Any) -> str:  # noqa: ANN401 - of a package without types
    """Return what is to be written, with the groups of a match in it.

    The package's own way to do so takes all but ASCII for something else.
    """

    def meant(reference: re.Match[str]) -> str:
        name, number, sign = reference.groups()
        if sign is not None:
            return sign
        group = name or number
        return found[int(group) if group.isdecimal() else group] or ""

    return REFERENCE.sub(meant, write)


def _as_it_is(
    rules: tuple[NamingRule, ...], kind: NodeKind, namespace: str, by: set[str]
) -> Writing:
    holding = tuple(rule for rule in rules if rule.holds_for(kind, namespace))
    return Writing(namespace, holding, _in_order(rules, by), loops=True)


def _in_order(rules: tuple[NamingRule, ...], names: set[str]) -> tuple[str, ...]:
    return tuple(rule.name for rule in rules if rule.name in names)
