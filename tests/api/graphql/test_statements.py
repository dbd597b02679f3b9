"""The number of SQL statements depends on what is asked, never on how much is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.domain.names import NodeKind, dataset_id, node_id, run_id
from tests.api.graphql.conftest import Client
from tests.estates import dataset_name, incident_node, run_name

REFERENCE = "{ id kind namespace name node { id } }"
DATASET = """
    id namespace name firstSeen lastSeen fields { name type description } owners tags
    ownership { name type } labels { name value } symlinks { namespace name }
    facets(names: ["documentation"]) { name producer body updatedAt }
    droppedFacets { name bytes } type { type subtype } documentation { description }
    dataSource { uri } catalog { name properties { name } } storage { layer }
    lifecycle { change } hierarchy { name } fieldMetrics { field }
    schemaVersions { digest fields { name } } lastWrittenAt
    qualityAssertions { assertion success }
    neighbours { upstream downstream sources { origin } }
    product { id domain { id node { id } } } slos { id state } openIncidents { id }
    timeline(first: 2) { nodes { text node } pageInfo { endCursor } }
    versions(first: 5) { version writtenAt size { rows } run { id job { id } } }
"""
JOB = """
    id namespace name jobType owners tags ownership { name } labels { value }
    facets { name body } droppedFacets { name } documentation { description } sql { query }
    sourceCode { code } sourceCodeLocation { url } emission { trigger }
    inputs { id fields { name } }
    reads { origin confidence dataset { id node { id } } } writes { origin dataset { id } }
    outputs { id owners } statementOf { id }
    dependencies { direction job { id node { id } } }
    latestRun { id state } openIncidents { id root { id } }
    timeline(first: 2) { nodes { text node } pageInfo { endCursor } }
    runs(first: 3) { totalCount pageInfo { hasNextPage } nodes { id job { id } } }
"""
RUN = """
    id runId state startedAt endedAt job { id namespace } parent { id job { id } } root { id }
    inputs { id } outputs { id fields { name } } measures { side size { rows } dataset { id } }
    facets { name producer body } droppedFacets { name } error { message } tags labels { name }
    processingEngine { name } externalQuery { id } environmentVariables { name value }
    executionParameters { name } extractionErrors { errors { message } } tests { name status }
    dependencies { upstream { name } } outcome failedChildren { id }
    uses { side dataset { id } subset { condition } fieldMetrics { field }
        facets { name body } droppedFacets { name } }
"""
INCIDENT = f"""
    id version state class owner {{ name kind }} severity title openedAt
    root {REFERENCE} run {REFERENCE} products {REFERENCE} datasets {REFERENCE}
    heldBack {REFERENCE} timeline {{ at kind message }} signals {{ id role class }}
    holds {{ receiver kind by until }}
    notifications {{ receiver state }}
    lastGoodRun {REFERENCE} changes {{ kind dataset text }} similar {{ id reasons fix }} postmortem
    explanation {{ rule ruleSet evidence confidence path isCaught labels {{ name }}
        runnerUp {{ class }} }}
"""
FAILED = """{eventType: "FAIL", eventTime: "2026-11-23T03:00:00Z", producer: "https://p.example",
    run: {runId: "00000000-0000-4000-8000-000000000001"}, job: {namespace: "n", name: "j"}}"""
PRODUCT = f"""
    id name tier domain {REFERENCE} owner {{ name }} slos {{ id state detail dataset {{ id }} }}
    contracts {{ id body }} openIncidents {{ id timeline {{ kind }} }}
    steps {{ name job {REFERENCE} writes {REFERENCE} reads {REFERENCE} }}
