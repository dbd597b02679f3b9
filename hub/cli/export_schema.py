"""``hub export-schema``: the GraphQL schema, in its definition language."""

from __future__ import annotations

import typer

from hub.api.graphql.schema import build_schema

app = typer.Typer(add_completion=False)


@app.command()
def export_schema() -> None:
    """Print the GraphQL schema."""
    print(build_schema().as_str())
