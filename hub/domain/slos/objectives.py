"""What an SLO promises: in words, and as what tells one objective from another."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import structs

from hub.domain.catalog import Clock, Counted, Severity, Slo, SloKind, Volume
from hub.domain.instants import format_span
from hub.domain.slos.amounts import required_runs
from hub.domain.slos.slo import SECOND, count_of


def describe_objective(slo: Slo) -> str:
    """Say in words what an SLO promises."""
    return _SAID[slo.kind](slo)


def objective_key(slo: Slo) -> str:
    """Return what two declarations of an SLO share if whatever is good by one is so by the other.

    Neither who is told nor in how much of the time it must hold is part of that.
    """
    budget = slo.budget
    promise = structs.replace(slo, name="", product="", severity=Severity.PAGE, budget=None)
    judged_by = (promise, budget is not None and budget.is_bad_unknown)
    return blake2b(msgspec.json.encode(judged_by, order="sorted"), digest_size=8).hexdigest()


def _availability(slo: Slo) -> str:
    return f"at least {required_runs(slo)} of the last {count_of(slo.window_runs, 'run')} pass"


def _latency(slo: Slo) -> str:
    share, runs = f"{slo.objective:.4g}", count_of(slo.window_runs, "run")
    return f"{share} of the last {runs} are judged {slo.within_seconds} s after receipt at most"


def _dead_letters(slo: Slo) -> str:
    records = count_of(slo.at_most, "record")
    span = format_span((slo.within_seconds or 0) * SECOND)
    return f"{records} at most {'is' if slo.at_most == 1 else 'are'} refused in {span}"


def _punctuality(slo: Slo) -> str:
    if slo.learned_from is not None:
        return f"a run begins no later than is usual, by the last {slo.learned_from}"
    when = "as its scheduler says" if slo.is_observed else f"at '{slo.schedule}' {slo.timezone}"
    return f"a run begins {when}, {slo.grace_seconds} s later at most"


def _freshness(slo: Slo) -> str:
    is_of_data = slo.clock is Clock.DATA
    if slo.learned_from is not None:
        return f"data comes no later than is usual, by the last {slo.learned_from} arrivals"
    if slo.schedule is not None:
        what = "data comes" if is_of_data else "a run has passed"
        return f"{what} at '{slo.schedule}' {slo.timezone}, {slo.grace_seconds} s later at most"
    what = "the newest data" if is_of_data else "the last run that passed"
    return f"{what} is never older than {slo.within_seconds} s"


def _quality(slo: Slo) -> str:
    runs = "run" if slo.window_runs == 1 else f"{slo.window_runs} runs"
    if slo.counted is Counted.RUNS:
        return f"at least {required_runs(slo)} of the last {runs} pass all their checks"
    if slo.counted is Counted.ROWS:
        return f"at least {slo.objective:.4g} of the rows of the last {runs} are not refused"
    done = "can be evaluated" if slo.counted is Counted.EVALUATED else "pass"
    return f"at least {slo.objective:.4g} of the checks of the last {runs} {done}"


def _volume(slo: Slo) -> str:
    volume = slo.volume or Volume()
    what = f"a {volume.per} brings"
    if volume.is_learned:
        return f"{what} as many rows as is usual, by the last {volume.of_last}"
    parts = [f"at least {volume.least}"] if volume.least is not None else []
    parts += [f"at most {volume.most}"] if volume.most is not None else []
    for word, share in (("at least", volume.least_share), ("at most", volume.most_share)):
        if share is not None:
            parts.append(f"{word} {share:.4g} of the median of the last {volume.of_last}")
    return f"{what} {' and '.join(parts)} rows"


def _completeness(slo: Slo) -> str:
    if slo.of_field is not None:
        return f"at least {slo.objective:.4g} of the values of {slo.of_field} are not null"
    ticks = count_of(slo.window_ticks, "tick")
    return f"at least {slo.objective:.4g} of the last {ticks} of '{slo.schedule}' have their data"


_SAID: Final[dict[SloKind, Callable[[Slo], str]]] = {
    SloKind.FRESHNESS: _freshness,
    SloKind.QUALITY: _quality,
    SloKind.VOLUME: _volume,
    SloKind.COMPLETENESS: _completeness,
    SloKind.PUNCTUALITY: _punctuality,
    SloKind.AVAILABILITY: _availability,
    SloKind.LATENCY: _latency,
    SloKind.DEAD_LETTERS: _dead_letters,
}
