"""Jobs that go by another name: who asks for one is sent there, as Marquez does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from hub.api.rest.marquez.asking import Asking
from hub.api.rest.marquez.problems import Problem
from hub.domain.names import JobName
from hub.queries.jobs import find_jobs


def where_it_is(read: Callable[[Asking], Any], pattern: str) -> Callable[[Asking], Any]:
    """Return a read of a job, the second ``*`` of ``pattern``, that answers 301 for an alias."""

    def answer(asking: Asking) -> Any:  # noqa: ANN401 - as the read answers
        known = asking.identities.jobs
        named, shown = asking.names[:2], known.shown((asking.names[0], asking.names[1]))
        if named != shown and find_jobs(asking.connection, [JobName(*shown)]):
            place = _place(pattern, (*shown, *asking.names[2:]), asking.query)
            message = f"Job '{named[1]}' goes by the name '{shown[1]}'."
            raise Problem(301, {"code": 301, "message": message}, {"Location": place})
        return read(asking)

    return answer


def _place(pattern: str, names: tuple[str, ...], query: Mapping[str, list[str]]) -> str:
    left = iter(names)
    segments = (quote(next(left), safe="") if each == "*" else each for each in pattern.split("/"))
    path = "/api/v1/" + "/".join(segments)
    return f"{path}?{urlencode(query, doseq=True)}" if query else path
