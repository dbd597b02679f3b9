"""Rule set 2026-11, the first; a later one gets a module and a date of its own.

What is released is never edited, so that a verdict can be told again years later.

Confidence says how often the evidence alone is right: 0.95 for words that mean one thing only,
0.9 for a vendor's exact code, 0.8 for a telling exception or phrase, 0.6 and less for what several
classes share. The surest evidence wins, so a wrapper never hides what it wraps.
"""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import RuleSet
from hub.domain.failures.rules_2026_11.access_phrases import ACCESS_PHRASES
from hub.domain.failures.rules_2026_11.codes import ERRNOS, EXITS, HTTP, SIGNALS, SQLSTATES
from hub.domain.failures.rules_2026_11.conditions import (
    CONDITIONS,
    PLATFORM_CONDITIONS,
    SOURCE_CONDITIONS,
)
from hub.domain.failures.rules_2026_11.data_phrases import DATA_PHRASES
from hub.domain.failures.rules_2026_11.exceptions import EXCEPTIONS
from hub.domain.failures.rules_2026_11.hints import HINTS, NAME_PARTS
from hub.domain.failures.rules_2026_11.platform_phrases import PLATFORM_PHRASES
from hub.domain.failures.rules_2026_11.sentences import SENTENCES

RULES: Final = RuleSet(
    id="2026-11",
    sqlstates=SQLSTATES,
    http=HTTP,
    errnos=ERRNOS,
    exits=EXITS,
    signals=SIGNALS,
    conditions=CONDITIONS,
    source_conditions=SOURCE_CONDITIONS,
    platform_conditions=PLATFORM_CONDITIONS,
    exceptions=EXCEPTIONS,
    name_parts=NAME_PARTS,
    hints=HINTS,
    phrases=(*PLATFORM_PHRASES, *ACCESS_PHRASES, *DATA_PHRASES, *SENTENCES),
)
