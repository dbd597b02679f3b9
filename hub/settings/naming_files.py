"""``names.yaml``: how names are read as one, checked before it is of any use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hub.domain.identity.naming import NamingRule, Template
from hub.domain.names import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.settings import shapes

# Where in the document something is wrong, and what.
Problem = tuple[str, str]


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
        )
        for rule in content.rules
    )


def problems_of(content: shapes.Names) -> Iterator[Problem]:
    """Yield what is wrong with a file."""
    seen: set[str] = set()
    for index, rule in enumerate(content.rules):
        pointer = f"$.rules[{index}]"
        if rule.rule in seen:
            yield pointer, f"rule {rule.rule} is declared twice"
        seen.add(rule.rule)
        if not (rule.templates or rule.trim_partitions or rule.fold_case):
            does = "templates, trim_partitions or fold_case"
            yield pointer, f"rule {rule.rule} does nothing: it needs {does}"
        if not rule.kinds:
            yield f"{pointer}.kinds", f"rule {rule.rule} holds for nothing: dataset, job or both"
        if (why := _wrong(rule.namespaces)) is not None:
            yield f"{pointer}.namespaces", f"{rule.namespaces!r} is no regular expression: {why}"
        for place, each in enumerate(rule.templates):
            yield from _problems_of_template(f"{pointer}.templates[{place}]", each)


def _problems_of_template(pointer: str, template: shapes.NameTemplate) -> Iterator[Problem]:
    if (why := _wrong(template.match)) is not None:
        yield f"{pointer}.match", f"{template.match!r} is no regular expression: {why}"
    elif (why := _wrong(template.match, template.write)) is not None:
        yield f"{pointer}.write", f"{template.write!r} does not fit {template.match!r}: {why}"


def _wrong(pattern: str, write: str = "") -> str | None:
    try:
        re.compile(pattern).sub(write, "")
    except (re.error, IndexError) as error:
        return str(error)
    return None
