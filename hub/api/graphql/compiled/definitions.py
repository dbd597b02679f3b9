"""What Strawberry knows of the types and fields of the schema; and what of it we can't compile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import strawberry
from graphql import GraphQLAbstractType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from hub.api.graphql.compiled.asked import NotCompiled


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """Return the schema as graphql-core knows it."""
    return schema._schema  # noqa: SLF001 - Strawberry has no other way to it


def field_of(schema: strawberry.Schema, parent: GraphQLObjectType, name: str) -> StrawberryField:
    """Return a field's definition.

    Raises:
        NotCompiled: there is more to it than reading an attribute or calling a method.

    """
    named = schema.config.name_converter.get_graphql_name
    found = next(field for field in _definition(parent).fields if named(field) == name)
    if found.is_async or found.extensions:
        raise NotCompiled("an async resolver, an extension or a permission of a field")
    resolver = found.base_resolver
    if resolver is not None and (
        resolver.self_parameter is None or resolver.parent_parameter or resolver.root_parameter
    ):
        raise NotCompiled("a resolver that is no plain method")
    return found


def method_of(field: StrawberryField) -> Callable[..., Any]:
    """Return the method behind a field that ``field_of`` has let pass."""
    resolver = field.base_resolver
    return cast("Callable[..., Any]", resolver.wrapped_func if resolver else None)


def class_of(kind: GraphQLObjectType) -> type:
    """Return the class of a type's objects."""
    definition = _definition(kind)
    if definition.is_type_of is not None:
        raise NotCompiled("a type that recognises its objects by itself")
    # Objects of a generic type are of the generic class.
    generic = definition.concrete_of
    return generic.origin if generic else definition.origin


def classes_of(
    schema: strawberry.Schema, abstract: GraphQLAbstractType
) -> Mapping[type, GraphQLObjectType]:
    """Return the types that an interface or a union stands for, by the class of their objects."""
    definition = abstract.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if getattr(definition, "resolve_type", None) is not None:
        raise NotCompiled("an interface that recognises its objects by itself")
    possible = core_schema(schema).get_possible_types(abstract)
    found = {class_of(kind): kind for kind in possible}
    if len(found) < len(possible):
        raise NotCompiled("two types of one class")
    return found


def _definition(kind: GraphQLObjectType) -> StrawberryObjectDefinition:
    found: StrawberryObjectDefinition = kind.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    return found
