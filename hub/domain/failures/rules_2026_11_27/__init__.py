"""Rule set 2026-11-27: 2026-11, and what it lacked on messages that it had never met.

Names and codes that no table has are read as words. Where nothing has a say, single words are
weighed, so that a failure in a new wording is a guess that says so, and not UNKNOWN.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hub.domain.failures.failure import FailureClass as Is
from hub.domain.failures.rules_2026_11 import RULES as EARLIER
from hub.domain.failures.rules_2026_11_27.families import FAMILIES
from hub.domain.failures.rules_2026_11_27.spelled import SPELLED
from hub.domain.failures.rules_2026_11_27.words import WORDS

# A message that only says that something failed is no message to weigh the words of; and it must
# stay less sure than what correlation takes for a reason. What a cloud says before its reason, and
# what a parser says of the place, is less than the reason.
_SURER: Final = {"wrapper": 0.29, "cloud-fault": 0.66, "columns-differ": 0.88}
# Pandera's are of columns that are missing and of values that are wrong: the rest tells which.
_EXCEPTIONS: Final = dict.fromkeys(("SchemaError", "SchemaErrors"), (Is.SCHEMA_CONTRACT, 0.68))

RULES: Final = structs.replace(
    EARLIER,
    id="2026-11-27",
    phrases=(
        *(
            structs.replace(rule, confidence=_SURER.get(rule.id, rule.confidence))
            for rule in EARLIER.phrases
        ),
        *FAMILIES,
    ),
    exceptions={**EARLIER.exceptions, **_EXCEPTIONS},
    name_parts=(),
    spelled=SPELLED,
    words=WORDS,
)
