"""What producers tell of attempts, schedules, logs and the innermost error."""

import json
from typing import Any

import pytest
from msgspec import Raw

from hub.domain.attempts import Attempt, read_attempt, web_address
from hub.domain.failures.innermost import innermost_error

NINE = 1_795_424_400_000_000
HOUR = 3_600_000_000


def facets(**said: Any) -> dict[str, Raw]:  # noqa: ANN401 - any JSON
    return {name: Raw(json.dumps(value).encode()) for name, value in said.items()}


def test_airflow_says_which_attempt_of_how_many_it_was() -> None:
    told = facets(airflow={"task": {"retries": 2}, "taskInstance": {"try_number": 1}})

    attempt = read_attempt(told)
    assert (attempt.number, attempt.allowed, attempt.is_retryable) == (1, 3, True)


def test_after_the_last_attempt_there_is_no_other() -> None:
    told = facets(airflow={"task": {"retries": 2}, "taskInstance": {"try_number": 3}})

    assert read_attempt(told).is_retryable is False


def test_our_own_runners_say_whether_trying_again_may_help() -> None:
    assert read_attempt(facets(hub_failure={"exceptions": [], "retryable": True})).is_retryable


def test_a_schedule_says_when_it_runs_next() -> None:
    timetable = {"timetable": {"expression": "30 * * * *", "timezone": "Europe/Berlin"}}

    assert read_attempt(facets(airflowDagRun={"dag": timetable})).next_at(NINE) == NINE + HOUR // 2


@pytest.mark.parametrize("schedule", [None, "@daily", "* * *", "0 0 30 2 *", "x" * 10_000])
def test_what_is_no_schedule_says_nothing(schedule: str | None) -> None:
    assert Attempt(schedule=schedule).next_at(NINE) is None


@pytest.mark.parametrize("value", [None, 7, "text", [], {"task": 3, "dag": [], "taskInstance": ""}])
def test_what_is_no_facet_of_airflow_says_nothing(value: object) -> None:
    assert read_attempt(facets(airflow=value)) == Attempt()


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://user:secret@logs.example/1",
        "https://logs.example/ 1",
        "https://logs.example/\n1",
        "https://",
        "http://[",
        "https://logs.example/" + "x" * 5_000,
        "",
    ],
)
def test_what_nobody_should_follow_is_no_address(text: str) -> None:
    assert web_address(text) is None


def test_an_address_of_a_log_is_one() -> None:
    assert web_address("http://logs.example:8080/a?b=%20c") == "http://logs.example:8080/a?b=%20c"


def test_the_innermost_error_of_a_chain_is_its_last() -> None:
    chain = [
        {"type": "RuntimeError", "message": "the step failed"},
        {"type": "UniqueViolation", "message": "Key (email)=(a@b.example) already exists."},
    ]
    said = innermost_error(facets(hub_failure={"exceptions": chain}))

    assert said == "UniqueViolation: Key (email)=(…) already exists."


def test_the_innermost_error_of_a_python_trace_is_the_first_exception() -> None:
    trace = (
        "Traceback (most recent call last):\n"
        '  File "clean.py", line 7, in <module>\n'
        "KeyError: 'bicycle_id'\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "Traceback (most recent call last):\n"
        "RuntimeError: the step failed"
    )
    error = {"message": "the step failed", "programmingLanguage": "python", "stackTrace": trace}

    assert innermost_error(facets(errorMessage=error)) == "KeyError: 'bicycle_id'"


def test_the_innermost_error_of_a_java_trace_is_the_last_cause() -> None:
    trace = (
        "org.apache.spark.SparkException: Job aborted.\n"
        "\tat org.apache.spark.A.b(A.scala:1)\n"
        "Caused by: java.io.FileNotFoundException: No such file: s3a://lake/x\n"
        "\tat java.io.C.d(C.java:2)\n"
    )
    error = {"message": "Job aborted.", "programmingLanguage": "JAVA", "stackTrace": trace}

    said = "java.io.FileNotFoundException: No such file: s3a://lake/x"
    assert innermost_error(facets(errorMessage=error)) == said


def test_without_an_exception_the_message_is_told() -> None:
    error = {"message": "exit 137", "programmingLanguage": "bash"}

    assert innermost_error(facets(errorMessage=error)) == "exit 137"
    assert innermost_error({}) is None
