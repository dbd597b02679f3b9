"""Drawing operations that fit the schema, whatever is in it: for laws that hold for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from hub.domain.names import NodeKind, dataset_id, job_id, node_id, run_id
from tests.estates import dataset_name, incident_node, job_name, run_name

_NODES = [
    dataset_id(dataset_name(1)),
    dataset_id(dataset_name(2)),
    "dataset:lake:bronze.d002",
    node_id(NodeKind.FIELD, *dataset_name(1), "id"),
    job_id(job_name(1)),
    run_id(run_name(2)),
    incident_node(1),
    node_id(NodeKind.NAMESPACE, "lake"),
    node_id(NodeKind.DOMAIN, "domain001"),
    node_id(NodeKind.PRODUCT, "product001"),
    node_id(NodeKind.SLO, "product001.fresh"),
    node_id(NodeKind.CONTRACT, "contract-001", "1.0.0"),
    "dataset:nowhere:nothing",
    "nonsense",
]
# Arguments of these names get one of these; others whatever fits their type.
_NAMED: Mapping[str, list[Any]] = {
    "first": [1, 2, 2, 3, 20, 0],
    "after": ["gaFh", "kqRsYWtlq2Jyb256ZS5kMDAx", "x"],
    "depth": [0, 1, 2, 10, -1],
    "limit": [1, 2, 50, 5_000, 0],
    "namespace": ["lake", "domain001", "elsewhere"],
    "name": ["bronze.d001", "bronze.d002", "product001.step", "nothing"],
    "version": ["1.0.0", "2"],
}
_BY_TYPE: Mapping[str, list[Any]] = {
    "ID": _NODES,
    "String": ["open", "domain", "product001", "team-scans", "", "contract-001", "bronze"],
    "Int": [0, 1, 2, 10],
    "Float": [0.5, 2],
    "Boolean": [True, False],
    "DateTime": ["1970-01-01T00:00:00.000011Z", "2026-11-23T03:00:00Z"],
    "Long": [0, 1 << 40],
    "JSON": [{"a": [1]}, "x"],
}
# Deeper ones take long to answer, and have nothing more in them.
_MAX_DEPTH = 5
_MAX_FIELDS = 4


class Operation(NamedTuple):
    """What a client sends."""

    query: str
    variables: dict[str, Any]


@st.composite
def operations(draw: st.DrawFn, schema: GraphQLSchema) -> Operation:
    """Draw a query with aliases, fragments, conditions and variables."""
    return _Writer(draw, schema).operation()


class _Writer:
    def __init__(self, draw: st.DrawFn, schema: GraphQLSchema) -> None:
        self._draw = draw
        self._schema = schema
        self._numbers = count(1)
        self._fragments: dict[str, tuple[str, str]] = {}
        self._declared: list[str] = []
        self._variables: dict[str, Any] = {}

    def operation(self) -> Operation:
        root = self._schema.query_type
        assert root is not None
        selected = self._selection(root, 0)
        declared = f"({', '.join(self._declared)})" if self._declared else ""
        fragments = [
            f"fragment {name} on {kind} {body}" for name, (kind, body) in self._fragments.items()
        ]
        return Operation("\n".join([f"query{declared} {selected}", *fragments]), self._variables)

    def _selection(self, parent: GraphQLNamedType, depth: int) -> str:
        parts = [
            self._part(parent, depth)
            for _ in range(self._draw(st.integers(1, 2 if depth == 0 else _MAX_FIELDS)))
        ]
        return f"{{ {' '.join(parts)} }}"

    def _part(self, parent: GraphQLNamedType, depth: int) -> str:
        ways = ["field"] * 6 + ["typename", "inline", "spread", "again"]
        way = self._draw(st.sampled_from(ways))
        if way == "typename":
            return f"{self._alias(parent)}__typename{self._condition()}"
        if way == "again":
            known = [name for name, (kind, _) in self._fragments.items() if kind == parent.name]
            if known:
                return f"...{self._draw(st.sampled_from(known))}{self._condition()}"
        if way in ("inline", "spread") and depth < _MAX_DEPTH:
            return self._fragment(parent, depth, is_named=way == "spread")
        if isinstance(parent, GraphQLInterfaceType) and self._draw(st.booleans()):
            return self._fragment(parent, depth, is_named=False)
        return self._field(parent, depth)

    def _fragment(self, parent: GraphQLNamedType, depth: int, *, is_named: bool) -> str:
        kind = self._narrowed(parent)
        body = self._selection(kind, depth)
        if not is_named:
            on = f" on {kind.name}" if kind is not parent or self._draw(st.booleans()) else ""
            return f"...{on}{self._condition()} {body}"
        name = f"F{next(self._numbers)}"
        self._fragments[name] = (kind.name, body)
        return f"...{name}{self._condition()}"

    def _narrowed(self, parent: GraphQLNamedType) -> GraphQLNamedType:
        if isinstance(parent, GraphQLInterfaceType):
            possible: GraphQLNamedType = self._draw(
                st.sampled_from(self._schema.get_possible_types(parent))
            )
            return possible
        if isinstance(parent, GraphQLObjectType) and parent.interfaces:
            narrowed: GraphQLNamedType = self._draw(st.sampled_from([parent, *parent.interfaces]))
            return narrowed
        return parent

    def _field(self, parent: GraphQLNamedType, depth: int) -> str:
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        fields = {
            name: field
            for name, field in parent.fields.items()
            if depth < _MAX_DEPTH or is_leaf_type(get_named_type(field.type))
        }
        if not fields:
            return "__typename"
        name = self._draw(st.sampled_from(list(fields)))
        field = fields[name]
        # Two uses of one field with arguments of its own would not fit under one name.
        alias = self._alias(parent, is_needed=bool(field.args))
        said = f"{alias}{name}{self._arguments(field)}{self._condition()}"
        inside = get_named_type(field.type)
        return said if is_leaf_type(inside) else f"{said} {self._selection(inside, depth + 1)}"

    def _alias(self, parent: GraphQLNamedType, *, is_needed: bool = False) -> str:
        is_object = isinstance(parent, GraphQLObjectType) and bool(parent.interfaces)
        if not is_needed and not (is_object or self._draw(st.integers(0, 5)) == 0):
            return ""
        # What different types have under one name must be of one type, so those get names apart.
        if is_object and not is_needed and self._draw(st.booleans()):
            return ""
        return f"a{next(self._numbers)}: "

    def _arguments(self, field: GraphQLField) -> str:
        said = [
            f"{name}: {self._argument(name, argument)}"
            for name, argument in field.args.items()
            if isinstance(argument.type, GraphQLNonNull) or self._draw(st.booleans())
        ]
        return f"({', '.join(said)})" if said else ""

    def _argument(self, name: str, argument: GraphQLArgument) -> str:
        value = self._value(name, argument.type)
        if self._draw(st.integers(0, 2)):
            return _literal(value, argument.type)
        return self._variable(argument.type, value)

    def _variable(self, kind: GraphQLInputType, value: Any) -> str:  # noqa: ANN401 - a JSON value
        name = f"v{next(self._numbers)}"
        default = ""
        if not isinstance(kind, GraphQLNonNull) and self._draw(st.booleans()):
            default = f" = {_literal(value, kind)}"
        if not default or self._draw(st.booleans()):
            self._variables[name] = value
        self._declared.append(f"${name}: {kind}{default}")
        return f"${name}"

    def _condition(self) -> str:
        if self._draw(st.integers(0, 6)):
            return ""
        directive = self._draw(st.sampled_from(["include", "skip"]))
        value = self._draw(st.booleans())
        said = json.dumps(value)
        if self._draw(st.booleans()):
            said = self._variable(GraphQLNonNull(GraphQLBoolean), value)
        return f" @{directive}(if: {said})"

    def _value(self, name: str, kind: GraphQLInputType) -> Any:  # noqa: ANN401 - a JSON value
        if isinstance(kind, GraphQLNonNull):
            return self._present(name, kind.of_type)
        if self._draw(st.integers(0, 5)) == 0:
            return None
        return self._present(name, kind)

    def _present(self, name: str, kind: GraphQLInputType) -> Any:  # noqa: ANN401 - a JSON value
        if isinstance(kind, GraphQLList):
            size = self._draw(st.integers(0, 2))
            return [self._value(name, kind.of_type) for _ in range(size)]
        if isinstance(kind, GraphQLEnumType):
            return self._draw(st.sampled_from(list(kind.values)))
        if isinstance(kind, GraphQLInputObjectType):
            return {
                key: self._value(key, field.type)
                for key, field in kind.fields.items()
                if isinstance(field.type, GraphQLNonNull) or self._draw(st.integers(0, 3)) == 0
            }
        named = get_named_type(kind).name
        # An id is a name of something, whatever its argument is called.
        pool = _BY_TYPE[named] if named == "ID" else _NAMED.get(name, _BY_TYPE[named])
        return self._draw(st.sampled_from(pool))


def _literal(value: Any, kind: GraphQLInputType) -> str:  # noqa: ANN401 - a JSON value
    if isinstance(kind, GraphQLNonNull):
        return _literal(value, kind.of_type)
    if isinstance(value, list) and isinstance(kind, GraphQLList):
        return f"[{', '.join(_literal(each, kind.of_type) for each in value)}]"
    if isinstance(value, dict):
        fields = kind.fields if isinstance(kind, GraphQLInputObjectType) else {}
        said = (f"{key}: {_literal(each, fields[key].type)}" for key, each in value.items())
        return f"{{{', '.join(said)}}}" if fields else "{a: [1]}"
    is_name = isinstance(kind, GraphQLEnumType) and value is not None
    return str(value) if is_name else json.dumps(value)
