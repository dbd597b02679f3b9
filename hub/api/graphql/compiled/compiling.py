"""From a selection to the steps that answer it.

Which fields an object is asked for is graphql-core's own reading of the document (fragments,
conditions, merged selections); how a field is resolved is Strawberry's definition of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, cast

import strawberry
from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    OperationDefinitionNode,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.schema.schema_converter import get_arguments
from strawberry.types.field import StrawberryField

from hub.api.graphql.compiled import values
from hub.api.graphql.compiled.asked import Asked, NotCompiled, Step, Unanswered
from hub.api.graphql.compiled.definitions import (
    class_of,
    classes_of,
    core_schema,
    field_of,
    method_of,
)
from hub.api.graphql.described import UNCOMPILED
from hub.api.graphql.reads import Reads


class Compiling(NamedTuple):
    """One operation under one set of conditions (the variables in @skip and @include)."""

    schema: strawberry.Schema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    conditions: VariableValues

    def root(self) -> Step:
        """Return what answers the whole operation for a list of one root value.

        Raises:
            NotCompiled: it asks for something that is left to graphql-core.

        """
        core = core_schema(self.schema)
        kind = cast("GraphQLObjectType", core.query_type)
        found = collect_fields(core, self.fragments, self.conditions, kind, self.operation)
        return self._objects(kind, found.grouped_field_set)

    def _objects(self, kind: GraphQLObjectType, fields: GroupedFieldSet) -> Step:
        steps = [self._field(kind, details) for details in fields.values()]
        return values.objects(list(fields), steps)

    def _field(self, parent: GraphQLObjectType, details: list[FieldDetails]) -> Step:
        node = details[0].node
        name = node.name.value
        if name == "__typename":
            return lambda sources, _asked: [parent.name] * len(sources)
        if name.startswith("__"):
            raise NotCompiled("introspection")
        asked_for, ours = parent.fields[name], field_of(self.schema, parent, name)
        if UNCOMPILED in ours.metadata:
            raise NotCompiled("what is not to be asked twice")
        resolve = self._resolver(asked_for, ours, node)
        complete = self._complete(asked_for.type, details)
        return lambda sources, asked: complete(resolve(sources, asked), asked)

    def _resolver(self, asked_for: GraphQLField, ours: StrawberryField, node: FieldNode) -> Step:
        resolver = ours.base_resolver
        if resolver is None:
            read = attrgetter(ours.python_name)
            return lambda sources, _asked: list(map(read, sources))
        call = method_of(ours)
        if not asked_for.args and resolver.info_parameter is None:
            return lambda sources, _asked: list(map(call, sources))
        arguments = self._arguments(asked_for, ours, node)
        info = resolver.info_parameter

        def resolve(sources: Sequence[Any], asked: Asked) -> Sequence[Any]:
            given = arguments(asked)
            if info is not None:
                given = {**given, info.name: _info(ours, asked)}
            return [call(source, **given) for source in sources]

        return resolve

    def _arguments(
        self, asked_for: GraphQLField, ours: StrawberryField, node: FieldNode
    ) -> Callable[[Asked], dict[str, Any]]:
        """Return what reads a field's arguments: each time, or once where none of them varies."""
        config, scalars = self.schema.config, self.schema.schema_converter.scalar_registry
        resolver = ours.base_resolver
        info = resolver.info_parameter if resolver else None

        def read(asked: Asked) -> dict[str, Any]:
            _, given = get_arguments(
                field=ours,
                source=None,
                info=_info(ours, asked),
                kwargs=get_argument_values(asked_for, node, asked.variables),
                config=config,
                scalar_registry=scalars,
            )
            if info is not None:
                # It leads to a request, which a plan outlives.
                del given[info.name]
            return given

        if _has_variables(node):
            return read
        known: list[dict[str, Any]] = []

        def recall(asked: Asked) -> dict[str, Any]:
            if not known:
                known.append(read(asked))
            return known[0]

        return recall

    def _complete(self, kind: GraphQLOutputType, details: list[FieldDetails]) -> Step:
        if isinstance(kind, GraphQLNonNull):
            return self._present(kind.of_type, details)
        return values.nullable(self._present(kind, details))

    def _present(self, kind: GraphQLOutputType, details: list[FieldDetails]) -> Step:
        if isinstance(kind, GraphQLList):
            return values.list_of(self._complete(kind.of_type, details))
        if isinstance(kind, GraphQLObjectType):
            return self._exactly(kind, details)
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            return self._any_of(kind, details)
        return values.leaf(cast("GraphQLLeafType", kind))

    def _exactly(self, kind: GraphQLObjectType, details: list[FieldDetails]) -> Step:
        expected = {class_of(kind)}
        project = self._subfields(kind, details)

        def complete(found: Sequence[Any], asked: Asked) -> Sequence[Any]:
            # Of nothing there is no class.
            if found and values.kinds_of(found) != expected:
                raise Unanswered
            return project(found, asked)

        return complete

    def _any_of(self, abstract: GraphQLAbstractType, details: list[FieldDetails]) -> Step:
        """Complete each class of objects for itself, compiled when one is first met."""
        possible = classes_of(self.schema, abstract)
        projections: dict[type, Step] = {}

        def projection(kind: type) -> Step:
            if kind not in projections:
                if kind not in possible:
                    raise Unanswered
                projections[kind] = self._subfields(possible[kind], details)
            return projections[kind]

        def complete(found: Sequence[Any], asked: Asked) -> Sequence[Any]:
            made = {
                kind: iter(projection(kind)([each for each in found if type(each) is kind], asked))
                for kind in values.kinds_of(found)
            }
            return [next(made[type(each)]) for each in found]

        return complete

    def _subfields(self, kind: GraphQLObjectType, details: list[FieldDetails]) -> Step:
        core = core_schema(self.schema)
        found = collect_subfields(
            core, self.fragments, self.conditions, self.operation, kind, details
        )
        return self._objects(kind, found.grouped_field_set)


class _KnownInfo(NamedTuple):
    """As much as a resolver of ours asks; one that asks for more is left to graphql-core."""

    context: Reads


def _info(field: StrawberryField, asked: Asked) -> strawberry.Info[Any, Any]:
    return strawberry.Info(_raw_info=_KnownInfo(asked.reads), _field=field)  # type: ignore[arg-type]  # as much as we know


def _has_variables(node: FieldNode) -> bool:
    finder = _VariableFinder()
    for argument in node.arguments or ():
        visit(argument, finder)
    return finder.has_found


class _VariableFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.has_found = False

    def enter_variable(self, *_: object) -> None:
        self.has_found = True
