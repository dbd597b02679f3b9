"""The innermost error: what really went wrong, beneath all that was wrapped around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Raw

from hub.domain.failures.failure import Failure, excerpt
from hub.domain.failures.symptoms import read_symptoms
from hub.domain.openlineage.facets import ERRORS, first_of, read_error_message, read_failure

_WRAPPED: Final = "Caused by: "


def innermost_error(facets: Mapping[str, Raw]) -> str | None:
    """Return the innermost error that the facets of a run tell, redacted; None where none does."""
    own = read_failure(facets["hub_failure"]) if "hub_failure" in facets else None
    if own is not None and own.exceptions:
        inner = own.exceptions[-1]
        return excerpt(f"{inner.type}: {inner.message}" if inner.message else inner.type)
    raw = first_of(ERRORS, facets)
    told = read_error_message(raw) if raw is not None else None
    if told is None:
        return None
    failure = Failure(message=told.message, trace=told.stack_trace or "")
    return excerpt(_line_of(failure) or told.message) or None


def _line_of(failure: Failure) -> str | None:
    """Return the line that says what the innermost exception was."""
    name = next(iter(read_symptoms(failure).names), None)
    if name is None:
        return None
    lines = (line.strip() for line in f"{failure.trace}\n{failure.message}".splitlines())
    simple = name.rpartition(".")[2]
    said = (line.removeprefix(_WRAPPED) for line in lines if f"{simple}:" in line)
    return next(said, None)
