"""The worst that is sent: what would keep a process busy for minutes is read before it is killed.

Each text is read in a process of its own, which the kernel ends after seconds of its own time: no
clock is looked at, so a slow machine changes nothing.
"""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

BOUND = "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (20, 20))\n"

TEXTS = {
    "a status that never comes": """
        from hub.domain.failures.failure import Failure
        from hub.domain.failures.symptoms import read_symptoms
        read_symptoms(Failure(message="HTTP" + ":" * 8_000))
    """,
    "a written rule that goes back without end": """
        from hub.domain.failures.failure import Failure, FailureClass
        from hub.domain.failures.written_rules import WrittenRule, opinion
        rule = WrittenRule(
            name="r", rule_set="s", failure_class=FailureClass.LOGIC, message="(x+x+)+y"
        )
        opinion([rule], Failure(message="x" * 12_000))
    """,
    "a contract's pattern that goes back without end": """
        from hub.domain.contracts import Contract, FieldRule
        rule = FieldRule(name="v", options={"pattern": "(x+x+)+y"})
        Contract(id="c", version="1", name="c", fields=(rule,)).checker()({"v": "x" * 12_000})
    """,
    "beginnings of tokens": """
        from hub.domain.scrub import scrub
        scrub(b'{"a": "' + b"-eyJ" * 500_000 + b'"}')
    """,
    "beginnings of keys": """
        from hub.domain.scrub import mask
        mask("-----BEGIN PRIVATE KEY-----" * 100_000 + "\\n")
    """,
    "fields by the thousand": """
        from hub.domain.failures.classification import Classifier
        from hub.domain.failures.failure import Context, Failure, SchemaChange
        from hub.domain.failures.rules_2026_11 import RULES
        names = tuple(f"a{number}" for number in range(100_000))
        context = Context(schema_changes=(SchemaChange("d", removed=names),))
        message = "column does not exist: " + "a1x " * 300_000
        Classifier(RULES).judge(Failure(message=message, context=context))
    """,
    "an attribute without a value": """
        from hub_lane_odbc.connection import attributes
        attributes(" " * 8_000)
    """,
}


@pytest.mark.parametrize("program", TEXTS.values(), ids=TEXTS)
def test_no_text_keeps_a_process_busy(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BOUND + dedent(program)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
