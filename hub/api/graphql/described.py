"""Fields whose description in the schema is their resolver's docstring."""

from __future__ import annotations

from collections.abc import Callable
from inspect import getdoc
from typing import Any, Final

import strawberry
from strawberry.types.field import StrawberryField

# The metadata of a field that is left to graphql-core.
UNCOMPILED: Final = "uncompiled"


def field(resolver: Callable[..., Any]) -> StrawberryField:
    """Make a field of a resolver."""
    return strawberry.field(resolver, description=_one_paragraph(resolver))


def by_graphql_core(resolver: Callable[..., Any]) -> StrawberryField:
    """Make a field that costs much: operations with it are not compiled, which may ask twice."""
    return strawberry.field(
        resolver, description=_one_paragraph(resolver), metadata={UNCOMPILED: True}
    )


def mutation(resolver: Callable[..., Any]) -> StrawberryField:
    """Make a mutation of a resolver."""
    return strawberry.mutation(resolver, description=_one_paragraph(resolver))


def subscription(resolver: Callable[..., Any]) -> StrawberryField:
    """Make a subscription of an async generator."""
    return strawberry.subscription(resolver, description=_one_paragraph(resolver))


def _one_paragraph(resolver: Callable[..., Any]) -> str | None:
    said = getdoc(resolver)
    return " ".join(said.split()) if said else None
