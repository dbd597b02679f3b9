"""``rules/DATE.yaml``: dated sets of rules for classification, checked before they are used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from hub.domain.errors import InvalidInput
from hub.domain.expressions import unusable
from hub.domain.failures.written_rules import SURE, WrittenRule, finder
from hub.settings import shapes
from hub.settings.documents import Document, Report, read_document

FOLDER: Final = "rules"
_SET: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:-[a-z0-9]+)*")


def load_rules(folder: Path) -> tuple[WrittenRule, ...]:
    """Read the rules of a configuration folder, and nothing else of it.

    Raises:
        InvalidInput: something is malformed; the message lists every finding with file and line.

    """
    findings: list[str] = []

    def report(document: Document, pointer: str, message: str) -> None:
        findings.append(document.error(pointer, message).message)

    parsed = []
    for path in rule_files(folder):
        try:
            document = read_document(path)
            parsed.append((document, document.convert(shapes.RuleSet)))
        except InvalidInput as error:
            findings.append(error.message)
    rules = written_rules(parsed, report)
    if findings:
        raise InvalidInput("\n".join(findings))
    return rules


def rule_files(folder: Path) -> list[Path]:
    """Return the files of rules in a configuration folder."""
    return sorted((folder / FOLDER).glob("*.yaml"))


def written_rules(
    parsed: list[tuple[Document, shapes.RuleSet]], report: Report
) -> tuple[WrittenRule, ...]:
    """Return the rules of all files, the newest set's first; what is wrong is reported."""
    found: list[WrittenRule] = []
    # A set's name begins with its date.
    for document, content in sorted(parsed, key=lambda each: each[1].rule_set, reverse=True):
        for pointer, message in _problems_of(document, content):
            report(document, pointer, message)
        found += (_rule(content.rule_set, each) for each in content.rules)
    return tuple(found)


def rule_text(rule: WrittenRule, because: str) -> str:
    """Return a file that declares one rule, as people would write it."""
    told = {
        "rule": rule.name,
        "class": rule.failure_class.value,
        "message": rule.message,
        "exception": rule.exception,
        "producer": rule.producer,
        "because": because,
    }
    said = {name: value for name, value in told.items() if value is not None}
    # Without quotes around the date, which the hub's reader takes for text.
    rules = yaml.safe_dump({"rules": [said]}, sort_keys=False, allow_unicode=True, width=100)
    return f"rule_set: {rule.rule_set}\n{rules}"


def _rule(rule_set: str, item: shapes.Rule) -> WrittenRule:
    return WrittenRule(
        name=item.rule,
        rule_set=rule_set,
        failure_class=item.failure_class,
        confidence=SURE if item.confidence is None else item.confidence,
        message=item.message,
        exception=item.exception,
        producer=item.producer,
    )


def _problems_of(document: Document, content: shapes.RuleSet) -> Iterator[tuple[str, str]]:
    name = content.rule_set
    if not _SET.fullmatch(name):
        yield "$.rule_set", f"{name!r} is no dated name, such as 2026-11-27 or 2026-11-27-b"
    if document.path.stem != name:
        yield "$.rule_set", f"rule set {name} belongs into {name}.yaml: sets are added, not changed"
    for index, item in enumerate(content.rules):
        pointer = f"$.rules[{index}]"
        if item.rule in {each.rule for each in content.rules[:index]}:
            yield pointer, f"rule {item.rule} is declared twice"
        yield from _problems_of_rule(pointer, item)
        hider = next((each for each in content.rules[:index] if _hides(each, item)), None)
        if hider is not None:
            yield pointer, f"rule {item.rule} never judges: {hider.rule} before it is more general"


def _problems_of_rule(pointer: str, item: shapes.Rule) -> Iterator[tuple[str, str]]:
    if not (item.message or item.exception):
        yield pointer, f"rule {item.rule} fits all: it needs a message or an exception"
    if item.confidence is not None and not 0 < item.confidence <= 1:
        yield f"{pointer}.confidence", f"{item.confidence} is not above 0 and at most 1"
    for key in ("message", "exception", "producer"):
        pattern = getattr(item, key)
        if pattern is not None and (why := _wrong(pattern)):
            yield f"{pointer}.{key}", f"{pattern!r} {why}"


def _wrong(pattern: str) -> str | None:
    if (why := unusable(pattern)) is not None:
        return why
    return "fits everything, even nothing" if finder(pattern).search("") else None


def _hides(one: shapes.Rule, other: shapes.Rule) -> bool:
    """Whether a rule asks for nothing but what another asks for too."""
    asked = [
        (getattr(one, key), getattr(other, key)) for key in ("message", "exception", "producer")
    ]
    return all(mine is None or mine == theirs for mine, theirs in asked)
