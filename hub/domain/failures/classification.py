"""Classification: from a failure's symptoms and context to a verdict.

Every rule that holds makes a claim; the surest claim wins, and on a tie the one that comes first.
Context (a gate's own word, an aborted run, a changed input) overrides text, for text alone can't
tell a consumer's typing error from a producer's renamed column.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import partial
from itertools import islice
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field, structs

from hub.domain.failures.failure import (
    BY_NOTHING,
    BY_WORDS,
    Failure,
    FailureClass,
    Origin,
    RunnerUp,
    SchemaChange,
    Verdict,
    excerpt,
)
from hub.domain.failures.lexicon import Lexicon
from hub.domain.failures.phrases import Phrases
from hub.domain.failures.redaction import redact
from hub.domain.failures.symptoms import CodeKind, Symptoms, read_symptoms, upper_snake
from hub.domain.failures.weighing import MOST_BY_WORDS, Candidate, heard_of, surety, weighed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Claim = tuple[FailureClass, float]
# What a word weighs for each class that it speaks of; one that ends in - stands for its beginnings.
Weights = dict[str, dict[FailureClass, int]]


def weights_of(*table: tuple[FailureClass, str]) -> Weights:
    """Return the weights of words that are written by class, as ``3: word word``."""
    weights: Weights = {}
    for failure_class, text in table:
        weight = 0
        for word in text.split():
            if word.endswith(":"):
                weight = int(word[:-1])
            else:
                weights.setdefault(word, {})[failure_class] = weight
    return weights


def lexicon_of(*table: tuple[FailureClass, float, str]) -> Lexicon:
    """Return a lexicon that is written by class: what it has before, and words by their weights."""
    weights: dict[str, dict[FailureClass, float]] = {}
    for failure_class, _, text in table:
        for word, own in weights_of((failure_class, text)).items():
            weights.setdefault(word, {})[failure_class] = own[failure_class]
    return Lexicon(weights, {failure_class: before for failure_class, before, _ in table})


class MessageRule(Struct, frozen=True):
    """Phrases that tell a class.

    ``phrases`` are regular expressions in lower case, one per line or between ``|`` with spaces
    around it; they are looked for in the text in lower case, which is five times faster than to
    ignore case. ``source`` and ``platform`` are what the same words mean from a source and from one
    of the platform's own systems, where that differs.
    """

    id: str
    failure_class: FailureClass
    confidence: float
    phrases: str
    source: FailureClass | None = None
    platform: FailureClass | None = None

    def class_for(self, symptoms: Symptoms) -> FailureClass:
        """Return what the words mean from the side that said them."""
        if symptoms.is_source and self.source:
            return self.source
        return self.platform if symptoms.is_platform and self.platform else self.failure_class

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The phrases, one by one."""
        parts = (part for line in self.phrases.splitlines() for part in line.split(" | "))
        return tuple(filter(None, map(str.strip, parts)))


class HttpRule(Struct, frozen=True):
    """What a status means from a source, from the platform's own systems, or from neither."""

    plain: Claim
    source: Claim | None = None
    platform: Claim | None = None


class RuleSet(Struct, frozen=True, kw_only=True):
    """A dated set of rules.

    Keys of ``sqlstates`` of two characters stand for a whole class. ``source_conditions`` and
    ``platform_conditions`` go before ``conditions`` where that side speaks. ``exceptions`` are
    simple names, or end with what tells them from their namesakes
    (``util.concurrent.TimeoutException``); the longest that a name ends with holds. ``spelled`` are
    in order: the first that holds for a name is what the name says. ``written_states`` are the
    SQLSTATEs that are known where they are written as any other code is; ``lead`` is the least that
    a known code is worth which a message begins with.
    """

    id: str
    sqlstates: Mapping[str, Claim]
    http: Mapping[str, HttpRule]
    errnos: Mapping[str, Claim]
    exits: Mapping[str, Claim]
    signals: Mapping[str, Claim]
    conditions: Mapping[str, Claim]
    source_conditions: Mapping[str, Claim]
    platform_conditions: Mapping[str, Claim]
    exceptions: Mapping[str, Claim]
    phrases: tuple[MessageRule, ...]
    # Worth little, and looked for in names (case counts) and in all text.
    name_parts: tuple[MessageRule, ...] = ()
    hints: tuple[MessageRule, ...] = ()
    # Vendors' numbered codes, such as ORA-1017 and MYSQL-1205.
    numbers: Mapping[str, Claim] = field(default_factory=dict)
    # Looked for in names and codes that no table has, as words: «no such bucket».
    spelled: tuple[MessageRule, ...] = ()
    # Asked where nothing else has a say.
    words: Mapping[str, Mapping[FailureClass, int]] = field(default_factory=dict)
    # Weighed with what is not exact, where there is one.
    lexicon: Lexicon | None = None
    written_states: Mapping[str, Claim] = field(default_factory=dict)
    lead: float = 0


