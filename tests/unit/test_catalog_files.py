from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from hub.domain.catalog import Layer, OwnerKind, SloKind
from hub.domain.errors import InvalidInput
from hub.domain.identity.naming import writing_of
from hub.domain.names import DatasetName, NodeKind
from hub.settings import load_catalog, load_settings

FILES = {
    "domains.yaml": """
        platform: {team: data-platform, receiver: pager}
        domains:
          - {domain: logistics, team: parcel-flow, receiver: pager, labels: {region: eu}}
        sources:
          - {source: scanners, domain: logistics, team: scanner-desk}
    """,
    "receivers.yaml": """
        receivers:
          - {receiver: pager, notifier: console}
        route:
          routes:
            - {match: {class: [INFRA_NETWORK], tier: 1}, receiver: pager, continue: true, wait: 2m}
    """,
    "oncall.yaml": """
        hours:
          - {hours: office, days: [mon, tue], from: "09:00", until: 17:30, timezone: Europe/Berlin}
        rotas:
          - {rota: night, calendar: calendars/shifts.ics, people: {ada: pager}, otherwise: pager}
        escalations:
          - escalation: all
            steps:
              - {after: 10m, to: [night]}
              - {after: 20m, to: [pager]}
    """,
    "maintenance.yaml": """
        windows:
          - {window: upgrade, matchers: [domain=logistics],
             from: 2026-11-28 22:00, until: 2026-11-29 02:00, rule: FREQ=WEEKLY}
    """,
    "calendars/shifts.ics": """\
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//example//shifts//EN
        BEGIN:VEVENT
        UID:1
        DTSTART:20261123T000000Z
        DTEND:20261123T060000Z
        SUMMARY:Ada
        END:VEVENT
        END:VCALENDAR
    """,
    "contracts/scans.odcs.yaml": """
        apiVersion: v3.1.0
        kind: DataContract
        id: scans
        version: 1.0.0
        status: active
        schema: [{name: bronze.scans, properties: [{name: id, logicalType: string}]}]
    """,
    "sql/parcels.sql": "select id from bronze.scans",
    "products/parcels.yaml": """
        product: parcels
        domain: logistics
        tier: 1
        steps:
          - {step: scans, lane: files, source: scanners, writes: bronze.scans, contract: scans}
          - {step: parcels, transform: duckdb, reads: [bronze.scans],
             writes: silver.parcels, sql: sql/parcels.sql}
        slos:
          - slo: parcels-fresh
            freshness: {dataset: silver.parcels, schedule: "0 6 * * *", timezone: Europe/Berlin,
                        grace: 1h 30m}
          - slo: parcels-good
            quality: {dataset: silver.parcels, objective: 0.9, window_runs: 5}
            severity: ticket
    """,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))
    return tmp_path


def test_a_product_has_data_that_others_make(folder: Path) -> None:
    path = folder / "products" / "orders.yaml"
    declared = """
        product: orders
        domain: logistics
        datasets: [{namespace: "snowflake://acme", name: sales.orders, layer: gold}]
        slos: [{slo: late, freshness: {dataset: "snowflake://acme:sales.orders", within: 1d}}]
    """
    path.write_text(dedent(declared))
    catalog = load_catalog(load_settings(folder, environ={}))
    orders = DatasetName("snowflake://acme", "sales.orders")
    promised = next(slo for slo in catalog.slos if slo.name == "late")

    assert catalog.dataset(promised.dataset) == orders
    assert catalog.product_of(orders) is catalog.products["orders"]
    assert catalog.layer_of(orders) is Layer.GOLD

    runs = ", {slo: up, availability: {dataset: 'snowflake://acme:sales.orders', objective: 0.9}}]"
    path.write_text(dedent(declared.replace("1d}}]", "1d}}" + runs)))
    assert "sales.orders: say whose runs, as job" in findings(folder)[0]

    path.write_text(dedent(declared))
    twice = declared.replace("product: orders", "product: sales").replace("slo: late", "slo: x")
    (folder / "products" / "sales.yaml").write_text(dedent(twice))
    assert "snowflake://acme:sales.orders is of product orders already" in findings(folder)[0]


def findings(folder: Path) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        load_catalog(load_settings(folder, environ={}))
    return refused.value.message.splitlines()


def test_the_files_become_one_catalog(folder: Path) -> None:
    catalog = load_catalog(load_settings(folder, environ={}))
    scans, parcels = catalog.steps
    assert (scans.job_name, scans.source, parcels.reads) == (
        "parcels.scans",
        "scanners",
        ("bronze.scans",),
    )
    assert parcels.sql == "select id from bronze.scans"
    assert catalog.sources["scanners"].owner.kind is OwnerKind.SOURCE_SYSTEM
    assert catalog.route.routes[0].match == {"class": ("INFRA_NETWORK",), "tier": ("1",)}
    assert (catalog.route.wait_seconds, catalog.route.routes[0].wait_seconds) == (5, 120)
    fresh, good = catalog.slos
    assert (fresh.kind, fresh.grace_seconds) == (SloKind.FRESHNESS, 5400)
    assert (good.objective, good.window_runs) == (0.9, 5)


