"""Rule set 2026-12-01: 2026-11-30, what wraps a failure parted from it, and words of more failures.

«Broken DAG» says where code was read, and the error after it what is wrong; a validation error of
a configuration is nobody's data; a file that another writer has committed is no bad value.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hub.domain.failures.failure import FailureClass as Is
from hub.domain.failures.rules_2026_11_30 import RULES as EARLIER
from hub.domain.failures.rules_2026_12_01.learnt import LEXICON
from hub.domain.failures.rules_2026_12_01.phrases import PHRASES

RULES: Final = structs.replace(
    EARLIER,
    id="2026-12-01",
    lexicon=LEXICON,
    exceptions={
        **EARLIER.exceptions,
        "dateutil.parser._parser.ParserError": (Is.DATA_QUALITY, 0.95),
        "FieldSizeLimitError": (Is.DATA_QUALITY, 0.95),
        "GeneratedAlways": (Is.LOGIC, 0.95),
        "InvalidExpectationConfigurationError": (Is.CONFIG, 0.97),
        "NoServerAvailable": (Is.SOURCE_UNAVAILABLE, 0.95),
        "Py4JNetworkError": (Is.INFRA_COMPUTE, 0.9),
    },
    phrases=(*PHRASES, *EARLIER.phrases),
)
