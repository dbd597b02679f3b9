"""Completing values: what resolvers return becomes what is encoded, a whole list at a time.

Each step takes the values of one field over all objects of a list. What is not exactly as the
schema promises raises ``Unanswered``: it may be an error, or something that graphql-core coerces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from types import NoneType
from typing import Any, Final

import msgspec
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)

from hub.api.graphql.compiled.asked import Asked, Step, Unanswered
from hub.api.graphql.scalars import IN_LISTS

_LISTS: Final = frozenset({list, tuple})
_NOTHING: Final = frozenset({NoneType, type(Undefined)})
_INTS: Final = range(-(1 << 31), 1 << 31)
# What is encoded as it is, by the name of its type in the schema.
_PLAIN: Final[Mapping[str, type]] = {
    GraphQLString.name: str,
    GraphQLID.name: str,
    GraphQLBoolean.name: bool,
}


def kinds_of(values: Sequence[Any]) -> set[type]:
    """Return the classes of some values."""
    return set(map(type, values))


def nullable(step: Step) -> Step:
    """Let nulls pass around a step that takes none."""

    def complete(values: Sequence[Any], asked: Asked) -> Sequence[Any]:
        if NoneType not in kinds_of(values):
            return step(values, asked)
        made = iter(step([value for value in values if value is not None], asked))
        return [None if value is None else next(made) for value in values]

    return complete


def list_of(step: Step) -> Step:
    """Complete the items of all lists together, and give each list its own back."""

    def complete(values: Sequence[Any], asked: Asked) -> Sequence[Any]:
        if not kinds_of(values) <= _LISTS:
            raise Unanswered
        made = iter(step(list(chain.from_iterable(values)), asked))
        return [list(islice(made, len(value))) for value in values]

    return complete


def leaf(kind: GraphQLLeafType) -> Step:
    """Complete scalars and members of enumerations."""
    if isinstance(kind, GraphQLEnumType):
        return _member(kind)
    if kind is GraphQLInt:
        return _integer
    if kind.name in IN_LISTS:
        return _in_lists(kind, IN_LISTS[kind.name])
    plain = _PLAIN.get(kind.name)

    def complete(values: Sequence[Any], _asked: Asked) -> Sequence[Any]:
        kinds = kinds_of(values)
        return values if kinds == {plain} else _coerced(kind, values, kinds)

    return complete


def _in_lists(kind: GraphQLLeafType, serialize: Callable[[Sequence[int]], list[str]]) -> Step:
    def complete(values: Sequence[Any], _asked: Asked) -> Sequence[Any]:
        kinds = kinds_of(values)
        return serialize(values) if kinds == {int} else _coerced(kind, values, kinds)

    return complete


def _member(kind: GraphQLEnumType) -> Step:
    # Set by Strawberry on the types that it makes.
    members: type = kind.wrapped_cls  # type: ignore[attr-defined]
    names = {member: kind.coerce_output_value(member) for member in members}  # type: ignore[attr-defined]  # an enumeration

    def complete(values: Sequence[Any], _asked: Asked) -> Sequence[Any]:
        kinds = kinds_of(values)
        if kinds == {members}:
            return list(map(names.__getitem__, values))
        return _coerced(kind, values, kinds)

    return complete


def _integer(values: Sequence[Any], _asked: Asked) -> Sequence[Any]:
    kinds = kinds_of(values)
    if kinds == {int} and min(values) in _INTS and max(values) in _INTS:
        return values
    return _coerced(GraphQLInt, values, kinds)


def _coerced(kind: GraphQLLeafType, values: Sequence[Any], kinds: set[type]) -> Sequence[Any]:
    if any(issubclass(each, (NoneType, Exception)) for each in kinds):
        raise Unanswered
    made = list(map(kind.coerce_output_value, values))
    if not kinds_of(made).isdisjoint(_NOTHING):
        raise Unanswered
    return made


def objects(keys: Sequence[str], steps: Sequence[Step]) -> Step:
    """Complete objects: ``steps`` make one column each, under the key of the answer."""
    make = _maker(tuple(keys))

    def complete(values: Sequence[Any], asked: Asked) -> Sequence[Any]:
        if not steps:
            return [make() for _ in values]
        return list(map(make, *(step(values, asked) for step in steps)))

    return complete


@lru_cache(maxsize=2_000)
def _maker(keys: tuple[str, ...]) -> Callable[..., Any]:
    # Made and encoded in half the time that a dict takes. Keys may be words that Python reserves.
    names = {f"f{number}": key for number, key in enumerate(keys)}
    return msgspec.defstruct("Answer", [(name, Any) for name in names], rename=names, gc=False)
