"""Phrases that speak of data and of the code that handles it.

One alternative per ``|`` with spaces around it, or per line. Each phrase is from an engine's own
message catalogue or source, or seen in public reports; none is a whole message.
"""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is

DATA_PHRASES: Final = (
    Rule(
        "contract-broken",
        Is.SCHEMA_CONTRACT,
        0.93,
        r"""
        contract violation | breaks? (?:its |the )?contract | violates? (?:its |the )?contract
        enforced contract | ensure the name, data_type, order | contract (?:check )?failed
        not in the contract
        """,
    ),
    Rule(
        "incompatible-schema",
        Is.SCHEMA_CONTRACT,
        0.94,
        r"""
        incompatible with an earlier schema
        schema (?:\w+ )?(?:is )?(?:incompatible|mismatch|evolution|drift|changed)
        schema (?:\w+ )?(?:is )?(?:conflict|inconsisten) | schema being registered is incompatible
        incompatible schema | schemas? (?:do|does) not match
        does(?:n't| not) match the (?:data )?schema | schema at index | reader type
        failed to merge | merge incompatible | cannot (?:merge|cast) schema
        provided schema does not match | different schema | schema of .{0,60}(?:differs|changed)
        inconsistent schema | schema (?:validation )?(?:error|failed) | unexpected schema
        mismatch between the table and partition | cannot be promoted to | schema isn't known
        incompatible .{0,40}schema | write incompatible | field names are not matching
        number of arrays unequal | changed type from | column type changed | has an incompatible
        not found in (?:source )?schema | schema change\b | exist in schema
        changed from \w+ to \w+ | schemas? .{0,60}must be (?:equal|the same|identical)
        """,
    ),
    Rule(
        "cannot-decode",
        Is.SCHEMA_CONTRACT,
        0.88,
        r"""
        unknown magic byte | deseriali[sz]ation (?:error|failed|exception) | error deseriali[sz]ing
        failed to deseriali[sz]e | could not deseriali[sz]e | error parsing message
        wrong wire type | truncated message | is it an avro file | invalid avro
        not an? (?:avro|parquet) (?:data )?file | cannot (?:decode|deserialize) | failed to decode
        no value and no default | no default value for field | on field \w+$
        do not match .{0,80}on field | unknown (?:union branch|named schema)
        found .{0,40}, expecting | has no (?:field|\S+ field) | no field named
        missing required fields? | unknown field | unrecognized field
        expected (?:string|bytes|int|float|number|object|list|dict).{0,30}(?:got|found|received)
        expecting (?:a )?(?:record|union|map|array|string|int|long) | expected `\w+`, got
        missing required (?:field|column|property|attribute|key)
        is .{0,60}of type .{0,40} expected | is none expected | isn't known to this connector
        """,
    ),
    Rule(
        "columns-differ",
        Is.SCHEMA_CONTRACT,
        0.9,
        r"""
        (?:has|have) \d+ columns but \d+ | too many data columns | not enough data columns
        column (?:count|number) | number of (?:columns|fields) | expected \d+ (?:columns|fields)
        more (?:columns|expressions|target columns) | extra (?:data after|columns?)
        missing (?:columns?|fields?) | usecols | columns? (?:missing|expected but not found)
        column .{0,60}(?:not in (?:the )?(?:dataframe|file|header)|missing from|is missing)
        column .{0,60}not found in (?:the )?(?:file|source|schema|csv|parquet|input)
        lack(?:s|ing)? column | unexpected column
        header (?:row )?(?:mismatch|does not match|changed) | are in the \[(?:columns|index)\]
        not in index | length mismatch | missing columns? | more expressions than target
        columns? count doesn't match | extra data after last expected | missing data for column
        \d{1,9} values? (?:were|was) supplied | dialect
        """,
    ),
    Rule(
        "field-gone",
        Is.SCHEMA_CONTRACT,
        0.88,
        r"""
        field \"?'?[\w.]+'?\"? (?:does not exist|not found|is missing) | no match for fieldref
        is a required property | field required
        required (?:field|property|column) .{0,40}(?:missing|absent|not)
        cannot (?:find|read) (?:field|column)
        """,
    ),
    Rule(
        "column-gone",
        Is.SCHEMA_CONTRACT,
        0.66,
        r"""
        no such column | unknown column | invalid column name
        column .{0,60}(?:does not exist|not found|cannot be (?:found|resolved)) | referenced column
        invalid identifier | undefined column | cannot resolve .{0,60}given input columns
        unrecognized column | unable to find column | key error: '?[a-z] | does not have a column
        has no column | no such field | missing columns:
        """,
    ),
    Rule(
        "view-broken",
        Is.SCHEMA_CONTRACT,
        0.92,
        r"""
        failed to parse view | references invalid (?:table|column|view)
        view .{0,60}(?:is invalid|no longer valid|schema changed)
        view definition for .{0,160}declared | but view query produces
        """,
    ),
    Rule(
        "type-differs",
        Is.SCHEMA_CONTRACT,
        0.84,
        r"""
        data type mismatch | type mismatches? when reading | parquet column
        is of type .{0,40}but expression is of type | incompatible (?:data )?types?
        cannot (?:safely )?cast .{0,60} to .{0,40}(?:column|field) | (?:is )?required on field
        unsupported cast | expected bytes, got | type .{0,40}is not compatible | physical type
        column type (?:changed|mismatch) | in parquet file is incompatible
        cannot be changed from type
        """,
    ),
    Rule(
        "test-failed",
        Is.DATA_QUALITY,
        0.94,
        r"""
        failure in test | configured to fail | got \d+ results?, (?:expected|configured)
        status=fail\b | expectations? (?:failed|not met|was not met|suite) | validation failed
        failed checks? | quality (?:check|gate|rule) | assertion .{0,40}failed | data test
        circuit ?breaker | expectations? were unsuccessful
        \d{1,9} of \d+ (?:expectations|checks|tests) | oops! \d+ fail | failed validation check
        checks? (?:\w+ )?failed(?! because)
        """,
    ),
    Rule(
        "constraint",
        Is.DATA_QUALITY,
        0.92,
        r"""
        duplicate (?:key|entry|rows?|record|map key|value)
        violates? (?:the )?(?:unique|not[- ]null|check|foreign|exclusion)
        constraint (?:failed|violat|error|is violated)
        (?:unique|check|not null|foreign key|primary key) constraint | null value in column
        cannot be null | cannot insert (?:the value )?null | not nullable | non-nullable
        unexpected null | matched multiple | multiple source rows | e11000 | integrity constraint
        parent key not found | not[- ]null constraint | contains null | not unique
        not a one-to-one | failed the validation
        """,
    ),
    Rule(
        "bad-value",
        Is.DATA_QUALITY,
        0.9,
        r"""
        cannot cast (?:string|value|varchar) | cast error | could not convert
        cannot (?:convert|be cast|parse|coerce) | unable to (?:convert|parse|coerce)
        could not (?:parse|be parsed|cast|coerce)
        invalid (?:input syntax|literal|digit|date|timestamp|number|datetime)
        invalid (?:character value|cast|argument for|isoformat|byte|utf-?8|json|input for)
        failed to (?:cast|parse|convert) | conversion (?:error|failed|failure)
        error (?:converting|when converting|parsing) | is not (?:a valid|recognized as)
        not recognized | malformed | does not match format | unconverted data
        incorrect (?:\w+ )?value | non-?numeric | cannot interpret
        bad (?:int|float|double|value|record) | too many errors | out of bounds | bad character
        unparseable | unparsable | tried to convert | truncated converting | cannot be converted
        fit into precision | mismatched tag | not well-formed | can't encode character
        acceptable range | load_errors | type check failed | with \d+ nulls
        invalid value(?! for (?:required|config|param|option|setting|property))
        """,
    ),
    Rule(
        "out-of-range",
        Is.DATA_QUALITY,
        0.9,
        r"""
        not in range | value too long | too long for | data too long | too large for column
        would be truncated | truncat(?:ed|ion)
        exceeds (?:the )?(?:maximum|max) (?:length|precision|size of) | division by zero
        divide by zero | divisor is equal to zero | lose data | data loss | non-finite | precision
        (?<!index )(?<!offset )out of range
        (?<!size )overflow(?:s|ed)?\b(?!.{0,20}(?:buffer|stack|\d))
        """,
    ),
    Rule(
        "bad-bytes",
        Is.DATA_QUALITY,
        0.86,
        r"""
        can't decode byte | invalid (?:byte|continuation|start byte|utf)
        unexpected end of (?:data|file|stream) | encoding .{0,20}(?:error|0x) | untranslatable
        corrupt(?:ed)?\b | magic bytes | not a (?:gzip|zip|gzipped|valid zip) | crc (?:check|error)
        incorrect header check | end-of-stream marker | unterminated | invalid control character
        extra data: line | expecting (?:',' delimiter|property name) | unexpected token
        eof inside string | error tokenizing | not an? (?:orc|json|xml|csv|excel) file
        out of specification | incorrect padding
        """,
    ),
    Rule(
        "message-too-large",
        Is.DATA_QUALITY,
        0.75,
        r"""
        message (?:size )?(?:is )?too large | record (?:is )?too large
        larger than the maximum request size
        max(?:imum)?[._ ](?:request|message)[._ ](?:size|bytes)
        """,
    ),
    Rule(
        "raised-by-rule",
        Is.DATA_QUALITY,
        0.85,
        r"""
        is not true! | must be (?:>|<|>=|positive|greater|less|between|unique)
        row count .{0,40}(?:below|above|mismatch|differs) | anomal
        threshold (?:exceeded|not met)
        """,
    ),
    Rule(
        "syntax",
        Is.LOGIC,
        0.86,
        r"""
        syntax error | parse error | parser error | parsing error | mismatched input
        unexpected (?:keyword|identifier|symbol) | extraneous input | no viable alternative
        incorrect syntax | missing right parenthesis | not properly ended | missing expression
        unexpected end of (?:statement|input) | was never closed | cannot recognize input
        no filter named | end of template | invalid syntax | unexpected '<eof>'
        """,
    ),
    Rule(
        "ambiguous",
        Is.LOGIC,
        0.88,
        r"""
        ambiguous
        """,
    ),
    Rule(
        "grouping",
        Is.LOGIC,
        0.9,
        r"""
        must appear in the group by | group by clause | not a group by | neither grouped nor
        aggregate function | window function | nested aggregat | missing aggregation
        single-group group | calls cannot be nested
        """,
    ),
    Rule(
        "unknown-object",
        Is.LOGIC,
        0.78,
        r"""
        no such table
        table (?:or view )?.{0,80}(?:does not exist|not found|doesn't exist|cannot be found)
        relation .{0,60} does not exist | invalid object name | unknown table | table with name
        view .{0,60}does not exist | unrecognized name | depends on a node named
        which was not found | undefined (?:variable|name) | is undefined | is not defined
        name .{0,60} is not defined | name .{0,40}specified more than once | no such file version
        """,
    ),
    Rule(
        "unknown-function",
        Is.LOGIC,
        0.88,
        r"""
        function .{0,80}(?:does not exist|not found|is undefined) | no such function
        unknown function | undefined function | operator does not exist | no matching signature
        no function matches | is not a (?:known|recognized|registered) (?:function|built-in)
        no operator matches | not a recognized built-in | best candidate function
        cannot resolve routine | no kernel matching
        """,
    ),
    Rule(
        "already-there",
        Is.LOGIC,
        0.8,
        r"""
        (?:table|view|relation|column|schema|object) .{0,80}already exists
        because other objects depend | duplicate column name | specified more than once
        """,
    ),
    Rule(
        "types-in-query",
        Is.LOGIC,
        0.84,
        r"""
        union types | cannot be matched | argument types? | arguments? (?:of|to) .{0,40}must be
        incorrect argument | wrong number of arguments | cannot compare | cannot apply
        no common type | type mismatch in | positional argument | unexpected keyword argument
        unsupported operand | can only concatenate | missing \d+ required positional
        takes \d+ positional | are incompatible types | have incompatible types | binary operator
        """,
    ),
    Rule(
        "compilation",
        Is.LOGIC,
        0.72,
        r"""
        compilation error | contracted models require | data_type to be defined | circular
        cycle (?:detected|found) | duplicate (?:model|task|resource) | found two | jinja
        """,
    ),
    Rule(
        "code-defect",
        Is.LOGIC,
        0.78,
        r"""
        object has no attribute | object is not (?:callable|subscriptable|iterable)
        list index out of range | not enough values to unpack | too many values to unpack
        maximum recursion | referenced before assignment | task not serializable | cannot pickle
        null ?pointer | index out of (?:bounds|range) | poll interval | cannot be serialized
        not implemented | has no attribute | is not json serializable
        changed size during iteration | object is not | not subscriptable | unhashable type
        """,
    ),
    Rule(
        "set-operation",
        Is.LOGIC,
        0.92,
        r"""
        (?:union|intersect|except|set operation)\b.{0,80}(?:same number|number of columns|types)
        same number of (?:result )?columns | set operations can only
        """,
    ),
    Rule(
        "subquery",
        Is.LOGIC,
        0.62,
        r"""
        more than one row returned | returns more than one row | returned more than 1 value
        single-row subquery
        """,
    ),
    Rule(
        "unsupported-statement",
        Is.LOGIC,
        0.75,
        r"""
        cross-database references | not implemented error | feature is not supported
        unsupported (?:subquery|operation|expression|statement|sql)
        cannot (?:drop|alter|execute|truncate) .{0,60}because
        invalid (?:table-valued )?(?:regular expression|reference|window)
        """,
    ),
    Rule(
        "statement-timeout",
        Is.QUERY_LIMIT,
        0.95,
        r"""
        statement timeout | statement or warehouse timeout
        query (?:execution )?(?:timed? ?out|timeout)
        max(?:imum)? (?:run duration|statement execution|execution time) | maximum statement
        exceeded .{0,30}time ?out | exceeded (?:the )?(?:\w+ )?(?:time|run time|runtime) limit | wlm
        execution_timeout | task timed? ?out | dag ?run .{0,30}timed out | run duration was exceeded
        longer than specified deadline | active on the node longer
        timeout of \d+ ?(?:s|second|min) | maximum time
        (?:task|query|statement|job|step|run|command|execution|process)\b.{0,30} timed out after \d
        stopped after reaching the timeout | timeout exceeded: elapsed | time limit | timeout, pid
        query monitoring rule | execute broadcast in | snapshot too old
        """,
    ),
    Rule(
        "resources-exceeded",
        Is.QUERY_LIMIT,
        0.93,
        r"""
        resources exceeded | query exceeded
        exceeded (?:the )?(?:\S+ )?(?:(?:per-)?query|per-node|user) .{0,30}(?:memory|limit)
        exceeds? (?:the )?limit for (?:bytes|rows) | bytes billed
        too many (?:bytes|rows) (?:scanned|to read) | temp_file_limit | temporary file size exceeds
        memory limit .{0,30}exceeded | maxresultsize | serialized results | cannot broadcast
        response too large | too complex
        maximum (?:query|expression|recursion) (?:length|size|depth|limit) | spill
        exceeded maximum allowed | exceeded resource limits | allotted memory | maximum query length
        stack depth limit | bigger than spark | too many or too complex
        """,
    ),
    Rule(
        "aborted-transaction",
        Is.UNKNOWN,
        0.85,
        r"""
        current transaction is aborted | commands ignored until end
        """,
    ),
    Rule(
        "tolerance",
        Is.UNKNOWN,
        0.8,
        r"""
        tolerance exceeded in error handler | recovery is suppressed | backofflimitexceeded
        reached the specified backoff
        """,
    ),
    Rule(
        "wrapper",
        Is.UNKNOWN,
        0.1,
        r"""
        job aborted due to stage failure | task_failure | command `dbt
        non-zero exit (?:code|status) 1\b | exit code 1\b | one or more .{0,20}failed | run failed
        execution of step .{0,60}failed | see (?:the )?(?:stack trace|logs?|driver) | task failures
        retry_state_maximum | with some failures
        """,
    ),
    Rule(
        "bare-exit",
        Is.UNKNOWN,
        0.45,
        r"""
        (?:return|exit)(?:ed)?(?: with)? (?:return )?(?:code|status) [12]\b(?!.{0,30}retries)
        (?:non-?zero )?exit (?:code|status)[ :]+1\b | exit with code 1\b | steps failed
        tolerable failure threshold
        """,
    ),
)
