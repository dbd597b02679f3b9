"""What a Marquez tells of things: the members that an import reads, checked for their types.

Source: Marquez's OpenAPI description (spec/openapi.yml); members may be null that are not there.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct


class _Shape(Struct, frozen=True, rename="camel", kw_only=True):
    """An object; unknown members are passed over."""


class Namespace(_Shape, frozen=True, kw_only=True):
    name: str
    owner_name: str | None = None
    description: str | None = None
    is_hidden: bool = False


class Source(_Shape, frozen=True, kw_only=True):
    name: str
    type: str | None = None
    connection_url: str | None = None
    description: str | None = None


class Tag(_Shape, frozen=True, kw_only=True):
    name: str
    description: str | None = None


class Field(_Shape, frozen=True, kw_only=True):
    name: str
    type: str | None = None
    description: str | None = None
    tags: list[str] | None = None


class DatasetVersion(_Shape, frozen=True, kw_only=True):
    """A version of a dataset, or the dataset as it is now."""

    name: str
    type: str | None = None
    physical_name: str | None = None
    source_name: str | None = None
    schema_location: str | None = None
    description: str | None = None
    created_at: str
    fields: list[Field] | None = None
    facets: dict[str, Raw] | None = None


class Dataset(DatasetVersion, frozen=True, kw_only=True):
    updated_at: str
    tags: list[str] | None = None


class Name(_Shape, frozen=True, kw_only=True):
    namespace: str
    name: str


class JobVersion(_Shape, frozen=True, kw_only=True):
    created_at: str
    location: str | None = None
    inputs: list[Name] | None = None
    outputs: list[Name] | None = None


class Job(JobVersion, frozen=True, kw_only=True):
    """A job; ``simple_name`` is its name without that of the job that started it."""

    name: str
    simple_name: str | None = None
    parent_job_name: str | None = None
    type: str | None = None
    description: str | None = None
    updated_at: str
    tags: list[str] | None = None
    facets: dict[str, Raw] | None = None


class _Versioned(_Shape, frozen=True, kw_only=True):
    dataset_version_id: Name


class Run(_Shape, frozen=True, kw_only=True):
    id: str
    state: str
    created_at: str
    started_at: str | None = None
    ended_at: str | None = None
    nominal_start_time: str | None = None
    nominal_end_time: str | None = None
    args: dict[str, Any] | None = None
    input_dataset_versions: list[_Versioned] | None = None
    output_dataset_versions: list[_Versioned] | None = None
    facets: dict[str, Raw] | None = None
