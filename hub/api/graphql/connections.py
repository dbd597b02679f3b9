"""Relay connections over pages by keyset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import strawberry

from hub.api.graphql.described import field
from hub.api.graphql.scalars import Long
from hub.queries.pages import Page, PageRequest, Sorted, cursor

DEFAULT_FIRST = 20

NodeT = TypeVar("NodeT")
RowT = TypeVar("RowT", bound=Sorted)

First = Annotated[int, strawberry.argument(description="How many, from 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The cursor to go on after.")]


@strawberry.type(description="Where a page begins and ends, and whether more follows.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[NodeT]):
    cursor: str
    node: NodeT


@strawberry.type
class Connection(Generic[NodeT]):
    edges: list[Edge[NodeT]]
    page_info: PageInfo
    count: strawberry.Private[Callable[[], int]]

    @field
    def nodes(self) -> list[NodeT]:
        """The same nodes without their cursors."""
        return [edge.node for edge in self.edges]

    @field
    def total_count(self) -> Long:
        """How many there are in all; counted only when asked for."""
        return Long(self.count())


def connect(
    page: Page[RowT],
    make_nodes: Callable[[Sequence[RowT]], Sequence[NodeT]],
    request: PageRequest,
    count: Callable[[], int],
) -> Connection[NodeT]:
    """Return a page as a connection; ``make_nodes`` gets all of its rows at once."""
    edges = [
        Edge(cursor=cursor(row), node=node)
        for row, node in zip(page.rows, make_nodes(page.rows), strict=True)
    ]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=request.after is not None and bool(edges),
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        count=count,
    )
