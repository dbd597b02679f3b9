"""Errors as clients see them: what is theirs to know, and never more.

The one map from the classes of ``hub.domain.errors`` to codes; the rest is masked.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.extensions import MaskErrors

from hub.domain.errors import (
    CallerError,
    Conflict,
    ContractViolation,
    DataError,
    HubError,
    InfrastructureError,
    InvalidInput,
    NotAuthorised,
    NotFound,
    NotYetProjected,
    Refused,
    TooLarge,
)

_log = structlog.get_logger(__name__)


@strawberry.enum(description="What went wrong. PENDING: it was accepted, and is not done yet.")
class ErrorCode(Enum):
    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    REFUSED = "REFUSED"
    NOT_AUTHORISED = "NOT_AUTHORISED"
    TOO_LARGE = "TOO_LARGE"
    PENDING = "PENDING"
    NOT_YET_PROJECTED = "NOT_YET_PROJECTED"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


# The first class that fits decides, so subclasses come first.
_CODES: Final[tuple[tuple[type[HubError], ErrorCode], ...]] = (
    (NotFound, ErrorCode.NOT_FOUND),
    (Conflict, ErrorCode.CONFLICT),
    (Refused, ErrorCode.REFUSED),
    (NotAuthorised, ErrorCode.NOT_AUTHORISED),
    (TooLarge, ErrorCode.TOO_LARGE),
    (InvalidInput, ErrorCode.INVALID_INPUT),
    (CallerError, ErrorCode.INVALID_INPUT),
    (ContractViolation, ErrorCode.INVALID_INPUT),
    (DataError, ErrorCode.INVALID_INPUT),
    (NotYetProjected, ErrorCode.NOT_YET_PROJECTED),
    (InfrastructureError, ErrorCode.UNAVAILABLE),
    (HubError, ErrorCode.INTERNAL),
)


def code_of(error: HubError) -> ErrorCode:
    """Return the code of a class of errors."""
    return next(code for kind, code in _CODES if isinstance(error, kind))


def graphql_error(error: HubError) -> GraphQLError:
    """Return an error of ours as GraphQL says it."""
    return GraphQLError(error.message, extensions=_extensions(error))


class MaskedErrors(MaskErrors):
    """Shows errors of ours with their codes, and hides every other behind one sentence."""

    def __init__(self) -> None:
        super().__init__(should_mask_error=_is_ours_to_change)

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """Return what the client may see of an error."""
        original = error.original_error
        is_known = isinstance(original, HubError) and code_of(original) is not ErrorCode.INTERNAL
        said = original if isinstance(original, HubError) and is_known else None
        return GraphQLError(
            said.message if said else "Unexpected error.",
            nodes=error.nodes,
            source=error.source,
            positions=error.positions,
            path=error.path,
            extensions=_extensions(said) if said else {"code": ErrorCode.INTERNAL.value},
        )


def log_unexpected(errors: list[GraphQLError]) -> None:
    """Log what a client is not told."""
    for error in errors:
        original = error.original_error
        is_ours = isinstance(original, HubError) and code_of(original) is not ErrorCode.INTERNAL
        if original is not None and not is_ours and not isinstance(original, GraphQLError):
            _log.error("graphql_resolver_failed", path=error.path, exc_info=original)


def _is_ours_to_change(error: GraphQLError) -> bool:
    # Without an original error it is GraphQL's own: a syntax or validation error.
    original = error.original_error
    return original is not None and not isinstance(original, GraphQLError)


def _extensions(error: HubError) -> dict[str, str]:
    said = {"code": code_of(error).value}
    return said | {"fix": error.fix} if error.fix else said
