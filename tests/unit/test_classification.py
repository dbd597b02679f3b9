import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from hub.domain.catalog import OwnerKind
from hub.domain.failures.classification import Classifier, MessageRule
from hub.domain.failures.failure import (
    Cause,
    Context,
    Failure,
    FailureClass,
    Origin,
    SchemaChange,
    Verdict,
    letter_class,
)
from hub.domain.failures.lexicon import Lexicon
from hub.domain.failures.phrases import Phrases
from hub.domain.failures.redaction import redact
from hub.domain.failures.rules_2026_11 import RULES as EARLIER
from hub.domain.failures.rules_2026_11_28 import RULES as BEFORE
from hub.domain.failures.rules_2026_11_29 import RULES as LAST
from hub.domain.failures.rules_2026_11_29.loose import LOOSE
from hub.domain.failures.rules_2026_12_02 import RULES
from tests.labelled import CONFIDENT, FOLDER, Labelled, Marks, labelled, mark, unseen

CLASSIFIER = Classifier(RULES)


def judge(message: str = "", **rest: object) -> Verdict:
    return CLASSIFIER.judge(Failure(message=message, **rest))  # type: ignore[arg-type]  # any field


def marks(path: Path) -> Marks:
    return mark(labelled(path), lambda row: CLASSIFIER.judge(row.failure))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            'conn = connect(os.environ["DB"])\nFATAL:  password authentication failed',
            FailureClass.ACCESS,
        ),
        (
            "connect to host port 22: Connection timed out. Could not read from remote repository.",
            FailureClass.INFRA_NETWORK,
        ),
    ],
)
def test_what_stands_around_a_failure_does_not_outweigh_it(
    message: str, expected: FailureClass
) -> None:
    assert judge(message).failure_class is expected


@pytest.mark.parametrize("name", ["messages", "gathered", "held_back", "typical"])
def test_most_messages_of_our_own_go_to_a_defensible_owner(name: str) -> None:
    found = marks(FOLDER / f"{name}.csv")

    assert found.owner_where_clear >= 0.95
    assert found.owner >= 0.85
    assert found.class_where_clear >= 0.9
    assert found.failure_class >= 0.8
    assert found.unknown <= 0.08
    assert found.confidently_elsewhere == 0


def test_reported_messages_that_no_rule_was_written_from_go_to_a_defensible_owner() -> None:
    found = marks(FOLDER / "reported.csv")

    assert found.owner_where_clear >= 0.95
    assert found.owner >= 0.85
    assert found.class_where_clear >= 0.9
    assert found.failure_class >= 0.8
    assert found.unknown <= 0.08
    assert found.confidently_elsewhere == 0


def test_reported_messages_that_rules_may_be_written_from_go_to_a_defensible_owner() -> None:
    found = marks(FOLDER / "reported_seen.csv")

    assert found.owner_where_clear >= 0.9
    assert found.owner >= 0.9
    assert found.class_where_clear >= 0.9
    assert found.failure_class >= 0.89
    assert found.unknown <= 0.11
    assert found.confidently_elsewhere <= 1


def test_most_shared_messages_get_a_defensible_class(shared_data: Path) -> None:
    found = marks(shared_data / "failures.csv")

    assert found.failure_class >= 0.95
    assert found.confidently_elsewhere == 0


