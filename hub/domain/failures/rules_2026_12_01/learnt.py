"""What was learnt of words, by ``python -m tests.learnt``."""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import lexicon_of
from hub.domain.failures.failure import FailureClass as Is

LEXICON: Final = lexicon_of(
    (
        Is.ACCESS,
        -0.1,
        """
        8: authentication denied
        7: credentials permission token
        6: 403 authorization authorized unauthorized
        5: access password user
        4: auth expired login owner permissions role
        3: 401 aws etl forbidden insufficient invalid must organization privilege privileges
           provided security signature
        2: 00100 01017 02000 28000 42501 aadsts account admin allowed anonymous application
           authenticate be blob call client clock com common compilation conf create does dw en
           failed failure get given grant great hba host hosts http https incorrect jdbc jwt
           landing list locate object on operation or pg public refresh required sasl select
           serviceaccount services session sql superuser system to topics use username vpc you
        1: 00000 08001 1000 113 18456 203 25000 407 acme action address administrator all amazon
           any athena azure because blocked branch calculated chain code connection contact
           controls cryptography current customer default developer directory ensure entity for
           granted group is kafka kerberos locked manage mechanism operational ora orders perform
           permitted policy private psycopg raw readonly rest scopes see sensor service signing
           simba snowflake sso status this unexpected verify we
        -1: 404 aborted apache before cancelled caused commit concurrent conflict connections
           dagster down endpoint execution exit expected handshake hive input instance json limits
           max memory might missing node null oracle plugin query range reach reached reason
           result schema send size spark stream such than that time timed trino unknown update
           version
        -2: 503 available column data due file found it job mode name of out quota runtime slot
           task there unavailable validation value
        -3: could exceeded timeout
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
        3: 57014 as externally group manually part revoked send set shutdown strategy this ui
           workflow
        2: 00060 ab admin been by can canceling cancellation cancelling cleared display has
           instance jaffle job marked outside prefect reason received run shop shutting sigterm
           state status supported task text via warning web
        1: airflow builtins com create dagster db due duration false impl interrupted logs model
           of operation programming request retry routine scheduler signal sorry sqlstate tasks
           unexpectedly view
        -1: action all check cloud cluster database dbt error executor failed file have invalid
           lang maximum more name node operational or out see source step table than that too type
           unable worker
        -2: an be cannot data errors exceeded exception exit for id if limit lost max no on
           reached result skipped time
        -3: in not
        -4: timeout
    """,
    ),
    (
        Is.CONFIG,
        0.7,
        """
        5: config configuration found import
        4: bucket invalid library module must profile required unsupported version
        3: 127 access account activity attempt catalog class container dbt disabled does extension
           find fs illegal image init master no plugin py region requires setting settings specify
           ssl such termination tns unknown url
        2: 404 airflow analytics and because bootstrap broker but clients configured connect
           connected connecting connector creation database debezium decoding enable enabled
           encoding etc etl eu executor exists expected factory feature fernet filesystem flows
           got handshake hive hosts incremental install installation instantiate isn javax kafka
           know lang loaded logical lorg manager mechanisms metastore missing multiple my name
           named namespace not numpy only open option package packages parameter payload permanent
           policy present project pull pymongo python read readonly redirect replication rows sasl
           scheme server sh sha shop slot snowflake so spark spec ssh string supported system than
           topic trino unable unrecognized upload use validation variable verification volumes wal
           warehouse webhook west yarn yml you
        1: 01000 12514 2020 2023 40401 60000 9083 allowed argument atlas based between bigger
           binlog builder callback cannot caused characters classpath cluster com common configure
           conn contract converter create created current cx dag dataset datastax db descriptor
           didn document driver end endpoint enforced entity env environment ephemeral exec
           executable exit factor factories given heap host https implements inner insert instance
           interval io issued java key large limits listener locations mechanism mode names
           namespaces network non none odbc or overhead packet padding parse parsing plain plugins
           port program provisioning refer registered requests require requirements resource
           retrieval runtime schedule scoped script secret section store subject subprocess
           support sure temporarily this types under unicode upgrade valid value var via worker
           wrong
        -1: 0000 10003 2026 242 9092 aadsts aborted action add address administrator again all
           amazon amt analysis array attempted authorized backend bad batch blockmgr botocore byte
           call cancelled character column columns commit connections constraint consumer
           coordinator correct cursor data delimiter dir disconnected disk down ds duplicate
           engine event example fail files get gz has head hoodie if its jobs later launch length
           lib magic matching merge might models object op ora ordr output over page pg pipeline
           prefect processing programming protocol provider range reconnect recovery remote
           resolution results retry role scope serialized severity signature space sqlstate stage
           staging status step str tap tcp text timeout token too true unauthorized unavailable
           unique upstream user using utf we workflow would
        -2: 123 amount avro blob broken compilation complete completed contact date detail during
           enough expired group have heartbeat input integer killed lake leader limit longer lost
           many match more occurred on one out pid primary record relation requested select
           shuffle starting syntax table there to try update was were your
        -3: csv exceeded index int number orders parquet query response task
    """,
    ),
    (
        Is.DATA_QUALITY,
        0.5,
        """
        6: constraint row
        5: format value
        4: bad character column conversion csv data double input invalid malformed null parse
           record timestamp
        3: bytes check contains convert date delimiter detail element errors expectations fail
           field foreign gzip int magic one parquet range recognized rows size string too
           truncated utf validation
        2: 0000 0001 10003 119 2021 abc as before bigint bulk byte cast collection configured
           converting corrupt dateutil ddl decimal digit division dtype duckdb enclosed entry eof
           err exceeds expectation failfast failure gzipped id if incorrect integer integrity into
           la large larger length line literal matched msg na newline nullable nulls orc overflow
           page pandas parser pass primary quotes raised reached result results seen strict tail
           test text update utils values violated vs when where would zero
        1: 1064 1204 22012 255 300 af affect age arithmetic arrow await between binary boolean
           bounds cannot codec compiled compute converted copy de decode delta description details
           do doc duplicate duplicated email existe expect failed file found giving header idx
           included invariant key meet microsoft mismatched mode models multiple nanosecond non np
           nul number nvarchar of os padding parsed parsing perform postgresql rejected rs same
           series shop source spark sqlserver sqlstate starting success time uncaught unexpected
           unicode unterminated util xml year zip
        -1: 12345 42000 502 acme airbyte any apache base category cause change concurrent
           configuration connector create created definition dict directory doesn empty etl
           exception exceptions exist exit expecting expired filesystem flow group have host https
           identifier incompatible incremental instance io kafka lock logs mismatch more my nested
           node offset only opt order output panic pattern pipeline requested resolve rest retry
           see shape specified ssl state subquery sync system tasks temp temporary that the timed
           transaction type view warning your
        -2: access after analysis available avro catalog changed cluster columns connect
           connection current dag due errno exceeded execution fb files find from has http
           internal job landing latest operational psycopg query replication response returned run
           running start such there unable union unknown wrong
        -3: compilation list memory no request task timeout
    """,
    ),
    (
        Is.INFRA_CAPACITY,
        -0.2,
        """
        8: disk
        7: full
        6: quota
        5: device insufficient queue rate resource space
        4: are available capacity cluster concurrent extend left max os pool reached slots slow
           wait your
        3: already connections database enough exceeded file free its limits many new only pod
           provisioned reason replication reserved runs sqlite tablespace throughput timeout too
           versions
        2: 128 172 account all allowed breaking busy calling cassandra circuit code compute could
           cpu create currently cursor delete dev dir down dw errno es evicted exceeding exception
           files forbidden have hy index information inserting instance job limit log maximum
           memory more node of on oom open over parent per pods psycopg queries queued reduce
           replica requested resources scheduler scheduling sink size slot snapshot sorry start
           storage submission suspended table throttling tmp total unable users volume wal
           warehouse wh when would writing zone
        1: 000 00012 503 53200 add addresses airbyte amazon amazonaws approved azure bigquery
           blocked bytes claims clickhouse client clients cloud com command configured connection
           cores count dags datastax executions fatal for fulfill gb global glue googleapi hint
           inserts instances it ki kind larger location me merges method minimum need opening
           operation operations orders overflow parts policy port query reaching rejected remote
           routine segment significantly slower sqlalche submit subnet sufficient termination
           unbound unschedulable up usage used var were xlarge
        -1: 100 8000 access an backoff be brokers caused class column connector console current
           dag daily deadline description encountered example exceptions exists exit expected
           expired find get gi info jdbc kafka killed length load lock locked long longer master
           may missing model none operator parquet partitions py readonly record relation retries
           return schema seconds select session skipping spark starting tables target temporary
           text tickets true try unknown value values wrong
        -2: bad been broker by cancelled check columns configuration connect duckdb exist input
           invalid key lang must or pid rows specified such this url version was while with
        -3: found mode name retry
    """,
    ),
    (
        Is.INFRA_COMPUTE,
        0.7,
        """
        8: memory
        6: heartbeat
        5: exited worker
        4: 503 allocate cluster container crashed internal killed leader node nodes processing
           shuffle sync terminating
        3: block blockmgr broker checkpoint coordinator core died ec executor kubernetes lang lost
           pod process rpc shut signal spark stopped unexpectedly zombie
        2: 120 12345 137 16384 30000 aa admin alive ambiguous available back blk called chunk
           contact crash daemon dc detected down driver enough exit expired externally fetch
           filepath futures gc gi info instance kernel last likely loading loss main manager map
           metadata negsignal none obtain off offline out page post readonly reason register
           registry replica replicas responses restarted restarting retries retry return running
           self shape shutdown sigkill solve spot start step still tables task terminated there
           timed to took topic unavailable xx yet
        1: 1000 30001 33783 500 8001 action administrator again although an another apis arrow
           assert base being clickhouse closed cloud code completing context correlation could
           dags direct distributed dm docker domain during encountered evicted exception
           experienced fatal from hadoop hosted infrastructure integration ip ipc is issue java
           job kubelet latest launch low many master meltano messages minutes missing mode native
           network only opt panic pg pi pool prematurely prepared probably problem python reach
           reachable reconnect reports runner scala script serialized sh shard side since slave
           staging talking temporarily time trigger unexpected url vault without
        -1: 127 20200 2021 403 409 allow analysis app as authorization aws bin blob bulk bytes can
           cancelling cannot cd channel class clients columns config conflict database db deadline
           delta dependencies dependency disabled disconnected disk display established executing
           exist expected fail format given hive if insufficient iterator ki large left library
           limit list lock login maintenance make maximum member met more must needed net new non
           normal orders origin per policy position project reached removed required requires
           reset row same schema select sequence serializable some source sqlstate ssl stream
           string supported token total unique valid values wait were when write zero
        -2: 0000 access allowed already are argument bad batch calling column com commit
           configuration configured connect data example exhausted field file forbidden function
           have key manually max model occurred offset ora order quota requested resource
           resources set skipped stage statement support tasks test text that transaction user
           validation you your
        -3: cancelled operational specified sql
        -4: invalid
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
        5: pid update
        4: conflicting files locked rebalance relation serialize table
        3: 40001 access acquire active another busy concurrently conditional current database
           deadlock exception iceberg id lease member oid progress transactions violation
        2: 1023 12345 409 acquired aware because been blob canceling changed could currently
           delete delta document due duplicate engine epoch error errors expected filesystem
           generic group hive incorrect instance is isolation location locks message metadata
           modification needed nowait offset old order pkey position produce producer psql
           recovery resource restarting retries retry scores sequence serializable slot specified
           statement that the there try tuple underlying unique updated validation version
           violates with write
        1: 08177 1205 acquiring actor adapter added after airbyte among append apply attempted
           branch can cannot category check complete conflicts contacts contain created cycle
           detail filter forming hdfs held http inserted lake matching may nested number objects
           on open org os out overlapping period postgresql prod proto received records refresh
           rejoin replication response rollback salesforce shard skipped skipping sq sqlite
           sqlstate status storage streaming syssmu this two txn unknown waiters writes
        -1: account action allowed analysis attempt between but calling clients columns command
           configured connection connector db dbt denied do duckdb execution exist failed field
           input issue load longer memory node not null occurred only or orders processing py
           requests runtime sink snowflake specification support system task tmp unsupported use
           using wrong
        -2: airflow canceled column does full internal job log max no schema server source spark
           state than to too type user you
    """,
    ),
    (
        Is.INFRA_NETWORK,
        -0.1,
        """
        8: timeout
        7: connection
        6: ssl
        5: channel errno host net read
        4: configuration connect disconnected service tcp
        3: 25400 9092 broken by certificate could deadline grpc lost network operational protocol
           resolution sending server socket ssh syscall timed transport
        2: 12541 2006 443 aborted acme address addresses ago all amazonaws authority away banner
           brokers cannot certification check communicating communication communications
           connecting dead dial dns down driver endpoint eof establish established expiring
           firewall from generic gone handshake hive hostname incomplete interface io kafka known
           level local login may ms mysql name occurred oracledb out packet party pipe port reach
           received refused repository response route runtime severity since snowflake str third
           to tunnel val validity while
        1: 10003 1024 104 111 123 187 402 512 60000 after again alert allows background behavior
           bigquery broker bytes com contact control correct creation delivery description
           downstream enabled end entity exception expired failure finished getaddrinfo httpx if
           internal issued last lib lookup mac metadata metastore microsoft milliseconds mongodb
           most msg nats number or ora passed peer pull recent record requests retrying revoked
           scope security select selection sent servers starting stream successfully temporal
           temporary thrift tns topology try unreachable url urllib us valid yet
        -1: 400 activity admin administrator already and at available be been calling canceling
           checkpoint column commit directory executing execution exist fatal file in is limit
           line lock memory missing mode no not of only pg pid pod pool readonly replication
           resource row run running sasl save set size sqlite start stopped string system tables
           the this time topic type util with worker
        -2: airflow allowed cancelled command concurrent debezium does due for found have id
           invalid javax job key load log many reason required schema spark specified statement
           table too transaction upstream user value
        -3: can
    """,
    ),
    (
        Is.LOGIC,
        0.7,
        """
        6: syntax
        5: amout function
        4: ambiguous argument attribute exists list models object ordr pointer undefined
        3: add already analysis array assertion cannot clause compilation consumer cycle
           definition expression functions iteration keyword length line operator parameters py
           serializable table task thread type used values
        2: 42601 42704 aggregate amount any apply as aw between changes city class column columns
           dags date days defined dictionary directory display duplicate empty error errorfactory
           eu exc faulty first foo form hash hint identifier implemented instead join lambda macro
           main map matching merge model modification multi named near nested nil not numeric only
           op operand operands opt oracle order panic part pd pickle poll procedure produced
           recursion reference referenced resolve returned same scala select set silver spark spec
           specification sqlite stop subquery supported tables types udf unbound union unpack
           unsupported upsert util valid void which without xcom zero
        1: 00904 09920 1064 2025 400 414 42343 42804 8000 added aggregation applied are assignment
           associated bad be broadcast builtins callable campaign can cause center closed combined
           controlled corresponds cx dag dagster datatype datetime depth df does drop during
           enabled event exactly exit explicit failures find fivetran flow format found func group
           home html index inner inserted int integer intermediate interval invoke it item jinja
           kernel key kwargs large left less like local manual metric mismatched mnt ms must name
           nope oci offset on once orders output outputs payments pickling projection python range
           request requires safe schema serialize sources specific sql sqlalchemy statements
           stored sum support template than there timestamp title tmp too transactional trigger
           tuple txn typically unique unrecognized uri validator variable view where wrong
        -1: 00000 123 2026 300 500 account analytics arrow been bucket build channel client
           cluster contact copy current customer databricks decimal denied disk down ephemeral
           execution expired fatal files history host incompatible incorrect instance insufficient
           json killed least level lib lost manually most multiple mysql new numpy old option org
           password perform pod policy primary process record records replication requested
           required resolved response serialized session severity snowflake space ssl supplied
           sure terminated the this time to upstream versions violates warehouse was would zz
        -2: 42703 airbyte available broker bytes cancelled completed context could decode detail
           double encountered errors etl exceeded executor external failed file full import job
           landing make may memory message msg occurred open operation owner please position
           reason server service struct timed timeout topic transaction updated worker
        -3: connection failure read status
    """,
    ),
    (
        Is.QUERY_LIMIT,
        -1.1,
        """
        8: timeout
        7: exceeded
        6: query
        4: after deadline exhausted job limit maximum memory result statement than timed too
        3: abort entries errorfactory increase large more operation pid resources size space sql
           temporary trino
        2: 10000 10485 2021 300 900 active at bad bigger botocore broadcast by bytes can cancelled
           complete complex consider contains could databricks desc did documentation duckdb etl
           executing execution expressions filter function gi hive hours in join launching length
           max mb model monitoring most name of or out partition partitions pod reasons results
           rows seconds secs semantic serialized stack tasks temp timedout was window would
        1: 000 0000 01555 1024 12000 20230 256 400 500 74811 airflow allocated allotted allow
           analysis and blocks bound buckets build but canceled catalyst cd charge compilation
           completing configuration context copy cpp created da db defined depth destination
           disabled disk during ee elapsed elasticsearch exceeds ff for gb have help if ki kryo
           launched least less longer macro mi near node occurred old on parser partitioned
           performance persistent plan planning processor produces provided red reference return
           rollback rule scanned second select send small something specifying subqueries system
           target task taskinstance top us use util warning went without wlm wrong www your
        -1: 53200 attempt batch been big builtins chunk cluster common concurrent connect
           connection dag database down encountered errors fs gc get heartbeat id instance level
           load lost object overhead part psycopg run source statements status storage that try
           unknown update url view wait with write
        -2: again all cannot client column failed found http kafka line lock one queue quota rate
           requests retries retry sensor server unable
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
        5: incompatible match type
        4: fields key record
        3: analysis arrow cast changed data doesn expected in index insert int invalid mismatch
           names new package promo protobuf serialization source string such table validation
        2: 00090 208 400 40401 42703 additional alter amount amt bigint builtins byte cannot
           change common contained copy customer default deserialization deserializing dict
           discount eof exception external extra fastavro following got have header hoodie
           identifier ipc jsonschema lib merge message migration orders parquet parsing please
           programming properties property resolved running str struct subject supplied tag text
           undefined union value were writer zz
        1: 40403 42000 8123 airbyte an and apache area bad be benchmark between binder but caused
           class company confirmed connector cs datetime definition delta detected did do does
           double duration error errors exist fare file found has id infile input item kafka line
           list long magic mapping matching mean mismatches mysql option pandas pipeline polars
           position protocol pyarrow pyx query raise read real records required rest retriable
           retried scan schemas several should sink sk stock stream sure symbol time total
           truncated types uint unresolved updated usecols validate varchar view vs ways
        -1: any broker commit config configuration contains csv current decoder dtype due dw
           element end exceeds execute exists files find format given hive iceberg inner internal
           it keyword left length limit loading memory no only operator or os overflow page path
           py range reached requires results size some status system task unicode unique url
           violation warehouse would yml
        -2: airflow ambiguous amout api as by char completed constraint could db empty exceeded
           failed generic infer inserted job must none operation result rows runtime server set
           specified the timeout too trino unable unrecognized user your
        -3: failure used valid
    """,
    ),
    (
        Is.SOURCE_UNAVAILABLE,
        0.7,
        """
        5: csv example gateway http offset stale
        4: 500 502 api empty exist expecting landing path quota reset server specified
        3: 429 been char debezium deleted exceeded facebook fatal file files found freshness get
           infer input json limit maintenance manually many mode parquet pattern possible primary
           rate raw recovery requests seconds sensor service snap source starting stream system
           unavailable unresponsive vendor
        2: 123 3600 404 503 504 acme again are array auto available binlog calls change clients
           connection cursor daily decode decoder degraded disconnect download external false find
           ftplib gs gz hadoop implemented initialization iterator later logs long longer lost lsn
           may missing no operational ora org origin out perm please policy position progress
           proxy reached reconfigure remote removed request rest resume retry retryable right root
           scheduled segment shopify shutdown snowplow status such they transient true try
           upstream webpages
        1: 00000 00001 001 2026 286 410 550 78816 9000 abc accepting action after aged async basic
           binary bulk canceled cdk closed command complete console crm da data died dlt
           encountered executor expand first gti head heartbeat https it log mapred matched
           message might migration mongo needed now number occurred ok oplog oracle orders page
           partial partitions point pool probably processed pyspark range rates reconnect
           replication response scope snapshot some srv streams tbl telemetry tenant terminally
           the tickets time timeout too tree tries unable unknown until up usage value xyz
        -1: 403 420 70962 aborted active airbyte amazonaws and argument attribute azure be block
           botocore bucket busy checkpoint commit completed config configuration conn container
           context create cx deadline doesn double driver during enabled entity eof err exception
           execution extra forbidden from generic googleapis identifier insert instance invalid
           killed kind known last lease list malformed maximum ms network of operation order
           output over parsing pod pods port post programming project property provided psycopg py
           python query reason records required same spark sql storage supported sync syssmu
           target termination tns token transaction trino unauthorized unexpected update
           validation values variable were wrong
        -2: 400 access account authentication bytes cannot channel cloud cluster common dbt
           details errors failed field for function google header large lock memory model node non
           only open os relation resource retries slow sqlite task terminated than unexpectedly
           used version warehouse was write
        -3: by core etl java job local table
    """,
    ),
    (
        Is.UNKNOWN,
        0.2,
        """
        7: completed
        6: failed
        4: airbyte backoff encountered exceeded handler incident load log might task unique
        3: 30001 aborted application attempts batch computed exec exit freshness has hours longer
           make metrics non normal ok reached retries runtime sink some something went wrong
        2: 123 20200 2022 304 409 above apache app attempted be blob bulk cause command commit
           compilation current dag databricks deltalake duckdb dvc ended event execute failures fb
           file finished getting hoodie hudi ignored java jdbc job lake look ml next none null
           output pipeline processing project redshift reproduce requested retry rewrite run save
           should stage step support that threshold ti tmp tolerable transaction until were while
           with work workers
        1: 0000 161 189 551 attribute backend cancelled cc commands connector customer detail
           details discovery entries executing execution executor extractor failure helper hooks
           indicate internal into jobs jsonl launch logs machine max more nightly notebook
           occurred one op or plugin provider providers psycopg removed reported response restart
           see sent sf shutting specified spi sqlserver stl stopping storage suppressed tap tasks
           this time trino update upsert venv was will workflow write yarn yml your
        -1: 00000 2025 500 active are authentication available because builtins but by column
           complete constraint consumer copy could create deadline did disabled document does
           false fetch files generation group hive host https id insert line location long manager
           many marked may memory metadata missing most must node operation operational ora part
           pending pid pod problem reach read received recent remote required result row send
           serialization sh shutdown ssl submission terminated terminating timed to unsupported
           url usage use valid validation version warehouse which xx
        -2: 127 503 after api as at can cannot class client cluster common compute concurrent
           connection container context dependencies dependency detected exists expired externally
           http info invalid local lost main object out quota reason record request schema service
           size spark table termination than trigger unknown upstream util value
        -3: database dependent external key not of on timeout too user
        -4: orders query
    """,
    ),
    (
        Is.UPSTREAM,
        -0.3,
        """
        8: upstream
        7: dependencies dependency
        6: skipped
        5: dependent external pending skip
        4: due rule skipping tasks
        3: 420 70962 batch broken condition demo depends ephemeral extract fast info job orders
           relation state task
        2: airflow all asm cancelled cancelling combined completed correctly count dag distributed
           ds duration errors exceeds exceptions executing execution fa fail failed fivetran
           future generation in interrupted killing met model needed not omitted postgres prefect
           prior referenced sample satisfied schema sensor step stop trigger warn word yaml
        1: 2016 2026 before canceled clicks client compilation configured connector dvc err fct
           finishing it its lang lost main make meta of output problem reproduce resources result
           results run seconds submission summary target template time tree true variable which
        -1: 3600 apache been cancel caused database details executor file from id instance jaffle
           limit or probably read request source spark stage terminated this timeout unable user
           value when
        -2: and are cannot check code could data error exceeded exception failure found invalid is
           message org query sql table warning while with
    """,
    ),
)
