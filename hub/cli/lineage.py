"""``hub lineage``: what something is made from, what is made from it, and who depends on it."""

from __future__ import annotations

import typer

from hub.cli import (
    lineage_changes,
    lineage_dependencies,
    lineage_impact,
    lineage_paths,
    lineage_runs,
    lineage_trees,
)

app = typer.Typer(
    help="Show what is up or down of a dataset, job or field, and who depends on it.",
    add_completion=False,
)
app.command("up")(lineage_trees.up)
app.command("down")(lineage_trees.down)
app.command("impact")(lineage_impact.command)
app.command("path")(lineage_paths.command)
app.command("diff")(lineage_changes.command)
app.command("dependencies")(lineage_dependencies.command)
app.command("runs")(lineage_runs.command)
