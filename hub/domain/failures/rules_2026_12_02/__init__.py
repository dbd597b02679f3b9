"""Rule set 2026-12-02: 2026-12-01, and what stores, brokers and code hosts say of themselves.

A name node in safe mode, a quorum that is not reached or a sealed vault is a machine's; a
repository that cannot be read is closed to whoever asks; a pull limit is the platform's to raise.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hub.domain.failures.failure import FailureClass as Is
from hub.domain.failures.rules_2026_12_01 import RULES as EARLIER
from hub.domain.failures.rules_2026_12_02.learnt import LEXICON
from hub.domain.failures.rules_2026_12_02.phrases import PHRASES

RULES: Final = structs.replace(
    EARLIER,
    id="2026-12-02",
    lexicon=LEXICON,
    exceptions={
        **EARLIER.exceptions,
        "LeaseExpiredException": (Is.INFRA_CONCURRENCY, 0.95),
        "NoMatchingTableFactoryException": (Is.CONFIG, 0.97),
        "ObjectNotFound": (Is.CONFIG, 0.8),
        "SafeModeException": (Is.INFRA_COMPUTE, 0.97),
        "VaultDown": (Is.INFRA_COMPUTE, 0.95),
    },
    phrases=(*PHRASES, *EARLIER.phrases),
)
