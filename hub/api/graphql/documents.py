"""Documents, each parsed, validated and compiled once for as long as it is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Final

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    specified_rules,
    visit,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from hub.api.graphql.compiled.asked import NotCompiled
from hub.api.graphql.compiled.definitions import core_schema
from hub.api.graphql.compiled.operations import CompiledOperation
from hub.api.graphql.limits import MAX_TOKENS, LimitsRule

_REMEMBERED: Final = 500
# Longer ones hold long literals, and would fill the memory.
_MAX_REMEMBERED_CHARACTERS: Final = 1 << 15
_RULES: Final = (*specified_rules, LimitsRule)

# What evaluate and route decide after the event that it is about has been projected.
_DECIDED: Final = frozenset({"Incident", "Notification", "Signal", "Slo"})
# What the search index has.
_INDEXED: Final = frozenset({"SearchHit"})


class Document:
    """One document. ``errors`` are those of its validation."""

    def __init__(self, schema: strawberry.Schema, text: str) -> None:
        self.parsed: DocumentNode = parse(text, max_tokens=MAX_TOKENS)
        self.errors: list[GraphQLError] = validate_document(
            core_schema(schema), self.parsed, _RULES
        )
        self._schema = schema
        self._operations: dict[str | None, CompiledOperation | None] = {}

    @cached_property
    def reads_decisions(self) -> bool:
        """Whether it reads what evaluate and route decide."""
        return not _DECIDED.isdisjoint(self._types)

    @cached_property
    def reads_index(self) -> bool:
        """Whether it reads the search index."""
        return not _INDEXED.isdisjoint(self._types)

    @cached_property
    def _types(self) -> set[str]:
        """The types that it reads, by name; a connection counts as what is in it."""
        info = TypeInfo(core_schema(self._schema))
        finder = _TypeFinder(info)
        visit(self.parsed, TypeInfoVisitor(info, finder))
        return finder.found

    def compiled(self, name: str | None) -> CompiledOperation | None:
        """Return the operation of that name; None where it is left to graphql-core."""
        if self.errors:
            return None
        found = [
            each for each in self.parsed.definitions if isinstance(each, OperationDefinitionNode)
        ]
        if name is not None:
            found = [each for each in found if each.name is not None and each.name.value == name]
        if len(found) != 1:
            return None
        if name not in self._operations:
            self._operations[name] = self._compile(found[0])
        return self._operations[name]

    def _compile(self, operation: OperationDefinitionNode) -> CompiledOperation | None:
        try:
            return CompiledOperation(self._schema, self.parsed, operation)
        except NotCompiled:
            return None


class Documents:
    """The documents that were asked last. Safe to use from any thread."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema
        self._recall = lru_cache(_REMEMBERED)(self._make)

    def read(self, text: str) -> Document:
        """Return a document.

        Raises:
            GraphQLError: it is no document, or has too many tokens.

        """
        is_short = len(text) <= _MAX_REMEMBERED_CHARACTERS
        return self._recall(text) if is_short else self._make(text)

    def _make(self, text: str) -> Document:
        return Document(self._schema, text)


class KnownDocuments(SchemaExtension):
    """Spares graphql-core what has been parsed and validated before."""

    def on_parse(self) -> Iterator[None]:
        """Take the parsed document."""
        context = self.execution_context
        try:
            context.graphql_document = self._document().parsed
        except (GraphQLError, RecursionError):
            # An error here would end a subscription untold. It is told where graphql-core parses,
            # as it does now.
            context.parse_options = {"max_tokens": MAX_TOKENS}
        yield

    def on_validate(self) -> Iterator[None]:
        """Take the outcome of its validation."""
        self.execution_context.pre_execution_errors = [*self._document().errors]
        yield

    def _document(self) -> Document:
        documents: Documents = self.execution_context.schema.documents  # type: ignore[attr-defined]  # it is ours
        return documents.read(self.execution_context.query or "")


class _TypeFinder(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info
        self.found: set[str] = set()

    def enter_field(self, _node: FieldNode, *_: object) -> None:
        for kind in (self._info.get_type(), self._info.get_parent_type()):
            if kind:
                self.found.add(get_named_type(kind).name.removesuffix("Connection"))
