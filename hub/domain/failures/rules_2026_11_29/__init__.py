"""Rule set 2026-11-29: 2026-11-28, where phrases that fit by chance are less sure of themselves.

Words such as «malformed» are said of values, of requests and of settings alike. What stays sure is
what says of which; the rest is weighed with all words of a message, by a lexicon that was learnt
from more messages.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hub.domain.failures.rules_2026_11_28 import RULES as EARLIER
from hub.domain.failures.rules_2026_11_29.learnt import LEXICON
from hub.domain.failures.rules_2026_11_29.loose import less_sure
from hub.domain.failures.rules_2026_11_29.names import EXCEPTIONS, NUMBERS
from hub.domain.failures.rules_2026_11_29.phrases import PHRASES

RULES: Final = structs.replace(
    EARLIER,
    id="2026-11-29",
    lexicon=LEXICON,
    numbers={**EARLIER.numbers, **NUMBERS},
    exceptions={**EARLIER.exceptions, **EXCEPTIONS},
    phrases=(*PHRASES, *less_sure(EARLIER.phrases)),
)