@pytest.mark.parametrize(
    ("failure", "expected", "rule"),
    [
        ({"message": "boom", "causes": (Cause(sqlstate="53100"),)}, "INFRA_CAPACITY", "sqlstate"),
        ({"message": "[Errno 111] Connection refused"}, "INFRA_NETWORK", "message.refused"),
        ({"message": "the command returned exit code 137"}, "INFRA_COMPUTE", "exit.137"),
        ({"exception": "HTTP 401"}, "ACCESS", "http.401"),
        ({"exception": "builtins.MemoryError"}, "INFRA_COMPUTE", "exception.MemoryError"),
        ({"exception": "acme.LedgerSchemaError"}, "SCHEMA_CONTRACT", "spelled.shape"),
        ({"exception": "NoSuchWarehouseException"}, "CONFIG", "spelled.place"),
        ({"exception": "NoSuchFunctionFault"}, "LOGIC", "spelled.code"),
        ({"exception": "ACME_TOKEN_EXPIRED"}, "ACCESS", "spelled.rights"),
        ({"message": "the vendor's webhook page is degraded"}, "SOURCE_UNAVAILABLE", "words"),
        ({"message": "webhook degraded"}, "SOURCE_UNAVAILABLE", "words"),
        ({"message": "ORA-01017: usuario o clave incorrectos"}, "ACCESS", "number.ORA-1017"),
        ({"message": "ERROR 1213 (40001): Verklemmung"}, "INFRA_CONCURRENCY", "number.MYSQL-1213"),
        ({"message": "000904 (42000): identifiant non valide"}, "LOGIC", "number.SNOWFLAKE-904"),
        ({"message": "AADSTS7000222: abgelaufen"}, "ACCESS", "number.AADSTS-7000222"),
        ({"message": "FATAL:  53300: trop de connexions"}, "INFRA_CAPACITY", "state.53300"),
        ({"exception": "acme.OffsetOutOfRangeException"}, "SOURCE_UNAVAILABLE", "condition"),
        ({"exception": "ChangeStreamHistoryLost"}, "SOURCE_UNAVAILABLE", "exception"),
        ({"message": "Broken DAG: [a.py] KeyError: 'b'"}, "LOGIC", "message.code-inside"),
        ({"message": "Broken DAG: [a.py] No module named b"}, "CONFIG", "message.settings"),
        ({"message": "Config validation error: 1 is no text"}, "CONFIG", "message.configuration"),
        ({"message": "Added data files were found"}, "INFRA_CONCURRENCY", "message.another-one"),
        ({"message": "Could not read from remote repository."}, "ACCESS", "message.repository"),
        ({"message": "KeyError: 'U' os.environ['U']"}, "CONFIG", "message.part-not-set-up"),
    ],
)
def test_codes_exceptions_and_phrases_tell_a_class(
    failure: dict[str, object], expected: str, rule: str
) -> None:
    verdict = CLASSIFIER.judge(Failure(**failure))  # type: ignore[arg-type]  # any field

    assert verdict.failure_class == expected
    assert verdict.rule.startswith(rule)
    assert verdict.rule_set == "2026-12-02"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Malformed row 17: 5 values where 4 are known", "DATA_QUALITY"),
        ("Malformed request. The session id is invalid", "ACCESS"),
        ("instance i-1 was replaced: health check failed twice", "INFRA_COMPUTE"),
        ("checks failed: not_null(order_id)", "DATA_QUALITY"),
        ('pods "etl" is forbidden: exceeded quota: team, requested: cpu=8', "INFRA_CAPACITY"),
        ('pods "etl" is forbidden: failed quota: team: must specify limits.memory', "CONFIG"),
        ("could not serialize access due to concurrent update", "INFRA_CONCURRENCY"),
        ("Could not serialize object: it holds a thread's lock", "LOGIC"),
        ("Job cancelled after exceeding the timeout of 2 hours", "QUERY_LIMIT"),
        ("Job cancelled by user ann", "CANCELLED"),
        ("Invalid JSON in line 3", "DATA_QUALITY"),
        ("Invalid JSON schema: items must be an object", "SCHEMA_CONTRACT"),
        ("Input pattern gs://landing/2026/* matches 0 files", "SOURCE_UNAVAILABLE"),
        ("Dependent job nightly-load has failed", "UPSTREAM"),
        ("doppelter Schlüsselwert verletzt Unique-Constraint »orders_pkey«", "DATA_QUALITY"),
        ("la colonne « montant » n'existe pas", "SCHEMA_CONTRACT"),
        ("permiso denegado a la tabla pedidos", "ACCESS"),
        (
            "position 7 is out of range for partition orders-3, no reset policy",
            "SOURCE_UNAVAILABLE",
        ),
        ("ERROR 57P01: the administrator ends the connection", "INFRA_COMPUTE"),
        ("SASL mechanism PLAIN is not enabled, enabled mechanisms are [GSSAPI]", "CONFIG"),
        ("The SSO session of this profile has expired", "ACCESS"),
        ("No such file or directory: '/srv/etl/settings.yaml'", "CONFIG"),
        ("No such file or directory: '/landing/2026/orders.csv'", "SOURCE_UNAVAILABLE"),
        ('relação "pedidos" não existe', "LOGIC"),
        ("デッドロックを検出しました", "INFRA_CONCURRENCY"),
    ],
)
def test_a_word_that_many_say_means_what_it_is_said_of(message: str, expected: str) -> None:
    assert judge(message).failure_class == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("TYPE_MISMATCH: column contains null values", "LOGIC"),
        ("[DELTA_CONCURRENT_APPEND] a schema mismatch was detected", "INFRA_CONCURRENCY"),
        ("[UNRESOLVED_COLUMN.WITH_SUGGESTION] no such file or directory: x", "SCHEMA_CONTRACT"),
        ("SparkException: [CAST_INVALID_INPUT] schema mismatch of orders", "DATA_QUALITY"),
    ],
)
def test_the_code_that_a_message_begins_with_goes_before_the_words_that_explain_it(
    message: str, expected: str
) -> None:
    assert judge(message).failure_class == expected
    assert judge(message).rule.startswith("condition.")


