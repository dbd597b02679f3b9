"""``names.yaml``: how names are read as one, checked before it is of any use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.expressions import unusable
from hub.domain.identity.naming import REFERENCE, NamingRule, Template, misfit, writing_of
from hub.domain.names import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.settings import shapes

# Where in the document something is wrong, and what.
Problem = tuple[str, str]

_DOES = "namespace, known_addresses, templates, trim_partitions or fold_case"


def naming_rules(content: shapes.Names) -> tuple[NamingRule, ...]:
    """Return the rules that a file without problems declares, in its order."""
    return tuple(
        NamingRule(
            name=rule.rule,
            namespaces=rule.namespaces,
            kinds=tuple(NodeKind(kind) for kind in rule.kinds),
            templates=tuple(Template(each.match, each.write) for each in rule.templates),
            trims_partitions=rule.trim_partitions,
            folds_case=rule.fold_case,
            namespace=rule.namespace,
            knows_addresses=rule.known_addresses,
        )
        for rule in content.rules
    )


def problems_of(content: shapes.Names) -> Iterator[Problem]:
    """Yield what is wrong with a file."""
    seen: set[str] = set()
    is_sound = True
    for index, rule in enumerate(content.rules):
        pointer = f"$.rules[{index}]"
        if rule.rule in seen:
            is_sound = False
            yield pointer, f"rule {rule.rule} is declared twice"
        seen.add(rule.rule)
        for problem in _problems_of_rule(pointer, rule):
            is_sound = False
            yield problem
    if is_sound:
        yield from _endless(naming_rules(content))


def _problems_of_rule(pointer: str, rule: shapes.NameRule) -> Iterator[Problem]:
    writes_names = rule.templates or rule.trim_partitions or rule.fold_case
    if not (writes_names or rule.known_addresses or rule.namespace is not None):
        yield pointer, f"rule {rule.rule} does nothing: it needs {_DOES}"
    if not rule.kinds:
        yield f"{pointer}.kinds", f"rule {rule.rule} holds for nothing: dataset, job or both"
    if (why := unusable(rule.namespaces)) is not None:
        yield f"{pointer}.namespaces", f"{rule.namespaces!r} {why}"
    elif rule.namespace is not None:
        yield from _problems_of_writing(f"{pointer}.namespace", rule, rule.namespace)
    for place, each in enumerate(rule.templates):
        yield from _problems_of_template(f"{pointer}.templates[{place}]", each)


def _problems_of_writing(pointer: str, rule: shapes.NameRule, write: str) -> Iterator[Problem]:
    if not write.strip():
        yield pointer, f"rule {rule.rule} writes no namespace: say which, or leave it out"
    elif (why := misfit(rule.namespaces, write)) is not None:
        yield pointer, f"{write!r} does not fit {rule.namespaces!r}: {why}"


def _problems_of_template(pointer: str, template: shapes.NameTemplate) -> Iterator[Problem]:
    if (why := unusable(template.match)) is not None:
        yield f"{pointer}.match", f"{template.match!r} {why}"
    elif (why := misfit(template.match, template.write)) is not None:
        yield f"{pointer}.write", f"{template.write!r} does not fit {template.match!r}: {why}"


def _endless(rules: tuple[NamingRule, ...]) -> Iterator[Problem]:
    """Yield what writes namespaces anew without end, as what it writes shows; the least of each."""
    found: dict[tuple[str, ...], str] = {}
    for rule in rules:
        if rule.namespace is not None:
            sample = REFERENCE.sub("x", rule.namespace)
            writing = writing_of(rules, rule.kinds[0], sample)
            if writing.loops:
                found.setdefault(writing.by, sample)
    places = {rule.name: index for index, rule in enumerate(rules)}
    told: list[set[str]] = []
    for by in sorted(found, key=len):
        if any(each <= {*by} for each in told):
            continue
        told.append({*by})
        # What is there already was fine without the last one.
        message = (
            f"rule {by[-1]} loops: {found[by]} is written anew without end, by {' and '.join(by)}."
            " Let them write towards a namespace that none of them holds for"
        )
        yield f"$.rules[{places[by[-1]]}].namespace", message
