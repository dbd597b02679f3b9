"""What goes wrong with a mutation, as data of its payload."""

from __future__ import annotations

import strawberry

from hub.api.graphql.failing import ErrorCode, code_of
from hub.domain.commands import OK, Answer
from hub.domain.errors import HubError


@strawberry.type(description="One thing that went wrong, and where in the input.")
class UserError:
    code: ErrorCode
    message: str
    path: list[str]


def user_error(error: HubError, path: list[str]) -> UserError:
    """Return an error of ours as payloads list it."""
    return UserError(code=code_of(error), message=str(error), path=path)


def errors_of(answer: Answer) -> list[UserError]:
    """Return what the answer to a command says against it."""
    if answer.code == OK:
        return []
    message = answer.message or f"accepted at position {answer.position}, and not done yet"
    return [UserError(code=ErrorCode(answer.code), message=message, path=["input"])]
