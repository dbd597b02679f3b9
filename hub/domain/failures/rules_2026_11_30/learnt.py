"""What was learnt of words, by ``python -m tests.learnt``."""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import lexicon_of
from hub.domain.failures.failure import FailureClass as Is

LEXICON: Final = lexicon_of(
    (
        Is.ACCESS,
        -0.0,
        """
        7: authentication credentials denied token
        6: authorization permission
        5: 403 access authorized password unauthorized
        4: auth expired role user
        3: 01017 401 aws etl forbidden login must owner permissions provided refresh security
           signature
        2: 00100 28000 42501 aadsts account admin allowed anonymous application blob call client
           clock com conf create does dw failed get given granted great hba host http https
           incorrect insufficient invalid jwt list operation or organization pg privilege
           privileges required sasl select services session superuser username vpc you
        1: 00000 00200 02000 08001 113 203 25000 42000 acme action address administrator amazon
           any athena authenticate azure be because blocked branch chain common compilation
           contact cryptography current customer database default directory en ensure entity fatal
           for gen group hasn have hosts is kafka kerberos landing locate locked manage mechanism
           messages method object on operational ora orders perform perm permitted private public
           raw salesforce see sensor service sql status to topics unexpected use verify we your
        -1: 404 aborted airflow available batch commit concurrent conflict connections down driver
           due execution expected field input instance it max memory might mode name node number
           oracle quota sha size slot statement stream such than there time timed trino validation
           value version
        -2: 503 column data file found job of out query reason runtime spark sqlite task
           unavailable unknown
        -3: could exceeded timeout
    """,
    ),
    (
        Is.CANCELLED,
        -0.2,
        """
        8: user
        7: cancelled
        6: was
        4: cancel canceled execution interrupt keyboard query
        3: as group killed manually part run set shutdown strategy task terminated ui warning
           workflow
        2: 00060 57014 ab admin been by canceling cancellation cancelling cleared display
           externally false has instance jaffle job marked outside prefect received revoked send
           shop shutting sigterm supported text this via
        1: 100 can com create dagster db due duration impl interrupted io model operation process
           programming py reason request retry routine scheduler sqlstate state status tasks
           unexpectedly web
        -1: action check cluster data error file id invalid is lost maximum more name node
           operational out reached source step table than too type worker
        -2: an be cannot errors exceeded exception exit failed if limit max no not on result
           skipped time
        -3: for in
        -4: timeout
    """,
    ),
    (
        Is.CONFIG,
        0.7,
        """
        5: import
        4: bucket config configuration disabled found invalid library module profile required
           unsupported version
        3: 127 access attempt catalog container extension illegal image master must no plugin py
           ssl termination tns unknown url
        2: 404 account airflow analytics and because bootstrap class configured connect connected
           connecting connector creation database db dbt debezium does encoding etc etl eu
           executor exists factor feature filesystem find flows fs heap incremental init install
           installation instantiate isn kafka lang loaded logical manager metastore missing my
           name named not numpy only open package padding policy project pull pymongo python
           readonly region replication requests requires sasl scheme setting settings sh sha
           snowflake so spark specify ssh such supported system topic trino unable unrecognized
           use valid variable volumes wal warehouse webhook west worker yarn you
        1: 01000 12514 2020 400 40401 8000 9083 ab activity adapter allowed an any api argument
           based bigger broker builder but callback cannot caused classpath cluster com common
           configure conn context couldn creds cx dag dataset datastax decoding descriptor
           document enabled end endpoint entity env environment ephemeral exec executable exit
           expected factories factory got handshake hive host https implements incompatible inner
           insert interval issued java javax key know listener locations lorg mechanisms namespace
           none odbc option options or overhead packages packet parameter parsing payload plugins
           present property provisioning read refer require requirements resource retrieval
           returned rows runtime scoped script secret section server session shop slot spec store
           string subnet subprocess support sure temporarily than the this types under unicode
           validation value var verification via wrong
        -1: 0000 10003 2026 aborted action add address again all amazon amount analysis array
           authentication authorized auto avro backend base be blockmgr botocore broken call
           columns commit complete completed constraint consumer coordinator correct credentials
           cursor deltalake dir disk down duplicate engine enough errors event exceptions
           exhausted function get gz has heartbeat its job jobs kernel lake later length lib limit
           magic many match might offset ora ordr output pg producer programming progress provider
           range remote resolution results schema scope serialization serialized service severity
           shuffle signature space status step sync tcp timeout tmp too try unauthorized
           unavailable update upstream user we were
        -2: 123 blob column compilation contact csv date delimiter during expired group have index
           input int killed longer lost more occurred on one out pid primary query record relation
           requested response select sqlstate stage starting syntax table there to token
           unexpected was your
        -3: exceeded number orders parquet task
    """,
    ),
    (
        Is.DATA_QUALITY,
        0.5,
        """
        6: constraint
        5: invalid row value
        4: bad character column conversion double input null parse record rows timestamp
        3: as bytes check configured convert csv data date delimiter detail errors fail field
           format gzip int malformed overflow string truncated utf validation values
        2: 0001 2021 300 abc arithmetic before bigint byte cast contains converting corrupt ddl
           decimal digit division dtype duckdb duplicate element entry eof err exceeds existe
           expectation expectations failure foreign gzipped id if incorrect integer into la large
           larger length literal magic matched msg nullable nulls one orc parquet pass raised
           range recognized result results seen size strict tail text too unexpected update utils
           vs where would xml zero
        1: 0000 00008 1064 200 22012 23505 255 arrow between bulk cannot codec collection
           converted copy count de decoder delta details email ended failfast fd file for found
           giving hy included index integrity key line meet met mismatched multiple na nanosecond
           non number numeric nvarchar original padding page pandas parsed parser perform positive
           primary rejected rs source spark sqlstate starting syntax tolerate unicode violated
           when writing zip
        -1: 12345 42000 after airbyte any apache argument available catalog change cluster
           concurrent connector created current definition deserialization dev dict doesn driver
           empty etl execute exit expecting expired external filesystem group has http
           incompatible instance io it lock make many ms my nested node order panic pipeline
           postgres promo provided replication requested retry running self session shape
           snowflake ssl state tasks temp the timed tmp transaction type union view your
        -2: access airflow analysis avro changed columns compilation connect connection dag due
           errno exceeded exception execution files find from have internal job landing latest
           limit memory more no operational psycopg query response returned start such that there
           unable unknown wrong
        -3: list request run task timeout
    """,
    ),
    (
        Is.INFRA_CAPACITY,
        -0.0,
        """
        7: disk full
        6: quota
        5: device rate resource space
        4: are cluster concurrent insufficient left os queue slots slow wait
        3: already available capacity connections database enough exceeded extend file free many
           max new only pool reached reason requested runs sqlite tablespace throughput tmp too
           unable versions your
        2: 128 172 503 all amazon breaking busy calling cassandra circuit client code compute
           could create currently delete dev down dw errno es exceeding forbidden hint its job
           limit limits log maximum memory more node on oom open operations over parent per pod
           provisioned psycopg queries queued reduce replication reserved size sorry submission
           suspended throttling timeout total volume warehouse when would zone
        1: 000 53200 762 account add addresses allowed approved blocked bytes claims com command
           connection cores datastax evicted exception fatal files for fulfill global have index
           information inserts instance instances it ki kind larger merges method minimum need of
           orders parts policy port postgres query reaching rejected resources response routine
           scheduler scheduling severity significantly slower start storage submit subnet
           sufficient table termination thread unbound usage used users var were wh workers xlarge
        -1: 100 been by calls class column connector console deadline duckdb exists expected
           expired find input item java kafka key lang load lock locked master may message missing
           model or parquet pid py record rest retries rows running schema seconds select session
           skipping source spark status target test time try unknown url value version was while
        -2: access an bad broker cancelled check columns configuration connect exist found invalid
           length long mode must specified statement such this with
        -3: name retry
    """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.6,
        """
        7: memory
        6: heartbeat
        5: worker
        4: cluster container crashed exited internal killed node nodes pod shuffle signal
        3: 503 allocate blockmgr checkpoint core died driver ec executor kubernetes lang leader
           lost manager process processing rpc spark sync terminating unexpectedly
        2: 120 12345 137 30000 alive ambiguous another back base block broker called chunk contact
           context crash daemon detected down enough exit externally fetch filepath futures gc gi
           info instance is kernel likely loading loss map metadata none off offline opt out reach
           readonly reason replicas responses restarting retry return running self shut shutdown
           sigkill slave solve step still stopped tables terminated there timed to topic
           unavailable unexpected xx zombie
        1: 1000 16384 2024 500 abnormally accumulator action administrator again although an
           before being clickhouse cloud code common coordinator could dags dc dead direct docker
           encountered evicted exception experienced expired fatal grained hadoop hdfs hence
           hosted integration ipc issue java job kubelet later latest launch loader longer master
           meltano messages meta minutes missing mode native negsignal obtain page panic pg pi
           pods pool prepared probably problem reachable reconnect registry replica reports
           retrying runner serialized session sh shape shard since spot start talking task temp
           temporarily the took trigger url without yet
        -1: 127 2021 403 9092 allow analysis app argument authorization batch bin blob bulk bytes
           cancelling column columns config connect data db deadline dependencies dependency disk
           display example exceptions exhausted exist expected fail field forbidden format fs
           function group if json ki left limit lock log make maximum member met might more must
           needed new normal object or order orders policy position project py reached removed
           replication requested required resources row same select sensor sequence skipped some
           sqlstate ssl stage store string support supported text token total trying type unique
           user valid validation were when write your zero
        -2: 0000 access allowed already any are as bad calling com commit configuration configured
           file have kafka key manually max model non offset operation ora quota resource schema
           set statement tasks test that transaction upstream you
        -3: cancelled invalid operational specified sql
    """,
    ),
    (
        Is.INFRA_CONCURRENCY,
        -0.7,
        """
        12: lock
        7: commit transaction
        6: concurrent
        5: conflict
        4: conflicting locked pid rebalance serialize table update
        3: 40001 access acquire active concurrently conditional current deadlock exception files
           id lease member oid producer relation specified violation write
        2: 1023 12345 acquired another been blob can canceling changed contain could currently
           database delta document due duplicate engine epoch error expected filesystem generic
           group hive iceberg incorrect instance is isolation location locks modification needed
           nowait number old order pkey position produce progress psql records recovery response
           retries retry scores sequence serializable slot statement that there transactions try
           tuple underlying unique updated version violates with
        1: 08177 2014 2026 aborted acquiring adapter after among append because branch busy cannot
           cd check complete conflicts coordinator created cycle deltalake detail detected errors
           exceptions forming has held main message metadata objects offset on one os out
           overlapping period prod proto received refresh replication request resource restarting
           rollback salesforce shard skipped skipping sqlite sqlstate status the this two txn
           unable unhandled util validation waiters whether writes
        -1: acme action allowed analysis api at calling canceled clients column columns command
           connection connector execution exist issue it job log longer memory no node only
           processing py requests runtime snowflake state supported system than tmp to too
           unsupported use used user you
        -2: airflow does duckdb full internal max schema source spark type
        -3: server
    """,
    ),
    (
        Is.INFRA_NETWORK,
        -0.1,
        """
        7: timeout
        6: connection ssl
        5: errno host read
        4: certificate channel configuration connect net network service tcp
        3: 25400 by could disconnected known lost operational protocol resolution response sending
           server socket ssh timed transport
        2: 12541 2006 443 9092 acme address again all amazonaws away banner broken broker brokers
           cannot certification check communicating connecting dead deadline dial dns down driver
           enabled end endpoint eof establish generic gone grpc handshake hostname incomplete
           interface io local login may ms name occurred ora pipe port reach received refused
           route snowflake str syscall thrift to tunnel val while
        1: 10003 1024 111 187 402 60000 aborted addresses after ago allows background behavior
           bytes cloud contact control correct creation delivery description downstream entity
           established expected expiring explicit failure from getaddrinfo hive if kafka last lib
           metadata metastore microsoft milliseconds mongodb msg mysql nats node number on
           oracledb out packet party passed present reading record repository retrying revoked
           runtime scope selection sent servers severity since successfully sync temporary tns
           topology try unreachable url us valid yet
        -1: 504 and auto available been before canceling cancelled column command configured
           encountered executing execution exist for have id in javax limit lock log memory
           missing mode must no not only open pid pod pool readonly replication row running sasl
           schema set shop size spark sqlite start system table temporarily terminating than time
           transaction type update upstream use util worker
        -2: airflow allowed concurrent debezium does due fatal found invalid is job key load many
           reason required run specified state statement this too user value
        -3: can
    """,
    ),
    (
        Is.LOGIC,
        0.7,
        """
        5: amout function syntax
        4: line list object ordr pointer undefined
        3: ambiguous analysis argument array assertion attribute compilation cycle exists
           expression identifier iteration keyword length models reference same serializable table
           type used without
        2: 42343 add aggregate already amount any append apply at be between cannot class clause
           column columns consumer dags date defined definition dictionary directory display
           duplicate empty error errorfactory eu exc faulty find foo form functions implemented
           inserted item join key lambda load local macro map matching modification multi named
           near nested nil not numeric op operand operator oracle order panic parameters pd poll
           produced py recursion returned scala select set specification sqlite stop subquery
           support task thread tmp types udf union unpack util valid values view which zero
        1: 0000 1064 159 2025 42601 42804 8000 added aggregation allowed applied as assignment
           botocore broadcast builtins changes clients closed corresponds dagster datatype
           datetime dbt depth df diff drop during enabled exit explicit first format found group
           happen hash hint instead int interval it jinja kernel large left less main manual
           maximum merge model ms must my name nope on only operands orders outputs part
           partitions payments pickle pickling projection range referenced request requires safe
           schema serialize silver sources spark sql sqlalchemy str streaming sum tables test
           there too transactional tuple txn unbound unique unrecognized unsupported upsert
           validator void
        -1: 00000 2026 account airbyte all analytics arrow been but bytes cancelled client cluster
           completed connect container conversion copy could customer decimal decode denied
           ephemeral err exceeded exec executor expired external https illegal incompatible
           incorrect instance landing level most msg mysql numpy old open operation option org out
           parquet password policy postgres primary process record replication requested required
           resolved response result rows run snowflake space step stream supplied sure terminated
           the this to update updated upstream versions violates warehouse was while worker would
           zz
        -2: 42703 available broker context data databricks detail double encountered errors etl
           execution failure fatal file following full import job make may memory message occurred
           owner please position reason server service session struct target time timed timeout
           topic transaction
        -3: connection failed read status
    """,
    ),
    (
        Is.QUERY_LIMIT,
        -1.1,
        """
        8: timeout
        7: exceeded
        6: query
        4: job limit maximum sql statement than timed too
        3: after deadline exhausted increase memory more operation pid resources result size space
           temporary trino
        2: 10000 1024 10485 2021 300 900 at bad bigger botocore broadcast but by bytes cancelled
           complete complex contains copy could databricks db desc documentation during entries
           errorfactory etl execution expressions filter function have help hive hours in join
           large launching length max monitoring most name of out partitions pod reasons results
           rows seconds secs semantic serialized stack target temp timedout top window
        1: 01555 12000 12345 159 20230 256 74811 abort active against airflow allocated analysis
           and blocks buckets can canceled catalyst cd charge child compilation completing
           configuration consider cpu created da defined destination did disk ee elapsed exceeds
           executing factor ff for gb gi if ki launch launched less long macro mb model official
           old or ora partition partitioned performance persistent plan planning please provided
           rollback rule running second send small snapshot something specifying stopped
           subqueries task taskinstance tasks this time us use util was went would wrong your
        -1: 53200 again batch been builtins cannot cluster column common concurrent connect
           connection dag detail failed fs gc heartbeat http https instance invalid lang larger
           level one orders overhead pool run see source status storage that unable unknown update
           wait write
        -2: all client com errors found kafka line lock queue quota rate requests retries retry
           sensor server
        -3: has
    """,
    ),
    (
        Is.SCHEMA_CONTRACT,
        -0.8,
        """
        9: schema
        8: column
        7: columns
        6: field
        5: avro type
        4: fields incompatible match
        3: 42703 amount analysis arrow cast doesn index int key message names programming promo
           record serialization source string such table validation value were
        2: 00090 208 additional airbyte amt builtins but byte cannot change changed class
           contained copy customer data default deserialization deserializing discount does eof
           exception expected extra fastavro file following google got header in insert invalid
           ipc jsonschema lib line long migration mismatch new orders parquet parsing please
           properties property protobuf pyarrow resolved rest running schemas str struct subject
           supplied sure tag target total types union updated usecols varchar view zz
        1: 400 40401 40403 42000 alter an at bad be binder buffer builder company connector
           details detected did double duration enable erreur error external fare found from
           function handle have hoodie identifier kafka last magic make mapping mean merge
           mismatches non object option order package polars position protocol query reading real
           records required retriable scan section several should sink text there time vs ways
           writer
        -1: airflow any because by config configuration database decoder due dw empty exceeds
           failed given hive iceberg infer internal memory microsoft named no operator or ora os
           overflow page reached results server size specified status the too unicode unique
           unrecognized violation warehouse yml your
        -2: ambiguous amout api as char completed constraint could csv db end exceeded generic job
           must none operation result set syntax task timeout trino unable user valid
        -3: failure runtime used
    """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        0.7,
        """
        5: 502 api csv offset stale
        4: 429 empty example exist expecting gateway http json landing reset server specified
        3: 3600 500 are been char debezium deleted exceeded facebook file files found freshness
           infer input limit maintenance manually many parquet path pattern possible primary quota
           raw recovery requests sensor service snap source starting status stream system
           unavailable vendor
        2: 123 503 504 acme again auto available binary calls clients connection cursor da decode
           decoder degraded download encountered false fatal find get gz heartbeat https
           implemented initialization iterator later log logs long longer lost missing mode no
           operational ora origin out position progress proxy rate reached remote removed
           replication request rest resume right root seconds segment shutdown snowplow such they
           try unresponsive upstream webpages
        1: 001 2026 404 410 abc action analysis async binlog bulk canceled change client closed
           collection console created crm daily died dlt expand experienced external first frozen
           gs hadoop head it lib matched may might migration needed now occurred ok oracle orders
           org page partial partition partitions please policy pool probably pyspark range rates
           reconfigure reconnect response retry rule scheduled slot snapshot split srv start tar
           tenant terminally time too transient tree unknown up url usage wal warning xyz
        -1: 400 403 aborted active amazonaws and backoff be busy bytes channel checkpoint cloud
           common configuration context create dbt double driver duplicate enabled entity eof
           exception execution expected extra forbidden function generic google hdfs insert
           instance invalid its kind lease list lock maximum of only open operation order output
           over parsing part pods port process project provided python query records relation
           sorry sql storage string supported target termination tns transaction trino
           unauthorized used variable were write wrong
        -2: access account authentication bucket cannot caused cluster details during errors
           failed field for host java job large local memory method model node non os property
           psycopg resource retries retrying slow sqlite task terminated than unexpected
           unexpectedly version warehouse was
        -3: by core etl table
    """,
    ),
    (
        Is.UNKNOWN,
        0.0,
        """
        7: completed
        6: failed
        4: airbyte backoff encountered exceeded handler might task unique
        3: 30001 aborted application attempts command has incident load longer make non reached
           retries runtime something went wrong
        2: 123 409 app attempted batch bulk cause commit compilation current dag deltalake detail
           details duckdb dvc ended event executor exit failures finished getting ignored java job
           lake launch logs look max ml none normal null ok op output pipeline processing project
           redshift reproduce requested retry rewrite run save see should sink some stage step
           threshold ti time tmp tolerable transaction until upsert while with workers workflow
           your
        1: 161 2022 304 551 aa above an apache attribute backend be blob cc commands customer data
           databricks delete discovery entries entry exec execution exited failure fb helper
           hoodie hooks hudi indicate internal into is jobs machine merge microsoft more next no
           notebook one or plugin previous provider providers psycopg queued removed reported
           response restart scheduler sent shutting specified spi sqlserver state stl stopping
           storage suppressed tap tasks test unable will yarn yml
        -1: 000 2025 500 active api as at authentication authorization available because builtins
           by column common complete compute constraint consumer context create deadline detected
           did document example exists expired generation group host https info invalid line lost
           many marked may memory metadata missing most must operational ora pid pod quota reason
           received recent record required row schema set sh shutdown spark ssl table than timed
           to unknown unsupported usage use validation which xx
        -2: 127 503 after can check class client cluster concurrent connection container database
           dependencies dependency externally http key local main object of out service size
           termination timeout too trigger upstream user util value when
        -3: cannot dependent external on query request
        -4: not orders
    """,
    ),
    (
        Is.UPSTREAM,
        -0.3,
        """
        8: upstream
        7: dependencies dependency
        5: pending skipped
        4: dependent external rule skip skipping tasks
        3: batch broken condition demo depends due ephemeral fast info job orders relation state
        2: airflow all asm cancelled cancelling completed configured connector correctly count dag
           distributed ds duration errors exceeds execution extract fa fail failed future
           generation interrupted killing make met model needed not omitted postgres prefect prior
           referenced run sample satisfied schema seconds sensor step stop summary target task
           trigger warn word yaml
        1: before compilation dvc err exceptions executing exit fct finishing in it its lang load
           lost main meta of output problem reproduce result results specified submission template
           timed tree true variable within
        -1: apache been cannot caused check database details executor file from id instance limit
           or org request spark stage terminated this timeout unable user value
        -2: 3600 and are code could data error exceeded exception failure found invalid is message
           query sql table warning while with
    """,
    ),
)
