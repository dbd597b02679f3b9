"""Data contracts: what an ODCS document demands of a record, and of a dataset.

A contract is the standard's document; the hub compiles the object that a step writes into rules
over one record (checked as records come in) and quality rules over a batch (checked at the gate).
Source: Open Data Contract Standard 3.2.0, sections "Schema" and "Data Quality".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, TypeAlias

from msgspec import Struct, field

from hub.domain.errors import InvalidInput
from hub.domain.expressions import compiled, searchable, unusable

Record: TypeAlias = Mapping[str, Any]


class Violation(Struct, frozen=True):
    """One rule of a contract that a record breaks; ``rule`` is stable, ``message`` for people."""

    rule: str
    field: str
    message: str


class FieldRule(Struct, frozen=True, kw_only=True):
    """What a contract says about one field of a record."""

    name: str
    logical_type: str | None = None
    is_required: bool = False
    is_unique: bool = False
    allowed: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


class QualityRule(Struct, frozen=True, kw_only=True):
    """An ODCS quality rule on the object (``field`` is None) or on one of its fields.

    ``blocks`` is false for a rule of severity ``warning`` or ``info``.
    """

    name: str
    rule: dict[str, Any]
    field: str | None = None
    blocks: bool = True


class Contract(Struct, frozen=True, kw_only=True):
    """The part of an ODCS document that binds one dataset."""

    id: str
    version: str
    name: str
    status: str = ""
    domain: str = ""
    product: str = ""
    object: str = ""
    fields: tuple[FieldRule, ...] = ()
    quality: tuple[QualityRule, ...] = ()

    @property
    def types(self) -> dict[str, str]:
        """Return the logical type of each field that has one."""
        return {rule.name: rule.logical_type for rule in self.fields if rule.logical_type}

    def missing_fields(self, present: Collection[str]) -> list[Violation]:
        """Return a violation for each required field that a whole batch lacks."""
        unknown = sorted(set(present) - {rule.name for rule in self.fields})
        hint = f" (not in the contract: {', '.join(unknown)})" if unknown else ""
        return [
            Violation("missing-field", rule.name, f"field {rule.name} is missing{hint}")
            for rule in self.fields
            if rule.is_required and rule.name not in present
        ]

    def checker(self) -> Callable[[Record], list[Violation]]:
        """Return a function that lists every rule which a record breaks."""
        checks = [(rule.name, rule.is_required, _value_checks(rule)) for rule in self.fields]

        def check(record: Record) -> list[Violation]:
            found: list[Violation] = []
            for name, is_required, value_checks in checks:
                value = record.get(name)
                if value is None:
                    if is_required:
                        found.append(Violation("required", name, f"{name} is required"))
                    continue
                for value_check in value_checks:
                    violation = value_check(value)
                    if violation is None:
                        continue
                    found.append(violation)
                    if violation.rule == "type":
                        break
            return found

        return check


def read_contract(document: Mapping[str, Any], dataset: str | None = None) -> Contract:
    """Return what a valid ODCS document demands of ``dataset``.

    The object is the one whose ``physicalName`` or ``name`` is the dataset's; a document with one
    object needs no such match.

    Raises:
        InvalidInput: no object fits, or a rule in it cannot be compiled.

    """
    chosen = _object(document, dataset)
    properties = chosen.get("properties") or []
    return Contract(
        id=document["id"],
        version=document["version"],
        name=document.get("name") or document["id"],
        status=document.get("status") or "",
        domain=document.get("domain") or "",
        product=document.get("dataProduct") or "",
        object=chosen.get("physicalName") or chosen.get("name") or "",
        fields=tuple(_field_rule(prop) for prop in properties),
        quality=(
            *_quality_rules(chosen, None),
            *(rule for prop in properties for rule in _quality_rules(prop, prop["name"])),
            *_key_rules(properties),
        ),
    )


def sources_of(document: Mapping[str, Any], dataset: str) -> list[str]:
    """Return what a valid ODCS document says that the fields of ``dataset`` are made from.

    These are names as its authors call the objects. Empty where none of its objects is the dataset.
    """
    try:
        chosen = _object(document, dataset)
    except InvalidInput:
        return []
    found: list[str] = []
    waiting = list(chosen.get("properties") or [])
    while waiting:
        prop = waiting.pop()
        found += prop.get("transformSourceObjects") or []
        waiting += prop.get("properties") or []
        waiting += [prop["items"]] if prop.get("items") else []
    return list(dict.fromkeys(found))


def _object(document: Mapping[str, Any], dataset: str | None) -> Mapping[str, Any]:
    objects: list[dict[str, Any]] = document.get("schema") or []
    for candidate in objects:
        if dataset in (candidate.get("physicalName"), candidate.get("name")) and dataset:
            return candidate
    if len(objects) == 1:
        return objects[0]
    if not objects:
        return {}
    names = ", ".join(str(o.get("physicalName") or o.get("name")) for o in objects)
    raise InvalidInput(
        f"contract {document['id']} has objects {names}, and none is {dataset}",
        fix="set physicalName of one of them to the dataset that the step writes",
    )


def _field_rule(prop: Mapping[str, Any]) -> FieldRule:
    options = dict(prop.get("logicalTypeOptions") or {})
    allowed = [item.get("value") for item in prop.get("enum") or [] if isinstance(item, Mapping)]
    is_key = bool(prop.get("primaryKey"))
    return FieldRule(
        name=prop["name"],
        logical_type=prop.get("logicalType"),
        is_required=is_key or bool(prop.get("required")),
        is_unique=bool(prop.get("unique")),
        allowed=tuple(allowed),
        options=options,
    )


def _quality_rules(owner: Mapping[str, Any], name: str | None) -> Iterator[QualityRule]:
    for index, rule in enumerate(owner.get("quality") or []):
        if rule.get("type", "library") not in ("library", "sql"):
            continue
        what = rule.get("name") or rule.get("metric") or f"rule {index + 1}"
        severity = str(rule.get("severity") or "error").lower()
        yield QualityRule(
            name=f"{name}: {what}" if name else str(what),
            rule=dict(rule),
            field=name,
            blocks=severity not in ("warning", "warn", "info"),
        )


def _key_rules(properties: Iterable[Mapping[str, Any]]) -> Iterator[QualityRule]:
    """Uniqueness holds over a dataset, not over a record, so it is a rule of the gate."""
    keys = [prop["name"] for prop in properties if prop.get("primaryKey")]
    unique = [[prop["name"]] for prop in properties if prop.get("unique")]
    for columns in (*([keys] if keys else []), *(one for one in unique if one != keys)):
        yield QualityRule(
            name=f"{', '.join(columns)}: unique",
            rule={
                "metric": "duplicateValues",
                "mustBe": 0,
                "arguments": {"properties": columns},
            },
            field=columns[0] if len(columns) == 1 else None,
        )


_Check: TypeAlias = Callable[[Any], Violation | None]

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float, Decimal),
    "boolean": (bool,),
    "date": (date,),
    "timestamp": (datetime,),
    "time": (time,),
    "array": (list, tuple),
    "object": (dict,),
    "map": (dict,),
}


def _value_checks(rule: FieldRule) -> list[_Check]:
    """Return the checks of a value, the type first: the others rely on it."""
    checks: list[_Check] = []
    if rule.logical_type in _PYTHON_TYPES:
        checks.append(_type_check(rule.name, rule.logical_type))
    if rule.allowed:
        checks.append(_enum_check(rule.name, rule.allowed))
    for option, build in _OPTIONS.items():
        if option in rule.options:
            checks.append(build(rule.name, rule.options[option]))
    return checks


def _type_check(name: str, logical_type: str) -> _Check:
    types = _PYTHON_TYPES[logical_type]
    # bool is an int, datetime a date and NaN a number in Python, not in the standard.
    excluded: tuple[type, ...] = {"integer": (bool,), "number": (bool,), "date": (datetime,)}.get(
        logical_type, ()
    )

    def check(value: Any) -> Violation | None:  # noqa: ANN401 - any value of a record
        if isinstance(value, types) and not (excluded and isinstance(value, excluded)):
            return None
        found = type(value).__name__
        return Violation("type", name, f"{name} is {found}, not {logical_type}")

    return check


def _enum_check(name: str, allowed: tuple[Any, ...]) -> _Check:
    shown = ", ".join(map(str, allowed[:10]))
    values = frozenset(allowed)

    def check(value: Any) -> Violation | None:  # noqa: ANN401 - any value of a record
        if value in values:
            return None
        return Violation("enum", name, f"{name} is {_shown(value)}, not one of {shown}")

    return check


def _limit(
    rule: str, words: str, holds: Callable[[Any, Any], bool]
) -> Callable[[str, Any], _Check]:
    def build(name: str, limit: Any) -> _Check:  # noqa: ANN401 - a number, date or text
        def check(value: Any) -> Violation | None:  # noqa: ANN401 - any value of a record
            bound = _comparable(limit, value)
            if holds(value, bound):
                return None
            return Violation(rule, name, f"{name} is {_shown(value)}, {words} {limit}")

        return check

    return build


def _comparable(limit: Any, value: Any) -> Any:  # noqa: ANN401 - a number, date or text
    """Return the limit in the value's type: contracts write dates and decimals as text."""
    if isinstance(value, datetime):
        bound = datetime.fromisoformat(str(limit))
        return bound if bound.tzinfo or value.tzinfo is None else bound.replace(tzinfo=UTC)
    if isinstance(value, date):
        return date.fromisoformat(str(limit))
    if isinstance(value, Decimal):
        return Decimal(str(limit))
    return limit


