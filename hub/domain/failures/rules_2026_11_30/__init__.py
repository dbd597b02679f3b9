"""Rule set 2026-11-30: 2026-11-29, and more of what vendors call their errors.

Whole vocabularies of engines, brokers and clouds, their codes and the words around them. Of a
message that begins with its code, the code is believed before the words that explain it; a SQLSTATE
is also read where a driver writes it as any other code.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hub.domain.failures.rules_2026_11_29 import RULES as EARLIER
from hub.domain.failures.rules_2026_11_30.conditions import CONDITIONS
from hub.domain.failures.rules_2026_11_30.learnt import LEXICON
from hub.domain.failures.rules_2026_11_30.names import EXCEPTIONS
from hub.domain.failures.rules_2026_11_30.numbers import NUMBERS, POSTGRES, STATES
from hub.domain.failures.rules_2026_11_30.phrases import PHRASES

_STATES: Final = {**EARLIER.sqlstates, **STATES}

RULES: Final = structs.replace(
    EARLIER,
    id="2026-11-30",
    lexicon=LEXICON,
    sqlstates=_STATES,
    written_states={
        state: claim
        for state in POSTGRES.split()
        if (claim := _STATES.get(state) or _STATES.get(state[:2]))
    },
    numbers={**EARLIER.numbers, **NUMBERS},
    conditions={**EARLIER.conditions, **CONDITIONS},
    exceptions={**EARLIER.exceptions, **EXCEPTIONS},
    phrases=(*PHRASES, *EARLIER.phrases),
    # Surer than the phrases, and not beyond the doubt that words of rights or of upstream cast.
    lead=0.957,
)
