"""Rule set 2026-11-28: 2026-11-27, and vendors' numbered codes.

Where a vendor numbers his errors, the number says what the words around it only hint at, in
whatever language they are. A standard code (SQLSTATE class 42) goes before a guess by words.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hub.domain.rules_2026_11_27 import RULES as EARLIER
from hub.domain.rules_2026_11_28.names import CONDITIONS, EXCEPTIONS, SQLSTATES
from hub.domain.rules_2026_11_28.numbers import NUMBERS
from hub.domain.rules_2026_11_28.phrases import PHRASES

RULES: Final = structs.replace(
    EARLIER,
    id="2026-11-28",
    sqlstates={**EARLIER.sqlstates, **SQLSTATES},
    numbers=NUMBERS,
    conditions={**EARLIER.conditions, **CONDITIONS},
    exceptions={**EARLIER.exceptions, **EXCEPTIONS},
    phrases=(*PHRASES, *EARLIER.phrases),
)
