"""The hub's own OpenLineage facets; their JSON Schemas are in ``contracts/facets``."""

from __future__ import annotations

from typing import Any

import attr
from openlineage.client.generated.base import (
    InputDatasetFacet,
    OutputDatasetFacet,
    RunFacet,
)

# Where these facets' schemas are found: the ``$id`` of each file under contracts/facets.
_SCHEMAS = "urn:hub:facet:1-0-0"


@attr.define
class HubFailureRunFacet(RunFacet):
    """Where a run failed, and the chain of exceptions: ``hub_failure``."""

    exceptions: list[dict[str, Any]]
    origin: str
    retryable: bool
    source: str | None = None
    failure_class: str | None = None

    @staticmethod
    def _get_schema() -> str:
        return f"{_SCHEMAS}:HubFailureRunFacet"


@attr.define
class HubStepRunFacet(RunFacet):
    """Which step ran, and through which plugin: ``hub_step``."""

    product: str
    step: str
    lane: str | None = None
    transform: str | None = None
    plugin: str | None = None
    version: str | None = None
    skipped: str | None = None
    recovered: bool | None = None

    @staticmethod
    def _get_schema() -> str:
        return f"{_SCHEMAS}:HubStepRunFacet"


# Without slots: beside another base that has them.
@attr.define(slots=False)
class _Measures:
    rows_in: int
    rows_out: int
    rows_refused: int
    bytes: int
    seconds: float
    newest_event_time: str | None = None
    lateness_seconds: float | None = None


@attr.define
class HubMeasuresInputDatasetFacet(_Measures, InputDatasetFacet):
    """What was counted where a step reads: ``hub_measures``."""

    @staticmethod
    def _get_schema() -> str:
        return f"{_SCHEMAS}:HubMeasuresInputDatasetFacet"


@attr.define
class HubMeasuresOutputDatasetFacet(_Measures, OutputDatasetFacet):
    """What was counted where a step writes: ``hub_measures``."""

    @staticmethod
    def _get_schema() -> str:
        return f"{_SCHEMAS}:HubMeasuresOutputDatasetFacet"