def test_a_code_that_leads_is_no_surer_than_words_of_rights_let_it_be() -> None:
    verdict = judge("[DELTA_FILE_NOT_FOUND_DETAILED] permission denied: the role lacks a privilege")

    assert verdict.owner_kind is OwnerKind.GOVERNANCE or verdict.confidence < CONFIDENT


def test_a_code_that_says_little_does_not_lead() -> None:
    verdict = judge("INTERNAL_ERROR: No space left on device")

    assert verdict.failure_class is FailureClass.INFRA_CAPACITY


def test_every_phrase_that_is_less_sure_is_one_of_the_rule_that_it_is_taken_from() -> None:
    known: dict[str, set[str]] = {}
    for rule in BEFORE.phrases:
        known.setdefault(rule.id, set()).update(rule.alternatives)

    for name, phrases in LOOSE.items():
        loose = MessageRule(name, FailureClass.UNKNOWN, 0, phrases).alternatives
        assert known[name].issuperset(loose), name


def test_who_said_only_that_something_went_wrong_has_said_nothing() -> None:
    assert judge("Something went wrong").failure_class is FailureClass.UNKNOWN


def test_a_wrapper_does_not_hide_what_it_wraps() -> None:
    trace = (
        "py4j.protocol.Py4JJavaError: An error occurred while calling o1.save.\n"
        ": org.apache.spark.SparkException: Job aborted due to stage failure\n"
        "\tat org.apache.spark.Scheduler.abort(Scheduler.scala:12)\n"
        "Caused by: java.io.IOException: No space left on device\n"
        "\tat java.io.FileOutputStream.write(FileOutputStream.java:3)\n"
    )

    assert judge("task failed", trace=trace).failure_class is FailureClass.INFRA_CAPACITY


def test_the_ends_of_an_enormous_trace_are_enough() -> None:
    frames = "\tat com.acme.Step.run(Step.java:1)\n" * 50_000
    trace = f"org.acme.Wrapper: failed\n{frames}Caused by: java.net.UnknownHostException: db\n"

    assert judge("failed", trace=trace).failure_class is FailureClass.INFRA_NETWORK


def test_the_same_status_means_another_class_from_a_source_than_from_the_platform() -> None:
    assert judge("429 Too Many Requests", producer="airbyte").owner_kind is OwnerKind.SOURCE_SYSTEM
    assert judge("HTTP status 429", producer="bigquery").owner_kind is OwnerKind.PLATFORM


