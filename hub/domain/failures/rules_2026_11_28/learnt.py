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
        6: authentication password permission
        5: access authorization denied
        4: 403 credentials http token
        3: 401 authorized etl provided role security signature unauthorized user
        2: 08001 25000 allowed auth client compilation database default does expired failed
           forbidden given have https insufficient invalid jwt list locate operation permissions
           refresh select sql to use username
        1: 42000 42501 address any application aws blob branch conf current en entry error fatal
           find get grant hba key messages must not operational or ora pg position privilege
           privileges psycopg raw resource see session superuser unexpected we
        -1: airflow at column execution file instance job limit many max my only query spark state
           statement table trino with
        -2: could exceeded found runtime sqlite task timeout
        -3: of
    """,
    ),
    (
        Is.CANCELLED,
        1.3,
        """
        6: user
        5: cancelled
        3: 57014 as builtins execution job terminated ui was
        2: 2022 by canceled cleared group marked model part programming query run shop task this
           utc via warning
        1: cycle dagster disabled executed from has instance io it manually never prefect py
           request signal sigterm spark sql statement terminating trino upstream web
        -1: cannot down errors exit failed id invalid iteration limit line load max must
           operational or orders psycopg reached result runtime skipped tasks time to too unknown
        -2: an be in is on the timeout with
        -3: exceeded exception for not
        -4: error
    """,
    ),
    (
        Is.CONFIG,
        0.6,
        """
        4: configuration found invalid version
        3: airflow bucket config import missing no profile required requires unknown unsupported
           url warehouse
        2: 127 404 account acme attempt because class configured connect connecting container
           database debezium disabled does encoding etl executor exist factor factory feature find
           hive init must name named not open py python read reason region sh snowflake such
           support supported termination topic trino unrecognized valid you
        1: 400 access already and apache api between broker builder but called catalog caused com
           connector dag dataset dbt dependency driver end entity env ephemeral executable
           expected field format hadoop https identifier illegal it jdbc kafka larger library
           listener load logical manager metastore module my only option padding policy project
           property refer requirements run sasl script shop so spark specify subprocess
           temporarily than that this tns unable validation value variable violation
        -1: 2026 403 all amount as authentication bad botocore bytes certificate check column
           columns compilation coordinator due enough errno errors exceeded expired files id net
           new ora out pod received record role running size sqlstate sync syntax tcp there
           timeout when your
        -2: csv has int internal match parquet programming schema select table task user was
        -3: on orders query
    """,
    ),
    (
        Is.DATA_QUALITY,
        0.5,
        """
        5: constraint
        4: conversion double input invalid record value
        3: bad check column data duckdb errors int non null parse range row spark string timestamp
           truncated
        2: 300 abc arrow as byte bytes cast character configured convert decimal decoder division
           fail failure foreign gzip gzipped included incorrect into malformed nulls number orders
           out overflow results rows sqlstate too utf validation zero
        1: 0000 2026 amount be bigint codec compute dtype either eof exceeds expectation failed
           file float for if insert inserted integer integrity large line literal magic multiple
           not nullable one original padding parsed perform polars position recognized requires
           syntax tag target text than true violates were would
        -1: allowed analysis are changed client cluster columns compilation connect connection
           created dag database default exist exit expecting files function has io job landing
           limit load local many more no query start state such transaction unknown
        -2: airbyte airflow code errno exceeded exception from http list memory object operational
           required run sql the timeout type unable
    """,
    ),
    (
        Is.INFRA_CAPACITY,
        0.3,
        """
        5: disk full
        4: queue quota resource slots space
        3: are available cluster connections insufficient max new os pool rate sqlite unable when
        2: all allowed already api capacity client code command concurrent database device enough
           errno exceeded exhausted file files for forbidden free its left limit limits log many
           of only open operation policy queries queued reached replication requested reserved
           runs size slow start suspended table throughput tmp too versions warehouse your zone
        1: 503 55991 acquire amazon and breaking calling can configured connection could down es
           fatal have instance it ki larger level lib local mi node nodes occurred on oom overflow
           port reduce scheduler scheduling skipped slot state storage submit termination than
           thread usage usr violates wh xlarge
        -1: an analysis bad been brokers but by check columns configuration connect driver due
           during errors exist false http invalid key must retries rows schema seconds server
           session such this while
        -2: broker failed found java mode name retry spark specified value with
    """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.7,
        """
        6: memory
        5: heartbeat
        4: died killed worker
        3: checkpoint cluster container core driver ec exited expired internal pod process sync
        2: 137 aborted allocate broker code coordinator crash crashed down encountered enough
           executor externally failure fetch info instance job kernel lang lost manager master
           nodes opt problem processing reason restarting rpc running session sh shuffle shutdown
           sigkill signal spark trino unavailable
        1: 000 abc action another available back being called check context correct dags deleted
           detected due during errors exception flow gi hence image launch likely load may minutes
           out partition prefect provider pull reach readonly registry remote retrying return run
           runner since stopped task terminated terminating the threshold to trigger unexpectedly
           using with xx
        -1: 2022 access allowed already application are as at be client column com configured disk
           found group http if insufficient key lock name or ora order orders please resource
           serializable sql statement table tasks total transaction ui upstream use version
           warning web you
        -2: cancelled completed configuration file io max number operation operational request
           schema specified unknown user when
        -3: invalid
    """,
    ),
    (
        Is.INFRA_CONCURRENCY,
        -0.8,
        """
        8: lock
        6: commit concurrent transaction
        4: locked
        3: conflict conflicting generic id pid rebalance serialize table update
        2: 4711 aborted access acquire active been canceling cannot changed created database
           deadlock delta due exception files group is isolation needed number old on operation
           ora order psql received response retries sequence serializable small so specified that
           there this timeout try two util version with
        1: 2026 after another apache append be because blob branch broker can coordinator dag
           deltalake duplicate error exceptions has http iceberg integrity main matching metadata
           modification operational org progress records repo requested requirement resolve
           restarting running segment slot snapshot statement the transactions txn underlying
           unique unknown violates violation waiters
        -1: action airflow analysis at column connection does execution in invalid java job load
           max must no node orders result schema size spark than to user
        -2: runtime server task type
    """,
    ),
    (
        Is.INFRA_NETWORK,
        -0.2,
        """
        6: connection ssl
        5: host timeout
        4: certificate tcp
        3: all broken configuration connect disconnected errno network server ssh timed
        2: addresses after brokers by communicating could dial enabled error establish exception
           known lost ms name net operational or oracledb out pipe port protocol refused
           repository response service severity socket syscall tns to transport
        1: 111 ago broker closed complete connecting contact control deadline down exists failure
           hoodie hudi if kafka last lib local login lookup ora output read reading received
           resolution retries sending source store str successfully thrift unknown unreachable val
        -1: 127 allowed and auto command database debezium due etl example execution fatal
           heartbeat in limit many orders partition run size spark specified state table this
           trino value
        -2: airflow can file for found invalid task too user
        -3: of
    """,
    ),
    (
        Is.LOGIC,
        0.3,
        """
        4: ambiguous amout function syntax type
        3: analysis argument attribute columns error expression iteration line list models object
           pointer table tmp
        2: add any array at attempted backend be catalog clause compilation cycle datatype date
           defined definition detected duplicate exists form index length maximum name near not
           orders panic request same scala serializable silver sqlite task types values
        1: 400 42343 42601 aggregate allowed as between broadcast cannot closed consumer cx dag
           dictionary diff empty entity errorfactory exceptions foo format found group hash have
           item keyword less load local missing mode model no node none nope offset one only op
           operator oracle producer reference sending should sql streaming support takes
           transactional txn udf undefined view which without you
        -1: 2026 42703 broker constraint customer data dbo decode due eof external failure fatal
           float insufficient io job landing memory occurred open operational parquet password
           position primary raw resolved run service source specified supplied tag the this time
        -2: apache but connection could encountered execution file full limit make message org
           please read timeout
        -3: failed
    """,
    ),
    (
        Is.QUERY_LIMIT,
        -1.1,
        """
        8: query
        6: timeout
        5: exceeded
        3: bytes consider of resources size statement than your
        2: 1024 12345 active after and by canceled configuration could db deadline during
           execution filter gb hive join limit longer max maximum memory operational or partition
           pid reasons result rows spark specified tables temporary the was would
        1: 300 53400 allocate apache bad broadcast complex cpu destination directory disabled
           exceeds exhausted for in increase internal its job launch launched mb mi node org
           reaching response results return scale seconds spi sql stopped tasks this timedout too
           top used via without work
        -1: concurrent failed http level quota rate requested requests upstream user with
        -2: error has
    """,
    ),
    (
        Is.SCHEMA_CONTRACT,
        -0.7,
        """
        8: schema
        5: column
        4: columns field fields type
        3: 42703 amount avro customer discount id in incompatible int match programming value
        2: additional airbyte an analysis arrow but cannot changed data default deserializing eof
           exception expected fare got invalid key merge message mismatch orders parse parsing
           please required resolved serialization str string such supplied table updated
           validation view zz
        1: amt at binder bool buffer builtins byte change common compute currency dbo dict doesn
           error errors exist external false fastavro file following from function has index
           integer kafka lib local magic operational order parquet properties property pyarrow
           query record rest retriable schemas subject text values with writer
        -1: airflow ambiguous api as broker can char due end exceeded given http io load models
           operation out result run runtime specified sql state syntax task too user valid while
        -2: by conversion database failure none or unable
    """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        0.4,
        """
        5: http server
        4: csv json landing limit
        3: debezium empty exist expecting fatal file found freshness many ok parquet primary rate
           reached sensor service stale starting stream unavailable
        2: 429 500 analysis api auto char decode example execute facebook failure false files
           gateway io later mode operational oracle orders out pattern please progress raw
           reconnect recovery replication requests retry seconds shutdown source specified
           sqlstate system too when
        1: 101 2026 20260 3600 abc action administrator again airflow are array available body
           calling closed connect contact duration encountered exceeded exec get gs heartbeat is
           kd limited manually matched message might must needed no object ora org per snapshot
           start status such support tenant terminating there timed total transactions try unable
           user versions with your
        -1: access already backoff bad because bucket bytes configuration core delta driver errors
           expired from host job large list local memory name of open port programming property py
           query required retries slow spark transaction trino
        -2: by code etl exception failed for os psycopg sqlite table task than was
    """,
    ),
    (
        Is.UNKNOWN,
        -0.4,
        """
        5: failed make
        4: backoff completed encountered job runtime went wrong
        3: airbyte exit java load max occurred reached retries retry task with
        2: 123 airflow application bash block child code current details end exceeded execution
           finished instance lake more non op plugin ql requested rewrite sink specified state
           test time transaction while write
        1: aborted action an apache base calling connector deltalake destination executing flink
           hadoop hudi io limit merge output process psycopg refer restart returned see some spi
           status success successful successfully suppressed workers zero
        -1: and are be because builtins checkpoint cluster concurrent dag driver externally found
           internal kafka local name no on operation operational ora out query service size start
           timeout too upstream user value when
        -2: cannot check due failure invalid orders request to
        -3: not
    """,
    ),
    (
        Is.UPSTREAM,
        -0.5,
        """
        6: upstream
        5: skip tasks
        4: dependency depends skipping step task
        3: condition dependencies due extract failed met orders relation run skipped
        2: before cancelled dag ephemeral executing execution external fail interrupted lang not
           pending running state warn within
        1: 2026 count dbt exit java model of pid postgres py result schema stg sum time trigger
        -1: are by code error has id is timeout were while
        -2: exception job query with
    """,
    ),
)
