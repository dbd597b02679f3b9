"""What came of the day: in words, as ``demo.json``, and whether it is what was to be expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from examples.demo.faults import BROKEN_RULE, FAULTS

# What a machine without ODBC cannot read, and the fault that then does not show.
_LEGACY, _LEGACY_ROOT = "step members.tariffs", "dataset:lake:bronze.tariffs"


def as_document(
    records: int, data: dict[str, Any], lacking: Sequence[dict[str, str]] = ()
) -> dict[str, Any]:
    """Return the content of ``demo.json``."""
    return {
        "records": records,
        "incidents": [_incident(each) for each in data["incidents"]["nodes"]],
        "dead_letters": len(data["deadLetters"]["nodes"]),
        "slos": [{"name": each["name"], "state": each["state"]} for each in data["slos"]["nodes"]],
        "unavailable": list(lacking),
    }


def in_words(document: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the summary."""
    yield f"{document['records']:,} records, {document['dead_letters']} dead letters"
    broken = [slo["name"] for slo in document["slos"] if slo["state"] in ("BREACHED", "breached")]
    yield f"SLOs broken: {', '.join(broken) or 'none'}"
    for each in document["unavailable"]:
        yield f"unavailable: {each['what']}: {each['why']} (fix: {each['fix']})"
    for incident in document["incidents"]:
        yield ""
        yield f"{incident['severity'].upper():<7}{incident['class']}  {incident['title']}"
        yield f"       owner     {incident['owner']} ({incident['owner_kind']})"
        yield f"       told      {incident['receiver']}"
        yield f"       root      {incident['root']}"
        yield f"       products  {', '.join(incident['products']) or 'none'}"
        yield f"       held back {', '.join(incident['held_back']) or 'nothing'}"
        yield f"       because   {incident['reason']}"


def surprises(document: dict[str, Any]) -> list[str]:
    """Return what is not as it must be: one incident for each fault, to the right owner.

    Where the legacy table cannot be read on this machine, that is an incident of its own, and what
    is computed from the table is held back instead of broken.
    """
    found = [(i["class"], i["owner"], i["owner_kind"], i["root"]) for i in document["incidents"]]
    is_whole = all(each["what"] != _LEGACY for each in document["unavailable"])
    if not is_whole:
        found = [each for each in found if each[3] != _LEGACY_ROOT]
    expected: Sequence[tuple[str, str, str, str]] = [
        (fault.failure_class, fault.owner, fault.owner_kind, fault.root)
        for fault in FAULTS
        if is_whole or fault is not BROKEN_RULE
    ]
    missing = [f"expected {each}" for each in expected if each not in found]
    others = [f"did not expect {each}" for each in found if each not in expected]
    doubles = [f"twice: {each}" for each in set(found) if found.count(each) > 1]
    letters = [] if document["dead_letters"] else ["expected a dead letter"]
    return missing + others + doubles + letters


def _incident(node: dict[str, Any]) -> dict[str, Any]:
    explanation = node["explanation"]
    told = [each["receiver"] for each in node["notifications"]] or explanation["receivers"]
    return {
        "class": node["class"],
        "owner": node["owner"]["name"],
        "owner_kind": node["owner"]["kind"],
        "receiver": told[0] if told else None,
        "severity": node["severity"],
        "title": node["title"],
        "root": node["root"]["id"],
        "products": sorted(each["name"] for each in node["products"]),
        "held_back": sorted(each["name"] for each in node["heldBack"]),
        "reason": f"{explanation['evidence']} (rule {explanation['rule']},"
        f" confidence {explanation['confidence']:.2f}); {'; '.join(explanation['path'])}",
    }
