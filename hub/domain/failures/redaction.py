r"""Redaction: what engines put into messages of the data itself, and of credentials, taken out.

Values are known by what is around them (``invalid input syntax for type integer: "…"``), so that
names of columns, tables and rules stay readable; addresses of people are known by their form. What
stands before a value stays: rules of classification read it.
"""

from __future__ import annotations

import re
from typing import Final

from hub.domain.scrub import MASKED, mask

GONE: Final = "…"

# A value in quotes, to its own closing quote or the end of the line; doubled ones are inside.
_QUOTED: Final = r"(?P<q>['\"`])(?:(?!(?P=q)|\n).|(?P=q)(?P=q)){0,4000}(?:(?P=q)|$|(?=\n))"
# One without any quote inside, where only what stands behind it tells: looked for at every quote.
_SHORT: Final = r"(?P<q>['\"`])[^'\"`\n]{0,400}(?P=q)"
# What is in brackets of one kind, and does not end the line.
_BRACKETS: Final = r"(?:\([^)\n]{0,4000}\)?|\[[^\]\n]{0,4000}\]?|\{[^}\n]{0,4000}\}?)"

_FAILED_TO: Final = r"(?:could not|cannot|can't|failed to|unable to)"
_READ_AS: Final = r"(?:convert|cast|parse|coerce|decode|interpret)"
_OF_A_KIND: Final = r"(?:string|value|text|object|input|date|number|field)"
_BAD: Final = (
    r"(?:numeric|string|date|time|timestamp|boolean|integer|decimal|binary|incorrect|bad|illegal"
    r"|unexpected|out of range|offending|malformed|wrong)"
)
# What stands before a value in quotes.
_BEFORE: Final = (
    r"invalid (?:input |text )?(?:syntax|value|representation|literal)[^:'\"\n]{0,80}:?",
    rf"{_FAILED_TO} {_READ_AS}(?: (?:the )?{_OF_A_KIND})?(?: to [\w.\[\] ]{{1,40}}:| value)?",
    r"isoformat string:",
    r"conversion failed when converting[^'\"\n]{0,80}value",
    r"for input string:",
    r"duplicate entry",
    rf"{_BAD} (?:\w+ )?(?:value|literal|data)s?:?",
    r"\b(?:values?|string|text|time data|parsing)",
    r"malformed (?:record|row|line|json)[^:'\"\n]{0,40}:?",
)
# What stands behind one.
_AFTER: Final = (
    r"is not (?:of type|recognized|one of|a valid|a number|valid|a \w+ value|in the set|allowed)",
    r"does(?: not|n't) match (?:format|the|pattern|regex|'|\")",
    r"(?:is|was) too (?:long|short|large|small|big)",
    r"is (?:out of range|less than|greater than|smaller than|not unique|not in)",
    r"(?:has|have) (?:non-unique|duplicate)",
    r"(?:could not|cannot) be (?:parsed|converted|cast|decoded)",
    r"with type \w+: (?:tried|did not|was not)",
)
# What stands before values in brackets.
_BEFORE_BRACKETS: Final = (
    r"key \([^)\n]{0,400}\)=",
    r"(?:duplicate )?key (?:value )?(?:is|was):? ",
    r"dup key: ",
    r"\b(?:with|values?|parameters?|params|binds?)[:=]? ?",
    r"\b(?:row|record|tuple|line|document|element|item)s?(?: \d+)?[:=]? ?",
)
# What stands before a value that nothing encloses: it goes to the end of the line.
_BEFORE_THE_REST: Final = (
    r"failing row contains ",
    r"original line: ",
    r"copy \w+, line \d+(?:, column \w+)?: ",
    r"preview of invalid data: ",
    r"input_value=",
    r"value too long for type [\w ]{1,40}(?:\(\d+\))?: ",
    r"invalid (?:value|data|input) for (?:column|field|attribute) [\w.\"`\[\]]{1,80}: ",
)
# What stands before a document; what an API answers is one too, and says what is wrong.
_A_RECORD: Final = r"\b(?:json|record|document|payload|row|unexpected \w{1,20})\b"
# A service's own account is nobody's, and says who was refused.
_PERSON: Final = (
    r"(?<![\w.+/:%-])[\w.+%-]{1,80}@(?![\w.-]*\bgserviceaccount\.com)"
    r"[\w-]{1,80}(?:\.[\w-]{1,80})+"
)
_RULES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), put)
    for pattern, put in (
        *((rf"({before})[^\n]*", rf"\1({GONE})") for before in _BEFORE_THE_REST),
        *((rf"({before}){_BRACKETS}", rf"\1({GONE})") for before in _BEFORE_BRACKETS),
        *((rf"({before}[\s=]){_QUOTED}", rf"\1'{GONE}'") for before in _BEFORE),
        *((rf"{_SHORT}(\s{after})", rf"'{GONE}'\2") for after in _AFTER),
        # A document, and the cells of a table that is drawn.
        (rf"({_A_RECORD}[^{{\n]{{0,40}})\{{\s{{0,20}}[\"'][^\n]{{0,8000}}", rf"\1{{{GONE}}}"),
        (r"\|(?:[^|\n]{0,400}\|){2,}", f"|{GONE}|"),
        (_PERSON, GONE),
        # Numbers of accounts and cards, as people write them.
        (r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,4})?\b", GONE),
        (r"\b\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}\b", GONE),
    )
)


def redact(text: str) -> str:
    """Return ``text`` without the row values and credentials that engines put into messages."""
    for pattern, put in _RULES:
        text = pattern.sub(put, text)
    return mask(text).replace(MASKED, GONE)