def test_a_verdict_names_its_evidence_and_its_runner_up() -> None:
    verdict = judge('column "z" does not exist', causes=(Cause(sqlstate="42703"),))

    assert "z" in verdict.evidence
    assert verdict.runner_up is not None
    assert verdict.runner_up.failure_class is not verdict.failure_class
    assert verdict.confidence >= verdict.runner_up.confidence


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (Origin.CONTRACT, FailureClass.SCHEMA_CONTRACT),
        (Origin.GATE, FailureClass.DATA_QUALITY),
        (Origin.UPSTREAM, FailureClass.UPSTREAM),
        (Origin.LAKE, FailureClass.INFRA_CAPACITY),
    ],
)
def test_a_runners_word_on_where_it_failed_counts(origin: Origin, expected: FailureClass) -> None:
    assert judge("it did not work", origin=origin).failure_class is expected


def test_an_exact_code_beats_the_runners_word_on_the_lake() -> None:
    verdict = judge("denied", causes=(Cause(type="OSError", errno=13),), origin=Origin.LAKE)

    assert verdict.failure_class is FailureClass.ACCESS


def test_a_changed_input_explains_a_missing_column_better_than_the_job_does() -> None:
    message = 'Binder Error: Referenced column "fare" not found in FROM clause'
    change = SchemaChange("bronze.rides", added=("price",), removed=("fare",))
    alone = judge(message, exception="_duckdb.BinderException")
    verdict = judge(
        message,
        exception="_duckdb.BinderException",
        context=Context(schema_changes=(change,)),
    )

    assert alone.rule != "context.schema-change"
    assert verdict.failure_class is FailureClass.SCHEMA_CONTRACT
    assert verdict.evidence == "since the last success bronze.rides comes without fare"


def test_a_changed_input_does_not_explain_a_full_disk() -> None:
    context = Context(schema_changes=(SchemaChange("bronze.rides", added=("price",)),))

    assert judge("No space left on device", context=context).owner_kind is OwnerKind.PLATFORM


def test_failed_checks_are_about_the_data() -> None:
    verdict = judge("dbt test failed", context=Context(failed_checks=("unique_id",)))

    assert verdict.failure_class is FailureClass.DATA_QUALITY
    assert "unique_id" in verdict.evidence


def test_an_aborted_run_is_cancelled_unless_something_upstream_failed() -> None:
    aborted = Context(was_aborted=True)
    behind = Context(was_aborted=True, failed_upstream="dataset:lake:bronze.rides")

    assert judge(context=aborted).failure_class is FailureClass.CANCELLED
    assert judge(context=behind).failure_class is FailureClass.UPSTREAM
    assert judge("Java heap space", context=aborted).failure_class is FailureClass.INFRA_COMPUTE


def test_silence_is_unknown_and_says_so() -> None:
    verdict = judge()

    assert verdict.failure_class is FailureClass.UNKNOWN
    assert verdict.confidence == 0
    assert verdict.evidence == "the producer gave no reason"


def test_an_opinion_counts_by_its_confidence() -> None:
    opinion = Verdict(
        failure_class=FailureClass.ACCESS,
        rule="oracle.ORA-01017",
        rule_set="vendor-codes-2026-11",
        evidence="ORA-01017",
        confidence=0.95,
    )
    verdict = CLASSIFIER.judge(Failure(message="something odd: invalid argument"), [opinion])

    assert verdict.rule == "oracle.ORA-01017"
    assert verdict.runner_up is not None


@pytest.mark.parametrize(
    "text",
    [
        "Key (id)=(4711-secret) already exists",
        "Failing row contains (1, null, secret)",
        "postgresql://etl:secret@host/db refused",
        "password=secret for user etl",
        "Authorization: Bearer 0secret0secret.secret was rejected",
        "Duplicate entry 'secret' for key 'orders.PRIMARY'",
        "The duplicate key value is (secret, 7).",
        'invalid input syntax for type integer: "secret"',
        "Numeric value 'secret' is not recognized",
        "could not convert string to float: 'secret'",
        'COPY p, line 3: "secret,2,3"',
        "[parameters: ('secret', 7)]",
        'dup key: { mail: "secret" }',
    ],
)
def test_row_values_and_credentials_do_not_reach_a_page(text: str) -> None:
    assert "secret" not in redact(text)