def test_files_say_who_is_on_call_when_and_who_is_next(folder: Path) -> None:
    catalog = load_catalog(load_settings(folder, environ={}))
    office = catalog.hours["office"]
    assert (office.opens, office.closes, len(office.days)) == (540, 1050, 2)
    assert [str(each) for each in office.unless] == ["severity=critical"]
    assert catalog.rotas["night"].people == {"ada": "pager"}
    steps = catalog.escalations["all"].steps
    assert [(step.after_seconds, step.receivers) for step in steps] == [
        (600, ("night",)),
        (1200, ("pager",)),
    ]
    [window] = catalog.windows
    assert window.name == "upgrade"


def test_an_empty_folder_is_an_empty_catalog(tmp_path: Path) -> None:
    assert not load_catalog(load_settings(tmp_path, environ={})).products


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("products/parcels.yaml", "tier: 1", "teir: 1", "parcels.yaml:2: Object contains unknown"),
        ("products/parcels.yaml", "source: scanners", "source: x", ":6: source x is not declared"),
        ("products/parcels.yaml", "tier: 1", "runbook: 'javascript:x'", ":4: 'javascript:x' is no"),
        (
            "receivers.yaml",
            "notifier: console}",
            "notifier: console, fallback: x}",
            ":3: receiver x is not declared",
        ),
        (
            "receivers.yaml",
            "notifier: console}",
            "notifier: console, fallback: pager}",
            ":3: nobody is left to be told in this circle: pager → pager",
        ),
        (
            "domains.yaml",
            "{team: data-platform, receiver: pager}",
            "{team: data-platform}",
            "domains.yaml:2: the platform team has no receiver",
        ),
        ("products/parcels.yaml", "contract: scans", "contract: x", ":6: there is no contract x"),
        ("products/parcels.yaml", "[bronze.scans]", "[bronze.x]", ":7: no step writes bronze.x"),
        ("products/parcels.yaml", "silver.parcels, sql", "shed.x, sql", "is no lake dataset"),
        ("products/parcels.yaml", "Europe/Berlin", "Mars/Base", ":11: 'Mars/Base' is no IANA"),
        ("products/parcels.yaml", "0 6 * * *", "0 66 * * *", "is no cron expression"),
        ("products/parcels.yaml", "0 6 * * *", "30 2 * * *", "2026-03-29 02:30"),
        ("products/parcels.yaml", "grace: 1h 30m", "holidays: off.ics", "off.ics cannot be used"),
        (
            "products/parcels.yaml",
            'schedule: "0 6 * * *"',
            "within: 1d, holidays: off.ics",
            "holidays need a schedule",
        ),
        ("products/parcels.yaml", "1h 30m", "soon", ":12: 'soon' is no duration"),
        ("products/parcels.yaml", "sql/parcels.sql", "sql/none.sql", "cannot be read"),
        ("products/parcels.yaml", "domain: logistics", "domain: x", ":3: domain x is not declared"),
        (
            "products/parcels.yaml",
            "domain: logistics",
            "domain: logistics\ndatasets: [{namespace: lake, name: gold.x}]",
            ":4: gold.x is of the lake lake: a step writes it",
        ),
        (
            "products/parcels.yaml",
            "domain: logistics",
            "domain: logistics\ndatasets: [{namespace: 'pg://a', name: ''}]",
            ":4: a dataset needs a namespace and a name",
        ),
        (
            "products/parcels.yaml",
            "domain: logistics",
            "domain: logistics\ndatasets: [{namespace: 'pg://a', name: x, contract: y}]",
            ":4: there is no contract y",
        ),
        ("receivers.yaml", "receiver: pager, continue", "receiver: x, continue", "receiver x"),
        ("receivers.yaml", "tier: 1", "tire: 1", "'tire' is no label"),
        ("receivers.yaml", "INFRA_NETWORK", "INFRA", ":6: no class is 'INFRA': it is one of A"),
        (
            "receivers.yaml",
            "tier: 1}",
            "tier: 1}, matchers: [severity!=error]",
            ":6: no severity is 'error': it is one of critical, page, ticket",
        ),
        ("receivers.yaml", "tier: 1}", "tier: 1}, matchers: [tier]", ":6: 'tier' is no matcher"),
        (
            "receivers.yaml",
            "tier: 1",
            "layer: golden",
            ":6: no layer is 'golden': it is one of bronze, gold, silver",
        ),
        (
            "receivers.yaml",
            "tier: 1",
            "owner: [parcel-flow, parcel-flo]",
            ":6: team parcel-flo is not declared; teams are data-platform, governance, none",
        ),
        (
            "receivers.yaml",
            "tier: 1}",
            "tier: 1}, matchers: [owner!=logistics]",
            ":6: team logistics is not declared",
        ),
        ("receivers.yaml", "wait: 2m", "repeat: often", ":6: 'often' is no duration"),
        ("receivers.yaml", "wait: 2m", "escalation: x", ":6: escalation x is not declared"),
        ("receivers.yaml", "wait: 2m", "hours: x", ":6: hours x are not declared"),
        ("oncall.yaml", "mon, tue", "mon, tee", "oncall.yaml:3: 'tee' is no day"),
        ("oncall.yaml", "09:00", "9 am", "oncall.yaml:3: '9 am' is no time of the day"),
        ("oncall.yaml", "shifts.ics", "none.ics", "calendar calendars/none.ics cannot be used"),
        ("oncall.yaml", "ada: pager", "ada: x", "oncall.yaml:5: receiver x is not declared"),
        (
            "oncall.yaml",
            "ada: pager",
            "bob: pager",
            "oncall.yaml:5: a shift of calendars/shifts.ics names nobody under people: 'Ada'",
        ),
        ("oncall.yaml", "rota: night", "rota: pager", "is the name of a receiver already"),
        ("oncall.yaml", "after: 20m", "after: 5m", ":10: a step comes after"),
        ("maintenance.yaml", "FREQ=WEEKLY", "FREQ=SECONDLY", ":4: an event recurs SECONDLY"),
        ("maintenance.yaml", "11-29", "11-27", "maintenance.yaml:4: a window ends after it begins"),
        ("maintenance.yaml", "02:00, rule", "02:00+01:00, rule", "is no local time"),
        ("maintenance.yaml", "[domain=logistics]", "[]", "say what is maintained"),
        ("calendars/shifts.ics", "DTSTART", "DTSTRT", "has no DTSTART"),
        ("domains.yaml", "labels: {region", "labels: {tier", "tier is a label that the hub finds"),
        ("domains.yaml", "receiver: pager}", "receiver: x}", "receiver x is not declared"),
        (
            "contracts/scans.odcs.yaml",
            "kind: DataContract",
            "kind: Deal",
            "scans.odcs.yaml:3: kind",
        ),
        (
            "contracts/scans.odcs.yaml",
            "logicalType: string}",
            "logicalType: string, logicalTypeOptions: {pattern: (?!x).*}}",
            "scans.odcs.yaml:7: schema[0].properties[0].logicalTypeOptions.pattern: '(?!x).*' is",
        ),
        ("domains.yaml", "domains:", "domains: [", "domains.yaml"),
        ("domains.yaml", "domains:", "platform: {}\ndomains:", ": platform is there twice"),
        (
            "products/parcels.yaml",
            "domain: logistics",
            "domain: logistics\ndatasets: [{namespace: 'pg://a', name: x, layer: lead}]",
            "layer: Invalid enum value 'lead'; it is one of bronze, silver, gold",
        ),
        ("products/parcels.yaml", "product: ", "product: X", "use a-z, 0-9, - and _"),
    ],
)
def test_a_mistake_is_refused_with_file_and_line(
    folder: Path, name: str, old: str, new: str, expected: str
) -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert any(expected in finding and path.stem in finding for finding in findings(folder))


