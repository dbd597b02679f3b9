"""What the compiler knows of a schema, and what in one it leaves to graphql-core."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, cast

import msgspec
import pytest
import strawberry
from graphql import OperationDefinitionNode, parse
from strawberry.extensions import FieldExtension, SchemaExtension
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from hub.api.graphql.compiled.asked import NotCompiled, Unanswered
from hub.api.graphql.compiled.operations import CompiledOperation
from hub.api.graphql.reads import Reads

READS = cast("Reads", "the snapshot")


def answer(schema: strawberry.Schema, query: str, **variables: object) -> Any:  # noqa: ANN401 - JSON
    """Return what a plan answers, as JSON that keeps its order."""
    document = parse(query)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return msgspec.json.encode(
        CompiledOperation(schema, document, operation).answer(READS, variables)
    )


def by_graphql_core(schema: strawberry.Schema, query: str, **variables: object) -> Any:  # noqa: ANN401 - JSON
    """Return what graphql-core answers, likewise."""
    result = schema.execute_sync(query, variable_values=variables, context_value=READS)
    assert not result.errors
    return msgspec.json.encode(result.data)


class Colour(Enum):
    RED = "r"
    BLUE = "b"


@strawberry.type
class Leaf:
    colour: Colour | None
    share: float
    is_green: bool | None


@strawberry.type
class Twig:
    leaves: list[Leaf | None]
    grid: list[list[int]] | None


Part = Annotated[Leaf | Twig, strawberry.union("Part")]


@strawberry.input
class Wind:
    speed: int = 3
    names: list[str] | None = None


@strawberry.type
class Tree:
    @strawberry.field
    def parts(self) -> list[Part]:
        leaves = [Leaf(colour=Colour.RED, share=0.5, is_green=None), None]
        return [
            Twig(leaves=leaves, grid=[[1, 2], [], [3]]),
            Leaf(colour=None, share=1, is_green=True),
            Twig(leaves=[], grid=None),
        ]

    @strawberry.field
    def blown(self, info: strawberry.Info[Reads, None], wind: Wind, twice: bool = False) -> str:
        return f"{info.context} {wind.speed} {wind.names} {twice}"

    @strawberry.field
    def nothing(self) -> Leaf | None:
        return None


TREE = strawberry.Schema(Tree)


@pytest.mark.parametrize(
    "query",
    [
        "{ parts { __typename ... on Twig { grid leaves { colour } } ... on Leaf { share } } }",
        "{ nothing { share } a: parts { ... on Leaf { isGreen colour } } __typename }",
        "{ parts { ... on Leaf { s: share } ...T } } fragment T on Twig { leaves { isGreen } }",
        "{ blown(wind: {}) }",
        '{ blown(wind: {speed: 5, names: ["a"]}, twice: true) }',
        "query ($n: [String!]) { blown(wind: {names: $n}) }",
        "{ parts @skip(if: true) { __typename } }",
    ],
)
def test_unions_lists_of_lists_and_inputs_are_compiled(query: str) -> None:
    assert answer(TREE, query) == by_graphql_core(TREE, query)


def test_variables_reach_inputs() -> None:
    query = "query ($w: Wind!) { blown(wind: $w) }"
    wind = {"names": ["gale"]}
    assert answer(TREE, query, w=wind) == by_graphql_core(TREE, query, w=wind)


def returning(kind: type, value: object) -> strawberry.Schema:
    def one(self: object) -> object:
        del self
        return value

    field = strawberry.field(resolver=one, graphql_type=kind)
    return strawberry.Schema(strawberry.type(type("Query", (), {"one": field})))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (str, None),
        (str, ValueError("returned, not raised")),
        (int, 1 << 31),
        (int, "no number"),
        (bool, "perhaps"),
        (Colour, "green"),
        (Leaf, None),
        (Leaf, Twig(leaves=[], grid=None)),
        (list[int], None),
        (list[int], 5),
        (list[int], [1, None]),
        (list[Leaf], [None]),
        (Part, "neither"),
    ],
)
def test_what_the_schema_does_not_promise_is_not_answered(kind: type, value: object) -> None:
    schema = returning(kind, value)
    inside = "" if kind in (str, int, bool, Colour, list[int]) else " { __typename }"
    with pytest.raises(Unanswered):
        answer(schema, f"{{ one{inside} }}")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (str, 5, b'"5"'),
        (strawberry.ID, 5, b'"5"'),
        (int, True, b"1"),
        (int, "7", b"7"),
        (float, 1, b"1.0"),
        (Colour, "b", b'"BLUE"'),
    ],
)
def test_what_graphql_core_coerces_is_coerced(kind: type, value: object, expected: bytes) -> None:
    schema = returning(kind, value)
    assert answer(schema, "{ one }") == b'{"one":' + expected + b"}"
    assert answer(schema, "{ one }") == by_graphql_core(schema, "{ one }")


class Allowed(BasePermission):
    def has_permission(self, source: object, info: object, **kwargs: object) -> bool:
        del source, info, kwargs
        return True


class Louder(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> str:  # noqa: ANN401 - as the base class
        return str(next_(source, info, **kwargs)).upper()


class Wrapping(SchemaExtension):
    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the base class
        return _next(root, info, *args, **kwargs)


@strawberry.type
class Plain:
    def spoken(self) -> str:
        return "one"

    one: str = strawberry.field(resolver=spoken)


@strawberry.type
class Changing:
    one: str = strawberry.field(resolver=Plain.spoken)


@strawberry.type
class Wrapped:
    one: str = strawberry.field(resolver=Plain.spoken, extensions=[Louder()])


@strawberry.type
class Guarded:
    one: str = strawberry.field(resolver=Plain.spoken, permission_classes=[Allowed])


@strawberry.type
class Awaited:
    @strawberry.field
    async def one(self) -> str:
        return "one"


@strawberry.type
class Fostered:
    @strawberry.field
    def one(parent: strawberry.Parent[object]) -> str:  # noqa: N805 - that is what is tested
        return str(parent)


@strawberry.type
class Choosy:
    name: str

    @classmethod
    def is_type_of(cls, _value: object, _info: object) -> bool:
        return True


@strawberry.type
class Chosen:
    @strawberry.field
    def one(self) -> Choosy:
        return Choosy(name="one")


def _get(source: object, name: str) -> object:
    return getattr(source, name)


@pytest.mark.parametrize(
    "schema",
    [
        strawberry.Schema(Plain, extensions=[Wrapping]),
        strawberry.Schema(Plain, config=StrawberryConfig(default_resolver=_get)),
    ],
)
def test_a_schema_with_ways_of_its_own_is_not_compiled(schema: strawberry.Schema) -> None:
    with pytest.raises(NotCompiled):
        answer(schema, "{ one }")


@pytest.mark.parametrize("root", [Wrapped, Guarded, Awaited, Fostered])
def test_a_resolver_with_ways_of_its_own_is_left_to_graphql_core(root: type) -> None:
    with pytest.raises(Unanswered):
        answer(strawberry.Schema(root), "{ one }")


def test_a_type_with_ways_of_its_own_is_left_to_graphql_core() -> None:
    with pytest.raises(Unanswered):
        answer(strawberry.Schema(Chosen), "{ one { name } }")


def test_subscriptions_and_mutations_are_not_compiled() -> None:
    schema = strawberry.Schema(Plain, mutation=Changing)
    with pytest.raises(NotCompiled):
        answer(schema, "mutation { one }")