def test_what_makes_a_value_private_may_stand_far_before_the_evidence() -> None:
    secret = "Sup3rS3cret" * 4
    verdict = judge(f"sent with Bearer {secret} but no space left on device")

    assert verdict.failure_class is FailureClass.INFRA_CAPACITY
    assert "S3cret" not in verdict.evidence


LEADS = (
    *(
        "invalid ",
        "a.",
        "a$",
        "A_",
        "table ",
        "exceeded word ",
        "does not have ",
        "Key (",
        "values (",
    ),
    *("://a:", "password=", "column x ", "mysql ", "snowflake ", "[SQL Server]", 'File "', "at a("),
    *(
        "error_code: ",
        "SQLSTATE ",
        "HTTP 1 status ",
        "exit code of a ",
        "ABCDE: ",
        "404 ",
        "(",
        "'",
    ),
)


@settings(max_examples=20, deadline=None)
@given(pieces=st.lists(st.sampled_from(LEADS), min_size=1, max_size=4))
def test_no_text_is_too_long_to_be_judged(pieces: list[str]) -> None:
    piece = "".join(pieces)
    whole = piece * (1_000_000 // len(piece))

    verdict = judge(whole, trace=whole, exception=whole, causes=(Cause(type="a.B", message=whole),))

    assert len(verdict.evidence) <= 300


def test_every_phrase_is_in_lower_case_or_it_would_never_be_found() -> None:
    loud = [
        phrase
        for rule in (*RULES.phrases, *RULES.hints)
        for phrase in rule.alternatives
        if re.search(r"(?<!\\)[A-Z]", phrase)
    ]

    assert not loud


def test_namesakes_are_told_apart_by_what_stands_before_their_names() -> None:
    java = judge(exception="java.net.ConnectException")
    kafka = judge(
        "Could not find class X", exception="org.apache.kafka.connect.errors.ConnectException"
    )

    assert java.failure_class is FailureClass.INFRA_NETWORK
    assert kafka.failure_class is FailureClass.CONFIG


def test_evidence_is_redacted() -> None:
    verdict = judge('duplicate key value violates unique constraint "pk"\nKey (id)=(secret) exists')

    assert "secret" not in verdict.evidence


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("undecodable", FailureClass.SCHEMA_CONTRACT),
        ("type:amount", FailureClass.SCHEMA_CONTRACT),
        ("enum:status", FailureClass.DATA_QUALITY),
    ],
)
def test_a_dead_letters_rule_tells_its_class(rule: str, expected: FailureClass) -> None:
    assert letter_class(rule) is expected


def test_every_class_has_an_owner() -> None:
    unowned = {each for each in FailureClass if each.owner_kind is OwnerKind.NONE}

    assert unowned == {FailureClass.UPSTREAM, FailureClass.CANCELLED}


def test_words_alone_never_make_a_verdict_that_routes_with_confidence() -> None:
    verdict = judge("worker kubelet jvm daemon swap kernel gpu cgroup " * 20)

    assert verdict.rule == "words"
    assert verdict.confidence < CONFIDENT
    assert "worker" in verdict.evidence


@pytest.mark.parametrize("words", ["permission", "forbidden", "upstream_failed"])
def test_where_rights_or_upstream_are_spoken_of_no_other_class_is_sure(words: str) -> None:
    odd = "the worker pool is lost"
    alone, beside = judge(odd), judge(f"{odd}: {words}")

    assert alone.failure_class is FailureClass.INFRA_COMPUTE
    assert alone.confidence >= CONFIDENT
    assert beside.owner_kind is not OwnerKind.PLATFORM or beside.confidence < CONFIDENT


def test_an_older_rule_set_still_judges_as_it_did() -> None:
    failure = Failure(message="x", exception="acme.LedgerSchemaError")

    assert Classifier(EARLIER).judge(failure).rule == "name.schema"