"""
ROOT_FIELDS = {
    "hub": "hub { version journalPosition projectedPosition }",
    "node": f'node(id: "{dataset_id(dataset_name(1))}") {{ id ... on Dataset {{ {DATASET} }} }}',
    "namespaces": "namespaces(first: 100) { totalCount nodes { id datasetCount jobCount } }",
    "producers": """producers(first: 100) { totalCount nodes { id uri name version runCount
        faults { code count share examples { id job { id } } } } }""",
    "producer": 'producer(uri: "https://example.test/001") { id faults { code } }',
    "dataset": f'dataset(namespace: "lake", name: "bronze.d001") {{ {DATASET} }}',
    "datasets": f"datasets(first: 100) {{ totalCount nodes {{ {DATASET} }} }}",
    "job": f'job(namespace: "domain001", name: "product001.step") {{ {JOB} }}',
    "jobs": f"jobs(first: 100) {{ totalCount foldedCount nodes {{ {JOB} }} }}",
    "run": f'run(id: "{run_id(run_name(1))}") {{ {RUN} }}',
    "runs": f"runs(first: 60) {{ totalCount nodes {{ {RUN} }} }}",
    "lineage": f"""lineage(node: "{dataset_id(dataset_name(1))}", depth: 100) {{
        truncated hidden nodes {{ id kind dataset {{ id }} job {{ id }} }}
        edges {{ source target origin firstSeen lastSeen closedAt }} }}
        tagged: lineage(node: "{dataset_id(dataset_name(1))}", filter: {{tags: ["pii"]}}) {{
            hidden filtered edges {{ source target through }} }}
        folded: lineage(node: "product:product001", level: DOMAIN) {{
            nodes {{ id members }} edges {{ source target count }} }}""",
    "lineagePath": f"""lineagePath(from: "{dataset_id(dataset_name(1))}",
        to: "{dataset_id(dataset_name(3))}") {{
        hops nodes {{ id dataset {{ owners }} job {{ id }} }} edges {{ origin firstSeen }} }}
        fields: lineagePath(from: "{dataset_id(dataset_name(1))}",
        to: "{node_id(NodeKind.FIELD, *dataset_name(3), "id")}") {{ nodes {{ id }} }}""",
    "compareRuns": f"""compareRuns(a: "{run_id(run_name(2))}", b: "{run_id(run_name(2, 1))}") {{
        a {{ id job {{ id }} }} b {{ id measures {{ side }} }}
        differences {{ part dataset facet onlyIn before after }} }}""",
    "runLineage": f"""runLineage(run: "{run_id(run_name(2))}", depth: 1) {{
        hidden runs {{ id hops run {{ id job {{ id }} }} unwritten {{ id }} }}
        edges {{ source target basis dataset {{ owners }} }} }}""",
    "lineageDiff": f"""lineageDiff(node: "{dataset_id(dataset_name(1))}", depth: 100,
        from: "1970-01-01T00:00:00Z") {{
        before {{ hidden }} addedNodes {{ id dataset {{ owners }} }} removedNodes {{ id }}
        addedEdges {{ source firstSeen }} removedEdges {{ source }}
        changedEdges {{ before {{ lastSeen }} after {{ lastSeen }} }} }}""",
    "identityRulings": f"""identityRulings(first: 100) {{ totalCount nodes {{
        position apart first {REFERENCE} second {REFERENCE} }} }}""",
    "silences": """silences(over: true, first: 100) { totalCount nodes {
        id state matchers owner comment createdBy startsAt endsAt expiredAt } }""",
    "impact": f"""impact(node: "{dataset_id(dataset_name(1))}") {{
        truncated hidden consumers {{ id kind name hops owners owner {{ name }} domain {REFERENCE}
            lastReadAt lastReadBy {{ id job {{ id }} }}
            jobs {{ id hops owners lastReadAt lastReadBy {{ id }} job {{ owners }} }}
            datasets {{ id owners lastReadAt dataset {{ owners }} }} fields {{ id }} }} }}""",
    "search": """search(text: "d00", first: 100) { totalCount nodes {
        id kind namespace name field score level part text node { id } } }""",
    "domains": "domains(first: 100) { totalCount nodes { id owner { name } products { id } } }",
    "dataProducts": f"dataProducts(first: 50) {{ totalCount nodes {{ {PRODUCT} }} }}",
    "contracts": "contracts(first: 100) { totalCount nodes { id contractId version body } }",
    "contract": 'contract(id: "contract-001") { id version }',
    "slos": f"""slos(first: 100) {{ totalCount nodes {{
        id state since detail dataset {REFERENCE} target window
        budget {{ left isSpent exhaustedAt whenSpent }}
        burn {{ lookback rate isExceeded }} }} }}""",
    "incidents": f"incidents(first: 100) {{ totalCount nodes {{ {INCIDENT} }} }}",
    "incident": f'incident(id: "{incident_node(1)}") {{ {INCIDENT} }}',
    "corrections": "corrections(first: 100) { totalCount nodes { incident message class rule } }",
    "proposedRules": "proposedRules(decided: true) { id name file incidents }",
    "responseTimes": """responseTimes(groupBy: DOMAIN) { key n open mttd { n p50 p90 }
        mttr { p50 p50IsLowerBound } buckets { bucket n }
        onCall { receiver isRota perWeek p50 p90 max weeks { begins pages } }
        suppressionPrecision { count n share } }""",
    "explain": f"explain(event: {FAILED}) {{ id isNew routes {{ receiver }} }}",
    "deadLetters": f"""deadLetters(first: 100) {{ totalCount nodes {{
        id stage reasons class dataset {REFERENCE} run {REFERENCE} incident {REFERENCE} }} }}""",
}


def test_every_root_field_is_asked() -> None:
    from hub.api.graphql.schema import build_schema

    query = build_schema().graphql_core.query_type
    assert query is not None
    assert set(query.fields) == set(ROOT_FIELDS)


THEN = 'asOf: "2026-01-01T00:00:00Z", knownAt: "2030-01-01T00:00:00Z"'
AT_A_MOMENT = {
    "dataset": f'dataset(namespace: "lake", name: "bronze.d001", {THEN}) {{ {DATASET} }}',
    "datasets": f"datasets(first: 100, {THEN}) {{ totalCount nodes {{ {DATASET} }} }}",
    "job": f'job(namespace: "domain001", name: "product001.step", {THEN}) {{ {JOB} }}',
    "search": f"""search(text: "d00", first: 100, {THEN}) {{
        totalCount nodes {{ id part node {{ id }} }} }}""",
    "jobs": f"jobs(first: 100, {THEN}) {{ totalCount foldedCount nodes {{ {JOB} }} }}",
    "run": f'run(id: "{run_id(run_name(1))}", {THEN}) {{ {RUN} }}',
    "namespaces": f"namespaces(first: 100, {THEN}) {{ totalCount nodes {{ datasetCount }} }}",
    "runs": f"runs(first: 60, {THEN}) {{ totalCount nodes {{ {RUN} }} }}",
    "compareRuns": f"""compareRuns(b: "{run_id(run_name(2, 1))}", {THEN}) {{
        a {{ id }} differences {{ part }} }}""",
    "dataProducts": f"dataProducts(first: 50) {{ nodes {{ contracts({THEN}) {{ id }} }} }}",
    "runLineage": f"""runLineage(run: "{run_id(run_name(2))}", depth: 1, {THEN}) {{
        runs {{ id run {{ state }} }} edges {{ source dataset {{ owners }} }} }}""",
    "lineage": f"""lineage(node: "{dataset_id(dataset_name(1))}", level: PRODUCT,
        filter: {{tags: ["pii"], layers: [BRONZE], domains: ["domain001"], namespaces: ["lake"]}},
        {THEN}) {{ nodes {{ id }} edges {{ source }} }}""",
    "impact": f"""impact(node: "{dataset_id(dataset_name(1))}", level: FIELD, {THEN}) {{
        consumers {{ owners lastReadBy {{ id }} jobs {{ owners }} fields {{ owners }} }} }}""",
}


@pytest.mark.parametrize("name", sorted(AT_A_MOMENT))
async def test_the_number_of_statements_does_not_grow_in_the_past(
    name: str, filled: Callable[[int], Client]
) -> None:
    counts = []
    for size in (3, 30):
        client = filled(size)
        with client.counting() as statements:
            found = await client.read(f"{{ {AT_A_MOMENT[name]} }}")
        assert found[name]
        # An instant's place in the journal is found by halving it.
        counts.append(
            sum("WHERE journal_block.first_position <=" not in each for each in statements)
        )
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", sorted(ROOT_FIELDS))
async def test_the_number_of_statements_does_not_grow(
    name: str, filled: Callable[[int], Client]
) -> None:
    counts = []
    for size in (3, 30):
        client = filled(size)
        with client.counting() as statements:
            await client.read(f"{{ {ROOT_FIELDS[name]} }}")
        counts.append(len(statements))
    assert counts[0] == counts[1]