@pytest.mark.parametrize(
    "owner", ["scanner-desk", "data-platform", "governance", "none", "team:elsewhere", ""]
)
def test_whoever_may_own_something_may_be_named_by_a_route(folder: Path, owner: str) -> None:
    path = folder / "receivers.yaml"
    path.write_text(path.read_text().replace("tier: 1", f"owner: '{owner}'"))
    [route] = load_catalog(load_settings(folder, environ={})).route.routes
    assert route.match["owner"] == (owner,)


def test_without_teams_a_route_may_name_any(folder: Path) -> None:
    told = "receivers: [{receiver: a, notifier: console}]\n"
    for name in ("oncall.yaml", "products/parcels.yaml"):
        (folder / name).unlink()
    (folder / "domains.yaml").write_text("platform: {team: core, receiver: a}\n")
    (folder / "receivers.yaml").write_text(told + "route: {routes: [{match: {owner: x}}]}\n")
    assert load_catalog(load_settings(folder, environ={})).route.routes[0].match["owner"] == ("x",)


@pytest.mark.parametrize("name", ["domains.yaml", "products/parcels.yaml"])
def test_a_file_whose_name_ends_in_yml_is_not_passed_over_in_silence(
    folder: Path, name: str
) -> None:
    path = folder / name
    path.rename(path.with_suffix(".yml"))
    assert f"{path.with_suffix('.yml')} is not read: let its name end in .yaml" in findings(folder)


