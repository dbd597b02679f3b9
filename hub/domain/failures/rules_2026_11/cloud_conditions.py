"""Codes of clouds and schedulers: gRPC, Google, AWS, Azure, Databricks, Kubernetes.

Sources: gRPC status codes, BigQuery, AWS and Azure error codes, Databricks termination codes,
Kubernetes reasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.domain.failures.failure import FailureClass as Is

if TYPE_CHECKING:
    from hub.domain.failures.rules_2026_11.tables import Table

# class, confidence, codes
CLOUDS: Final[Table] = (
    # gRPC and Google
    (
        Is.INFRA_NETWORK,
        0.75,
        """
        UNAVAILABLE
        """,
    ),
    (
        Is.INFRA_NETWORK,
        0.6,
        """
        DEADLINE_EXCEEDED
        """,
    ),
    (
        Is.INFRA_CAPACITY,
        0.88,
        """
        RESOURCE_EXHAUSTED
        """,
    ),
    (
        Is.ACCESS,
        0.9,
        """
        PERMISSION_DENIED UNAUTHENTICATED
        """,
    ),
    (
        Is.INFRA_CONCURRENCY,
        0.6,
        """
        ABORTED
        """,
    ),
    (
        Is.LOGIC,
        0.35,
        """
        INVALID_ARGUMENT
        """,
    ),
    (
        Is.INFRA_CAPACITY,
        0.93,
        """
        DAILY_LIMIT_EXCEEDED JOB_RATE_LIMIT_EXCEEDED QUOTA_EXCEEDED RATE_LIMIT_EXCEEDED STOCKOUT
        USER_RATE_LIMIT_EXCEEDED ZONE_RESOURCE_POOL_EXHAUSTED
        """,
    ),
    (
        Is.QUERY_LIMIT,
        0.92,
        """
        BILLING_TIER_LIMIT_EXCEEDED BYTES_BILLED_LIMIT_EXCEEDED QUERY_TOO_LARGE
        RESOURCES_EXCEEDED RESPONSE_TOO_LARGE
        """,
    ),
    (
        Is.CONFIG,
        0.8,
        """
        ACCESS_NOT_CONFIGURED BILLING_NOT_ENABLED SERVICE_DISABLED
        """,
    ),
    (
        Is.LOGIC,
        0.75,
        """
        INVALID_QUERY
        """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.7,
        """
        BACKEND_ERROR JOB_BACKEND_ERROR JOB_INTERNAL_ERROR
        """,
    ),
    # AWS and Azure
    (
        Is.INFRA_CAPACITY,
        0.95,
        """
        ACCOUNT_BANDWIDTH_LIMIT_EXCEEDED CONCURRENT_RUNS_EXCEEDED INGRESS_LIMIT_EXCEEDED
        INSTANCE_LIMIT_EXCEEDED INSUFFICIENT_CAPACITY INSUFFICIENT_INSTANCE_CAPACITY
        LIMIT_EXCEEDED MAX_SPOT_INSTANCE_COUNT_EXCEEDED OPERATION_NOT_ALLOWED_QUOTA
        PROVISIONED_THROUGHPUT_EXCEEDED RESOURCE_NUMBER_LIMIT_EXCEEDED SERVER_BUSY
        SERVICE_QUOTA_EXCEEDED SLOW_DOWN STORAGE_QUOTA_EXCEEDED THROTTLED THROTTLING
        THROTTLING_EXCEPTION TOO_MANY_REQUESTS VCPU_LIMIT_EXCEEDED
        """,
    ),
    (
        Is.ACCESS,
        0.93,
        """
        ACCESS_DENIED ACCESS_DENIED_EXCEPTION ACCOUNT_PROBLEM AUTHENTICATION_FAILED
        AUTHORIZATION_FAILURE AUTHORIZATION_PERMISSION_MISMATCH CREDENTIAL_RETRIEVAL
        EXPIRED_TOKEN EXPIRED_TOKEN_EXCEPTION INSUFFICIENT_ACCOUNT_PERMISSIONS
        INVALID_ACCESS_KEY_ID INVALID_CLIENT INVALID_CLIENT_TOKEN_ID INVALID_GRANT INVALID_TOKEN
        KMS_ACCESS_DENIED LOGIN_FAILED NOT_AUTHORIZED NO_CREDENTIALS REFRESH
        SIGNATURE_DOES_NOT_MATCH TOKEN_EXPIRED TOKEN_RETRIEVAL UNAUTHORIZED_CLIENT
        UNAUTHORIZED_OPERATION UNRECOGNIZED_CLIENT
        """,
    ),
    (
        Is.CONFIG,
        0.85,
        """
        AUTHORIZATION_HEADER_MALFORMED CONTAINER_NOT_FOUND ENDPOINT_PROVIDER
        FILESYSTEM_NOT_FOUND ILLEGAL_LOCATION_CONSTRAINT INVALID_BUCKET_NAME INVALID_ENDPOINT
        NO_REGION NO_SUCH_BUCKET PERMANENT_REDIRECT PROFILE_NOT_FOUND REQUEST_TIME_TOO_SKEWED
        """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        0.85,
        """
        BLOB_NOT_FOUND NO_SUCH_KEY NO_SUCH_UPLOAD PATH_NOT_FOUND
        """,
    ),
    (
        Is.INFRA_NETWORK,
        0.85,
        """
        CONNECTION_CLOSED CONNECT_TIMEOUT ENDPOINT_CONNECTION READ_TIMEOUT REQUEST_TIMEOUT
        """,
    ),
    (
        Is.INFRA_CONCURRENCY,
        0.85,
        """
        CONCURRENT_MODIFICATION CONDITIONAL_CHECK_FAILED
        """,
    ),
    (
        Is.INFRA_CONCURRENCY,
        0.85,
        """
        CONDITION_NOT_MET LEASE_ALREADY_PRESENT PRECONDITION_FAILED
        """,
    ),
    # Databricks
    (
        Is.INFRA_COMPUTE,
        0.9,
        """
        BOOTSTRAP_TIMEOUT CLOUD_FAILURE CLOUD_PROVIDER_LAUNCH_FAILURE CLOUD_PROVIDER_SHUTDOWN
        CLUSTER_ERROR CONTAINER_LAUNCH_FAILURE DRIVER_ERROR DRIVER_UNREACHABLE
        DRIVER_UNRESPONSIVE EXECUTION_COMPONENT_UNHEALTHY HOST_EVICTED INSTANCE_UNREACHABLE
        METASTORE_COMPONENT_UNHEALTHY SPARK_STARTUP_FAILURE SPOT_INSTANCE_TERMINATION
        """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.65,
        """
        GENERIC_INTERNAL INTERNAL_ERROR INTERNAL_FAILURE
        """,
    ),
    (
        Is.INFRA_CAPACITY,
        0.92,
        """
        AWS_INSUFFICIENT_INSTANCE_CAPACITY_FAILURE AZURE_QUOTA_EXCEEDED_EXCEPTION
        BUDGET_POLICY_LIMIT_EXCEEDED CLUSTER_REQUEST_LIMIT_EXCEEDED
        MAXIMUM_CONCURRENT_RUNS_REACHED MAX_CONCURRENT_RUNS_EXCEEDED MAX_JOB_QUEUE_SIZE_EXCEEDED
        MAX_SPARK_CONTEXTS_EXCEEDED NO_NODES_ENOUGH_CAPACITY WORKSPACE_RUN_LIMIT_EXCEEDED
        """,
    ),
    (
        Is.INFRA_NETWORK,
        0.88,
        """
        NETWORK_CONFIGURATION_FAILURE REPOSITORY_CHECKOUT_FAILED
        """,
    ),
    (
        Is.CONFIG,
        0.88,
        """
        BREAKING_CHANGE DISABLED FEATURE_DISABLED GLOBAL_INIT_SCRIPT_FAILURE INIT_SCRIPT_FAILURE
        INVALID_CLUSTER_REQUEST INVALID_PARAMETER_VALUE INVALID_RUN_CONFIGURATION
        LIBRARY_INSTALLATION_ERROR RESOURCE_NOT_FOUND
        """,
    ),
    (
        Is.ACCESS,
        0.9,
        """
        STORAGE_ACCESS_ERROR UNAUTHORIZED UNAUTHORIZED_ERROR
        """,
    ),
    (
        Is.UPSTREAM,
        0.95,
        """
        UPSTREAM_CANCELED UPSTREAM_FAILED
        """,
    ),
    (
        Is.CANCELLED,
        0.95,
        """
        USER_CANCELED USER_CANCELLED
        """,
    ),
    (
        Is.CANCELLED,
        0.6,
        """
        EXCLUDED SKIPPED
        """,
    ),
    (
        Is.QUERY_LIMIT,
        0.75,
        """
        TIMEDOUT
        """,
    ),
    (
        Is.UNKNOWN,
        0.6,
        """
        RUN_EXECUTION_ERROR WORKLOAD_FAILED
        """,
    ),
    # Kubernetes
    (
        Is.INFRA_COMPUTE,
        0.95,
        """
        CONTAINER_STATUS_UNKNOWN NODE_LOST NODE_NOT_READY OOM_KILLED PREEMPTED
        """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.7,
        """
        CRASH_LOOP_BACK_OFF
        """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.65,
        """
        ERR_IMAGE_PULL IMAGE_PULL_BACK_OFF
        """,
    ),
    (
        Is.CONFIG,
        0.9,
        """
        CREATE_CONTAINER_CONFIG FAILED_MOUNT INVALID_IMAGE_NAME RUN_CONTAINER
        """,
    ),
    (
        Is.INFRA_CAPACITY,
        0.88,
        """
        EVICTED FAILED_SCHEDULING UNSCHEDULABLE
        """,
    ),
)
