"""Exception classes that tell something by their name, in Python, Java and what runs on them.

Names that span several classes (``OperationalError``, ``AnalysisException``, ``Py4JJavaError``,
``HTTPError``, ``BadRequest``) are left out, or given little confidence: what they wrap decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.domain.failures import FailureClass as Is
from hub.domain.rules_2026_11.tables import claims_of

if TYPE_CHECKING:
    from hub.domain.classification import Claim
    from hub.domain.rules_2026_11.tables import Table

# class, confidence, simple names
_TABLE: Final[Table] = (
    (
        Is.INFRA_COMPUTE,
        0.88,
        """
        ActorDiedError ActorUnavailableError AdminShutdown AirflowWorkerLost ArrayMemoryError
        ArrowMemoryError BrokenProcessPool ChildProcessCrashException ControllerMovedException
        CoordinatorLoadInProgressException CoordinatorNotAvailableException CrashShutdown
        EligibleLeadersNotAvailableException ExecutorLostFailure FetchFailedException KilledWorker
        KubernetesJobWatcherException LeaderNotAvailableException MemoryError
        MetadataFetchFailedException NodeDiedError NotControllerException NotCoordinatorException
        NotEnoughReplicasAfterAppendException NotEnoughReplicasException
        NotLeaderForPartitionException NotLeaderOrFollowerException OOMKilled OutOfMemory
        OutOfMemoryError OutOfMemoryException OwnerDiedError ProcessExitedException
        ProcessRaisedException ProcessTerminatedWorker RayActorError RayOutOfMemoryError
        RaySystemError ReplicaNotAvailableException RunnerDied ShuffleFetchFailure
        SparkOutOfMemoryError TaskManagerLost TerminationSignal WorkerCrashedError WorkerLostError
        _ArrayMemoryError
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
        EsRejectedExecutionException GroupMaxSizeReachedException InsufficientResources
        KafkaStorageException LimitExceededException NSQuotaExceededException
        NoResourceAvailableException OutOfDiskSpaceException PoolTimeout PoolTimeoutError
        ProvisionedThroughputExceededException QuotaExceededException ResourceExhausted
        ResourceExhaustedException SQLTransientConnectionException ServiceQuotaExceededException
        SpaceQuotaExceededException ThrottlingException ThrottlingQuotaExceededException
        TooManyConnections TooManyRequestsException redis.exceptions.OutOfMemoryError
        sqlalchemy.exc.TimeoutError
        """,
    ),
    (
        Is.INFRA_NETWORK,
        0.86,
        """
        AutoReconnect BaseSSHTunnelForwarderError BrokenPipeError BrokerNotAvailableException
        ChunkedEncodingError ClientConnectionError ClientConnectorError ClientOSError
        ClientPayloadError ClosedChannelException CommunicationsException ConnectError
        ConnectException ConnectTimeout ConnectTimeoutError ConnectTimeoutException
        ConnectionAbortedError ConnectionClosedError ConnectionClosedException ConnectionException
        ConnectionFailure ConnectionFailureException ConnectionLossException ConnectionRefusedError
        ConnectionResetError ConnectionTimeout EndpointConnectionError HttpHostConnectException
        IncompleteRead KafkaTimeoutError NameResolutionError NetworkException NetworkTimeout
        NewConnectionError NoBrokersAvailable NoHttpResponseException NoRouteToHostException
        NoValidConnectionsError PartitionConnectionException PortUnreachableException ProtocolError
        ReadError ReadTimeout ReadTimeoutError RemoteDisconnected RemoteProtocolError
        RemoteTransportException SQLNonTransientConnectionException SQLRecoverableException
        SSHTunnelForwarderError SSLZeroReturnError ServerDisconnectedError
        ServerSelectionTimeoutError ServerTimeoutError ServiceRequestError ServiceResponseError
        SocketException SocketTimeoutException TTransportException UnknownHostException WriteError
        gaierror
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
        ConcurrentModificationException ConcurrentTransactionException
        ConcurrentTransactionsException ConcurrentWriteException ConflictException DeadlockDetected
        FencedInstanceIdException FencedLeaderEpochException HoodieWriteConflictException
        IllegalGenerationException InvalidProducerEpochException LeaseExpiredException
        LockAcquisitionException LockError LockNotAvailable LockTimeout LockTimeoutException
        MetadataChangedException OptimisticLockException OptimisticLockingFailureException
        OutOfOrderSequenceException ProducerFencedException ProtocolChangedException
        RebalanceInProgressException SerializationFailure StaleObjectStateException
        TransactionAbortedException TransactionCanceledException TransactionConflictException
        TransactionException TransactionRetryWithProtoRefreshError TransactionRollbackError
        UnknownMemberIdException VersionConflictEngineException WriteConflict
        """,
    ),
    (
        Is.CONFIG,
        0.86,
        """
        AbstractMethodError AirflowConfigException AirflowNotFoundException ClassNotFoundException
        ConfigError ConfigException ConfigurationException CreateContainerConfigError
        DagsterImportError DagsterInvalidConfigError DbtProfileError DbtProjectError
        DeltaTableFeatureException DependencyException DistributionNotFound ImproperlyConfigured
        IncompatibleClassChangeError InconsistentGroupProtocolException InvalidConfigException
        InvalidConfiguration InvalidConfigurationException InvalidGroupIdException
        InvalidPartitionsException InvalidReplicationFactorException InvalidRequiredAcksException
        InvalidSchema InvalidSessionTimeoutException InvalidTopicException
        InvalidTxnTimeoutException InvalidURL LocationParseError MalformedURLException MissingSchema
        ModuleNotFoundError NoClassDefFoundError NoRegionError NoSuchBucketException
        NoSuchCatalogException NoSuchFieldError NoSuchMethodError NoSuchModuleError
        NoSuchNamespaceException PackageNotFoundError PolicyViolationException ProfileNotFound
        TopicExistsException UndefinedVariableError UnknownServiceError
        UnknownTopicOrPartitionException UnsatisfiedLinkError UnsupportedClassVersionError
        UnsupportedFeatureException UnsupportedFileSystemException
        UnsupportedForMessageFormatException UnsupportedProtocol UnsupportedSaslMechanismException
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
        AccessDeniedException AccessTokenRefreshError AuthenticationError AuthenticationException
        AuthorizationError AuthorizationException AuthorizationFailure BadAuthenticationType
        BadCredentialsException ClientAuthenticationError ClusterAuthorizationException
        CredentialRetrievalError CredentialsError DefaultCredentialsError
        DelegationTokenAuthorizationException DelegationTokenExpiredException ExpiredSignatureError
        ForbiddenException GSSException GroupAuthorizationException InsufficientPrivilege
        InvalidAudienceError InvalidAuthenticationToken InvalidAuthorizationSpecification
        InvalidClientError InvalidCredentialsException InvalidGrantError InvalidPassword
        InvalidSignatureError InvalidTokenError KrbException LoginException NoAuthException
        NoCredentialsError NotAuthorized NotAuthorizedException OAuthError PartialCredentialsError
        PasswordRequired PasswordRequiredException PermissionDenied RefreshError
        SSHAuthenticationError SSOTokenLoadError SaslAuthenticationException TokenExpiredError
        TokenRetrievalError TopicAuthorizationException TransactionalIdAuthorizationException
        Unauthorized UnauthorizedError UnauthorizedException
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
        AirflowSensorTimeout ApiLimitReached BadGateway CannotConnectNow RateLimit RateLimitError
        RateLimitExceeded RateLimitExceededException RateLimitException RequestLimitExceeded
        ServerOverloaded ServiceUnavailable ServiceUnavailableException TooManyRequests
        """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        0.7,
        """
        BlobNotFound FileNotFound FileNotFoundError FileNotFoundException NoSuchFileException
        NoSuchKey NoSuchObjectException ObjectNotFound error_perm
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
        AvroMissingFieldException AvroRuntimeException AvroTypeError AvroTypeException
        BadCopyFileFormat ColumnNotFoundError ContractBreakingChangeError DecodeError
        DeltaStreamingColumnMappingSchemaIncompatibleException DeserializationError
        DeserializationException EncodeError HoodieSchemaException IllegalSchemaException
        IncompatibleSchemaException InvalidProtocolBufferException InvalidSchemaError
        KeyDeserializationError MismatchedInputException MissingRequiredFieldError
        RecordDeserializationException SchemaChangedException
        SchemaColumnConvertNotSupportedException SchemaError SchemaErrors SchemaEvolutionException
        SchemaFieldNotFoundError SchemaMismatchError SchemaMismatchException SchemaNotFoundException
        SchemaParseException SchemaRegistryException SchemaResolutionError SchemaValidationError
        SerializationException SerializerError UnknownFieldException UnknownProtobufFieldException
        UnknownType UnrecognizedPropertyException ValueDeserializationError
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
        ArithmeticException BadGzipFile BadRecordException BadZipFile BinaryValueError
        BulkWriteError CSVParseError CardinalityViolation CharacterNotInRepertoire CheckFailed
        CheckViolation ConstraintException ConversionException ConversionSyntax
        CorruptRecordException CorruptStatistics DagsterTypeCheckDidNotPass DataQualityError
        DataQualityException DateParseError DateTimeException DateTimeParseException
        DatetimeFieldOverflow DeltaInvariantViolationException DivisionByZero DocumentTooLarge
        DuplicateKeyError ExclusionViolation ExpatError ExpectationFailed ExpectationValidationError
        ForeignKeyViolation IntCastingNaNError IntegrityError InvalidDatetimeFormat InvalidOperation
        InvalidRecordException InvalidTextRepresentation InvalidTimestampException
        InvariantViolationException JsonParseException JsonProcessingException
        MalformedInputException MergeError NotNullViolation NumberFormatException
        NumericValueOutOfRange OutOfBoundsDatetime OutOfBoundsTimedelta OutOfRangeException
        ParquetDecodingException RaiseException RecordTooLargeException SparkArithmeticException
        SparkDateTimeException SparkNumberFormatException StringDataRightTruncation
        UnicodeDecodeError UniqueViolation UntranslatableCharacter XMLSyntaxError XMLSyntaxException
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
        AirflowDagCycleException AlreadyExistsException AmbiguousColumn AmbiguousFunction
        BinderException CompilationError CompilationException ComputeError CyclicDependency
        DagsterInvalidDefinitionError DagsterInvariantViolationError DatatypeMismatch
        DependentObjectsStillExist DuplicateAlias DuplicateColumn DuplicateColumnError
        DuplicateObject DuplicateSchema DuplicateTable DuplicateTaskIdFound GroupingError
        IndentationError InvalidColumnReference InvalidRecursion InvalidRegularExpression
        InvalidTableDefinition NoSuchFunctionException NoSuchTableError NoSuchTableException
        NoSuchViewException NotImplementedError ParseException ParserException SchemaAlreadyExists
        SqlCompilationError StackOverflowError SyntaxError TableAlreadyExistsError
        TableAlreadyExistsException TaskNotSerializableException TemplateAssertionError
        TemplateError TemplateNotFound TemplateSyntaxError UndefinedError UndefinedFunction
        UndefinedParameter UndefinedTable WindowingError WrongObjectType
        """,
    ),
    (
        Is.LOGIC,
        0.72,
        """
        ArrayIndexOutOfBoundsException AssertionError AttributeError CatalogException
        ClassCastException IndexError IndexOutOfBoundsException NameError NegativeArraySizeException
        NoSuchElementException NoSuchMethodException NotSerializableException NullPointerException
        RecursionError StopIteration TypeError UnboundLocalError UnicodeEncodeError
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
        ExceededTimeLimit ExecutionTimeout IdleInTransactionSessionTimeout MaxResultSizeExceeded
        MaxTimeMSExpired ProgramLimitExceeded QueryCanceled QueryCancelled QueryTimeout
        QueryTimeoutError QueryTimeoutException SnapshotTooOld SoftTimeLimitExceeded
        StatementTooComplex StepTimeoutError TimeLimitExceeded TransactionTimeout
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
    (
        Is.UNKNOWN,
        0.2,
        """
        errors.RetriableException kafka.connect.errors.ConnectException
        """,
    ),
    (
        Is.LOGIC,
        0.55,
        """
        ArrowKeyError ArrowNotImplementedError ArrowTypeError TableNotFoundError
        """,
    ),
    (
        Is.DATA_QUALITY,
        0.4,
        """
        ArrowInvalid
        """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.5,
        """
        CheckpointException
        """,
    ),
    (
        Is.INFRA_NETWORK,
        0.5,
        """
        SSHException
        """,
    ),
)

EXCEPTIONS: Final[dict[str, Claim]] = claims_of(_TABLE)
