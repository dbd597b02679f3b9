import pytest
from hub_notify_console.console import Console

from hub.domain.errors import InvalidInput
from hub.testing.pages import a_notification


def test_a_page_says_what_whose_why_and_what_it_touches(capsys: pytest.CaptureFixture[str]) -> None:
    Console().send(a_notification(), {})

    shown = capsys.readouterr().err
    for words in (
        "NEW page for fleet-pager",
        "SCHEMA_CONTRACT",
        "field bicycle_id is missing",
        "fleet-data (domain)",
        "source workshop is produced by domain fleet",
        "bronze.repairs, silver.repairs",
        "hub explain INC-7",
    ):
        assert words in shown
    assert len(shown.splitlines()) <= 24


def test_a_page_may_go_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    Console().send(a_notification(reason="resolved"), {"stream": "stdout"})

    assert "RESOLVED" in capsys.readouterr().out


def test_a_page_says_that_it_may_be_a_repeat(capsys: pytest.CaptureFixture[str]) -> None:
    Console().send(a_notification(is_repeat=True), {})

    assert "may be a repeat" in capsys.readouterr().err


def test_there_is_no_other_stream() -> None:
    with pytest.raises(InvalidInput, match="stderr or stdout"):
        Console().send(a_notification(), {"stream": "printer"})
