from pathlib import Path

import pytest

from hub.domain.catalog import Clock, Counted, Per, Severity, Slo, SloKind, Volume
from hub.domain.errors import InvalidInput
from hub.domain.names import JobName
from hub.domain.slos.objectives import describe_objective
from hub.settings import load_catalog, load_settings

PRODUCT = """\
product: rides
domain: fleet
steps:
  - {step: load, lane: files, writes: bronze.rides}
slos:
  - slo: it
"""


def load(folder: Path, *lines: str) -> Slo:
    (folder / "products").mkdir()
    (folder / "domains.yaml").write_text("domains: [{domain: fleet, team: bikes}]\n")
    text = PRODUCT + "".join(f"    {line}\n" for line in lines)
    (folder / "products" / "rides.yaml").write_text(text)
    [slo] = load_catalog(load_settings(folder, environ={})).slos
    return slo


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "freshness: {dataset: bronze.rides, within: 1h, clock: processing}",
            {"kind": SloKind.FRESHNESS, "within_seconds": 3600, "clock": Clock.PROCESSING},
        ),
        (
            "freshness: {dataset: bronze.rides, usual: true}",
            {"kind": SloKind.FRESHNESS, "learned_from": 60, "severity": Severity.TICKET},
        ),
        (
            "quality: {dataset: bronze.rides, of: runs, at_least: 9, window_runs: 10}",
            {"counted": Counted.RUNS, "at_least": 9, "window_runs": 10},
        ),
        (
            "volume: {dataset: bronze.rides, min: 10, max_share: 2}",
            {"volume": Volume(least=10, most_share=2, of_last=10), "severity": Severity.PAGE},
        ),
        (
            "volume: {dataset: bronze.rides, per: day, timezone: Europe/Berlin, usual: true}",
            {
                "volume": Volume(per=Per.DAY, of_last=60),
                "timezone": "Europe/Berlin",
                "severity": Severity.TICKET,
            },
        ),
        (
            "completeness: {dataset: bronze.rides, field: bike, objective: 0.99}",
            {"kind": SloKind.COMPLETENESS, "of_field": "bike", "objective": 0.99},
        ),
        (
            'completeness: {dataset: bronze.rides, schedule: "0 6 * * *", window_ticks: 90}',
            {"kind": SloKind.COMPLETENESS, "schedule": "0 6 * * *", "window_ticks": 90},
        ),
        (
            'punctuality: {dataset: bronze.rides, schedule: "0 5 * * *", grace: 10m}',
            {"kind": SloKind.PUNCTUALITY, "schedule": "0 5 * * *", "grace_seconds": 600},
        ),
        (
            "latency: {dataset: bronze.rides, within: 30s, objective: 0.99, window_runs: 100}",
            {"kind": SloKind.LATENCY, "within_seconds": 30, "window_runs": 100},
        ),
        (
            "dead_letters: {dataset: bronze.rides, at_most: 20, within: 30m}",
            {"kind": SloKind.DEAD_LETTERS, "at_most": 20, "within_seconds": 1_800},
        ),
        (
            "availability: {dataset: bronze.rides, objective: 0.9}",
            {"kind": SloKind.AVAILABILITY, "window_runs": 30, "severity": Severity.TICKET},
        ),
        (
            "punctuality: {dataset: bronze.rides, job: airflow/rides.load, observed: true}",
            {"job": JobName("airflow", "rides.load"), "is_observed": True},
        ),
    ],
)
def test_each_kind_is_read_and_described(
    tmp_path: Path, line: str, expected: dict[str, object]
) -> None:
    slo = load(tmp_path, line)
    assert {name: getattr(slo, name) for name in expected} == expected
    assert len(describe_objective(slo)) > 20


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("severity: page", "rides.yaml:6: slo it needs one of freshness, quality"),
        ("freshness: {dataset: bronze.rides}", "rides.yaml:7: freshness needs one of within"),
        ("freshness: {dataset: bronze.rides, usual: true, of_last: 3}", "it is within 15 and 400"),
        ("quality: {dataset: bronze.rides, objective: 2}", "an objective is within"),
        ("quality: {dataset: bronze.rides, window_runs: 9999}", "it is within 1 and 400"),
        ("quality: {dataset: bronze.rides, at_least: 1}", "say `of: runs`"),
        ("quality: {dataset: bronze.rides, of: runs, at_least: 2}", "within 1 and window_runs"),
        ("volume: {dataset: bronze.rides}", "say what is expected"),
        ("volume: {dataset: bronze.rides, usual: true, min: 3}", "say what is expected"),
        ("volume: {dataset: bronze.rides, min: -3}", "not below zero"),
        ("volume: {dataset: bronze.rides, min_share: .nan}", "a volume is a number"),
        ("volume: {dataset: bronze.rides, min: 5, max: 2}", "no volume is 5 at least and 2 at"),
        ("freshness: {dataset: bronze.rides, within: 0s}", "'0s' is not within 1s and 3660d"),
        (
            'freshness: {dataset: bronze.rides, schedule: "0 6 * * *", grace: 99999d}',
            "'99999d' is not within 0s and 3660d",
        ),
        (
            "availability: {dataset: bronze.rides, objective: 0.99}",
            "one failure misses it: of 30 an objective of 0.99 lets 0.3 fail",
        ),
        (
            "quality: {dataset: bronze.rides, of: runs, objective: 0.8, window_runs: 4}",
            "lets 0.8 fail; lower it, take more window_runs, or say 1",
        ),
        (
            'completeness: {dataset: bronze.rides, schedule: "0 6 * * *", objective: 0.99}',
            "take more window_ticks, or say 1",
        ),
        (
            "latency: {dataset: bronze.rides, within: 1s, objective: 0.99, window_runs: 50}",
            "one failure misses it: of 50 an objective of 0.99 lets 0.5 fail",
        ),
        ("volume: {dataset: bronze.rides, min: 3, per: week}", "Invalid enum value 'week'"),
        ("completeness: {dataset: bronze.rides}", "completeness is of a field, or of"),
        ("completeness: {dataset: bronze.x, field: a}", "no step writes bronze.x"),
        ("freshness: {dataset: 'pg://a:x', within: 1d}", "is declared in datasets: "),
        (
            'freshness: {dataset: bronze.rides, schedule: "0 */2 * * *", timezone: Europe/Berlin}',
            "is due at 2026-03-29 02:00, which the clocks of Europe/Berlin leap over",
        ),
        ('completeness: {dataset: bronze.rides, schedule: "x"}', "is no cron expression"),
        ("dead_letters: {dataset: bronze.rides, at_most: -1}", "it is within 0 and 400"),
        ("dead_letters: {dataset: bronze.rides, within: soon}", "'soon'"),
        ("dead_letters: {dataset: bronze.x}", "no step writes bronze.x"),
        ("punctuality: {dataset: bronze.rides}", "punctuality needs one of schedule"),
        ("punctuality: {dataset: bronze.rides, usual: true, job: x}", "'x' is no job"),
    ],
)
def test_an_slo_without_sense_is_refused(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint.replace("(", r"\(")):
        load(tmp_path, line)


def test_an_slo_is_of_one_kind(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="needs one of"):
        load(
            tmp_path,
            "volume: {dataset: bronze.rides, min: 3}",
            "freshness: {dataset: bronze.rides, within: 1h}",
        )
