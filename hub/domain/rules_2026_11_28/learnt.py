"""What was learnt of words, by ``python -m tests.learnt``."""

from __future__ import annotations

from typing import Final

from hub.domain.classification import lexicon_of
from hub.domain.failures import FailureClass as Is

LEXICON: Final = lexicon_of(
    (
        Is.ACCESS,
        -0.2,
        """
        6: password permission
        5: authentication denied
        4: access authorization credentials
        3: 403 authorized client etl failed http provided role signature user
        2: 08001 25000 401 allowed any auth compilation default does get given have https jwt list
           operation permissions refresh security select sql to token unauthorized use username
        1: 42000 42501 address allow amazon application aws blob branch conf database en error
           expired fatal forbidden hba insufficient invalid key locate must operational or ora pg
           position privilege privileges raw see session superuser syntax transactional we
        -1: airflow at column exceeded execution file instance internal job many state statement
           table task timeout trino
        -2: could found query runtime sqlite
        -3: of
    """,
    ),
    (
        Is.CANCELLED,
        0.1,
        """
        7: user
        4: builtins ui
        3: 57014 as canceled cancelled execution model query run terminated
        2: by cycle externally from has instance job marked programming received request shop
           signal sigterm sqlstate statement task this upstream via was web
        1: 2022 airflow already been cleared com dagster disabled executed io killed local
           manually never prefect py set sql terminating termination utc warning
        -1: be limit max reached result skipped
        -2: an exceeded exception for in is timeout with
        -3: error not
    """,
    ),
    (
        Is.CONFIG,
        0.8,
        """
        4: configuration found invalid
        3: config missing no open profile required unknown url version
        2: 127 acme airflow attempt because bucket builder but class connect container database
           disabled does encoding exist feature find hive import metastore module must name named
           not python requires run sh shop snowflake such supported termination that topic trino
           unrecognized unsupported violation warehouse
        1: 400 404 access account an and api broker catalog com configured conn details end env
           ephemeral executor exit factor format given https identifier insert kafka larger
           listener load logical multiple only padding parameter policy property read reason
           region request requirements root setting spark specified specify subprocess this tns
           valid validation variable
        -1: 403 airbyte all amount authentication bad botocore bytes check column columns compute
           coordinator due errno errors match net os parse programming running schema service size
           sqlstate sync tcp to upstream when
        -2: csv has int internal out parquet select table task user
        -3: on query was
        -4: orders
    """,
    ),
    (
        Is.DATA_QUALITY,
        0.5,
        """
        5: constraint
        4: conversion double invalid value
        3: bad check data errors input null range record spark truncated
        2: 300 abc arrow as bytes cast character column configured convert decoder division duckdb
           fail failure gzip gzipped if incorrect int integrity malformed non nulls number out
           overflow parse polars results rows sqlstate string than timestamp too validation
           violates zero
        1: 0000 2026 be bigint buffer by byte codec compute decimal dtype duplicate either eof
           failed float foreign integer into key large magic multiple not one orders padding
           perform position recognized requires row size tag text this true unicode utf were would
        -1: airflow allowed analysis are client cluster columns connection database exceeded
           exception exist exit files function have io job landing load local mismatch no object
           query request transaction type unknown
        -2: airbyte errno from http list memory operational required run sql state the timeout
           unable
        -3: code
    """,
    ),
    (
        Is.INFRA_CAPACITY,
        0.4,
        """
        5: full
        4: disk os quota resource
        3: are available cluster exceeded insufficient limit new queue rate space when
        2: all api capacity client code command concurrent connections database device errno
           exhausted file files for its left log many max open operation pool queries replication
           requested reserved runs size slots slow sqlite table thread too unable versions your
           zone
        1: 55991 allowed already calling configured connection could do down es fatal have illegal
           image information instance it ki larger level lib local malformed nodes occurred of
           only oom overflow programming queued reached read reduce scheduler scheduling skipped
           start storage tmp total usage usr wh xlarge
        -1: an bad cannot configuration connect driver due errors exist gi http invalid length
           mode must retries schema seconds session spark such task this try url while
        -2: broker failed found java name retry specified user value with
    """,
    ),
    (
        Is.INFRA_COMPUTE,
        1.0,
        """
        6: memory
        5: heartbeat
        4: internal
        3: checkpoint core died ec exited killed pod process worker
        2: 137 aborted allocate back broker cluster code coordinator crashed driver encountered
           enough executor expired fetch flow info lost manager processing reach reason restarting
           running sigkill spark sync terminating unavailable unexpectedly
        1: 000 admin before being call called cloud container context correct crash down due
           errors etl exception failure further gi illegal image job jobs kernel lang load minutes
           off opt option overhead problem provider pull remote retrying return signal since task
           terminated the threshold trigger using
        -1: access allowed api are as builtins cancelled client cycle data db has http if limit
           lock name no non ora order please request result server specified sqlstate statement
           tasks this transaction ui unknown upstream use user via web wrong zero
        -2: at completed file found invalid io max number operation operational query schema sql
           table when
    """,
    ),
    (
        Is.INFRA_CONCURRENCY,
        -0.7,
        """
        8: lock
        6: commit concurrent
        5: transaction
        4: pid update
        3: due generic id is locked number serialize
        2: 4711 access active append been canceling cannot changed conflict deadlock delta
           deltalake group isolation needed old on order psql requirement response sequence small
           snapshot so statement table there this try unknown util
        1: after another apache be blob branch broker currently cycle detail exception exceptions
           fatal files has http iceberg main metadata mismatch modification offset operation
           operational ora progress received resolve restarting retries running segment
           serializable skipping slot specified sqlite the transactions underlying version
        -1: airflow does execution job load or runtime schema server type user value
        -2: task
    """,
    ),
    (
        Is.INFRA_NETWORK,
        -0.4,
        """
        6: connection
        5: ssl
        4: host tcp timeout
        3: broken connect errno net server service ssh timed
        2: all brokers configuration could disconnected down enabled error establish exception
           kafka known lost name network or ora oracledb out port protocol refused response
           sending severity socket source syscall tns to transport
        1: 5432 after ago big bigquery broker closed communicating complete contact db detected
           expired hoodie hudi if last lib local login ms operational output psycopg query read
           reading repository resolution retries store str successfully thrift val
        -1: airflow allowed auto can database exceeded execution limit no number orders run size
           spark state task user value wrong
        -2: fatal file for found invalid is too
        -3: of
    """,
    ),
    (
        Is.LOGIC,
        0.2,
        """
        4: function
        3: ambiguous amout argument array attribute dag defined error length line list models
           object orders same syntax table tmp type
        2: 42601 add analysis be builtins cannot catalog clause columns compilation exceptions
           exists expression form index load maximum name near only op operator producer request
           should silver sqlite task transactional types undefined unsupported
        1: 400 42343 aggregate allowed already amount at attempted because binder botocore
           broadcast closed compute consumer cx cycle datatype depends end entity errorfactory foo
           identifier int large model no nope not null offset oracle part pd set sql union view
        -1: 42703 apache broker but calling check concurrent dbo decode eof failure fatal file io
           job limit occurred open org parquet password primary programming read required run
           service spark stale supplied time unable value
        -2: connection execution full landing memory message this timeout to your
        -3: failed
    """,
    ),
    (
        Is.QUERY_LIMIT,
        -0.8,
        """
        7: query
        6: timeout
        5: exceeded
        3: memory reasons resources than
        2: 1024 12345 active and by bytes configuration consider could deadline destination during
           execution filter gb limit longer maximum mi node of or result size spark statement
           tables temporary timedout used was your
        1: 300 57014 after apache broadcast canceled cpu disabled errorfactory exhausted factor in
           internal its job length mb operational org partition pid reaching response results
           return seconds specified spi sql stopped tasks the this time total via without would
        -1: failed has java level quota shop upstream user
        -2: error
    """,
    ),
    (
        Is.SCHEMA_CONTRACT,
        -0.5,
        """
        8: schema
        5: column columns
        4: field fields
        3: amount avro expected id int programming serialization type value
        2: 42703 additional airbyte arrow but cannot customer data default discount eof fare got
           in incompatible invalid match merge message mismatch order orders parse parsing please
           required resolved str string subject supplied table validation view zz
        1: amt analysis at byte change changed common compute dbo dict doesn error errors external
           fastavro file index kafka key lib line magic parquet pyarrow read rest schemas such
           values with writer
        -1: ambiguous api as by can catalog char end exceeded http io load models or out py result
           runtime specified state syntax task the too unable unrecognized user
        -2: conversion database due failure none
    """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        0.6,
        """
        4: csv http many server stale
        3: debezium exist expecting file found json landing parquet primary reached sensor
           starting stream too unavailable
        2: 2026 429 analysis api auto char decode empty facebook failure false files gateway io
           limit ok operational orders pattern please raw reconnect replication retry seconds
           service source specified start status unable user when your
        1: 3600 404 500 abc action are closed connect contact duration example exec execute fatal
           is later limited limits manually matched message might must needed no object out rate
           sql sqlstate such support system tenant that there try up url with
        -1: 403 access already apache backoff because bytes columns core driver errors etl
           exception expired from large local name open programming psycopg py request retries
           than transaction trino
        -2: by code delta failed for os spark sqlite table task
        -3: was
    """,
    ),
    (
        Is.UNKNOWN,
        -0.4,
        """
        6: wrong
        4: airbyte completed failed java job
        3: 123 backoff code exit max reached retries runtime task with
        2: aborted airflow bash block calling child current deltalake end exceeded flink hadoop io
           lake more non occurred py ql requested retry specified spi state test time transaction
           while write zero
        1: action apache at base command details encountered event exec execute execution finished
           merge output process psycopg recovery refer restart returned some successful
           successfully suppressed target trino unable unexpected workers
        -1: are because check cluster externally invalid kafka load local ora orders query request
           timeout too user utc value
        -2: cannot due error failure spark
        -3: not
    """,
    ),
    (
        Is.UPSTREAM,
        -0.7,
        """
        6: upstream
        5: step tasks
        4: relation skip
        3: dependencies dependency due execution skipped skipping task
        2: because before cancelled count ephemeral executing fail failed interrupted lang pending
           pid postgres result run running state warn within
        1: abc an canceled cluster dbt did exit for in not of py reach schema to
        -1: code error message query the with
        -2: exception job
    """,
    ),
)
