"""What a plan is run with, and how it gives up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from graphql.execution.values import VariableValues

from hub.api.graphql.reads import Reads


class NotCompiled(Exception):
    """The operation has something in it that the compiler leaves to graphql-core."""


class Unanswered(Exception):
    """The answer is not an ordinary one, so graphql-core gives it."""


class Asked(NamedTuple):
    """One request: its snapshot, and its variables after coercion."""

    reads: Reads
    variables: VariableValues


# Makes as many values as it is given, in the same order.
Step = Callable[[Sequence[Any], Asked], Sequence[Any]]
