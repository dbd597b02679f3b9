"""How much one operation may ask for, judged before it runs.

Cost: every field counts one, times the number of things that the lists around it can return
(``first`` for a connection, an estimate for a plain list). A fragment is weighed once however
often it is spread, so that weighing cannot be made to take long.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
    get_named_type,
)

from hub.queries.pages import MAX_FIRST

MAX_COST: Final = 50_000
MAX_DEPTH: Final = 16
MAX_ALIASES: Final = 50
MAX_TOKENS: Final = 2_000

# How many things a list without ``first`` is taken to return.
_LIST_SIZE: Final = 10
# What lists of these types are taken to return. Answers about lineage have a limit of their own.
_LIST_SIZES: Final = {
    "Lineage": 500,
    "LineageDiff": 500,
    "LineagePath": 50,
    "Impact": 50,
    "RunLineage": 100,
    # Of the routes that are nested, and of the labels that one looks at, there are few.
    "RouteTaken": 4,
    "RouteNode": 4,
}

# What a field costs by itself where it is much more than others: one of these to an operation.
_COSTS: Final = {("Query", "explain"): 26_000}


class Weight(NamedTuple):
    """What a selection costs on one object, how deep it goes, and its aliases."""

    cost: int = 0
    depth: int = 0
    aliases: int = 0


class LimitsRule(ValidationRule):
    """Refuses operations that are too expensive, too deep, or have too many aliases."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        definitions = context.document.definitions
        fragments = (one for one in definitions if isinstance(one, FragmentDefinitionNode))
        scales = _Scales(context.schema, fragments)
        for operation in definitions:
            if isinstance(operation, OperationDefinitionNode):
                root = context.schema.get_root_type(operation.operation)
                self._check(operation, scales.weigh(operation.selection_set, root))

    def _check(self, operation: OperationDefinitionNode, weight: Weight) -> None:
        for what, found, limit in (
            ("cost", weight.cost, MAX_COST),
            ("depth", weight.depth, MAX_DEPTH),
            ("aliases", weight.aliases, MAX_ALIASES),
        ):
            if found > limit:
                message = f"{what}: {found} is over the limit of {limit} for one operation"
                extensions = {
                    "code": "TOO_EXPENSIVE",
                    what: found,
                    "limit": limit,
                    "fix": "ask for fewer with first, for fewer fields, or in several operations",
                }
                self.report_error(GraphQLError(message, [operation], extensions=extensions))


class _Scales:
    def __init__(self, schema: GraphQLSchema, fragments: Iterable[FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = {fragment.name.value: fragment for fragment in fragments}
        self._weighed: dict[str, Weight] = {}

    def weigh(self, selections: SelectionSetNode, parent: GraphQLNamedType | None) -> Weight:
        """Return what a selection weighs on one object of type ``parent``."""
        parts = [self._weigh_one(selection, parent) for selection in selections.selections]
        return Weight(
            sum(part.cost for part in parts),
            max((part.depth for part in parts), default=0),
            sum(part.aliases for part in parts),
        )

    def _weigh_one(self, selection: SelectionNode, parent: GraphQLNamedType | None) -> Weight:
        if isinstance(selection, FieldNode):
            return self._weigh_field(selection, parent)
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            inner = self._schema.get_type(condition.name.value) if condition else parent
            return self.weigh(selection.selection_set, inner)
        return self._weigh_fragment(selection.name.value)  # type: ignore[attr-defined]  # a spread

    def _weigh_fragment(self, name: str) -> Weight:
        if name not in self._weighed:
            # An unknown fragment, or one inside itself, is refused by another rule.
            self._weighed[name] = Weight()
            if name in self._fragments:
                fragment = self._fragments[name]
                inner = self._schema.get_type(fragment.type_condition.name.value)
                self._weighed[name] = self.weigh(fragment.selection_set, inner)
        return self._weighed[name]

    def _weigh_field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Weight:
        aliases = 1 if node.alias else 0
        field = None
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            field = parent.fields.get(node.name.value)
        if field is None:
            # Introspection, which is cheap, or unknown and refused by another rule.
            return Weight(1, 0, aliases)
        if node.selection_set is None:
            return Weight(1, 1, aliases)
        inside = self.weigh(node.selection_set, get_named_type(field.type))
        own = _COSTS.get((parent.name if parent else "", node.name.value), 1)
        cost = own + inside.cost * _size(node, field, parent)
        return Weight(cost, 1 + inside.depth, aliases + inside.aliases)


def _size(node: FieldNode, field: GraphQLField, parent: GraphQLNamedType | None) -> int:
    """Return how many objects a field can lead to."""
    if "first" in field.args:
        return _first(node, field)
    kind = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    name = parent.name if parent else ""
    # What is in a connection has been counted by its ``first``.
    if not isinstance(kind, GraphQLList) or name.endswith("Connection"):
        return 1
    return _LIST_SIZES.get(name, _LIST_SIZE)


def _first(node: FieldNode, field: GraphQLField) -> int:
    said = next((a.value for a in node.arguments or () if a.name.value == "first"), None)
    if said is None:
        default = field.args["first"].default_value
        return default if isinstance(default, int) else MAX_FIRST
    # A variable's value is not known here, so it counts as the largest.
    wanted = int(said.value) if isinstance(said, IntValueNode) else MAX_FIRST
    return max(1, min(wanted, MAX_FIRST))
