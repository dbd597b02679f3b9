"""Vendors' codes that are words, in UPPER_SNAKE: CamelCase ones are turned into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.domain.failures.failure import FailureClass as Is
from hub.domain.failures.rules_2026_11.cloud_conditions import CLOUDS
from hub.domain.failures.rules_2026_11.engine_conditions import ENGINES
from hub.domain.failures.rules_2026_11.kafka_conditions import KAFKA
from hub.domain.failures.rules_2026_11.tables import claims_of

if TYPE_CHECKING:
    from hub.domain.failures.classification import Claim

CONDITIONS: Final[dict[str, Claim]] = claims_of(KAFKA, CLOUDS, ENGINES)

# Who is too busy decides whose it is: a source's limit is the source's, our engine's is ours.
_LIMITS: Final = """
    EXCEEDED_QUOTA LIMIT_EXCEEDED QUOTA_EXCEEDED RATE_LIMIT RATE_LIMITED RATE_LIMITS
    RATE_LIMIT_EXCEEDED REQUEST_LIMIT_EXCEEDED RESOURCE_EXHAUSTED SERVER_BUSY SLOW_DOWN
    THROTTLED THROTTLING TOO_MANY_CALLS TOO_MANY_REQUESTS
"""
_OUTAGES: Final = """
    BACKEND_ERROR INTERNAL_ERROR INTERNAL_FAILURE INTERNAL_SERVER_ERROR SERVER_UNAVAILABLE
    SERVICE_UNAVAILABLE
"""
SOURCE_CONDITIONS: Final[dict[str, Claim]] = claims_of(
    ((Is.SOURCE_UNAVAILABLE, 0.9, _LIMITS), (Is.SOURCE_UNAVAILABLE, 0.85, _OUTAGES))
)
PLATFORM_CONDITIONS: Final[dict[str, Claim]] = claims_of(
    ((Is.INFRA_CAPACITY, 0.9, _LIMITS), (Is.INFRA_COMPUTE, 0.75, _OUTAGES))
)
