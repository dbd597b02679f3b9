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
    row: strawberry.Private[Sorted]
    node: NodeT

    @field
    def cursor(self) -> str:
        """Where it stands in the list."""
        return cursor(self.row)


@strawberry.type
class Connection(Generic[NodeT]):
    rows: strawberry.Private[Sequence[Sorted]]
    nodes: list[NodeT] = strawberry.field(description="The same nodes without their cursors.")
    page_info: PageInfo
    count: strawberry.Private[Callable[[], int]]

    @field
    def edges(self) -> list[Edge[NodeT]]:
        """The nodes with their cursors."""
        return [Edge(row=row, node=node) for row, node in zip(self.rows, self.nodes, strict=True)]

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
    rows = page.rows
    return Connection(
        rows=rows,
        nodes=[*make_nodes(rows)],
        page_info=page_info(page, request),
        count=count,
    )


def page_info(page: Page[RowT], request: PageRequest) -> PageInfo:
    """Return where a page begins and ends."""
    rows = page.rows
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=request.after is not None and bool(rows),
        start_cursor=cursor(rows[0]) if rows else None,
        end_cursor=cursor(rows[-1]) if rows else None,
    )