_AROUND: Final = 60
_CONTEXT: Final = 400
# Unlike str.lower, it leaves every character in its place.
_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_WORD: Final = re.compile(r"[a-z][a-z_]{1,30}|50[234]")
_RUN: Final = re.compile(r"\w+")
_LEAST_BY_WORDS: Final = 4
# Less sure codes, such as INTERNAL_ERROR, tell too little to go before any words.
_LEADS: Final = 0.8
_NOTHING_KNOWN: Final = "no rule knows any of it"


class Classifier:
    """Judges failures by one rule set."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._in_messages = _Family(message=rules.phrases, hint=rules.hints)
        self._in_names = _Family(name=rules.name_parts)
        self._in_spelling = _Family(spelled=rules.spelled)
        self._of_sources = {**rules.conditions, **rules.source_conditions}
        self._of_the_platform = {**rules.conditions, **rules.platform_conditions}

    @property
    def rule_set(self) -> str:
        """The id of the rule set in use."""
        return self._rules.id

    def judge(self, failure: Failure, opinions: Iterable[Verdict] = ()) -> Verdict:
        """Return a verdict; ``opinions`` are those of plugins, weighed like rules of our own."""
        candidates = sorted(
            self._candidates(failure), key=lambda candidate: candidate.confidence, reverse=True
        )
        own = self._verdict(failure, candidates)
        return _weigh(own, opinions)

    def _verdict(self, failure: Failure, candidates: list[Candidate]) -> Verdict:
        best = candidates[0] if candidates else _nothing(failure)
        second = next((c for c in candidates if c.failure_class != best.failure_class), None)
        return Verdict(
            failure_class=best.failure_class,
            rule=best.rule,
            rule_set=self._rules.id,
            evidence=best.evidence if isinstance(best.evidence, str) else best.evidence(),
            confidence=surety(best, candidates),
            subject=best.subject,
            runner_up=RunnerUp(second.failure_class, second.rule, second.confidence)
            if second
            else None,
        )

    def _candidates(self, failure: Failure) -> Iterator[Candidate]:
        symptoms = read_symptoms(failure)
        textual = [*self._by_message(symptoms), *self._by_code(symptoms), *self._by_name(symptoms)]
        lexicon = self._rules.lexicon
        if lexicon is not None and (shares := lexicon.shares(symptoms.text)):
            textual = weighed(textual, shares, partial(lexicon.telling, symptoms.text))
            is_lost = not textual
        else:
            is_lost = all(candidate.confidence < MOST_BY_WORDS for candidate in textual)
        if is_lost:
            textual += self._by_words(symptoms)
        yield from _by_context(failure, textual)
        yield from textual

    def _by_message(self, symptoms: Symptoms) -> Iterator[Candidate]:
        lowered = symptoms.text.translate(_LOWER)
        for name, rule, found in self._in_messages.found(lowered):
            words = partial(_around, symptoms.text, *found.span())
            yield Candidate(rule.confidence, rule.class_for(symptoms), name, words)

    def _by_code(self, symptoms: Symptoms) -> Iterator[Candidate]:
        rules = self._rules
        for state in symptoms.code(CodeKind.SQLSTATE):
            claim = rules.sqlstates.get(state) or rules.sqlstates.get(state[:2])
            if claim:
                yield _claimed(claim, f"sqlstate.{state}", f"SQLSTATE {state}")
        for status in symptoms.code(CodeKind.HTTP):
            rule = rules.http.get(status) or rules.http.get(f"{status[0]}xx")
            if rule:
                yield _claimed(_for_side(rule, symptoms), f"http.{status}", f"HTTP status {status}")
        for kind, table, words in (
            (CodeKind.ERRNO, rules.errnos, "operating system's error"),
            (CodeKind.EXIT, rules.exits, "exit code"),
            (CodeKind.SIGNAL, rules.signals, "signal"),
            (CodeKind.CONDITION, self._conditions(symptoms), "error code"),
            (CodeKind.NUMBER, rules.numbers, "error number"),
            (CodeKind.STATE, rules.written_states, "SQLSTATE"),
        ):
            for code in symptoms.code(kind):
                if claim := table.get(code):
                    yield _claimed(claim, f"{kind.value}.{code}", f"{words} {code}")
        known = self._conditions(symptoms)
        yield from self._by_lead(symptoms.leading, known)
        names = {upper_snake(name.rpartition(".")[2]) for name in symptoms.names}
        for code in symptoms.named:
            if code not in known and code not in names:
                yield from self._by_spelling(
                    symptoms, code.replace("_", " "), f"error code {excerpt(code)}"
                )

    def _by_lead(self, leading: Iterable[str], known: Mapping[str, Claim]) -> Iterator[Candidate]:
        """Believe the code that a message begins with before the words that explain it."""
        for code in islice(filter(known.__contains__, leading), 1):
            failure_class, confidence = known[code]
            if confidence >= _LEADS:
                claim = failure_class, max(confidence, self._rules.lead)
                yield _claimed(claim, f"condition.{code}", f"error code {code}")

    def _by_spelling(
        self, symptoms: Symptoms, words: str, evidence: str, worth: float = 1
    ) -> Iterator[Candidate]:
        """Judge a name that no table has by the words that it is made of."""
        for name, rule, _ in islice(self._in_spelling.found(words.lower()), 1):
            confidence = round(rule.confidence * worth, 3)
            yield Candidate(confidence, rule.class_for(symptoms), name, evidence)

    def _by_words(self, symptoms: Symptoms) -> Iterator[Candidate]:
        """Judge by the weight of single words, which is never sure."""
        sums = Counter[FailureClass]()
        heard = defaultdict[FailureClass, list[str]](list)
        for word in dict.fromkeys(_WORD.findall(symptoms.text.translate(_LOWER))):
            for failure_class, weight in self._weights(word).items():
                sums[failure_class] += weight
                heard[failure_class].append(word)
        for failure_class, weight in _telling(sums):
            confidence = round(min(MOST_BY_WORDS, 0.2 + weight * 0.02), 3)
            words = partial(heard_of, heard[failure_class])
            yield Candidate(confidence, failure_class, BY_WORDS, words)

    def _weights(self, word: str) -> Mapping[FailureClass, int]:
        weights = self._rules.words
        beginnings = (f"{word[:end]}-" for end in range(len(word), 2, -1))
        return next((weights[each] for each in (word, *beginnings) if each in weights), {})

    def _conditions(self, symptoms: Symptoms) -> Mapping[str, Claim]:
        if symptoms.is_source:
            return self._of_sources
        return self._of_the_platform if symptoms.is_platform else self._rules.conditions

    def _by_name(self, symptoms: Symptoms) -> Iterator[Candidate]:
        exceptions = self._rules.exceptions
        for depth, name in enumerate(symptoms.names):
            if known := next(filter(exceptions.__contains__, _suffixes(name)), None):
                failure_class, confidence = exceptions[known]
                # The further out, the more a wrapper's name says of the wrapper alone.
                worth = failure_class, round(confidence * 0.95**depth, 3)
                where = "innermost exception" if depth == 0 else "exception"
                yield _claimed(worth, f"exception.{known}", f"{where} {known}")
            else:
                simple = name.rpartition(".")[2]
                words = upper_snake(simple).replace("_", " ")
                yield from self._by_spelling(
                    symptoms, words, f"exception {excerpt(simple)}", 0.95**depth
                )
            for rule_id, rule, _ in self._in_names.found(simple := name.rpartition(".")[2]):
                evidence = f"exception {excerpt(simple)}"
                yield Candidate(rule.confidence, rule.failure_class, rule_id, evidence)


def _suffixes(name: str) -> Iterator[str]:
    """Yield a dotted name, shorter and shorter, down to the simple name."""
    parts = name.rsplit(".", _MAX_QUALIFIERS)[-_MAX_QUALIFIERS:]
    return (".".join(parts[start:]) for start in range(len(parts)))


# Of com.acme.errors.SchemaError, the parts that the tables may tell apart.
_MAX_QUALIFIERS: Final = 4


class _Family:
    """Rules that look for phrases, by the names that verdicts give them."""

    def __init__(self, **families: Sequence[MessageRule]) -> None:
        self._rules = [
            (f"{family}.{rule.id}", rule) for family, rules in families.items() for rule in rules
        ]
        self._phrases = Phrases([rule.alternatives for _, rule in self._rules])

    def found(self, text: str) -> Iterator[tuple[str, MessageRule, re.Match[str]]]:
        """Yield the rules that find something in ``text``, in their order."""
        return ((*self._rules[at], match) for at, match in self._phrases.found(text))


def _by_context(failure: Failure, textual: list[Candidate]) -> Iterator[Candidate]:
    context = failure.context
    if failure.declared not in (None, FailureClass.UNKNOWN):
        evidence = f"the runner says that it is {failure.declared}"
        yield Candidate(_DECLARED, failure.declared, "declared", evidence)
    surest = max(textual, key=lambda candidate: candidate.confidence, default=None)
    if context.failed_checks:
        yield from _by_checks(excerpt(", ".join(context.failed_checks)), context.failing_share)
    if context.was_aborted and (surest is None or surest.failure_class in _ABORTS):
        yield _aborted(context.failed_upstream, surest)
    if failure.origin in _ORIGINS:
        failure_class, confidence, words = _ORIGINS[failure.origin]
        told = excerpt(failure.message)
        yield Candidate(
            confidence, failure_class, f"origin.{failure.origin.value}", f"{words}: {told}"
        )
    if surest is not None:
        yield from _by_change(failure, surest)


def _by_checks(checks: str, share: float | None) -> Iterator[Candidate]:
    """Rows that are bad are some of them; where nearly all are, the data are made otherwise."""
    yield Candidate(0.97, FailureClass.DATA_QUALITY, "context.failed-checks", f"failed: {checks}")
    if share is not None and share >= _NEARLY_ALL:
        evidence = f"{share:.0%} of the rows failed: {checks}"
        yield Candidate(0.98, FailureClass.SCHEMA_CONTRACT, "context.all-rows-fail", evidence)


def _by_change(failure: Failure, surest: Candidate) -> Iterator[Candidate]:
    """What has changed since the last success explains some failures better than their text."""
    context = failure.context
    change = _explaining(context.schema_changes, surest, f"{failure.message} {failure.trace}")
    if change is not None:
        gone = f"without {', '.join(change.removed)}" if change.removed else "with new fields"
        evidence = excerpt(f"since the last success {change.dataset} comes {gone}")
        yield Candidate(0.96, FailureClass.SCHEMA_CONTRACT, SCHEMA_CHANGE, evidence, change.dataset)
    elif context.has_new_code and surest.failure_class in _OF_CODE:
        evidence = "since the last success the job has new code, and its inputs kept their shape"
        yield Candidate(0.92, FailureClass.LOGIC, "context.new-code", evidence)
    grown = context.growth
    if (
        grown is not None
        and grown.rows > _GROWN * grown.usual
        and surest.failure_class in OF_GROWTH
    ):
        evidence = f"{grown.dataset} has {grown.rows:,} rows, and usually {grown.usual:,}"
        yield Candidate(0.96, FailureClass.LOGIC, "context.input-grown", evidence)


def _explaining(
    changes: Sequence[SchemaChange], surest: Candidate, text: str
) -> SchemaChange | None:
    """Return the change that explains a failure: best one of a field that is spoken of."""
    if surest.failure_class not in OF_CHANGES or surest.rule in _OF_THE_JOB_ALONE:
        return None
    for change in changes:
        if _said_names((*change.removed, *change.added), text):
            return change
    # A value does not break for a field that is only new.
    is_of_values = surest.failure_class is FailureClass.DATA_QUALITY
    return next((each for each in changes if each.removed or not is_of_values), None)


def _said_names(names: Iterable[str], text: str) -> bool:
    """Whether one of the names stands in a text in whole words; there may be thousands."""
    words = frozenset(_RUN.findall(text))
    return any(words.issuperset(_RUN.findall(name)) and name in text for name in names)


# A runner that names the class has caught just that failure, and knows more than its text says.
_DECLARED: Final = 0.99
# What a runner's own word about the boundary is worth: a gate or contract check knows what it
# refused; that the lake or an engine failed says less than the error's own code.
_ORIGINS: Final = {
    Origin.CONTRACT: (FailureClass.SCHEMA_CONTRACT, 0.97, "refused by the contract"),
    Origin.GATE: (FailureClass.DATA_QUALITY, 0.96, "refused by the gate"),
    Origin.UPSTREAM: (FailureClass.UPSTREAM, 0.97, "held back"),
    Origin.LAKE: (FailureClass.INFRA_CAPACITY, 0.55, "the lake failed"),
    Origin.ENGINE: (FailureClass.INFRA_COMPUTE, 0.3, "the engine failed"),
    Origin.SOURCE: (FailureClass.SOURCE_UNAVAILABLE, 0.5, "the source failed"),
    Origin.CODE: (FailureClass.LOGIC, 0.4, "the job's own code failed"),
}
_ABORTS: Final = (FailureClass.CANCELLED, FailureClass.UPSTREAM, FailureClass.UNKNOWN)
# Failures that a changed input explains better than the job that met it.
OF_CHANGES: Final = (FailureClass.SCHEMA_CONTRACT, FailureClass.LOGIC, FailureClass.DATA_QUALITY)
# Whatever its inputs look like: what cannot be parsed never gets to see them.
_OF_THE_JOB_ALONE: Final = frozenset(
    {
        *("message.syntax", "sqlstate.42601", "condition.PARSE_SYNTAX_ERROR"),
        *("exception.SyntaxError", "exception.ParserException", "exception.IndentationError"),
    }
)
SCHEMA_CHANGE: Final = "context.schema-change"
# What new code explains, and what an input does that has grown out of what the job can hold.
_OF_CODE: Final = (FailureClass.SCHEMA_CONTRACT, FailureClass.LOGIC)
OF_GROWTH: Final = (FailureClass.INFRA_COMPUTE, FailureClass.QUERY_LIMIT)
_GROWN: Final = 3
_NEARLY_ALL: Final = 0.95


def _aborted(failed_upstream: str | None, surest: Candidate | None) -> Candidate:
    if failed_upstream:
        evidence = f"the run was aborted, and {failed_upstream} upstream of it has failed"
        return Candidate(0.95, FailureClass.UPSTREAM, "context.aborted-upstream", evidence)
    if surest and surest.failure_class is FailureClass.UPSTREAM:
        return surest
    evidence = "the run was aborted, and nothing says that it failed"
    return Candidate(0.6, FailureClass.CANCELLED, "context.aborted", evidence)


def _nothing(failure: Failure) -> Candidate:
    told = "the producer gave no reason" if failure.says_nothing else _NOTHING_KNOWN
    return Candidate(0.0, FailureClass.UNKNOWN, BY_NOTHING, told)


def _weigh(own: Verdict, opinions: Iterable[Verdict]) -> Verdict:
    ranked = sorted([own, *opinions], key=lambda verdict: verdict.confidence, reverse=True)
    best = ranked[0]
    others = [v for v in ranked[1:] if v.failure_class != best.failure_class]
    rivals = [RunnerUp(v.failure_class, v.rule, v.confidence) for v in others]
    if best.runner_up is not None:
        rivals.append(best.runner_up)
    second = max(rivals, key=lambda rival: rival.confidence, default=None)
    return structs.replace(best, runner_up=second)


def _claimed(claim: Claim, rule: str, evidence: str) -> Candidate:
    return Candidate(claim[1], claim[0], rule, evidence)


def _for_side(rule: HttpRule, symptoms: Symptoms) -> Claim:
    if symptoms.is_source and rule.source:
        return rule.source
    return rule.platform if symptoms.is_platform and rule.platform else rule.plain


def _telling(sums: Counter[FailureClass]) -> Iterator[tuple[FailureClass, int]]:
    """Yield the two heaviest classes, if the first one has enough, and more than the second."""
    ranked = sums.most_common(2)
    weights = [weight for _, weight in ranked]
    if weights and weights[0] >= _LEAST_BY_WORDS and weights[0] > sum(weights[1:]):
        yield from ranked


def _around(text: str, start: int, end: int) -> str:
    """Return the words that matched, with a little of what stands around them.

    Private values are taken out of much more than is shown: what tells that they are private may
    stand before it.
    """
    around = redact(text[max(0, start - _CONTEXT) : end + _CONTEXT])
    at = max(0, around.find(text[start:end]))
    shown = around[max(0, at - _AROUND // 3) : at + (end - start) + _AROUND]
    return f"the message says «{excerpt(shown)}»"
