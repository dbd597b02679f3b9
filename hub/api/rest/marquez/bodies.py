"""What writes are told in their bodies."""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from hub.api.rest.marquez.problems import Problem, coded, unprocessable

BodyT = TypeVar("BodyT")

_PLACE: Final = re.compile(r"(.*) - at `\$\.?([^`]*)`")
_MISSING: Final = re.compile(r"Object missing required field `([^`]+)`(?: - at `\$\.?([^`]*)`)?")


class NamespaceBody(Struct, rename="camel"):
    """Whose a namespace is."""

    owner_name: str
    description: str | None = None


class SourceBody(Struct, rename="camel"):
    """Where data of a source is."""

    type: str
    connection_url: str
    description: str | None = None


class TagBody(Struct):
    """What a tag means."""

    description: str | None = None


class FieldBody(Struct):
    """A field of a dataset."""

    name: str
    type: str | None = None
    description: str | None = None
    tags: list[str] | None = None


class DatasetBody(Struct, rename="camel"):
    """What a dataset is."""

    type: str
    physical_name: str
    source_name: str
    fields: list[FieldBody] | None = None
    tags: list[str] | None = None
    description: str | None = None
    run_id: str | None = None
    schema_location: str | None = None


class NameBody(Struct):
    """A dataset that a job names."""

    namespace: str
    name: str


class JobBody(Struct, rename="camel"):
    """What a job is, and which data it reads and writes."""

    type: str
    inputs: list[NameBody]
    outputs: list[NameBody]
    location: str | None = None
    description: str | None = None
    context: dict[str, Any] | None = None
    run_id: str | None = None
    tags: list[str] | None = None


class RunBody(Struct, rename="camel"):
    """A run that is going to be."""

    id: str | None = None
    nominal_start_time: str | None = None
    nominal_end_time: str | None = None
    args: dict[str, Any] | None = None


def read_body(body: bytes, kind: type[BodyT]) -> BodyT:
    """Read a body; what is wrong with it is told with its place.

    NUL characters are replaced: no database of ours keeps one.
    """
    try:
        found: BodyT = _cleaned(msgspec.json.decode(body, type=kind))
    except msgspec.ValidationError as error:
        raise unprocessable(_explain(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise coded(400, f"the body is not JSON: {error}") from None
    return found


def _cleaned(value: Any) -> Any:  # noqa: ANN401 - a struct, or any JSON
    if isinstance(value, str):
        return value.replace("\0", "�")
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {_cleaned(name): _cleaned(each) for name, each in value.items()}
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            setattr(value, name, _cleaned(getattr(value, name)))
    return value


def one_of(name: str, text: str, choices: frozenset[str]) -> str:
    """Return a word that must be one of several."""
    if text.upper() not in choices:
        raise unprocessable(f"{name} must be one of [{', '.join(sorted(choices))}]")
    return text.upper()


def required(name: str, text: str | None) -> str:
    """Return a text that must not be blank."""
    if text is None or not text.strip():
        raise blank(name)
    return text


def blank(name: str) -> Problem:
    """Return what tells that a member says nothing."""
    return unprocessable(f"{name} must not be blank")


def _explain(message: str) -> str:
    """Turn the decoder's complaint into ``where must …``."""
    if missing := _MISSING.fullmatch(message):
        name, where = missing.groups()
        return f"{f'{where}.' if where else ''}{name} must not be null"
    if found := _PLACE.fullmatch(message):
        return f"{found[2]}: {found[1]}"
    return message
