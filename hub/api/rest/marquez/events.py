"""Events as they came, newest first."""

from __future__ import annotations

from typing import Any

from msgspec import Raw, json

from hub.api.rest.marquez.asking import Asking
from hub.domain.openlineage.lenient import members_of
from hub.queries.marquez.events import Between, JournaledEvent, count_events, slice_events

Shape = dict[str, Any]


def list_events(asking: Asking) -> Shape:
    """Answer ``GET /events/lineage``, ``GET /events`` and ``GET /events/{}``."""
    namespace = asking.names[0] if asking.names else None
    between = Between(
        asking.instant("after") or 0, asking.instant("before"), namespace, asking.moment
    )
    newest_first = asking.choice("sortDirection", {"DESC": True, "ASC": False}) is not False
    wanted, journal = asking.slice(), asking.sources.journal
    found = slice_events(asking.connection, journal, between, wanted, newest_first=newest_first)
    return {
        "events": [_shape(each) for each in found],
        "totalCount": count_events(asking.connection, journal, between),
    }


def _shape(found: JournaledEvent) -> Shape:
    """Return an event with what readers of run events look for, where it has none of that."""
    event: Shape = json.decode(found.body, type=dict[str, Raw])
    if not _is_object(event.get("job")) and _is_object(event.get("dataset")):
        dataset = members_of(event["dataset"])
        named = {name: dataset.get(name) for name in ("namespace", "name")}
        event["job"] = {**named, "facets": {}}
    if not _is_object(event.get("run")):
        event["run"] = {"facets": {}}
    return event


def _is_object(member: Raw | None) -> bool:
    return member is not None and bytes(member).startswith(b"{")
