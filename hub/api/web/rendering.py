"""From a template and values to a page."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from hub.api.web.addresses import label_of
from hub.domain.incidents.links import address_of
from hub.domain.instants import format_instant
from hub.domain.names import NodeId, NodeKind

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


class Page(NamedTuple):
    """What a path leads to: a template with its values."""

    template: str
    values: dict[str, Any]
    status: int = 200


class Document(NamedTuple):
    """What a path leads to where it is no page: a text to keep."""

    text: str
    media_type: str


def render(page: Page, *, now: int) -> str:
    """Return the HTML of a page; ``now`` is what ages are told from, microseconds UTC."""
    return _environment().get_template(page.template).render(page.values, now=now)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("hub.api.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        link=_link,
        label=label_of,
        instant=_instant,
        age=_age,
        as_dataset=lambda name: NodeId(NodeKind.DATASET, tuple(name)),
        as_job=lambda name: NodeId(NodeKind.JOB, tuple(name)),
        as_product=lambda name: NodeId(NodeKind.PRODUCT, (name,)),
    )
    return environment


def _link(node: NodeId | str, text: str | None = None) -> Markup:
    """Return a link to the page of a node, or only its name where it has none."""
    shown = escape(text or label_of(node))
    address = address_of(node)
    if address is None:
        return shown
    return Markup('<a href="{}" title="{}">{}</a>').format(address, str(node), shown)


def _instant(at: int | None) -> Markup:
    if at is None:
        return Markup("&mdash;")
    exact = format_instant(at)
    shown = exact[:16].replace("T", " ")
    return Markup('<time datetime="{}">{} UTC</time>').format(exact, shown)


def _age(at: int, now: int) -> str:
    """Return how long ago an instant is, in its largest unit."""
    seconds = max(0, (now - at) // 1_000_000)
    size, unit = next((u for u in _UNITS if seconds >= u[0]), _UNITS[-1])
    count = seconds // size
    return f"{count} {unit}{'' if count == 1 else 's'} ago"
