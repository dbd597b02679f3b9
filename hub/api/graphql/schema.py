"""Building the schema. There is one factory; a process builds one schema."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from hub.api.graphql.dead_letters import DeadLetter
from hub.api.graphql.documents import Documents, KnownDocuments
from hub.api.graphql.estate import Dataset, Job, Run
from hub.api.graphql.execution import ThreadedExecutor
from hub.api.graphql.failing import MaskedErrors, log_unexpected
from hub.api.graphql.incidents import Incident
from hub.api.graphql.mutation import Mutation
from hub.api.graphql.namespaces import Namespace
from hub.api.graphql.producers import Producer
from hub.api.graphql.products import Contract, DataProduct, Domain, Slo
from hub.api.graphql.query import Query
from hub.api.graphql.scalars import SCALARS
from hub.api.graphql.subscription import Subscription

_NODES = (
    Contract,
    DataProduct,
    Dataset,
    DeadLetter,
    Domain,
    Incident,
    Job,
    Namespace,
    Producer,
    Run,
    Slo,
)


class HubSchema(strawberry.Schema):
    """Remembers documents. Logs through structlog, and only what clients are not told."""

    @cached_property
    def documents(self) -> Documents:
        """The documents that were asked last."""
        return Documents(self)

    @property
    def graphql_core(self) -> GraphQLSchema:
        """The schema as graphql-core knows it."""
        return self._schema

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: Any = None,  # noqa: ANN401, ARG002 - the base class' signature
    ) -> None:
        """Log the errors of one operation."""
        log_unexpected(errors)


def build_schema() -> HubSchema:
    """Return the schema with its limits and caches."""
    return HubSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=_NODES,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
        execution_context_class=ThreadedExecutor,
        extensions=[KnownDocuments, MaskedErrors],
    )