@pytest.mark.parametrize(
    "message",
    [
        "FATAL:  53300: zu viele",
        "AADSTS7000222: abgelaufen",
        "[DELTA_CONCURRENT_APPEND] no such file",
    ],
)
def test_what_only_the_newest_set_reads_older_ones_do_not(message: str) -> None:
    older = Classifier(LAST).judge(Failure(message=message))

    assert (older.rule, older.confidence) != (judge(message).rule, judge(message).confidence)


def test_expressions_are_found_as_if_each_were_searched_for() -> None:
    owners = [rule.alternatives for rule in (*RULES.phrases, *RULES.spelled, *RULES.hints)]
    compiled = [[re.compile(each) for each in expressions] for expressions in owners]
    phrases = Phrases(owners)

    for row in labelled(FOLDER / "messages.csv"):
        text = row.failure.message.lower()
        one_by_one = [
            number
            for number, expressions in enumerate(compiled)
            if any(each.search(text) for each in expressions)
        ]
        assert [number for number, _ in phrases.found(text)] == one_by_one


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (r"lo+se", "looose"),
        (r"cancell?ed by", "canceled by"),
        (r"(?:abc|defg) x", "defg x"),
        (r"(?:abcd)?xy", "xy"),
        (r"(?!abcd)\w+ x", "bcd x"),
        (r"(?<!abcd )xyz", "xyz"),
        (r"(?:ab(?:cde|fgh)|\bxyz) \d", "abfgh 1"),
        (r"[abc]{3}(?:def){0,2}\.so", "abc.so"),
        (r"abcde|\d{4}", "1234"),
        (r"(?P<q>['\"])(?:abc|\))(?P=q)", "')'"),
    ],
)
def test_an_expression_is_found_whatever_of_it_is_plain(expression: str, text: str) -> None:
    assert [owner for owner, _ in Phrases([[expression]]).found(f"so {text} it is")] == [0]


def test_of_an_owners_expressions_the_first_in_order_is_told() -> None:
    found = list(Phrases([["lo+se", "a{2}b|c"], ["x?yz*", r"\.so\b"]]).found("aab yz c.so"))

    assert [(owner, match[0]) for owner, match in found] == [(0, "aab"), (1, "yz")]


def test_all_words_together_outweigh_a_phrase_that_fits_by_chance_and_no_code() -> None:
    lexicon = Lexicon(
        {"quota": {FailureClass.INFRA_CAPACITY: 9}, "limit": {FailureClass.QUERY_LIMIT: 1}},
        dict.fromkeys(FailureClass, 0.0),
    )
    classifier = Classifier(structs.replace(RULES, phrases=(), hints=(), lexicon=lexicon))
    by_words = classifier.judge(Failure(message="quota of the team", exception="KeyError"))
    by_code = classifier.judge(Failure(message="quota of the team", exception="HTTP 401"))

    assert by_words.failure_class is FailureClass.INFRA_CAPACITY
    assert by_words.evidence == "of words such as quota"
    assert by_words.confidence < CONFIDENT
    assert by_words.runner_up is not None
    assert by_code.failure_class is FailureClass.ACCESS


def test_a_claim_that_no_word_bears_out_routes_with_no_confidence() -> None:
    weights = {"quota": {FailureClass.INFRA_CAPACITY: 2.0}}
    lexicon = Lexicon(weights, dict.fromkeys(FailureClass, 0.0))
    rules = structs.replace(
        RULES, lexicon=lexicon, exceptions={"OddError": (FailureClass.LOGIC, 0.7)}
    )
    verdict = Classifier(rules).judge(Failure(message="no quota", exception="OddError"))

    assert verdict.failure_class is FailureClass.LOGIC
    assert verdict.rule == "exception.OddError"
    assert verdict.confidence == 0.45


def test_what_differs_only_in_its_names_and_numbers_does_not_grade() -> None:
    said = "column orders.{} of relation {} does not exist in schema"
    known, alike, other = (
        Labelled(Failure(message=message), FailureClass.LOGIC, frozenset(), is_contestable=False)
        for message in (said.format("a1", 7), said.format("b2", 8), "the disk is full")
    )
    assert unseen([alike, other], [known]) == [other]
