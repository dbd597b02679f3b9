"""Exception classes that tell something by their name, in Python, Java and what runs on them.

Names that span several classes (``OperationalError``, ``AnalysisException``, ``Py4JJavaError``,
``HTTPError``, ``BadRequest``) are left out, or given little confidence: what they wrap decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hub.domain.failures.failure import FailureClass as Is
from hub.domain.failures.rules_2026_11.tables import claims_of

if TYPE_CHECKING:
    from hub.domain.failures.classification import Claim
    from hub.domain.failures.rules_2026_11.tables import Table

# class, confidence, simple names
_TABLE: Final[Table] = (
    (
        Is.INFRA_COMPUTE,
        0.88,
        """
        ActorDiedError ActorUnavailableError AdminShutdown AirflowWorkerLost ArrayMemoryError
        ArrowMemoryError BlockMissingException BrokenProcessPool ChildProcessCrashException
        ControllerMovedException CoordinatorLoadInProgressException CoordinatorNotAvailableException
        CrashShutdown EligibleLeadersNotAvailableException ExecutorLostFailure FetchFailedException
        InternalError JobManagerException KilledWorker KubernetesJobWatcherException
        LeaderNotAvailableException MemoryError MetadataFetchFailedException NodeDiedError
        NotControllerException NotCoordinatorException NotEnoughReplicasAfterAppendException
        NotEnoughReplicasException NotLeaderForPartitionException NotLeaderOrFollowerException
        NotPrimaryError OOMKilled OutOfMemory OutOfMemoryError OutOfMemoryException OwnerDiedError
        PartitionNotFoundException ProcessExitedException ProcessRaisedException
        ProcessTerminatedWorker RayActorError RayOutOfMemoryError RaySystemError
        ReplicaNotAvailableException RunnerDied SafeModeException ShuffleFetchFailure
        SparkOutOfMemoryError StandbyException TaskManagerLost TerminationSignal WorkerCrashedError
        WorkerLostError _ArrayMemoryError
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
        ProvisionedThroughputExceededException QuotaExceededException RejectedExecutionException
        ResourceExhausted ResourceExhaustedException SQLTransientConnectionException
        ServiceQuotaExceededException SpaceQuotaExceededException ThrottlingException
        ThrottlingQuotaExceededException TooManyConnections TooManyRequestsException
        redis.exceptions.OutOfMemoryError sqlalchemy.exc.TimeoutError
        """,
    ),
    (
        Is.INFRA_NETWORK,
        0.86,
        """
        AutoReconnect BaseSSHTunnelForwarderError BrokenPipeError BrokerNotAvailableException
        ChannelException ChunkedEncodingError ClientConnectionError ClientConnectorDNSError
        ClientConnectorError ClientOSError ClientPayloadError ClosedChannelException
        CommunicationsException ConnectError ConnectException ConnectTimeout ConnectTimeoutError
        ConnectTimeoutException ConnectionAbortedError ConnectionClosedError
        ConnectionClosedException ConnectionException ConnectionFailure ConnectionFailureException
        ConnectionLossException ConnectionRefusedError ConnectionResetError ConnectionTimeout
        DisconnectionError EndpointConnectionError GatewayTimeout HttpHostConnectException
        IncompleteRead KafkaTimeoutError NameResolutionError NetworkException NetworkTimeout
        NewConnectionError NoBrokersAvailable NoHttpResponseException NoRouteToHostException
        NoValidConnectionsError PartitionConnectionException PortUnreachableException ProtocolError
        ProtocolException ProxyCommandFailure ReadError ReadTimeout ReadTimeoutError
        RemoteDisconnected RemoteProtocolError RemoteTransportException
        SQLNonTransientConnectionException SQLRecoverableException SSHTunnelForwarderError
        SSLZeroReturnError ServerDisconnectedError ServerSelectionTimeoutError ServerTimeoutError
        ServiceRequestError ServiceResponseError SocketException SocketTimeoutException
        TTransportException UnknownHostException WriteError gaierror
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
        Aborted AlreadyBeingCreatedException BlockingIOError CannotAcquireLockException
        CannotSerializeTransactionException CommitFailedError CommitFailedException
        CommitStateUnknownException ConcurrentAppendException ConcurrentDeleteDeleteException
        ConcurrentDeleteReadException ConcurrentModificationException ConcurrentTransactionException
        ConcurrentTransactionsException ConcurrentWriteException ConflictException DeadlockDetected
        FencedInstanceIdException FencedLeaderEpochException HoodieWriteConflictException
        IllegalGenerationException InvalidProducerEpochException LeaseExpiredException
        LockAcquisitionException LockError LockNotAvailable LockTimeout LockTimeoutException
        MetadataChangedException OptimisticLockException OptimisticLockingFailureException
        OutOfOrderSequenceException ProducerFencedException ProtocolChangedException
        RebalanceInProgressException ResourceModifiedError SQLTransactionRollbackException
        SerializationFailure StaleObjectStateException TransactionAbortedException
        TransactionCanceledException TransactionConflictException TransactionException
        TransactionRetryWithProtoRefreshError TransactionRollbackError UnknownMemberIdException
        VersionConflictEngineException WTimeoutError WriteConflict
        """,
    ),
    (
        Is.CONFIG,
        0.86,
        """
        AbstractMethodError AirflowConfigException AirflowNotFoundException BadHostKeyException
        BindException ClassNotFoundException ConfigError ConfigException ConfigurationError
        ConfigurationException CreateContainerConfigError DagsterImportError
        DagsterInvalidConfigError DbtProfileError DbtProjectError DeltaTableFeatureException
        DependencyException DistributionNotFound DllNotFoundException ExceptionInInitializerError
        FileLoadException IllegalAccessError ImproperlyConfigured IncompatibleClassChangeError
        InconsistentGroupProtocolException InvalidClassException InvalidConfigException
        InvalidConfiguration InvalidConfigurationException InvalidGroupIdException
        InvalidPartitionsException InvalidReplicationFactorException InvalidRequiredAcksException
        InvalidSchema InvalidSessionTimeoutException InvalidTopicException
        InvalidTxnTimeoutException InvalidURI InvalidURL LinkageError LocationParseError
        MalformedURLException MissingResourceException MissingSchema ModuleNotFoundError
        NoClassDefFoundError NoRegionError NoSuchBucketException NoSuchCatalogException
        NoSuchFieldError NoSuchMethodError NoSuchModuleError NoSuchNamespaceException
        PackageNotFoundError PolicyViolationException ProfileNotFound ResourceNotFoundError
        TooManyRedirects TopicExistsException TypeLoadException UndefinedVariableError
        UnknownServiceError UnknownServiceException UnknownTopicOrPartitionException
        UnsatisfiedLinkError UnsupportedClassVersionError UnsupportedEncodingException
        UnsupportedFeatureException UnsupportedFileSystemException
        UnsupportedForMessageFormatException UnsupportedProtocol UnsupportedSaslMechanismException
        UnsupportedTableFeatureException UnsupportedVersionException VerifyError VersionConflict
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
        ForbiddenError ForbiddenException GSSException GroupAuthorizationException
        HiveAccessControlException InsufficientPrivilege InvalidAudienceError
        InvalidAuthenticationToken InvalidAuthorizationSpecification InvalidClientError
        InvalidCredentialsException InvalidGrantError InvalidPassword InvalidSignatureError
        InvalidTokenError KrbException LoginException MetadataRetrievalError NoAuthException
        NoCredentialsError NotAuthorized NotAuthorizedException OAuthError PartialCredentialsError
        PasswordRequired PasswordRequiredException PermissionDenied RefreshError
        SQLInvalidAuthorizationSpecException SSHAuthenticationError SSOTokenLoadError
        SaslAuthenticationException TokenExpiredError TokenRetrievalError
        TopicAuthorizationException TransactionalIdAuthorizationException Unauthenticated
        Unauthorized UnauthorizedAccessException UnauthorizedError UnauthorizedException
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
        BlobNotFound ContentTypeError CursorNotFound FileNotFound FileNotFoundError
        FileNotFoundException NoDataError NoSuchFileException NoSuchKey ObjectNotFound error_perm
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
        BadCopyFileFormat ColumnNotFoundError ColumnNotFoundException ContractBreakingChangeError
        DecodeError DeltaStreamingColumnMappingSchemaIncompatibleException DeserializationError
        DeserializationException EncodeError HoodieSchemaException IllegalSchemaException
        IncompatibleSchemaException InvalidProtocolBufferException InvalidSchemaError
        KeyDeserializationError KeyNotFoundException MismatchedInputException
        MissingRequiredFieldError NoSuchColumnError RecordDeserializationException
        SchemaChangedException SchemaColumnConvertNotSupportedException SchemaError SchemaErrors
        SchemaEvolutionException SchemaFieldNotFoundError SchemaMismatchError
        SchemaMismatchException SchemaNotFoundException SchemaParseException SchemaRegistryException
        SchemaResolutionError SchemaValidationError SerializationException SerializerError
        StructFieldNotFoundError UnknownFieldException UnknownProtobufFieldException UnknownType
        UnrecognizedPropertyException ValueDeserializationError
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
        BulkWriteError CSVParseError CardinalityViolation CharConversionException
        CharacterNotInRepertoire CheckFailed CheckViolation ConstraintException ConversionException
        ConversionSyntax CorruptRecordException CorruptStatistics DagsterTypeCheckDidNotPass
        DataQualityError DataQualityException DateParseError DateParseException DateTimeException
        DateTimeParseException DatetimeFieldOverflow DeltaInvariantViolationException DivisionByZero
        DocumentTooLarge DuplicateError DuplicateKeyError ExclusionViolation ExpatError
        ExpectationFailed ExpectationValidationError FloatingPointError ForeignKeyViolation
        FormatException InputMismatchException IntCastingNaNError IntegrityError
        InvalidCastException InvalidDatetimeFormat InvalidOperation InvalidRecordException
        InvalidTextRepresentation InvalidTimestampException InvariantViolationException
        JsonParseException JsonProcessingException LZMAError MalformedInputException MergeError
        MultipleResultsFound NoResultFound NoRowsReturnedError NotNullViolation
        NumberFormatException NumericValueOutOfRange OutOfBoundsDatetime OutOfBoundsError
        OutOfBoundsTimedelta OutOfRangeException ParquetDecodingException RaiseException
        RecordTooLargeException SQLDataException SQLIntegrityConstraintViolationException
        SparkArithmeticException SparkDateTimeException SparkNumberFormatException StatisticsError
        StreamCorruptedException StringCacheMismatchError StringDataRightTruncation
        TooManyRowsReturnedError UnicodeDecodeError UnicodeTranslateError UniqueViolation
        UnpicklingError UntranslatableCharacter XMLSyntaxError XMLSyntaxException _csv.Error
        binascii.Error struct.error zlib.error
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
        BinderException CompilationError CompilationException CompileError
        CyclicDependency DagsterInvalidDefinitionError DagsterInvariantViolationError
        DatatypeMismatch DependentObjectsStillExist DuplicateAlias DuplicateColumn
        DuplicateColumnError DuplicateObject DuplicateSchema DuplicateTable DuplicateTaskIdFound
        GroupingError IndentationError InvalidColumnDefinition InvalidColumnReference
        InvalidForeignKey InvalidIndexError InvalidRecursion InvalidRegularExpression
        InvalidSchemaName InvalidTableDefinition InvalidTypesException NoSuchFunctionException
        NoSuchObjectException NoSuchTableError NoSuchTableException NoSuchViewException
        NotImplementedError NullReferenceException ParseException ParserException
        SQLFeatureNotSupportedException SQLInterfaceError SQLSyntaxError SchemaAlreadyExists
        SemanticException ShapeError SpecificationError SqlCompilationError StackOverflowError
        SyntaxError TabError TableAlreadyExistsError TableAlreadyExistsException
        TaskNotSerializableException TemplateAssertionError TemplateError TemplateNotFound
        TemplateSyntaxError TooManyColumns UndefinedError UndefinedFunction UndefinedObject
        UndefinedParameter UndefinedTable UnsortedIndexError WindowingError WrongObjectType
        java.util.ConcurrentModificationException
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
        IllegalArgumentException IllegalStateException UnsupportedOperationException
        """,
    ),
    (
        Is.LOGIC,
        0.3,
        """
        ComputeError PythonException
        """,
    ),
    (
        Is.QUERY_LIMIT,
        0.86,
        """
        AirflowTaskTimeout ConfigurationLimitExceeded DagRunTimeout ExceededMemoryLimitException
        ExceededTimeLimit ExecutionTimeout IdleInTransactionSessionTimeout MaxResultSizeExceeded
        MaxTimeMSExpired ProgramLimitExceeded QueryCanceled QueryCancelled QueryTimeout
        QueryTimeoutError QueryTimeoutException SQLTimeoutException SnapshotTooOld
        SoftTimeLimitExceeded StatementTooComplex StepTimeoutError TimeLimitExceeded
        TransactionTimeout
        """,
    ),
    (
        Is.CANCELLED,
        0.85,
        """
        AirflowSkipException CancellationException Cancelled CancelledError CancelledRun
        DagsterExecutionInterruptedError InterruptException InterruptedError
        JobCancellationException JobCancelledException KeyboardInterrupt OperationCanceledException
        TaskCanceledException TaskCancelledException TaskDeferralCancelled
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
        CheckpointException PanicException
        """,
    ),
    (
        Is.INFRA_NETWORK,
        0.5,
        """
        SSHException
        """,
    ),
    (
        Is.CONFIG,
        0.92,
        """
        TOMLDecodeError ZoneInfoNotFoundError configparser.MissingSectionHeaderError
        configparser.NoOptionError configparser.NoSectionError yaml.constructor.ConstructorError
        yaml.parser.ParserError yaml.scanner.ScannerError
        """,
    ),
    (
        Is.CONFIG,
        0.5,
        """
        CommandError IsADirectoryError LookupError NotADirectoryError ParamValidationError
        """,
    ),
    (
        Is.LOGIC,
        0.6,
        """
        AlreadyExists FileAlreadyExistsException FileExistsError InvalidOperationError
        InvalidRequestError ResourceExistsError SQLSyntaxErrorException StopAsyncIteration
        UnboundExecutionError
        """,
    ),
    (
        Is.DATA_QUALITY,
        0.42,
        """
        ValueError
        """,
    ),
)

EXCEPTIONS: Final[dict[str, Claim]] = claims_of(_TABLE)
