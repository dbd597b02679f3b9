"""What a notification says to people, in words, for whatever shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hub.spi.notifier import Notification

_HEADINGS: Final = {
    "triggered": "NEW",
    "changed": "CHANGED",
    "repeated": "STILL OPEN",
    "escalated": "ESCALATED",
    "acknowledged": "ACKNOWLEDGED",
    "resolved": "RESOLVED",
}
_TIMES: Final = {
    "onset_at": "began",
    "opened_at": "opened",
    "acknowledged_at": "acknowledged",
    "resolved_at": "resolved",
}
_SHOWN: Final = 5


def heading(notification: Notification) -> str:
    """Return what a notification is: why it comes, how severe, for whom, whether once more."""
    word = _HEADINGS.get(notification.reason, notification.reason.upper())
    again = " (may be a repeat)" if notification.is_repeat else ""
    return f"{word} {notification.severity} for {notification.receiver}{again}"


def facts(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a page that say something, each with its label, what matters first."""
    told = (
        ("times", times(body)),
        ("resolved by", body["resolution"] or ""),
        ("SLO", body["slo_state"] or ""),
        ("class", verdict(body)),
        ("evidence", body["evidence"]),
        ("innermost error", body["error"] or ""),
        ("owner", f"{body['owner']['name']} ({body['owner']['kind']})"),
        ("why you", "; ".join(body["path"])),
        ("root", body["root"]),
        ("run", ran(body)),
        ("attempts", attempts(body)),
        ("log", body["log"] or ""),
        ("last good", body["last_good"] or ""),
        ("changed since", "; ".join(body["changes"][:_SHOWN])),
        ("belongs to", place(body)),
        ("touches", touched(body)),
        ("next deadline", deadline(body)),
        ("held back", listed(body["held_back"], body["held_back_count"])),
        ("explains", explained(body)),
        ("runbook", body["runbook"] or ""),
        ("similar", "; ".join(body["similar"][:_SHOWN])),
        ("commands", "; ".join(body["actions"].values())),
        ("attached to", body["attached_to"] or ""),
        ("handed to", body["handed_to"] or ""),
        ("more", body["explain"]),
    )
    for label, text in told:
        if text.strip():
            yield label, plain(text)


def times(body: Mapping[str, Any]) -> str:
    """Return when it began, and what has happened since."""
    return ", ".join(f"{word} {body[at][:19]}Z" for at, word in _TIMES.items() if body[at])


def verdict(body: Mapping[str, Any]) -> str:
    """Return the failure class, how sure it is, by what rule, and what it would be otherwise."""
    line = (
        f"{body['class']}, confidence {body['confidence']:.2f}, "
        f"by rule {body['rule']} of set {body['rule_set']}"
    )
    return f"{line}; else {body['runner_up']}" if body["runner_up"] else line


def place(body: Mapping[str, Any]) -> str:
    """Return what it belongs to, where that is declared."""
    names = ("domain", "product", "step", "source", "slo", "environment", "tier")
    return ", ".join(f"{name} {body[name]}" for name in names if body.get(name))


def ran(body: Mapping[str, Any]) -> str:
    """Return the run that failed, and which slice of time or data it was about."""
    nominal = "/".join(f"{body[at][:19]}Z" for at in ("nominal_at", "nominal_end_at") if body[at])
    about = ", ".join(filter(None, (nominal and f"scheduled for {nominal}", body["partition"])))
    run = body["run"] or ""
    return f"{run} ({about})" if run and about else run


def attempts(body: Mapping[str, Any]) -> str:
    """Return how often it was tried, whether trying again may help, and when that comes."""
    said = []
    if body["attempt"] and (body["attempts_allowed"] or body["attempt"] > 1):
        of = f" of {body['attempts_allowed']}" if body["attempts_allowed"] else ""
        said.append(f"attempt {body['attempt']}{of}")
    if body["is_retryable"] is not None:
        said.append("trying again may help" if body["is_retryable"] else "trying again is no help")
    if body["next_attempt_at"]:
        said.append(f"runs next at {body['next_attempt_at'][:19]}Z")
    return ", ".join(said)


def deadline(body: Mapping[str, Any]) -> str:
    """Return whose data is due next."""
    due = body["next_deadline"]
    return f"{due['at'][:19]}Z: {due['dataset']} of {due['product']} ({due['slo']})" if due else ""


def explained(body: Mapping[str, Any]) -> str:
    """Return how much else is broken that pages nobody for it."""
    count = body["consequences_count"]
    if not count:
        return ""
    return f"{count} other failure{'' if count == 1 else 's'}, of which nobody is told"


def touched(body: Mapping[str, Any]) -> str:
    """Return which data products are touched, and how many datasets."""
    products = listed(body["products"], len(body["products"])) or "no data product"
    count = body["datasets_touched"]
    line = f"{products} ({count} dataset{'' if count == 1 else 's'} downstream)"
    first = body["tier_1"]
    return f"{line}; of tier 1: {listed(first, len(first))}" if first else line


def listed(names: Sequence[str], count: int) -> str:
    """Return the first names of ``count``, and how many more there are."""
    shown = names[:_SHOWN]
    more = count - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def cut(text: str, limit: int) -> str:
    """Return a text of ``limit`` characters at most, whose last says where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(text: str) -> str:
    """Return text that moves no cursor and turns no direction, whatever a producer put into it."""
    spaced = text.translate(dict.fromkeys(map(ord, "\r\n\t\v\f"), " "))
    return "".join(letter if letter.isprintable() else "·" for letter in spaced)