def test_all_mistakes_are_reported_together(folder: Path) -> None:
    (folder / "contracts/scans.odcs.yaml").write_text("kind: Deal\n")
    (folder / "receivers.yaml").write_text("receivers: 1\n")
    files = {finding.partition(":")[0].rpartition("/")[2] for finding in findings(folder)}
    assert {"scans.odcs.yaml", "receivers.yaml"} <= files


def test_dates_in_contracts_stay_text(folder: Path) -> None:
    path = folder / "contracts/scans.odcs.yaml"
    path.write_text(path.read_text() + "contractCreatedTs: 2026-01-01T00:00:00+00:00\n")
    assert "scans" in load_catalog(load_settings(folder, environ={})).contracts


def test_rules_for_names_are_read_in_their_order(folder: Path) -> None:
    text = """
        rules:
          - {rule: folds, namespaces: "snow.*", fold_case: true}
          - rule: stamps
            namespaces: spark
            kinds: [job]
            templates: [{match: "_([0-9]+)$", write: "-\\\\1"}]
            trim_partitions: true
    """
    (folder / "names.yaml").write_text(dedent(text))
    folds, stamps = load_catalog(load_settings(folder, environ={})).naming
    assert (folds.name, folds.kinds, folds.folds_case) == ("folds", (NodeKind.DATASET,), True)
    assert stamps.normal("load_12") == "load-12"
    assert not stamps.holds_for(NodeKind.DATASET, "spark")


def test_rules_write_namespaces_as_they_are_declared(folder: Path) -> None:
    text = """
        rules:
          - {rule: known, namespaces: ".*", known_addresses: true}
          - {rule: moved, namespaces: "postgres://(old|new):5432", namespace: "postgres://dwh:5432"}
    """
    (folder / "names.yaml").write_text(dedent(text))
    naming = load_catalog(load_settings(folder, environ={})).naming
    writing = writing_of(naming, NodeKind.DATASET, "postgresql://Old")
    assert (writing.namespace, writing.by) == ("postgres://dwh:5432", ("known", "moved"))


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ('{rule: a, namespaces: "(", fold_case: true}', "is no regular expression"),
        ("{rule: a, namespaces: b}", "does nothing"),
        ("{rule: a, namespaces: b, fold_case: true, kinds: []}", "holds for nothing"),
        ("{rule: a, namespaces: b, fold_case: true, kinds: [run]}", "run"),
        ('{rule: a, namespaces: b, templates: [{match: "*", write: ""}]}', "regular expression"),
        ('{rule: a, namespaces: b, templates: [{match: "x", write: "\\\\1"}]}', "does not fit"),
        ("{rule: first, namespaces: b, fold_case: true}", "declared twice"),
        ("{rule: a, namespaces: b, fold_case: true, more: 1}", "more"),
        ('{rule: a, namespaces: b, namespace: ""}', "writes no namespace"),
        ('{rule: a, namespaces: b, namespace: "\\\\1"}', "does not fit"),
        ('{rule: a, namespaces: "(?=a)b", fold_case: true}', "RE2 knows"),
        ('{rule: a, namespaces: b, templates: [{match: "(.)\\\\1", write: ""}]}', "RE2 knows"),
        ('{rule: a, namespaces: "(?P<n>b)", namespace: "\\\\g<m>"}', "does not fit"),
        ('{rule: a, namespaces: "(b)", namespace: "\\\\101"}', "no group 10"),
        ('{rule: a, namespaces: "(b)", namespace: "\\\\0"}', "names no group"),
        ('{rule: a, namespaces: "(b)", namespace: "\\\\n"}', "names no group"),
        ('{rule: a, namespaces: "(b)", namespace: "c\\\\"}', "names no group"),
        ('{rule: a, namespaces: "(b)", namespace: "\\\\g<²>"}', "no group ²"),
        ('{rule: a, namespaces: "(.*)", namespace: "x\\\\1"}', "a loops"),
        ('{rule: a, namespaces: "a", namespace: "first"}', "a loops"),
    ],
)
def test_a_rule_for_names_without_sense_is_refused_with_its_line(
    rule: str, complaint: str, folder: Path
) -> None:
    first = "{rule: first, namespaces: first, namespace: a, fold_case: true}"
    (folder / "names.yaml").write_text(f"rules:\n  - {first}\n  - {rule}\n")
    [found] = findings(folder)
    assert complaint in found
    assert "names.yaml:3" in found
