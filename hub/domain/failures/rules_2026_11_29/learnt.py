"""What was learnt of words, by ``python -m tests.learnt``."""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import lexicon_of
from hub.domain.failures.failure import FailureClass as Is

LEXICON: Final = lexicon_of(
    (
        Is.ACCESS,
        -0.3,
        """
        7: authentication denied
        6: access authorization credentials password permission
        5: 403 token unauthorized
        4: authorized permissions provided role
        3: 01017 401 auth etl expired http security signature user
        2: 00100 08001 113 203 42501 account action admin allowed anonymous be blob call client
           com compilation database does failed fatal forbidden get given have https insufficient
           invalid jwt list login must operation or owner pg private privilege privileges refresh
           select sensor services session superuser username
        1: 1000 25000 42000 address amazon application authenticate aws azure branch calculated
           conf cryptography current default en ensure error for grant gss hba kafka kerberos key
           landing locate manage mechanism messages method not object on operational ora permitted
           raw request required sasl signing source sql stage status to unexpected use we write
           you
        -1: 503 airflow available batch by concurrent data execution instance job many max might
           number oracle query quota requested size sqlite statement such table than there time
           timed too unavailable version
        -2: column could exceeded file found name of out reason runtime spark task timeout unknown
    """,
    ),
    (
        Is.CANCELLED,
        -0.0,
        """
        7: cancelled user
        6: was
        4: cancel canceled interrupt keyboard query terminated
        3: 57014 as execution killed manually run shutdown strategy task warning workflow
        2: ab admin been by cancellation cancelling cleared display group instance jaffle job
           marked part prefect received revoked send set shop sigterm sqlstate supported
           terminating text this ui
        1: 00060 100 can canceling com create dagster db duration externally false has impl io
           master model operation outside programming py reason request retry routine scheduler
           shutting spark statement status unexpectedly
        -1: cannot check cloud cluster data error id invalid is maximum message more name no
           operational out reached result skipped source table too type
        -2: an be errors exceeded exception exit failed if limit max not on time
        -3: for in timeout
    """,
    ),
    (
        Is.CONFIG,
        0.5,
        """
        5: configuration found
        4: bucket import invalid required version
        3: 127 airflow config connect disabled illegal must no open profile requires termination
           unknown unsupported url warehouse
        2: 404 access analytics and attempt because bin bootstrap but catalog class com configured
           connected connecting container dbt debezium document does encoding etl exec exists exit
           extension factor factory feature filesystem find flows hive image incremental init
           install library master metastore missing module name named not only plugin plugins
           policy project pull py pymongo python read region requirements returned sasl setting sh
           shop snowflake so spark specify ssl such tns topic trino unable unrecognized use valid
           west you
        1: 2021 400 9083 ab account an any argument based binlog broker builder callback can
           caused cpu create current cx dag database dataset datastax db default descriptor end
           endpoint env environment ephemeral executable expected factories forbidden further
           handshake https identifier in inner integration interval isn it java javax kafka key
           know lang large larger listener logical lorg manager mode my none option or package
           packages padding parser parsing path payload process property refer replication
           requests retrieval rows runtime scheme script section server store string subnet
           support supported sure system temporarily than that types usr validation var variable
           via violation wal webhook
        -1: active again all amount analysis attribute blockmgr botocore broken byte bytes column
           commit compilation complete contact coordinator date deltalake duckdb due duplicate
           during enough event function group gz has have heartbeat its job killed lake length
           longer magic many match models needed new pg pid postgres primary producer programming
           progress provider range records resolution retry role scope serialization service
           shuffle signature snapshot sqlstate starting step sync syntax timeout timestamp to
           token unexpected update your
        -2: amazon authentication blob csv exceeded exceptions expired index input int number
           occurred one out parquet query record response schema select table task there user was
        -3: on orders
    """,
    ),
    (
        Is.DATA_QUALITY,
        0.4,
        """
        5: constraint invalid
        4: check column conversion double input parse record row timestamp value
        3: as bad byte character configured convert data date errors int malformed null overflow
           rows truncated validation
        2: 0001 300 abc arithmetic before bytes cast converting corrupt csv decimal detail
           division dtype duckdb entry eof exceeds existe expectation expectations fail failure
           file foreign format gzip gzipped id if included incorrect integer integrity into la
           large length magic matched mismatched msg non nulls one orc position raised range
           recognized result results size spark sqlstate string too utf values xml zero
        1: 000 100 22012 23505 arrow between bigint bounds bulk codec common contains copy
           datetime ddl de decoder delta details duplicate entries error extra field giving gz
           hdfs hy index insert key larger literal na number of original padding pandas parquet
           parsed pass perform polars postgre primary rejected remote rs scalar starting strict
           syntax target text tolerate unexpected update utils vs when where would zip
        -1: 42000 after airbyte any apache available avro catalog changed client cluster command
           completed concurrent connection connector created dag definition document doesn empty
           etl exceeded exception execute exist external files filesystem find flow group have
           http illegal instance landing latest load many missing more ms my nested order postgres
           process provided python received replication requested resource returned running
           session shape snowflake such that the there timed transaction type union your
        -2: access airflow analysis columns compilation connect errno execution expecting internal
           io job limit list memory no operational query request required response start tmp
           unable unknown
        -3: run task timeout
    """,
    ),
    (
        Is.INFRA_CAPACITY,
        0.1,
        """
        7: disk
        6: full
        5: quota resource space
        4: are cluster device insufficient os pool queue rate slots slow
        3: already available capacity connections extend file left limit many max new only queries
           reached requested reserved sqlite versions
        2: 128 172 503 all amazon busy calling cassandra client code com concurrent connection
           create database delete dev down enough errno es exceeded exhausted files for forbidden
           free global hint its limits log memory need of on oom open policy provisioned queued
           reason reduce replication runs size start storage submission suspended throttling
           throughput tmp too unable warehouse were when your zone
        1: account acquire allowed blocked breaking bytes command contain context could datastax
           do ephemeral evicted exceeding fatal googleapi increase index information instance
           instances job ki kind larger local maximum more node operation operations orders over
           parent perform port psycopg reaching rejected replica resources response routine
           scheduler scheduling severity shard stmt submit termination than the thread total use
           used violates wh xlarge
        -1: 100 an analysis bad by class column columns connector console does error exist exists
           field https input kafka key lang length long master may missing or parquet pid record
           retries rows seconds select session skipping source statement status stream such
           unknown validation value version while
        -2: access broker cancelled check configuration connect found invalid java mode must retry
           this with
        -3: name specified
    """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.6,
        """
        7: memory
        6: heartbeat
        5: worker
        4: cluster died driver exited internal shuffle
        3: blockmgr broker checkpoint container core crashed ec executor killed nodes pod process
           rpc signal sync unavailable xx
        2: 137 500 alive allocate ambiguous back call called check crash daemon detected
           encountered enough evicted exit expired externally fetch gc info instance job
           kubernetes lang loading lost manager map metadata node none off opt out problem
           processing reach reason restarting running session sh shutdown sigkill solve spark
           stopped task terminated the to topic zombie
        1: 120 2024 53200 activity again an another because being big cloud code contact context
           coordinator correlation could dags dc dead distributed down during exception failure
           float flow gi hence init ipc is java kernel kubelet later latest launch likely loader
           location main meta minutes native negsignal offline panic pi prefect provider readonly
           registry remote replica retry retrying return runner scan scheduler self shape step
           still talking temp temporarily terminating termination there threshold took trigger
           trino unexpected unexpectedly which
        -1: 0000 all allowed already analysis app argument as authorization bad batch cancelling
           cause column complete configured db dependencies dependency device disabled exceptions
           fail field file forbidden if insufficient json left length limit lock maintenance make
           manually maximum member model needed number object occurred or order parquet query
           reached replication request requested resources response sequence set skipped sqlstate
           ssl statement store string support table text that total unique upstream use user
           validation value were when your
        -2: access any are calling cancelled com commit configuration data disk have key max
           operation operational ora quota resource schema specified tasks test transaction you
        -3: sql
        -4: invalid
    """,
    ),
    (
        Is.INFRA_CONCURRENCY,
        -0.8,
        """
        11: lock
        7: commit
        6: concurrent transaction
        5: conflict
        4: table update
        3: 40001 access acquire active conflicting deadlock exception files id locked needed pid
           rebalance serialize violation
        2: 1023 12345 adapter been can canceling cannot changed concurrently created database
           delta due duplicate error exceptions filesystem generic group hive iceberg incorrect is
           isolation lease location member modification nowait number on order pkey progress proto
           relation resource response retries retry sequence serializable shard slot specified
           statement status that this try txn unique updated version violates write
        1: 08177 2014 4711 aborted after another append batch because blob branch broker busy cd
           cleared complete conflicts connect constraint contain coordinator could current
           currently deltalake detail detected errors expired for http instance locks main offset
           old operation ora org os out overlapping postgres prod psql received records recovery
           refresh replication requirement restarting rollback root skipping so sqlstate there
           transactions tuple two unable validation with writes
        -1: acme action analysis api canceled clients column columns com connector duckdb
           execution exist failed full invalid longer max memory node only runtime session
           snowflake source unsupported user you
        -2: airflow does no schema server spark to type
    """,
    ),
    (
        Is.INFRA_NETWORK,
        -0.1,
        """
        6: connection timeout
        5: host ssl
        4: connect errno net network read tcp
        3: 25400 certificate channel configuration could known operational resolution response
           sending server service socket ssh timed
        2: 9092 acme again all background banner broken broker brokers by cannot check
           communicating connecting dead deadline dial disconnected dns down driver endpoint
           establish failure grpc handshake interface io local lost microsoft ms name oracledb out
           pipe protocol received refused snowflake syscall thrift tns to transport tunnel val
           while
        1: 10003 12541 402 aborting addresses after ago amazonaws caused closed control downstream
           enabled entity error established exception expired generic getaddrinfo handler hive
           hostname iceberg if java jdbc kafka last lib may metastore milliseconds msg nats
           occurred odbc or oracle output paramiko party port provider reach recoverable
           repository reset scope sdk sent serial session severity str successfully sync
           unreachable url us vpc
        -1: 503 504 already available because cancelled command debezium due encountered exist
           file gz have http in instance key limit lock many memory mode no not only processing py
           replication required schema shop shutdown size spark sqlite start state statement table
           terminating transaction util was worker
        -2: airflow allowed and column concurrent does fatal for found invalid is job load of pool
           reason run specified task this time too update user value
        -3: can
    """,
    ),
    (
        Is.LOGIC,
        0.5,
        """
        5: function syntax
        4: amout list object
        3: ambiguous analysis argument array assertion attribute columns compilation cycle defined
           expression iteration length line models pointer reference same serializable table task
           type values without
        2: 1064 2025 add already amount any append as at be between broadcast cannot class clause
           clients column consumer dags date definition directory duplicate empty error
           errorfactory exc exists foo form format found identifier implemented instead item
           keyword lambda matching maximum missing name near nested nil not numeric offset op
           operand operator orders panic parameters py scala select set sources sqlalchemy sqlite
           stop sum test thread tmp types udf undefined unique used view which
        1: 0000 400 42343 42601 42804 8000 added aggregate aggregation allowed app apply
           assignment attempted botocore builtins busy catalog cause config cx dag dagster
           datatype datetime dictionary diff drop during enabled end eu explicit find first group
           hint home index int interval kernel kwargs less literal load local main map member ms
           must my no nope objects only opt oracle order outputs partition partitions pickle
           pickling poll producer projection request returned serialize signature silver since
           specification sql streaming string support there too transactional tuple txn union
           unrecognized upsert util valid you
        -1: 00000 2026 access airbyte analytics available broker cancelled client common completed
           connect conversion customer databricks dbo decode detail double due ephemeral errors
           etl exceeds executor expired external following import incorrect internal io level may
           msg non occurred old open password permissions postgres process raw replication
           requested required resolved run service step target the time timed transaction updated
           versions violates warehouse write zz
        -2: 42703 but calling connection could data encountered execution failure fatal file full
           job landing limit make memory message please position read reason server session status
           this timeout topic your
        -3: failed
    """,
    ),
    (
        Is.QUERY_LIMIT,
        -1.1,
        """
        8: query timeout
        6: exceeded
        4: job limit than too
        3: 2021 after maximum pid resources result size sql statement timed
        2: 10000 1024 12345 300 active and bigger botocore broadcast by bytes canceled complete
           contains could databricks db deadline during errorfactory execution exhausted
           expressions filter for increase join large length longer max memory model monitoring
           name of operation out pod provided reasons rows secs send serialized tables temporary
           this time trino wait window would your
        1: 01555 20230 256 53400 against allocated analysis apache bad block but cancelled
           catalyst child cli columns complex configuration consider copy cpu defined destination
           did directory disabled disk due ee elapsed exceeds executing factor ff gb hive hours if
           in ki launched launching macro mb mi more occurred old on operational or overflow
           partition partitioned performance persistent plan results rollback scale second seconds
           small snapshot stopped taskinstance tasks temp timedout top tuple us use used using
           warehouse was without
        -1: all batch been big builtins cannot cluster column concurrent connect errors found
           heartbeat http instance invalid kafka larger level line no one queue quota rate
           requests retries retry server source status terminated that try unable unknown update
           write
        -2: client com error lock sensor
        -3: has
    """,
    ),
    (
        Is.SCHEMA_CONTRACT,
        -0.6,
        """
        9: schema
        7: column
        6: columns
        5: field type
        4: avro fields
        3: analysis data expected got in incompatible int invalid key match message programming
           serialization source table value were
        2: 00090 42703 additional airbyte amount amt arrow but cannot cast change changed
           contained customer default deserialization deserializing discount doesn eof fare
           fastavro file following have header id index ipc merge mismatch names new orders
           parquet please properties protobuf protocol record required resolved rest str string
           subject such sure tag total union updated usecols validation varchar zz
        1: 42000 alter an apache at base binder buffer builtins byte class company compute connect
           copy dbo details detected dict did does duration error exception external from google
           hoodie insert kafka last lib line list magic mapping non null object order package
           parsing pos position postgres property pyarrow query records running schemas should
           struct supplied target text types us view writer
        -1: airflow ambiguous broker commit config configuration could csv end exceeded failed
           given load models must op or ora out overflow path reached results server specified
           state this to too unicode unique unrecognized used user valid violation warehouse yml
        -2: api as by char completed constraint database db job none operation result runtime set
           status syntax task the timeout trino
        -3: failure unable
    """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        0.8,
        """
        4: api csv expecting freshness http json landing server stale
        3: 429 500 502 503 are char debezium empty example exist fatal found gateway gz limit
           maintenance many parquet pattern primary progress quota raw recovery request sensor
           service specified stream vendor
        2: 3600 410 504 again analysis auto available closed da decode degraded exceeded facebook
           fail false file files get hadoop implemented infer initialization input later lib long
           manually mode ok operational origin out partial per possible probably proxy rate
           reached removed requests resume retry root seconds shutdown snowplow source start
           starting status such too tree try unavailable unresponsive usage
        1: 00001 2026 404 abc administrator been calls change connection console contact crm daily
           description directory dlt download encountered external find frozen gs head heartbeat
           https lang limits logs longer matched may message might migration missing obtain
           occurred oracle orders page path please pool processing reconnect remote replication
           rule split srv system tar tenant that timeout transactions transient unable upstream
           warning when xyz
        -1: 400 403 aborted airbyte already and at attempts backoff bytes cancelled caused cloud
           cluster code columns common configuration configured contain container create dbt delta
           details double driver enabled errors exception execution field forbidden from function
           host index insert instance large list lock maximum memory model node only operation
           output part port programming property provided py relation required retries rows
           sending sql string supported terminated tns transaction unauthorized unexpected used
           values worker write
        -2: access account authentication bad be broker cannot core during etl failed java job
           local non of os psycopg slow sqlite task than trino version warehouse was
        -3: by for table
    """,
    ),
    (
        Is.UNKNOWN,
        0.2,
        """
        6: completed failed
        4: backoff encountered might non task
        3: aborted airbyte application has java load longer make retries runtime something unique
           went wrong
        2: 123 30001 409 app attempted attempts cause command commit compilation dag detail duckdb
           dvc ended event exit failures finished getting ignored incident job logs max ml more no
           null ok op output pipeline processing reached redshift removed reproduce requested
           retry rewrite run see sink some step ti time until upsert while with workers your
        1: 161 2022 304 551 aa above an attribute backend bash blob calling caused code connector
           current customer da delete deltalake destination details entries entry exceeded fb
           flink from helper hoodie hooks hudi if internal is jobs lake launch look merge none
           occurred or plugin providers psycopg ql queued response save should snowflake specified
           spi stage state stl stopping storage test this tmp transaction yarn yml
        -1: 000 127 2025 active after api authentication because builtins can checkpoint class
           column complete concurrent connection context could detected expected externally files
           generation group http https in info init integration invalid lost marked most of
           operational ora pod reading reason recent record remote row set sh size spark table
           terminating than timed trigger unknown xx
        -2: but check client cluster connect database dependencies dependency driver external key
           local main object on out service start terminated termination timeout too upstream user
           value when
        -3: cannot dependent orders query request
        -4: not
    """,
    ),
    (
        Is.UPSTREAM,
        -0.1,
        """
        7: dependencies upstream
        6: dependency
        5: skipped
        4: dependent external pending rule skip tasks
        3: batch broken condition demo depends due extract fast info relation skipping
        2: airflow all asm cancelling completed configured connector correctly count distributed
           ds duration ephemeral exceeds execution fa failed generation interrupted job killing
           met model needed not omitted orders postgres prior referenced sample satisfied seconds
           sensor state step stop summary task trigger warn
        1: before cancelled compilation dag dvc err errors executing exit fail finishing future in
           its lang lost main make meta of output prefect problem reproduce result results run
           schema specified stg submission target template timed tree true variable within
        -1: and apache been cannot caused check database details failure file from id instance
           limit or org request spark terminated timeout user value with
        -2: 3600 are code could data error exceeded exception found invalid is message query sql
           table warning while
    """,
    ),
)
