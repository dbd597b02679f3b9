import io
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hub_notify_console.console import Console
from hub_notify_console.page import WIDTH, page
from msgspec import structs

from hub.domain.errors import InvalidInput, Unreachable
from hub.domain.incidents.incident import Incident
from hub.testing.conformance import NotifierConformance
from hub.testing.conformance.notifier import a_bare_incident, a_vast_incident, an_odd_incident
from hub.testing.pages import a_notification, an_incident

SHOWN = """\
── NEW page for fleet-pager ────────────────────────────────────────────────────────────────────────
SCHEMA_CONTRACT: repairs.load failed: field bicycle_id is missing; touches repairs, fleet-health
(since 2026-11-23 09:00 UTC)
times      began 2026-11-23T09:00:00Z, opened 2026-11-23T09:00:00Z
class      SCHEMA_CONTRACT, confidence 0.97, by rule origin.contract of set 2026-11; else LOGIC
evidence   refused by the contract: field bicycle_id is missing
owner      fleet-data (domain), because
             the class is SCHEMA_CONTRACT: the domain that owns the data mends those
             source workshop is produced by domain fleet
             domain fleet is owned by fleet-data
             fleet-data is reached through fleet-pager
root       dataset:lake:bronze.repairs
run        run:fleet:repairs.load:1
belongs to domain fleet, product repairs, step load, source workshop
touches    repairs, fleet-health (1 dataset downstream); of tier 1: fleet-health
held back  bronze.repairs, silver.repairs
more       hub explain INC-7   (dedup key INC-7-1795424400000000)
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestConsole(NotifierConformance):
    def notifier(self) -> Console:
        return Console()

    @pytest.fixture
    def options(self) -> Mapping[str, Any]:
        return {"stream": "stderr"}


def a_long_story() -> Incident:
    incident = a_vast_incident()
    path = tuple(f"step {number} of a long way to the owner " * 5 for number in range(30))
    verdict = structs.replace(incident.explanation.verdict, evidence="word " * 40, rule="r" * 300)
    story = structs.replace(incident.explanation, path=path, verdict=verdict, slo="s" * 300)
    return structs.replace(incident, explanation=story, root="dataset:lake:" + "r" * 300)


def test_a_page_says_what_broke_why_whose_it_is_and_what_it_touches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Console().send(a_notification(), {})

    assert capsys.readouterr().err == SHOWN


def test_a_page_may_go_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    Console().send(a_notification(reason="resolved"), {"stream": "stdout"})

    shown = capsys.readouterr().out
    assert "RESOLVED page for fleet-pager" in shown
    assert "resolved 2026-11-23T09:10:00Z" in shown


def test_a_page_says_that_it_may_be_a_repeat(capsys: pytest.CaptureFixture[str]) -> None:
    Console().send(a_notification(is_repeat=True), {})

    assert "may be a repeat" in capsys.readouterr().err


@pytest.mark.parametrize(
    "incident", [an_incident, a_bare_incident, an_odd_incident, a_vast_incident, a_long_story]
)
def test_a_page_fits_on_one_screen(incident: Callable[[], Incident]) -> None:
    lines = list(page(a_notification(incident(), is_repeat=True)))

    assert len(lines) <= 24
    assert max(map(len, lines)) <= WIDTH


def test_what_is_cut_is_counted() -> None:
    text = " ".join(" ".join(page(a_notification(a_vast_incident()))).split())

    assert "product_4 and 19995 more (20000 datasets downstream)" in text
    assert "gold.product_4 and 19995 more" in text


def test_no_message_can_steer_the_terminal() -> None:
    text = "".join(page(a_notification(an_odd_incident())))

    assert text.isprintable()
    assert "🚲 „“" in text


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = {}
    for name, stream in (("terminal", Terminal()), ("pipe", io.StringIO())):
        monkeypatch.setattr(sys, "stderr", stream)
        Console().send(a_notification(), {})
        shown[name] = stream.getvalue()

    assert shown["terminal"].startswith("\x1b[1;31m── NEW")
    assert shown["terminal"].count("\x1b") == 2, "only the heading"
    assert shown["pipe"] == SHOWN


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_declined(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    terminal = Terminal()
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stderr", terminal)
    Console().send(a_notification(), {})

    assert terminal.getvalue() == SHOWN


def test_a_stream_of_few_letters_shows_the_others_by_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(shown, encoding="ascii"))
    Console().send(a_notification(), {})

    assert rb"\u2500 NEW page" in shown.getvalue()


def test_a_stream_that_nobody_reads_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w", encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stream)

    with pytest.raises(Unreachable, match="nobody reads"):
        Console().send(a_notification(), {"stream": "stdout"})
    with pytest.raises(BrokenPipeError):
        stream.close()


def test_there_is_no_other_stream() -> None:
    with pytest.raises(InvalidInput, match="stderr or stdout"):
        Console().send(a_notification(), {"stream": "printer"})
