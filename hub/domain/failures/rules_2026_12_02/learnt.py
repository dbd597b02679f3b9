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
        9: denied
        8: authentication
        7: authorization credentials permission token
        6: 403 authorized unauthorized
        5: access password user
        4: 401 auth expired login owner permissions role
        3: account authenticated aws etl forbidden grant insufficient invalid must organization
           privilege privileges provided security session signature username
        2: 01017 42501 aadsts admin allowed anonymous application authenticate azure be blob call
           client clock com common compilation conf coordination create description does dw en
           given great hba host http https incorrect jdbc jwt list locate operation or pg private
           public refresh required sasl select serviceaccount services sql superuser topics use
           vpc you
        1: 00100 02000 08001 1000 113 18456 2021 203 25000 28000 acme action address administrator
           all amazon any app blocked branch calculated chain connection contact content controls
           cryptography current customer database datalake days developer directory disabled
           ensure entity failed failure fatal for gen get granted group gss hosts kafka kerberos
           landing link locked manage mechanism methods not object on operational ora orders
           paramiko parsed performed policy psycopg publish raw readonly rest scopes see selected
           sensor signing simba snowflake ssh sso status system to unexpected verify we windows
           your
        -1: 000 404 500 aborted apache at available before cancelled caused compute concurrent
           conflict connections currently dagster down duckdb endpoint expected field hostname
           index instance internal limits lock max memory might missing node oracle os part plugin
           quota reach reached reason result results schema send sha size state stream than that
           time timed trino unknown update version
        -2: 503 column could data due found input it job mode name of out query runtime slot spark
           such task there unavailable validation value
        -3: exceeded file timeout
    """,
    ),
    (
        Is.CANCELLED,
        -0.3,
        """
        9: user
        8: cancelled
        6: was
        4: cancel canceled execution interrupt keyboard killed query terminated
        3: 57014 as been externally group manually part set shutdown sigterm strategy this ui
           workflow
        2: 00060 820 ab admin by can canceling cancellation cancelling cleared display has
           instance jaffle job marked outside prefect programming reason received revoked run send
           shop shutting state status supported task text via warning web
        1: agent airflow builtins com create dagster db dropped due duration false help impl info
           interrupted io jet logs model of operation process request retry routine scheduler
           signal sorry sqlstate unexpectedly view
        -1: action after all check cloud cluster database dbt executor failed file have invalid
           maximum memory more name node operational or out please resource skipped source step
           table type worker
        -2: be cannot data error errors exit for id if limit lost max no not on reached result
           time too
        -3: an exceeded exception in
        -4: timeout
    """,
    ),
    (
        Is.CONFIG,
        0.7,
        """
        5: config configuration found import
        4: bucket extension invalid library module must profile required unsupported version
        3: 127 access attempt catalog class configured container disabled does enabled find fs
           illegal image init install master no plugin pull region requires setting sh sha specify
           ssl such system termination tns topic unknown upload url warehouse
        2: 404 account activity airflow analytics and bootstrap broker but common configure
           connect connected connecting connector creation current database dbt decoding document
           enable encoding end etc eu executable executor exists expected factories factory
           feature fernet filesystem flows given got handshake heap host hosts incremental
           installation instantiate io isn javax kafka key know lang loaded logical lorg
           mechanisms metastore missing multiple my name named namespace not numpy only open
           option package padding parameter password payload permanent policy present project py
           pymongo readonly redirect replication requirements rows scheme server settings slot
           snowflake so spark spec store string supported than trino types unable unrecognized use
           validation variable verification vhost volumes wal webhook west yarn
        1: 12514 2023 40401 60000 9083 allowed argument atlas based because been bigger builder
           calling cannot caused char characters classpath clients cluster conn contract converter
           created cryptography cx dag dataset datastax db debezium default descriptor didn doesn
           endpoint enforced env environment ephemeral etl exec exit factor great hive https
           implements in inner insert instance issued java jr large locations lscala manager mode
           names namespaces network none odbc origin overhead packages packet parse parsing plain
           plugins port post property provisioning public python read refer registered require
           resource retrieval returned sasl scala schedule scoped script secret section shop ssh
           subject subprocess suitable support sure this under unicode upgrade uri value var via
           worker wrong yml you
        -1: 10003 1129 12541 abc aborted active address administrator again all amazon amt
           analysis array attempted authorized backend bad being blockmgr botocore byte call
           cancelled character column columns commit compute conflicting connections constraint
           coordinator correct cursor data disconnected disk down ds duplicate ended engine errors
           event example exhausted fail files fivetran get getting grant gz has head hoodie if
           info its join launch length lib logs magic merge messages might minimum null object
           obtain op ora ordr output over page partition pipeline postgres processing programming
           protocol provider range reached reconnect recovery requested resolution rest results
           retry role scope seconds serialized severity should signature sqlstate stage staging
           status step storage str tcp temporary text timeout timestamp to token unauthorized
           unavailable unique update username using we windows workflow your
        -2: 123 add amount avro blob broken compilation complete completed contact date delimiter
           description detail during enough exceeded expired group have heartbeat index input int
           integer killed lake leader longer lost many match models more occurred on one orders
           out pg pid primary record relation select shuffle space starting syntax table there too
           try was were would
        -3: csv number parquet query response task
    """,
    ),
    (
        Is.DATA_QUALITY,
        0.5,
        """
        6: constraint row
        5: value
        4: bad character column conversion csv data detail double errors format input invalid null
           parse record timestamp
        3: as bytes contains convert date delimiter element expectations fail field foreign gzip
           int magic malformed one parquet range recognized rows size string too truncated utf
        2: 0001 10003 119 2021 300 abc arithmetic before bigint bulk byte cast check configured
           converting corrupt dateutil ddl decimal digit division doc dtype duckdb duplicate entry
           eof err exceeds expectation failed failfast failure gzipped id if integer into key la
           large larger length line literal matched na newline nullable nulls numeric orc overflow
           padding page parsed parser pass primary raised reached result results seen sqlstate
           staging strict success tail text unicode update utils validation values violated vs
           when where zero
        1: 0000 1064 11000 1204 200 22012 22018 255 52428 actual af affect age arrow await between
           binary bounds cannot codec collection common compute converted corrupted dd de details
           dml do duplicated enclosed escape existe file general giving header idx implicit
           included incorrect integrity invariant loading maximum meet met microsoft mismatched
           mode models multiple nanosecond non np nul number nvarchar of os pandas percent perform
           postgresql quotes rejected rs same second series shop source spark sqlserver starting
           target test thrift tolerate uncaught unexpected unterminated util would xml year zip
        -1: 12345 2025 42000 502 acme activity binder cancelled category cause change client
           completed concurrent connector create definition deserialization dev dict directory
           doesn elasticsearch empty enough etl exceptions execute exist exit expecting expired
           external filesystem find flow get group has have host hours identifier implemented
           incompatible incremental lock logs metric mismatch more ms my near nested node only opt
           order output panic pattern pipeline py requested resolve rest retry see self shape ssl
           store subquery sync system tasks temp temporary the timed tmp transaction type types
           view warn within
        -2: access after airbyte analysis any avro catalog changed cluster columns configuration
           connect connection current dag due errno exceeded execution fb files from http https
           instance internal job landing latest offset operational provided psycopg query
           replication response returned run running start state such that there timeout union
           unknown wrong your
        -3: available compilation list memory no request task unable
    """,
    ),
    (
        Is.INFRA_CAPACITY,
        -0.1,
        """
        7: disk full
        6: quota resource
        5: cluster device insufficient left queue rate slots space
        4: are capacity concurrent connections enough extend max os pool reached reason slow wait
           your
        3: already available database exceeded file free its limits many maximum memory new pod
           provisioned queries replication runs sqlite tablespace too total unable zone
        2: 000 128 172 account all blocked breaking busy bytes calling cassandra circuit
           clickhouse code compute configured cpu create currently cursor delete dev dir down dw
           es exceeding files fulfill have index inserting it job limit log more node only oom
           open over parent parts per psycopg queued reduce replica requested reserved resources
           scheduler scheduling segment sink size slot sorry submission suspended table throttling
           throughput timeout tmp toomanyrequests var versions volume wal warehouse when would
           writing
        1: 00012 30000 503 53200 acknowledged add additional addresses airbyte allocate allowed
           amazonaws approved azure background backlog bring claims click clients cloud com
           command connection cores could count dags datastax ephemeral errno evicted exception
           executions forbidden fork global glue hint house hy illegal information inserts
           instance instances ki kind larger location me merges method mi minimum much need nodes
           ods of on opening operation operations overflow payload pods port reaching response
           routine sdk set significantly slower snapshot sqlalche stack start storage submit
           subnet temp termination trace unbound unschedulable up usage users usr wh xlarge
        -1: 100 8000 access an backoff be being brokers by calls canceled caused change class
           column connector console csv current dag daily deadline dependencies description
           disabled encountered exceptions exit expected false field find info into kafka key
           killed lang least load lock locked longer main may merge missing model none or
           permission pid readonly relation responses retries return schema select session
           skipping spark specified starting target this tickets time true try unknown value
           values version was which with
        -2: bad been broker check columns configuration connect denied duckdb exist exists expired
           found length long mode must operator parquet record rows seconds such temporary url
           while
        -3: invalid name retry
    """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.8,
        """
        8: memory
        6: heartbeat
        5: exited internal worker
        4: cluster coordinator crashed died killed leader node nodes processing shuffle sync
           terminating
        3: 137 503 allocate block blockmgr broker checkpoint container core crash detected down
           driver ec executor futures info kubernetes lost pod process replica responses rpc shut
           signal spark stopped unavailable zombie
        2: 10737 120 12345 30001 999 admin alive ambiguous available back base blk called chunk
           consistency contact context could dc domain during enough exit externally fetch fewer
           filepath flink gc gi instance issue job keeper kernel lang last launch least likely
           loading manager map metadata mode negsignal none obtain offline only out page post
           probably quorum readonly reason registry replicas restarted restarting retries retrieve
           retry return safe self shards shutdown sigkill solve start step tables task terminated
           there timed to took topic unexpected unexpectedly util vault xx yet
        1: 16384 8001 aa administrator again although an another apis arrow assert bitnami bp
           causes closed cloud code completing consume coordination correlation daemon dags direct
           evicted exception experienced expired false fatal from hadoop hdfs header hosted
           incident infrastructure integration ip is kubelet latest loss main many master meltano
           minutes missing mv native nats network off panic pg pi pool prematurely prepared
           problem reach reachable reconnect register replicated reports runner running scheduler
           script secret serialized sh shape shard side since slave spot staging still talking
           temporarily termination the trigger without workers
        -1: 127 2016 20200 403 409 all allow already analysis app as authorization aws bin bulk
           bytes can cancelling cd clients collection columns config conflict connector copy csv
           data database dependencies dependency device disabled disconnected disk duckdb
           established example executing exist expected format given hive if iterator jr kafka ki
           large left library list login maintenance make malformed maximum member met more must
           needed net non normal orders parquet per policy program provided reached reference
           removed requires reset resolve same schema select sensor sequence serializable skipped
           some space sqlstate ssh ssl stream string supported system text total unique valid
           value values wait web when
        -2: access allowed argument bad batch calling column com commit configuration configured
           connect deadline exhausted field file forbidden function have key limit lock manually
           max model new occurred offset ora order position quota requested resource row set stage
           statement support tasks test that transaction user validation you your
        -3: 0000 are cancelled operational specified
        -4: invalid sql
    """,
    ),
    (
        Is.INFRA_CONCURRENCY,
        -0.6,
        """
        12: lock
        8: commit
        7: transaction
        6: concurrent conflict
        5: files update
        4: busy conflicting locked member pid rebalance relation serialize table
        3: 40001 acquire concurrently conditional current deadlock delete exception hdfs iceberg
           id lease oid producer progress updated violates violation
        2: 1023 12345 409 61347 access acquired active another aware because been being blob
           canceling changed client could currently database delta document due duplicate epoch
           error errors expected filesystem generic incorrect instance is isolation live location
           locks message metadata modification needed nowait number offsets old on open order
           period pkey position prod produce psql recovery resource restarting retries retry
           scores sequence serializable slot specified statement streaming there transactions try
           tuple two underlying unique validation version with write
        1: 08177 1205 1234 acquiring actor added after airbyte already among append apply branch
           broker can cannot category check complete conflicts connected connections contacts
           contain created detail engine exclusive expired filter forming group held hive http
           inode inserted integrity nonmapreduce objects offset org out overlapping proto received
           records refresh rejoin replication repository response rollback salesforce skipped
           skipping sq sqlite sqlstate status storage syssmu that the txn waiters which writes
        -1: account action allowed analysis between but calling canceled clients columns command
           configured connection copy dbt denied do does failed field java load longer memory no
           node not null or orders processing readonly record requests resources sink spark
           specification support system task than unsupported upsert wrong
        -2: airflow column connector duckdb execution full input internal job log max only runtime
           schema server source state to too type user you
    """,
    ),
    (
        Is.INFRA_NETWORK,
        -0.1,
        """
        7: connection timeout
        6: channel ssl
        5: connect errno host net read
        4: configuration deadline disconnected service tcp
        3: 12541 25400 9092 by certificate could dead grpc local lost ms network operational
           protocol resolution sending server socket ssh syscall timed transport
        2: 111 1129 2006 443 aborted acme address addresses again ago all amazonaws authority away
           banner broken brokers cannot certification check communicating communication
           communications dial dns down downstream driver endpoint entity eof establish
           established expiring firewall generic gone handshake hive hostname io kafka known login
           may name nats occurred ora out packet party pipe port reach received response security
           snowflake str temporary third tns to transient tunnel unreachable url val validity
           while
        1: 10003 1024 104 123 187 192 2013 402 after alert allows background behavior broker bytes
           cloud com connecting contact control correct creation delivery description during
           enabled end expired failure fetching finished from getaddrinfo has head httpx if
           incomplete interface issued last level lib listener lookup mac messages metadata
           metastore microsoft milliseconds most msg mysql node number oracledb paramiko passed
           peer pkix reading recent record refused repository requests retrying revoked route
           runtime scope see select selection sent servers severity since starting stream
           successfully temporal that thrift topology try urllib urlopen us valid yet
        -1: 2023 400 500 account admin administrator already and at available been busy calling
           checkpoint commit currently directory execution exist fatal files group in is lock
           maximum memory missing mode must not of only pg pid pod readonly replication resource
           result row running sasl scheduler set spark sqlite start stopped string tables
           temporarily this time topic type verification
        -2: airflow allowed cancelled column command concurrent debezium does due file for found
           have id invalid javax job key limit load log many reason required schema size specified
           statement table too transaction upstream user value worker
        -3: can
    """,
    ),
    (
        Is.LOGIC,
        0.6,
        """
        6: syntax
        5: amout exists function
        4: ambiguous argument attribute line list models object ordr pointer serializable
           undefined
        3: add already analysis array as assertion cannot clause compilation cycle definition
           expression functions identifier implemented iteration keyword length map only operator
           parameters py table task thread type used values
        2: 00904 42601 42704 activity added aggregate amount any apply aw between binder changes
           city column columns consumer dags dagster date days defined dictionary directory
           display duplicate empty error errorfactory eu failures faulty first foo form hash hint
           instead integer interval iterator jinja join kwargs lambda macro matching merge model
           modification multi must named near nested nil not numeric op operand operands opt
           oracle order panic part pd pickle poll procedure produced recursion reference resolve
           returned same select specification sqlalchemy sqlite stop subquery support supported
           tables there types udf unbound union unpack unrecognized unsupported upsert valid which
           without xcom zero
        1: 09920 1064 2025 252 400 414 42343 42804 8000 aggregation applied are assignment
           associated at bad bash be boolean broadcast builtins callable campaign cause center
           check class closed combined conflict controlled corresponds cx dag datatype datetime
           depends depth df during enabled event exactly exc exist exit explicit find fivetran
           flow format found func group happen html index inner inserted int intermediate invoke
           item kernel key large left less local main manual metric mismatched mnt ms name nope
           oci offset on once oops orders output payments per pickling projection python range
           referenced reindex request requires safe scala schema serialize set silver sources
           spark spec specific statements stored sum tbl template than title tmp too transactional
           trigger tuple txn typically unique unknown uri util validator variable view void wrong
        -1: 00000 123 2026 500 account all allocate analytics arrow available been being bucket
           build bytes channel cluster contact contains conversion credentials current customer
           denied disk docs down ephemeral errors execution fatal files foreign hive host
           incompatible instance json killed lib lost manually most multiple mysql old option org
           out parquet parser password perform pod policy produces records replication requested
           resolved response run scheduler serialized session severity slot space ssl staging sure
           terminated the time to versions warehouse was were zz
        -2: 42703 airbyte broker cancelled client completed context could decode detail double
           encountered etl exceeded executor external failed file full history import insufficient
           job landing make may memory message occurred open owner please position process reason
           record server service snowflake struct supplied this timed timeout topic transaction
           updated upstream violates worker would
        -3: connection failure operation read status
    """,
    ),
    (
        Is.QUERY_LIMIT,
        -1.1,
        """
        8: timeout
        7: exceeded
        6: query
        5: limit
        4: exhausted job maximum memory size statement than timed too
        3: abort after deadline entries errorfactory increase large more operation or out pid
           resources result secs space sql temporary trino
        2: 10000 1024 10485 2021 300 900 active and at bad bigger botocore broadcast by bytes can
           cancelled complete complex consider contains could databricks db desc disk
           documentation duckdb elapsed etl executing execution expressions filter for function gi
           hive hours in launching length max mb model monitoring most name occurred of partitions
           pod reasons results rows seconds semantic serialized stack tasks temp timedout was
           window would your
        1: 0000 01555 120 12000 12345 159 20230 256 392 500 74811 airflow allocated allotted allow
           analysis blocks bound buckets but canceled catalyst cd charge child cli compilation
           completing configuration consumers context copy core cpp cpu created da defined depth
           destination did disabled during ee exceeding exceeds exec ff gb have help hy if join ki
           kryo launched least less longer macro near need node old on operator ora parser
           partition partitioned performance persistent plan planning processor produces provided
           red reference return rollback rpc rule scanned second select send small something
           specifying stages subqueries syssmu system target task taskinstance top us use used
           version went without wlm wrong www
        -1: 53200 attempt batch been big builtins chunk cluster common connect connection dag
           database encountered errors fs gc get heartbeat id info instance larger level load lost
           object overhead parent part psycopg replica resource source statements storage that try
           unknown update view wait with write
        -2: again all cannot client column concurrent failed found futures http kafka line lock
           nats one queue quota rate requests retries retry sensor server status unable
        -3: com
        -4: has
    """,
    ),
    (
        Is.SCHEMA_CONTRACT,
        -0.8,
        """
        9: schema
        8: column
        7: columns
        6: avro field
        5: incompatible match protobuf type
        4: fields record
        3: analysis cast changed data doesn expected in index insert int invalid key mismatch
           names package serialization source string such table were
        2: 00090 208 400 40401 42000 42703 additional airbyte alter amount amt and area arrow
           bigint builtins change common company contained copy couldn customer default
           deserialization deserializing dict discount does eof error exception extra fare
           fastavro following got have header hoodie identifier input ipc jsonschema lib message
           migration new orders pandas parquet parsing please polars programming promo properties
           property protocol resolved running sink str stream struct subject supplied tag text
           types undefined union validation value varchar writer zz
        1: 40403 8123 append be benchmark big bindings buffer byte candidate cannot caused ch
           class confirmed connector corresponding cs datetime dbt declared definition deserialize
           detected did do duration errors exceptions exist expressions extended external fb file
           found frame from has hashvalue history id infile integer item kafka line list long
           magic mapper mapping matching mean merge mismatches my mysql official offset option
           partition pipeline position pyarrow pyx raise real records required rest retriable
           retried scan schemas several should sk stock sure symbol time topic total uint
           unresolved updated usecols validate view vs ways wire
        -1: any broker by cluster commit config configuration contains current decoder dw element
           ephemeral exceeds execute files find for format given hadoop idx inner inserted it left
           length limit loading memory no operator or os overflow path public py range reached
           redshift results runtime size some specified task the thread unicode unrecognized
           violation warehouse warnings
        -2: airflow ambiguous amout api as completed constraint could csv db empty end exceeded
           failed generic iceberg infer job must none operation page requires result rows server
           set system timeout too trino unable unique user yml your
        -3: char failure used valid
    """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        0.7,
        """
        5: 502 csv gateway http offset stale
        4: 500 api char empty example exist expecting facebook landing parquet path quota reset
           server specified
        3: 429 504 been debezium deleted exceeded external file files freshness infer input json
           limit lost maintenance manually many mode pattern possible primary rate raw recovery
           requests seconds sensor service snap source stream system unavailable unresponsive
        2: 123 3600 404 503 abc acme after again are array auto available binary binlog calls
           change class clients connection cursor daily decode decoder degraded detailed
           disconnect download exclusive false fatal find found ftplib get gs gz hadoop heartbeat
           initialization it later log logs longer lsn mapred may missing no now object obtain
           operational ora origin out partitions perm please policy position progress proxy
           reached reconfigure record remote removed request rest resume retry retryable right
           root row secondary segment shopify shutdown snowplow starting status such tbl they
           tickets transient true try vendor webpages
        1: 00001 001 1040 2026 286 410 78816 9000 accepting action aged analysis async basic cdk
           closed collection command complete console crm da data died dlt executor expand first
           graphql gti handling head https implemented iterator lake loads long matched message
           migration mongo needed number occurred ok opened oplog oracle orders org page partial
           point pool probably processed range rates reconnect referenced replication response
           rule scheduled scope secondly snapshot some srv streams telemetry tenant terminally the
           too tree tries trying unable unknown until up upstream usage users value xyz
        -1: 403 409 420 70962 aborted active apache argument attribute azure bad batch block
           botocore busy cancelled checkpoint commit completed config configuration conn context
           cx deadline doesn double driver during entity eof err exception execution exists extra
           forbidden googleapis hdfs iceberg identifier insert instance killed kind known last
           list localhost malformed maximum ms network on order over parsing period pod pods port
           post programming project property psycopg py python reason records required same should
           slow supported sync syssmu target temporary termination threshold token toomanyrequests
           topic trino unsupported update validation values variable were wrong
        -2: 400 account airbyte amazonaws and authentication bucket by bytes cannot channel cloud
           cluster common create dbt details enabled errors failed field for from function generic
           google header job large lease memory model node non of only open os output provided
           pull query relation resource retries sqlite task terminated than tns unexpectedly
           version warehouse was write
        -3: core etl java local table
    """,
    ),
    (
        Is.UNKNOWN,
        0.1,
        """
        7: completed
        6: failed
        5: handler log
        4: airbyte backoff encountered load might runtime something task unique
        3: application attempts batch computed evaluated exceeded exec exit has java longer make
           metrics non retries sink some stage warnings went wrong
        2: 0000 00000 123 20200 2022 30001 304 39116 7117 71850 aborted apache athena attempted be
           bulk cancelled cause caused command commit compilation connector current dag databricks
           deltalake duckdb dvc ended event executor fb file freshness getting global hoodie hours
           hudi ignored incident job lake look method ml next none normal ok op output pipeline
           plugin project reached redshift reproduce requested response retry rewrite run save
           scheduler should spi step successfully support that threshold ti time tmp tolerable
           transaction until were while with work workers
        1: 161 189 2020 400 409 551 above an app attribute backend blob bls cc code commands conn
           customer detail details discover discovery ea entries execute executing execution
           exited extractor extractors failure failures finished gcp get helper herder hooks
           indicate internal into invocation jdbc jobs jr jsonl launch logs machine max more
           nightly notebook null one or program providers psycopg queued removed reported restart
           see sent shutting specified sqlserver state status stl stopping storage store
           suppressed tap test there trino update upsert venv warning was will worker workflow
           write yarn your
        -1: 137 500 503 are attempt authentication authorization available because builtins but
           canceled changed configured constraint consumer container copy core create deadline
           document does example exceptions false fetch files find generation got hive host index
           init input invalid its last line location long many marked may memory metadata module
           must name node operational ora part pass path pending pid pod prefect reach received
           recent record remote required resource return row script serialization sh ssl
           submission terminated terminating timed to type unsupported url usage use valid
           validation warehouse which writing
        -2: 127 after api as at by can cannot class cluster column common complete compute
           concurrent connection context could dependencies dependency detected exists expired
           externally http info missing most object out quota reason request schema service size
           spark table termination than trigger unknown value
        -3: database dependent external key not of on query timeout too upstream user util
        -4: orders
    """,
    ),
    (
        Is.UPSTREAM,
        -0.4,
        """
        8: upstream
        7: dependencies dependency
        6: skipped
        5: dependent external pending skip tasks
        4: condition due rule skipping
        3: 420 70962 batch broken demo depends ephemeral extract fast info job orders relation
           state
        2: airflow all asm cancelled cancelling combined completed correctly count dag distributed
           ds duration errors exceeds exceptions executing execution fa fail failed fivetran
           future generation in interrupted its killing met model needed not omitted postgres
           prefect prior referenced result sample satisfied schema sensor step stop summary task
           trigger warn word yaml
        1: 2016 2026 225 an before clicks compilation configured connector dvc err fct finishing
           it lost make meta of output problem reach reproduce resources results run seconds
           specified submission target template time tree true variable which
        -1: 3600 after been cancel caused database details detected error executor file from id
           implemented instance limit or probably read source spark stage this timeout type unable
           user value when
        -2: and apache are cannot check code could data exceeded exception failure found invalid
           is message org query request sql table warning while with
    """,
    ),
)
