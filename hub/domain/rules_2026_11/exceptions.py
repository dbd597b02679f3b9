"""Exception classes that tell something by their name, in Python, Java and what runs on them.

Names that span several classes (``OperationalError``, ``AnalysisException``, ``Py4JJavaError``,
``HTTPError``, ``BadRequest``) are left out, or given little confidence: what they wrap decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.domain.failures import FailureClass as Is

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.domain.classification import Claim

# class, confidence, simple names
_TABLE: Final[tuple[tuple[Is, float, str], ...]] = (
    (
        Is.INFRA_COMPUTE,
        0.88,
        """
        ActorDiedError AdminShutdown AirflowWorkerLost ArrowMemoryError BrokenProcessPool
        ChildProcessCrashException CrashShutdown ExecutorLostFailure FetchFailedException
        KilledWorker KubernetesJobWatcherException MemoryError MetadataFetchFailedException
        NodeDiedError NotEnoughReplicasException OOMKilled OutOfMemory OutOfMemoryError
        OutOfMemoryException OwnerDiedError ProcessExitedException ProcessRaisedException
        ProcessTerminatedWorker RayOutOfMemoryError RunnerDied ShuffleFetchFailure
        SparkOutOfMemoryError
        TaskManagerLost WorkerCrashedError WorkerLostError
        """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.6,
        """
        DagsterUserCodeUnreachableError PodLaunchFailedException
        """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.55,
        """
        FatalException InternalException InternalServerError
        """,
    ),
    (
        Is.INFRA_CAPACITY,
        0.88,
        """
        BufferExhaustedException DSQuotaExceededException DiskFull DiskQuotaExceeded
        EsRejectedExecutionException InsufficientResources LimitExceededException
        NSQuotaExceededException NoResourceAvailableException OutOfDiskSpaceException
        ProvisionedThroughputExceededException QuotaExceededException ResourceExhausted
        ServiceQuotaExceededException SpaceQuotaExceededException ThrottlingException
        TooManyConnections TooManyRequestsException
        """,
    ),
    (
        Is.INFRA_NETWORK,
        0.86,
        """
        AutoReconnect BaseSSHTunnelForwarderError BrokenPipeError BrokerNotAvailableException
        ClientConnectionError ClientConnectorError CommunicationsException ConnectException
        ConnectTimeout ConnectTimeoutError ConnectTimeoutException ConnectionAbortedError
        ConnectionClosedError ConnectionClosedException ConnectionFailure
        ConnectionFailureException ConnectionLossException ConnectionRefusedError
        ConnectionResetError ConnectionTimeout EndpointConnectionError HttpHostConnectException
        IncompleteRead KafkaTimeoutError NameResolutionError NetworkException NetworkTimeout
        NewConnectionError NoBrokersAvailable NoHttpResponseException NoRouteToHostException
        NoValidConnectionsError PartitionConnectionException ProtocolError ReadTimeout
        ReadTimeoutError RemoteDisconnected RemoteProtocolError RemoteTransportException
        SSHTunnelForwarderError SSLZeroReturnError ServerDisconnectedError
        ServerSelectionTimeoutError ServerTimeoutError SocketException SocketTimeoutException
        UnknownHostException gaierror
        """,
    ),
    (
        Is.INFRA_NETWORK,
        0.72,
        """
        SSLCertVerificationError SSLError SSLHandshakeException TimeoutError TimeoutException
        """,
    ),
    (
        Is.INFRA_NETWORK,
        0.6,
        """
        ConnectionError SSLException SSLPeerUnverifiedException TransportError
        """,
    ),
    (
        Is.INFRA_CONCURRENCY,
        0.9,
        """
        CannotAcquireLockException CannotSerializeTransactionException CommitFailedError
        CommitFailedException CommitStateUnknownException ConcurrentAppendException
        ConcurrentDeleteDeleteException ConcurrentDeleteReadException
        ConcurrentModificationException ConcurrentTransactionException ConcurrentWriteException
        DeadlockDetected FencedInstanceIdException HoodieWriteConflictException
        LeaseExpiredException LockAcquisitionException LockError LockNotAvailable LockTimeout
        LockTimeoutException MetadataChangedException OptimisticLockException
        ProducerFencedException ProtocolChangedException RebalanceInProgressException
        SerializationFailure StaleObjectStateException TransactionRetryWithProtoRefreshError
        WriteConflict
        """,
    ),
    (
        Is.CONFIG,
        0.86,
        """
        AbstractMethodError AirflowConfigException AirflowNotFoundException
        ClassNotFoundException ConfigError ConfigException ConfigurationException
        CreateContainerConfigError DagsterImportError DagsterInvalidConfigError DbtProfileError
        DbtProjectError DependencyException DistributionNotFound ImproperlyConfigured
        IncompatibleClassChangeError InvalidConfigException InvalidConfiguration InvalidSchema
        InvalidURL LocationParseError MalformedURLException MissingSchema ModuleNotFoundError
        NoClassDefFoundError NoRegionError NoSuchBucketException NoSuchFieldError
        NoSuchMethodError NoSuchModuleError PackageNotFoundError ProfileNotFound
        UnknownServiceError UnknownTopicOrPartitionException UnsatisfiedLinkError
        UnsupportedClassVersionError UnsupportedFileSystemException UnsupportedProtocol
        UnsupportedTableFeatureException UnsupportedVersionException VersionConflict
        """,
    ),
    (
        Is.CONFIG,
        0.75,
        """
        ArgumentError DatabaseNotFound ImportError InvalidCatalogName
        """,
    ),
    (
        Is.CONFIG,
        0.55,
        """
        NotFound
        """,
    ),
    (
        Is.ACCESS,
        0.9,
        """
        AWSSecurityTokenServiceException AccessControlException AccessDenied AccessDeniedError
        AccessDeniedException AuthenticationError AuthenticationException AuthorizationError
        AuthorizationException ClientAuthenticationError ClusterAuthorizationException
        CredentialRetrievalError DefaultCredentialsError ExpiredSignatureError
        ForbiddenException GSSException GroupAuthorizationException InsufficientPrivilege
        InvalidAuthorizationSpecification InvalidClientError InvalidGrantError InvalidPassword
        InvalidTokenError KrbException LoginException NoCredentialsError NotAuthorizedException
        OAuthError PasswordRequiredException PermissionDenied RefreshError
        SSHAuthenticationError SaslAuthenticationException TokenExpiredError
        TopicAuthorizationException TransactionalIdAuthorizationException Unauthorized
        UnauthorizedError UnauthorizedException
        """,
    ),
    (
        Is.ACCESS,
        0.78,
        """
        Forbidden PermissionError PermissionException
        """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        0.82,
        """
        AirflowSensorTimeout ApiLimitReached BadGateway CannotConnectNow RateLimit
        RateLimitError RateLimitExceeded RateLimitExceededException RateLimitException
        RequestLimitExceeded ServerOverloaded ServiceUnavailable ServiceUnavailableException
        TooManyRequests
        """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        0.7,
        """
        FileNotFoundError FileNotFoundException NoSuchFileException NoSuchKey
        """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        0.55,
        """
        DebeziumException EmptyDataError
        """,
    ),
    (
        Is.SCHEMA_CONTRACT,
        0.88,
        """
        AvroMissingFieldException AvroTypeError AvroTypeException ColumnNotFoundError
        ContractBreakingChangeError DecodeError DeserializationError DeserializationException
        EncodeError HoodieSchemaException IllegalSchemaException IncompatibleSchemaException
        InvalidProtocolBufferException KeyDeserializationError MismatchedInputException
        MissingRequiredFieldError RecordDeserializationException SchemaChangedException
        SchemaColumnConvertNotSupportedException SchemaError SchemaErrors
        SchemaEvolutionException SchemaFieldNotFoundError SchemaMismatchError
        SchemaMismatchException SchemaParseException SchemaRegistryException
        SchemaResolutionError SchemaValidationError SerializationException SerializerError
        UnknownFieldException UnknownProtobufFieldException
        UnknownType UnrecognizedPropertyException
        ValueDeserializationError
        """,
    ),
    (
        Is.SCHEMA_CONTRACT,
        0.62,
        """
        DatatypeCoercion KeyError ParserError UndefinedColumn ValidationError
        """,
    ),
    (
        Is.DATA_QUALITY,
        0.86,
        """
        ArithmeticException BadGzipFile BadZipFile BinaryValueError BulkWriteError
        CharacterNotInRepertoire CheckFailed CheckViolation ConstraintException
        ConversionException ConversionSyntax CorruptRecordException CorruptStatistics
        DagsterTypeCheckDidNotPass DataQualityError DataQualityException DateParseError
        DateTimeException DateTimeParseException DatetimeFieldOverflow
        DeltaInvariantViolationException DivisionByZero DocumentTooLarge DuplicateKeyError
        ExclusionViolation ExpectationFailed ExpectationValidationError ForeignKeyViolation
        IntegrityError InvalidDatetimeFormat InvalidOperation InvalidRecordException
        InvalidTextRepresentation InvariantViolationException JsonParseException
        MalformedInputException MergeError NotNullViolation NumberFormatException
        NumericValueOutOfRange OutOfBoundsDatetime OutOfRangeException RaiseException
        RecordTooLargeException SparkArithmeticException SparkDateTimeException
        SparkNumberFormatException StringDataRightTruncation UnicodeDecodeError UniqueViolation
        UntranslatableCharacter XMLSyntaxError
        """,
    ),
    (
        Is.DATA_QUALITY,
        0.65,
        """
        DataError EOFError InvalidInputException JSONDecodeError OverflowError ZeroDivisionError
        """,
    ),
    (
        Is.LOGIC,
        0.85,
        """
        AirflowDagCycleException AmbiguousColumn AmbiguousFunction BinderException
        CompilationError CompilationException CyclicDependency DagsterInvalidDefinitionError
        DagsterInvariantViolationError DatatypeMismatch DependentObjectsStillExist
        DuplicateAlias DuplicateColumn DuplicateObject DuplicateTable DuplicateTaskIdFound
        GroupingError IndentationError InvalidColumnReference NoSuchTableError
        NotImplementedError ParseException ParserException SqlCompilationError
        StackOverflowError SyntaxError TemplateSyntaxError UndefinedError UndefinedFunction
        UndefinedParameter UndefinedTable WrongObjectType
        """,
    ),
    (
        Is.LOGIC,
        0.72,
        """
        ArrayIndexOutOfBoundsException AssertionError AttributeError CatalogException
        ClassCastException IndexError IndexOutOfBoundsException NameError
        NegativeArraySizeException NoSuchElementException NoSuchMethodException
        NotSerializableException NullPointerException RecursionError StopIteration TypeError
        UnboundLocalError UnicodeEncodeError
        """,
    ),
    (
        Is.LOGIC,
        0.4,
        """
        IllegalArgumentException IllegalStateException UnsupportedOperationException ValueError
        """,
    ),
    (
        Is.LOGIC,
        0.3,
        """
        PythonException
        """,
    ),
    (
        Is.QUERY_LIMIT,
        0.86,
        """
        AirflowTaskTimeout ConfigurationLimitExceeded DagRunTimeout ExceededMemoryLimitException
        ExceededTimeLimit ExecutionTimeout MaxResultSizeExceeded MaxTimeMSExpired
        ProgramLimitExceeded QueryCanceled QueryCancelled QueryTimeout QueryTimeoutError
        QueryTimeoutException SoftTimeLimitExceeded StatementTooComplex StepTimeoutError
        TimeLimitExceeded
        """,
    ),
    (
        Is.CANCELLED,
        0.85,
        """
        AirflowSkipException CancelledError CancelledRun DagsterExecutionInterruptedError
        InterruptException JobCancellationException JobCancelledException KeyboardInterrupt
        TaskCancelledException TaskDeferralCancelled
        """,
    ),
    (
        Is.CANCELLED,
        0.6,
        """
        InterruptedException
        """,
    ),
    (
        Is.UPSTREAM,
        0.93,
        """
        TriggerRuleFailure UpstreamFailed UpstreamFailedError UpstreamTaskFailed
        """,
    ),
    (
        Is.UNKNOWN,
        0.6,
        """
        InFailedSqlTransaction PendingRollbackError
        """,
    ),
)


def _claims() -> Iterator[tuple[str, Claim]]:
    for failure_class, confidence, names in _TABLE:
        for name in names.split():
            yield name, (failure_class, confidence)


EXCEPTIONS: Final[dict[str, Claim]] = dict(_claims())
