"""Names of exceptions that earlier sets did not know, or were too sure of.

Sources: the exception classes of Kafka 4, Flink 2, Iceberg 1, Hudi, Ray, the AWS SDKs, google-auth,
azure-identity, redis-py, pymongo, polars, pydantic-settings and Airflow; MongoDB 8 error codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.domain.failures.failure import FailureClass as Is
from hub.domain.failures.rules_2026_11.tables import claims_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.domain.failures.classification import Claim
    from hub.domain.failures.rules_2026_11.tables import Table

_TABLE: Final[Table] = (
    (
        Is.SOURCE_UNAVAILABLE,
        0.92,
        """
        CappedPositionLost ChangeStreamHistoryLost ExpiredIteratorException LogTruncationException
        NoOffsetForPartitionException OffsetOutOfRange OffsetOutOfRangeError
        OffsetOutOfRangeException OplogStartMissing TrimmedDataAccessException
        """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        0.7,
        "ObjectNotFoundError",
    ),
    (
        Is.ACCESS,
        0.93,
        """
        AuthenticationFailed AuthorizationFailedException CredentialUnavailableError
        DelegationTokenExpiredException InsufficientPrivilegeException InvalidAccessKeyIdException
        InvalidAuthenticationTokenException InvalidGrantException InvalidIdentityToken InvalidToken
        KerberosAuthException NoAuthHandlerFound NoCredentialProviders
        NoCredentialProvidersException SSOTokenLoadError SalesforceAuthenticationFailed
        SalesforceExpiredSession SalesforceRefusedRequest StsException TokenRefreshError
        UnacceptableCredentialException UnauthorizedSSOTokenError UnauthorizedSSOToken UserNotFound
        """,
    ),
    (
        Is.CONFIG,
        0.9,
        """
        ContextualVersionConflict IllegalSaslStateException ImportModuleError InvalidArnError
        InvalidEndpointConfigurationError InvalidHostnameError InvalidRegionError
        InvalidReplicaSetConfig InvalidSSLConfiguration MissingParametersError NoSuchNamespaceError
        NotAReplicaSet ResolutionImpossible SettingsError UnknownRegionError
        UnsupportedSignatureVersionError UnsupportedSaslMechanism
        """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.9,
        """
        AllShardsFailed BrokenBarrierException BusyLoadingError ClusterDownError
        ExecutorDeadException JobMasterNotFoundException LocalRayletDiedError MasterDownError
        MasterNotDiscoveredException NoShardAvailableActionException NodeNotConnectedException
        NotPrimaryNoSecondaryOk NotPrimaryOrSecondary NotWritablePrimary ObjectLostError
        PrimarySteppedDown ServerNotRunningYetException ShutdownInProgress TryAgainError
        UnavailableShardsException
        """,
    ),
    (
        Is.INFRA_CAPACITY,
        0.9,
        """
        AllocationFailed ConcurrentRunsExceededException InsufficientCapacityException
        InsufficientInstanceCapacity MaxClientsReachedError QuotaExceeded QuotaExceededError
        RequestLimitExceededException SkuNotAvailable
        """,
    ),
    (
        Is.INFRA_CONCURRENCY,
        0.9,
        """
        ConflictingOperationInProgress DeadlockLoserDataAccessException DeadlockDetectedException
        HoodieLockException LeaseIdMissing LockBusy LockFailed NoSuchTransaction
        ResourceInUseException SnapshotUnavailable WriteConflictException WriteConflictError
        """,
    ),
    (
        Is.INFRA_NETWORK,
        0.88,
        """
        AnnotatedConnectException ClosedConnectionException ConnectionLost DNSHostNotFound
        HostNotFound HostUnreachable NetworkTimeoutError ProxyError RESTException SSLEOFError
        SSLHandshakeFailed SSLWantReadError ServerSelectionError StreamLostError
        UnresolvedAddressException
        """,
    ),
    (
        Is.SCHEMA_CONTRACT,
        0.9,
        """
        IncompatibleSchemaError SchemaCompatibilityException SchemaEvolutionError
        SchemaInferenceError SchemaProjectorException StateMigrationException
        """,
    ),
    (
        Is.DATA_QUALITY,
        0.88,
        """
        BSONObjectTooLarge ConversionFailure CsvMalformedLineException DocumentValidationFailure
        EmptyResultDataAccessException HoodieDuplicateKeyException InvalidBSON InvalidUTF8
        MalformedRecordException PandasCastLossError
        """,
    ),
    (
        Is.LOGIC,
        0.88,
        """
        BSONFieldError DagInvalidTriggerRule InvalidPipelineOperator InvalidProgramException
        NamespaceExists NotFittedError XComNotFound
        """,
    ),
    (
        Is.QUERY_LIMIT,
        0.88,
        """
        ExceededMemoryLimit QueryExceededMemoryLimitNoDiskUseAllowed TooManyClauses
        """,
    ),
    (Is.CANCELLED, 0.88, "CursorKilled"),
)

EXCEPTIONS: Final[Mapping[str, Claim]] = claims_of(_TABLE)
