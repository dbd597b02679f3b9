"""What came of the day: in words, as ``demo.json``, and whether it is what was to be expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from examples.demo.faults import FAULTS


def as_document(records: int, data: dict[str, Any]) -> dict[str, Any]:
    """Return the content of ``demo.json``."""
    return {
        "records": records,
        "incidents": [_incident(each) for each in data["incidents"]["nodes"]],
        "dead_letters": len(data["deadLetters"]["nodes"]),
        "slos": [{"name": each["name"], "state": each["state"]} for each in data["slos"]["nodes"]],
    }


def in_words(document: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the summary."""
    yield f"{document['records']:,} records, {document['dead_letters']} dead letters"
    broken = [slo["name"] for slo in document["slos"] if slo["state"] in ("BREACHED", "breached")]
    yield f"SLOs broken: {', '.join(broken) or 'none'}"
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
    """Return what is not as it must be: one incident for each fault, to the right owner."""
    found = [(i["class"], i["owner"], i["owner_kind"], i["root"]) for i in document["incidents"]]
    expected: Sequence[tuple[str, str, str, str]] = [
        (fault.failure_class, fault.owner, fault.owner_kind, fault.root) for fault in FAULTS
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
