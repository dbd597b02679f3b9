"""Rule set 2026-11-28: 2026-11-27, and vendors' numbered codes.

Where a vendor numbers his errors, the number says what the words around it only hint at, in
whatever language they are. What is not exact is weighed with what all words come to, as it was
learnt from labelled messages.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hub.domain.failures.rules_2026_11_27 import RULES as EARLIER
from hub.domain.failures.rules_2026_11_28.learnt import LEXICON
from hub.domain.failures.rules_2026_11_28.names import CONDITIONS, EXCEPTIONS, SQLSTATES
from hub.domain.failures.rules_2026_11_28.numbers import NUMBERS
from hub.domain.failures.rules_2026_11_28.phrases import PHRASES

RULES: Final = structs.replace(
    EARLIER,
    id="2026-11-28",
    sqlstates={**EARLIER.sqlstates, **SQLSTATES},
    numbers=NUMBERS,
    lexicon=LEXICON,
    conditions={**EARLIER.conditions, **CONDITIONS},
    exceptions={**EARLIER.exceptions, **EXCEPTIONS},
    phrases=(*PHRASES, *EARLIER.phrases),
)
