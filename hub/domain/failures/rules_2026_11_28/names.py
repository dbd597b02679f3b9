"""Codes and exceptions whose name is a word, beyond those of the earlier sets.

Sources: Databricks' termination codes and run results, Kafka 4's protocol errors, Spark 4's error
conditions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.domain.failures.failure import FailureClass as Is
from hub.domain.failures.rules_2026_11.tables import claims_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.domain.failures.classification import Claim

SQLSTATES: Final[Mapping[str, Claim]] = {
    "42": (Is.LOGIC, 0.89),
    # Snowflake and Redshift give these to what is of any class.
    "02000": (Is.DATA_QUALITY, 0.3),
    "22000": (Is.DATA_QUALITY, 0.5),
    "42000": (Is.LOGIC, 0.6),
    "KD": (Is.SOURCE_UNAVAILABLE, 0.4),
    "XXKDA": (Is.CANCELLED, 0.9),
    "XXKST": (Is.INFRA_COMPUTE, 0.5),
}

CONDITIONS: Final[Mapping[str, Claim]] = claims_of(
    (
        # Databricks
        (
            Is.INFRA_COMPUTE,
            0.9,
            "CLUSTER_ERROR DRIVER_ERROR CLOUD_FAILURE CLUSTER_TERMINATED_BY_USER",
        ),
        (
            Is.INFRA_CAPACITY,
            0.96,
            """
        BUDGET_POLICY_LIMIT_EXCEEDED CLUSTER_REQUEST_LIMIT_EXCEEDED MAXIMUM_CONCURRENT_RUNS_REACHED
        MAX_CONCURRENT_RUNS_EXCEEDED MAX_JOB_QUEUE_SIZE_EXCEEDED MAX_SPARK_CONTEXTS_EXCEEDED
        WORKSPACE_RUN_LIMIT_EXCEEDED
        """,
        ),
        (
            Is.CONFIG,
            0.93,
            """
        BREAKING_CHANGE FEATURE_DISABLED INVALID_CLUSTER_REQUEST INVALID_RUN_CONFIGURATION
        LIBRARY_INSTALLATION_ERROR
        """,
        ),
        (Is.ACCESS, 0.96, "STORAGE_ACCESS_ERROR UNAUTHORIZED_ERROR"),
        # What ran in a task has failed: it says so itself, elsewhere.
        (Is.UNKNOWN, 0.6, "RUN_EXECUTION_ERROR SUCCESS_WITH_FAILURES"),
        (Is.UPSTREAM, 0.96, "UPSTREAM_CANCELED UPSTREAM_EVICTED UPSTREAM_FAILED"),
        # Spark
        (
            Is.LOGIC,
            0.9,
            """
        ALL_PARAMETERS_MUST_BE_NAMED CREATE_PERMANENT_VIEW_WITHOUT_ALIAS INVALID_FORMAT
        INVALID_SQL_SYNTAX MULTI_UDF_INTERFACE_ERROR NESTED_AGGREGATE_FUNCTION
        UNRESOLVABLE_TABLE_VALUED_FUNCTION
        """,
        ),
        (
            Is.SCHEMA_CONTRACT,
            0.85,
            "CONFLICTING_DIRECTORY_STRUCTURES CONFLICTING_PARTITION_COLUMN_NAMES",
        ),
    )
)

EXCEPTIONS: Final[Mapping[str, Claim]] = claims_of(
    (
        # Kafka
        (
            Is.INFRA_COMPUTE,
            0.88,
            """
        FetchSessionIdNotFoundException FetchSessionTopicIdException IneligibleReplicaException
        InvalidFetchSessionEpochException NewLeaderElectedException OffsetNotAvailableException
        RebootstrapRequiredException ShareSessionNotFoundException SnapshotNotFoundException
        UnknownServerException
        """,
        ),
        (
            Is.INFRA_CONCURRENCY,
            0.88,
            """
        GroupNotEmptyException GroupSubscribedToTopicException InvalidShareSessionEpochException
        MemberIdRequiredException TransactionAbortableException UnknownProducerIdException
        UnreleasedInstanceIdException UnstableOffsetCommitException
        """,
        ),
        (
            Is.CONFIG,
            0.88,
            """
        InconsistentClusterIdException InconsistentTopicIdException InvalidFetchSizeException
        InvalidPrincipalTypeException SecurityDisabledException
        """,
        ),
        # Of a driver as of a file of settings: its words tell which.
        (Is.CONFIG, 0.7, "ConfigurationError"),
        (Is.INFRA_NETWORK, 0.7, "ConnectException"),
        # Raised by checks of values and by checks of a definition alike.
        (Is.LOGIC, 0.88, "PicklingError"),
    )
)
