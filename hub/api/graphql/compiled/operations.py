"""Operations of one document, each with its plans: one for each way its conditions can turn out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import strawberry
from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues, get_variable_values

from hub.api.graphql.compiled.asked import Asked, NotCompiled, Step, Unanswered
from hub.api.graphql.compiled.compiling import Compiling
from hub.api.graphql.compiled.definitions import core_schema
from hub.api.graphql.reads import Reads

# Each condition doubles the number of ways; an operation that has been asked in more of them than
# this is compiled anew.
_MAX_PLANS: Final = 16


class CompiledOperation:
    """A query that has been validated. Safe to use from any thread.

    Raises:
        NotCompiled: it is left to graphql-core, whatever its variables.

    """

    def __init__(
        self, schema: strawberry.Schema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        if operation.operation is not OperationType.QUERY:
            raise NotCompiled(f"a {operation.operation.value}")
        _check(schema)
        self._schema = schema
        self._operation = operation
        self._fragments = {
            each.name.value: FragmentDetails(each)
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._conditions = _conditions(document, operation)
        self._plans: dict[tuple[Any, ...], Step] = {}

    def answer(self, reads: Reads, variables: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what JSON is made of
        """Return the data of the answer, to be encoded.

        Raises:
            Unanswered: graphql-core has to give the answer.

        """
        core = core_schema(self._schema)
        definitions = self._operation.variable_definitions or ()
        coerced = get_variable_values(core, definitions, dict(variables), max_errors=1)
        if not isinstance(coerced, VariableValues):
            raise Unanswered
        try:
            [data] = self._plan(coerced)([None], Asked(reads, coerced))
        except Exception as error:
            # Whatever it was: graphql-core meets it again, and says it at its place.
            raise Unanswered from error
        return data

    def _plan(self, variables: VariableValues) -> Step:
        way = tuple(variables.coerced.get(name) for name in self._conditions)
        plan = self._plans.get(way)
        if plan is None:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            plan = self._plans[way] = self._compile(variables)
        return plan

    def _compile(self, variables: VariableValues) -> Step:
        # A plan outlives the request that it was made for; what else that gave must not.
        kept = VariableValues(
            {name: variables.sources[name] for name in self._conditions},
            {name: variables.coerced[name] for name in self._conditions},
        )
        try:
            return Compiling(self._schema, self._operation, self._fragments, kept).root()
        except NotCompiled:
            return _give_up


def _check(schema: strawberry.Schema) -> None:
    config = schema.config
    if config.default_resolver is not getattr or config.info_class is not strawberry.Info:
        raise NotCompiled("resolvers of the configuration")
    if schema.directives or schema.schema_converter.exception_handlers:
        raise NotCompiled("directives and handlers of errors")
    if any(extension._implements_resolve() for extension in schema.get_extensions()):  # noqa: SLF001 - as Strawberry asks
        raise NotCompiled("an extension that wraps resolvers")


def _give_up(_sources: Sequence[Any], _asked: Asked) -> Sequence[Any]:
    raise Unanswered


def _conditions(document: DocumentNode, operation: OperationDefinitionNode) -> tuple[str, ...]:
    defined = {each.variable.name.value for each in operation.variable_definitions or ()}
    finder = _ConditionFinder()
    visit(document, finder)
    return tuple(name for name in dict.fromkeys(finder.found) if name in defined)


class _ConditionFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value in (GraphQLIncludeDirective.name, GraphQLSkipDirective.name):
            said = (argument.value for argument in node.arguments or ())
            self.found += [each.name.value for each in said if isinstance(each, VariableNode)]
