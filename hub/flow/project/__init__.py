"""The stage that turns the journal into tables, in position order; the only one that does."""

from hub.flow.project.operations import ProjectOperations
from hub.flow.project.rebuild import Difference, project_all, project_behind, rebuild, verify
from hub.flow.project.stage import BATCH, Project

__all__ = [
    "BATCH",
    "Difference",
    "Project",
    "ProjectOperations",
    "project_all",
    "project_behind",
    "rebuild",
    "verify",
]