def _length(
    rule: str, words: str, holds: Callable[[int, int], bool]
) -> Callable[[str, Any], _Check]:
    def build(name: str, limit: Any) -> _Check:  # noqa: ANN401 - a number from the document
        def check(value: Any) -> Violation | None:  # noqa: ANN401 - any value of a record
            if holds(len(value), int(limit)):
                return None
            return Violation(rule, name, f"{name} has length {len(value)}, {words} {limit}")

        return check

    return build


def _pattern(name: str, pattern: Any) -> _Check:  # noqa: ANN401 - text from the document
    if (why := unusable(str(pattern))) is not None:
        raise InvalidInput(f"field {name}: pattern {pattern!r} {why}")
    match = compiled(str(pattern)).fullmatch

    def check(value: Any) -> Violation | None:  # noqa: ANN401 - any value of a record
        if isinstance(value, str) and match(searchable(value)):
            return None
        return Violation("pattern", name, f"{name} is {_shown(value)}, not like {pattern}")

    return check


def _multiple(name: str, step: Any) -> _Check:  # noqa: ANN401 - a number from the document
    def check(value: Any) -> Violation | None:  # noqa: ANN401 - any value of a record
        if Decimal(str(value)) % Decimal(str(step)) == 0:
            return None
        return Violation("multipleOf", name, f"{name} is {_shown(value)}, no multiple of {step}")

    return check


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - what fits a line


_OPTIONS: dict[str, Callable[[str, Any], _Check]] = {
    "minLength": _length("minLength", "shorter than", lambda size, limit: size >= limit),
    "maxLength": _length("maxLength", "longer than", lambda size, limit: size <= limit),
    "minItems": _length("minItems", "fewer than", lambda size, limit: size >= limit),
    "maxItems": _length("maxItems", "more than", lambda size, limit: size <= limit),
    "pattern": _pattern,
    "minimum": _limit("minimum", "below", lambda value, limit: value >= limit),
    "maximum": _limit("maximum", "above", lambda value, limit: value <= limit),
    "exclusiveMinimum": _limit("exclusiveMinimum", "not above", lambda value, limit: value > limit),
    "exclusiveMaximum": _limit("exclusiveMaximum", "not below", lambda value, limit: value < limit),
    "multipleOf": _multiple,
}
